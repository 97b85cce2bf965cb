"""Finds the longest prefix that holds an address, by bisection over disjoint ranges."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

from downwind.catalog.schema import Network

Entry = TypeVar("Entry")


class PrefixIndex(Generic[Entry]):
    """Nested prefixes, laid flat: each range of addresses belongs to its longest prefix."""

    __slots__ = ("_owners", "_starts")

    def __init__(self, entries: Iterable[tuple[Network, Entry]]) -> None:
        found = list(entries)
        self._starts: dict[int, list[int]] = {}
        self._owners: dict[int, list[tuple[Network, Entry] | None]] = {}
        for version in (4, 6):
            same = [each for each in found if each[0].version == version]
            self._starts[version], self._owners[version] = _flat(same)

    def longest(self, address: str) -> tuple[Network, Entry] | None:
        """The longest prefix that holds the address, and what stands under it."""
        try:
            parsed = ipaddress.ip_address(address.strip())
        except ValueError:
            return None
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        at = bisect_right(self._starts[parsed.version], int(parsed)) - 1
        return self._owners[parsed.version][at] if at >= 0 else None


def _flat(
    entries: list[tuple[Network, Entry]],
) -> tuple[list[int], list[tuple[Network, Entry] | None]]:
    starts: list[int] = []
    owners: list[tuple[Network, Entry] | None] = []
    open_blocks: list[tuple[int, tuple[Network, Entry]]] = []

    def turn(start: int, owner: tuple[Network, Entry] | None) -> None:
        if starts and starts[-1] == start:
            owners[-1] = owner
            return
        starts.append(start)
        owners.append(owner)

    def close_before(start: int | None) -> None:
        while open_blocks and (start is None or open_blocks[-1][0] < start):
            end, _ = open_blocks.pop()
            turn(end + 1, open_blocks[-1][1] if open_blocks else None)

    for each in sorted(entries, key=lambda e: (int(e[0].network_address), e[0].prefixlen)):
        start = int(each[0].network_address)
        end = start + (1 << (each[0].max_prefixlen - each[0].prefixlen)) - 1
        close_before(start)
        turn(start, each)
        open_blocks.append((end, each))
    close_before(None)
    return starts, owners
