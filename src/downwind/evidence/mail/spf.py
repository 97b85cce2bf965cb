"""SPF records (RFC 7208), taken apart; what cannot be read is a permanent error, said in words."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_TERM = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<mechanism>all|include|a|mx|ptr|ip4|ip6|exists)"
    r"(?:(?P<colon>:)(?P<value>[^/ ][^ ]*?|))?(?P<lengths>(?:/\d{1,3})?(?://\d{1,3})?)\Z",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z")
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z0-9-]{1,63}\.?\Z")
_NEEDS_VALUE = frozenset({"include", "exists", "ip4", "ip6"})
_TAKES_LENGTHS = frozenset({"a", "mx", "ip4", "ip6"})
_LOOKS_UP = frozenset({"include", "a", "mx", "ptr", "exists"})
_LONGEST = 253


@dataclass(frozen=True, slots=True)
class SpfTerm:
    """One mechanism of a record."""

    qualifier: str
    """+ pass, - fail, ~ softfail, ? neutral."""
    mechanism: str
    value: str
    """A name in small letters or a prefix; empty where the domain itself is meant."""

    @property
    def looks_up(self) -> bool:
        """True where judging it costs one of the ten lookups (RFC 7208, 4.6.4)."""
        return self.mechanism in _LOOKS_UP

    @property
    def name(self) -> str | None:
        """The name that it speaks of; None for a prefix, or where a macro decides the name."""
        if self.mechanism in ("ip4", "ip6", "all") or not _NAME.match(self.value):
            return None
        return self.value


@dataclass(frozen=True, slots=True)
class Spf:
    """A record; with a `problem`, receivers give a permanent error and nothing else counts."""

    terms: tuple[SpfTerm, ...] = ()
    redirect: str | None = None
    """Where the policy goes on; None also where a macro decides, or an `all` makes it moot."""
    problem: str = ""


def spf_of(records: Iterable[str]) -> Spf | None:
    """The policy in a name's TXT records; None where there is none."""
    found = [record for record in records if _VERSION.match(record)]
    if not found:
        return None
    if len(found) > 1:
        return Spf(problem=f"{len(found)} SPF records, where one is allowed")
    return read_spf(found[0])


def read_spf(record: str) -> Spf:
    """Read one record that begins with `v=spf1`; never raises."""
    terms: list[SpfTerm] = []
    modifiers: dict[str, str] = {}
    for word in filter(None, record.split(" ")[1:]):
        modifier = _MODIFIER.match(word)
        read = _add(modifier, modifiers) if modifier else _term(word)
        if isinstance(read, SpfTerm):
            terms.append(read)
        elif read:
            return Spf(problem=read)
    return Spf(tuple(terms), _redirect(terms, modifiers))


def _add(modifier: re.Match[str], modifiers: dict[str, str]) -> str:
    """Take in a `name=value`, and say what is wrong with it."""
    name, value = modifier[1].lower(), modifier[2]
    if name in ("redirect", "exp"):
        if name in modifiers:
            return f"{name}= is there twice"
        if not value:
            return f"{name}= names no domain"
    modifiers[name] = value
    return ""


def _redirect(terms: Iterable[SpfTerm], modifiers: dict[str, str]) -> str | None:
    target = modifiers.get("redirect", "")
    if any(term.mechanism == "all" for term in terms) or not _NAME.match(target):
        return None
    return target.lower().rstrip(".")


def _term(word: str) -> SpfTerm | str:
    """The mechanism, or what is wrong with it."""
    found = _TERM.match(word)
    if not found:
        return f"{word[:60]!r} is no mechanism"
    mechanism = found["mechanism"].lower()
    value = (found["value"] or "").lower().rstrip(".")
    lengths = found["lengths"]
    if len(value) > _LONGEST:
        return f"{word[:60]!r}: the name is too long"
    if bool(found["colon"]) != bool(value) or (mechanism in _NEEDS_VALUE and not value):
        return f"{word[:60]!r} names nothing"
    if mechanism == "all" and value:
        return f"{word[:60]!r}: all takes no value"
    if lengths and mechanism not in _TAKES_LENGTHS:
        return f"{word[:60]!r} takes no prefix length"
    if mechanism in ("ip4", "ip6"):
        prefix = _prefix(mechanism, value + lengths)
        return SpfTerm(found["qualifier"] or "+", mechanism, prefix) if prefix else _bad(word)
    return SpfTerm(found["qualifier"] or "+", mechanism, value)


def _bad(word: str) -> str:
    return f"{word[:60]!r} holds no address block"


def _prefix(mechanism: str, text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    return str(network) if network.version == int(mechanism[2]) else ""
