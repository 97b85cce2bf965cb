"""How concentrated a division is: shares of the largest, Herfindahl-Hirschman, centralization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Floats

TOP = (1, 3, 5, 10)
CURVE_POINTS = 60


@dataclass(frozen=True, slots=True)
class Concentration:
    """What the division of sites among holders says of itself."""

    holders: int
    """Those who hold anything, private and unknown ones included."""
    hhi: float
    """Herfindahl-Hirschman index: the sum of the squares of all shares; above 0, 1 for one."""
    hhi_at_most: float
    """The same if the largest owned all that is held by nobody known."""
    score: float
    """Centralization: the index less what it would be if no two sites shared a holder.

    Below 0 where sites that are split among several holders weigh more than what they share.
    """
    top: tuple[tuple[int, float], ...]
    """(k, what the k largest hold together), for 1, 3, 5 and 10."""
    curve: tuple[tuple[int, float], ...]
    """The same for more k, up to all."""


def concentration(split: Floats, unknown: Floats, alone: float) -> Concentration | None:
    """Of masses: `split` held by each, `unknown` the part of `split` whose holder is not known.

    `alone` is the sum of squares of the shares that the sites have themselves. None where nothing
    is held.
    """
    whole = float(split.sum())
    if whole <= 0:
        return None
    shares = np.sort(split[split > 0] / whole)[::-1]
    index = hhi(shares)
    summed = np.minimum(np.cumsum(shares), 1.0)
    return Concentration(
        holders=len(shares),
        hhi=index,
        hhi_at_most=_at_most(split / whole, unknown / whole),
        score=index - alone,
        top=tuple((k, share_of_top(summed, k)) for k in TOP),
        curve=tuple((k, share_of_top(summed, k)) for k in _points(len(shares))),
    )


def hhi(shares: Floats) -> float:
    """The Herfindahl-Hirschman index of shares that add up to 1: the sum of their squares."""
    return float(np.square(shares).sum())


def share_of_top(summed: Floats, k: int) -> float:
    """What the k largest hold; `summed` are the cumulative shares, largest first."""
    return float(summed[min(k, len(summed)) - 1])


def _at_most(shares: Floats, unknown: Floats) -> float:
    """The index if whoever holds most owned all that nobody known holds."""
    known = shares - unknown
    largest = int(np.argmax(known))
    known[largest] += unknown.sum()
    return hhi(known)


def _points(holders: int) -> Sequence[int]:
    """Ranks at which a curve is kept: all where few, else closer together at its steep start."""
    if holders <= CURVE_POINTS:
        return range(1, holders + 1)
    spaced = np.geomspace(1, holders, CURVE_POINTS).round().astype(np.int64)
    ranks: list[int] = np.unique(spaced).tolist()
    return ranks
