"""Sites by a column of their list: a few values each, ranks in steps of ten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Shorts
from downwind.terms import UsageError

MOST = 12
REST, NOTHING = "others", "(not given)"
RANK = "rank"


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Which group each site is part of."""

    by: str
    names: tuple[str, ...]
    of_site: Shorts
    nested: bool = False
    """True where each group holds those before it too, as the top 1,000 hold the top 100."""

    @classmethod
    def none(cls, sites: int) -> Grouping:
        """All sites in one group."""
        return cls("", ("",), np.zeros(sites, dtype=np.int32))


def grouping(by: str, values: Sequence[str | None]) -> Grouping:
    """The sites by their values; those of a column `rank` in the top 100, 1,000 and so on.

    The commonest eleven values make a group each, the rest one. Raises UsageError for a rank that
    is not a whole number of 1 or more.
    """
    if by == RANK:
        return _by_rank(values)
    counts = Counter(value or NOTHING for value in values)
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    names = ordered if len(ordered) <= MOST else [*ordered[: MOST - 1], REST]
    number = {name: place for place, name in enumerate(names)}
    found = [number.get(value or NOTHING, len(names) - 1) for value in values]
    return Grouping(by, tuple(names), np.array(found, dtype=np.int32))


def _by_rank(values: Sequence[str | None]) -> Grouping:
    ranks = np.array([_rank(value) for value in values], dtype=np.float64)
    finite = ranks[np.isfinite(ranks)]
    most = float(finite.max(initial=1.0))
    edges = [100.0]
    while edges[-1] < most:
        edges.append(edges[-1] * 10)
    of_site = np.searchsorted(np.array(edges), ranks).astype(np.int32)
    of_site[np.isinf(ranks)] = -1
    return Grouping(RANK, tuple(f"top {edge:,.0f}" for edge in edges), of_site, nested=True)


def _rank(value: str | None) -> float:
    if value is None or not value.strip():
        return np.inf
    if value.strip().isascii() and value.strip().isdigit() and int(value) > 0:
        return float(int(value))
    raise UsageError(f"{value!a:.60} is not a rank.", todo="A rank is a whole number of 1 or more.")
