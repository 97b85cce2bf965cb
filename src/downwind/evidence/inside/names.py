"""What a name is: a public host, an internal one, a reverse look-up, or no host name at all."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache

from publicsuffixlist import PublicSuffixList

# A letter, digit, hyphen or underscore (service names, RFC 8552) in each label; 63 and 253
# characters at most (RFC 1035 2.3.4).
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")
_REVERSE = ("in-addr.arpa", "ip6.arpa")
# RFC 6761 (localhost, invalid, test, example), 6762 (local), 7686 (onion), 8375 (home.arpa),
# 9476 (alt); `internal` by ICANN's resolution of July 2024. Other names of arpa are for resolvers
# among themselves, as _dns.resolver.arpa is (RFC 9462).
_SPECIAL = frozenset(
    ("localhost", "invalid", "test", "example", "local", "onion", "alt", "internal", "arpa")
)


class Sort(StrEnum):
    """The sorts of names that somebody looks up."""

    PUBLIC = "public"
    INTERNAL = "internal"
    """Names that the public DNS does not have: single labels, .internal, .local, .corp."""
    REVERSE = "reverse"
    SUFFIX = "suffix"
    """A public suffix itself, as `com` or `co.uk` is: nobody's host."""
    ODD = "odd"
    """Not spelt as a host name."""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def is_host(name: str) -> bool:
    """True where it is spelt as a host name in small letters, without a dot at its end."""
    return _HOST.match(name) is not None


def clean_host(text: object) -> str | None:
    """The text as a host name in small letters, or None where it is none or an address."""
    name = text.strip().lower().removesuffix(".") if isinstance(text, str) else ""
    if not is_host(name) or "." not in name or name.rpartition(".")[2].isdigit():
        return None
    return name


class Names:
    """Tells sorts of names apart; `internal` are one's own suffixes, `public` adds to the DNS."""

    def __init__(self, internal: Iterable[str] = (), public: Iterable[str] = ()) -> None:
        self._internal = frozenset(suffix.lower().strip(".") for suffix in internal)
        self._public = frozenset(suffix.lower().strip(".") for suffix in public)

    def sort(self, name: str) -> Sort:
        """The sort of a name in small letters without the dot at its end."""
        if not is_host(name):
            return Sort.SUFFIX if name == "" else Sort.ODD
        if _ends_in(name, _REVERSE):
            return Sort.REVERSE
        if _ends_in(name, self._internal):
            return Sort.INTERNAL
        if name in self._public or _suffixes().publicsuffix(name) == name:
            return Sort.SUFFIX
        return Sort.PUBLIC if self.domain(name) else Sort.INTERNAL

    def domain(self, name: str) -> str | None:
        """The registrable domain that a public name lies in; None for other names."""
        last = name.rpartition(".")[2]
        if last in self._public:
            return ".".join(name.split(".")[-2:]) if "." in name else None
        if last in _SPECIAL:
            return None
        found: str | None = _suffixes().privatesuffix(name)
        return found


def _ends_in(name: str, suffixes: Iterable[str]) -> bool:
    return any(name == suffix or name.endswith("." + suffix) for suffix in suffixes)
