"""Finds the longest suffix of a host name among many, in one look-up a label."""

import re
from collections.abc import Mapping
from typing import Generic, TypeVar

Entry = TypeVar("Entry")

_DIGITS = re.compile(r"\d+")
# RFC 1035 2.3.4 ends a name at 255 octets; what is longer is no host name.
_LONGEST = 255


class SuffixIndex(Generic[Entry]):
    """Host name suffixes, on label bounds; `#` in one stands for a run of digits."""

    __slots__ = ("_entries", "_with_digits")

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = {suffix: entry for suffix, entry in entries.items() if "#" not in suffix}
        self._with_digits = {suffix: entry for suffix, entry in entries.items() if "#" in suffix}

    def longest(self, host: str) -> tuple[str, Entry] | None:
        """The longest suffix that the host name ends in, and what stands under it."""
        rest = clean_host(host) if len(host) <= _LONGEST else ""
        while rest:
            if (entry := self._entries.get(rest)) is not None:
                return rest, entry
            pattern = _DIGITS.sub("#", rest) if self._with_digits else ""
            if (entry := self._with_digits.get(pattern)) is not None:
                return pattern, entry
            rest = rest.partition(".")[2]
        return None


def clean_host(host: str) -> str:
    """Small letters, without the dot of the root."""
    return host.strip().rstrip(".").lower()
