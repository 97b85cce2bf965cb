"""Judges whether a fresh list can be believed, beside what was known before."""

from collections.abc import Iterable
from typing import NamedTuple

from downwind.catalog.blocks import Block

_MOST_SHARE = 1 / 16
"""Of all IPv4 addresses: the largest list, Amazon's, has 3 % of them (August 2026)."""
_LEAST_KEPT = 0.5
_MOST_GROWN = 10.0


class Size(NamedTuple):
    """How much a list covers."""

    rows: int | None
    """None where only the coverage is known: the packaged tables are aggregated."""
    ipv4: int
    """Addresses, each counted once."""
    ipv6: int
    """Blocks of /64, each counted once."""


def size_of(blocks: Iterable[Block], rows: int | None = None) -> Size:
    """The size of what these blocks cover together."""
    found = list(blocks)
    return Size(rows, _covered(found, 4), _covered(found, 6) >> 64)


def refusal(fresh: Size, known: Size | None, *, accepted: bool = False) -> str | None:
    """Why a fresh list is not believed; None where it is.

    `accepted`: somebody has looked at it, and a change of size is meant.
    """
    share = fresh.ipv4 / 2**32
    if share > _MOST_SHARE:
        return f"it claims {share:.0%} of all IPv4 addresses"
    if known is None or accepted:
        return None
    for what, now, before in zip(("rows", "IPv4", "IPv6"), fresh, known, strict=True):
        if before and now is not None and (said := _changed(what, now, before)):
            return said
    return None


def _changed(what: str, now: int, before: int) -> str | None:
    if now < _LEAST_KEPT * before:
        return f"it loses more than half of its {what}: {now:,} of {before:,} are left"
    if now > _MOST_GROWN * before:
        return f"its {what} grow more than tenfold: {before:,} before, {now:,} now"
    return None


def _covered(blocks: Iterable[Block], version: int) -> int:
    covered, reached = 0, -1
    for block in sorted(each for each in blocks if each.version == version):
        if block.end > reached:
            covered += block.end - max(block.start, reached + 1) + 1
            reached = block.end
    return covered
