"""Finds the longest prefix that holds an address, by bisection over disjoint ranges."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Generic, TypeVar

from downwind.catalog.blocks import Block

Entry = TypeVar("Entry")


class PrefixIndex(Generic[Entry]):
    """Nested prefixes, laid flat: each range of addresses belongs to its longest prefix.

    They are laid flat when the first address is asked for, since many runs ask for none.
    """

    def __init__(self, entries: Iterable[tuple[Block, Entry]]) -> None:
        self._entries = entries

    def longest(self, address: str) -> tuple[Block, Entry] | None:
        """The longest prefix that holds the address, and what stands under it."""
        try:
            parsed = ipaddress.ip_address(address.strip())
        except ValueError:
            return None
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        starts, owners = self._flat[parsed.version]
        at = bisect_right(starts, int(parsed)) - 1
        return owners[at] if at >= 0 else None

    @cached_property
    def _flat(self) -> dict[int, tuple[list[int], list[tuple[Block, Entry] | None]]]:
        ordered = sorted(self._entries, key=lambda entry: entry[0])
        return {
            version: lay_flat([each for each in ordered if each[0].version == version])
            for version in (4, 6)
        }


def lay_flat(
    entries: list[tuple[Block, Entry]],
) -> tuple[list[int], list[tuple[Block, Entry] | None]]:
    """Where each range starts, and the longest block that holds it.

    Takes blocks of one version, in order, and each once.
    """
    starts: list[int] = []
    owners: list[tuple[Block, Entry] | None] = []
    open_blocks: list[tuple[int, tuple[Block, Entry]]] = []

    def turn(start: int, owner: tuple[Block, Entry] | None) -> None:
        if starts and starts[-1] == start:
            owners[-1] = owner
            return
        starts.append(start)
        owners.append(owner)

    def close_before(start: int | None) -> None:
        while open_blocks and (start is None or open_blocks[-1][0] < start):
            end, _ = open_blocks.pop()
            turn(end + 1, open_blocks[-1][1] if open_blocks else None)

    for each in entries:
        block = each[0]
        close_before(block.start)
        turn(block.start, each)
        open_blocks.append((block.end, each))
    close_before(None)
    return starts, owners
