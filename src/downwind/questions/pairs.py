"""Which two causes together take down more than each of them alone."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.graph.tables import Table
from downwind.questions.concentration import causes_of
from downwind.solve.blast.pairs import Pairs, worst_pairs

MOST_CAUSES = 128
_MOST_PAIRS = 1000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two causes that fail at once."""

    a: str
    b: str
    down: int
    """Sites that fall with both."""
    down_weight: float
    down_a: int
    """Sites that fall with `a` alone."""
    down_b: int
    extra: int
    """Sites that fall with both and with neither alone."""
    extra_weight: float


@dataclass(frozen=True, slots=True)
class PairRanking:
    """The pairs with something extra, most extra weight first."""

    pairs: tuple[Pair, ...]
    duration: float
    complete: bool
    """False where only the MOST_CAUSES causes that touch most were paired."""
    bound: float
    """No other pair has more extra weight than this."""


def rank_pairs(table: Table, duration: float, kind: str | None = None) -> PairRanking:
    """Let each two causes fail at once for `duration` seconds.

    Raises UsageError for a kind that no cause has.
    """
    found = worst_pairs(table, causes_of(table, kind), duration, MOST_CAUSES)
    pairs = [_named(table, found, place) for place in range(len(found.a))]
    pairs.sort(key=lambda pair: (-pair.extra_weight, pair.a, pair.b))
    return PairRanking(tuple(pairs[:_MOST_PAIRS]), duration, found.complete, found.bound)


def _named(table: Table, found: Pairs, place: int) -> Pair:
    """In the order of their names."""
    a, b = table.core_names[found.a[place]], table.core_names[found.b[place]]
    down_a, down_b = int(found.down_a[place]), int(found.down_b[place])
    if b < a:
        a, b, down_a, down_b = b, a, down_b, down_a
    return Pair(
        a,
        b,
        int(found.down[place]),
        float(found.down_weight[place]),
        down_a,
        down_b,
        int(found.extra[place]),
        float(found.extra_weight[place]),
    )
