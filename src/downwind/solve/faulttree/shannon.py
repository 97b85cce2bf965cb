"""Narrows bounds on a probability: cases of what is shared, the widest one split first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints
from downwind.solve.faulttree.gatewise import Odds, live_inputs, lowest_bit, rate_gates
from downwind.solve.faulttree.parts import Part
from downwind.solve.jit import jit


class Cases(NamedTuple):
    """Cases: what some of the leaves are taken to be, and what is known under that."""

    before: Ints
    """The case that this one was split from."""
    leaf: Ints
    """The leaf by which to split it, -1 for none."""
    happened: Flags
    """Whether it is the half in which the leaf of the case before is true."""
    low: Floats
    """The case's share of the lower bound."""
    high: Floats
    weight_low: Floats
    """How likely the case is if the leaves are as unlikely as they may be."""
    weight_high: Floats
    is_split: Flags
    sure: Flags
    widest: Ints
    """A heap of cases that are not split."""


def new_cases(most: int) -> Cases:
    """Room for so many; memory that no case comes to use is not touched."""
    cases = Cases(
        before=np.empty(most, dtype=np.int64),
        leaf=np.empty(most, dtype=np.int64),
        happened=np.empty(most, dtype=np.bool_),
        low=np.empty(most),
        high=np.empty(most),
        weight_low=np.empty(most),
        weight_high=np.empty(most),
        is_split=np.empty(most, dtype=np.bool_),
        sure=np.empty(most, dtype=np.bool_),
        widest=np.empty(most, dtype=np.int64),
    )
    cases.weight_low[0] = cases.weight_high[0] = 1.0
    return cases


@jit
def split_cases(
    part: Part, odds: Odds, cases: Cases, low: Floats, high: Floats, sure: Flags, within: float
) -> int:
    """Split cases until the bounds of the top differ by `within` of the upper one, or no room is
    left; how many cases there are then. The first is the one in which nothing is supposed.

    `low`, `high`, `sure`: what is known of the leaves.
    """
    lower, upper = 0.0, 0.0
    end, waiting = 0, 0
    while True:
        for case in range(max(end - 2, 0), max(end, 1)):
            odds.low[: len(low)] = low
            odds.high[: len(low)] = high
            odds.sure[: len(low)] = sure
            _suppose(odds, cases, case)
            rate_gates(part, odds)
            _note(part, odds, cases, case)
            lower += cases.low[case]
            upper += cases.high[case]
            _push(cases, waiting, case)
            waiting += 1
        end = max(end, 1)
        while waiting and cases.leaf[cases.widest[0]] < 0:
            waiting -= 1
            _pop(cases, waiting)
        if not waiting or upper - lower <= within * upper or end + 2 > len(cases.before):
            return end
        case = cases.widest[0]
        waiting -= 1
        _pop(cases, waiting)
        lower -= cases.low[case]
        upper -= cases.high[case]
        _split(cases, case, end, low, high)
        end += 2


@jit
def _split(cases: Cases, case: int, end: int, low: Floats, high: Floats) -> None:
    """Add the halves of a case."""
    leaf = cases.leaf[case]
    cases.is_split[case] = True
    for half in range(2):
        cases.before[end + half] = case
        cases.happened[end + half] = half == 1
        share_low = low[leaf] if half == 1 else 1.0 - low[leaf]
        share_high = high[leaf] if half == 1 else 1.0 - high[leaf]
        cases.weight_low[end + half] = cases.weight_low[case] * share_low
        cases.weight_high[end + half] = cases.weight_high[case] * share_high


@jit
def _suppose(odds: Odds, cases: Cases, case: int) -> None:
    """Make the leaves what the case takes them to be."""
    while case > 0:
        leaf = cases.leaf[cases.before[case]]
        odds.low[leaf] = 1.0 * cases.happened[case]
        odds.high[leaf] = odds.low[leaf]
        odds.sure[leaf] = True
        case = cases.before[case]


@jit
def _note(part: Part, odds: Odds, cases: Cases, case: int) -> None:
    """Note what is known of the top in a case, and by which leaf to split it."""
    top = len(odds.low) - 1
    cases.low[case] = cases.weight_low[case] * odds.low[top]
    cases.high[case] = cases.weight_high[case] * odds.high[top]
    cases.sure[case] = odds.sure[top]
    cases.is_split[case] = False
    cases.leaf[case] = -1
    if not odds.sure[top] and len(cases.leaf) > 1:
        cases.leaf[case] = _most_wanted(part, odds)


@jit
def _most_wanted(part: Part, odds: Odds) -> int:
    """The leaf whose sharing widens the bounds of the top most, roughly; -1 for none.

    What it adds at each gate counts as much as the gate counts for the top; gates that add little
    by comparison are passed over.
    """
    many = len(part.leaves)
    counts = np.zeros(len(odds.low))
    counts[len(counts) - 1] = 1.0
    score = np.zeros(len(part.shared))
    gap = odds.high[len(counts) - 1] - odds.low[len(counts) - 1]
    most = 0.0
    for gate in range(len(part.at_least) - 1, -1, -1):
        node = many + gate
        if counts[node] <= 0.0 or odds.low[node] == odds.high[node]:
            continue
        needed, live = live_inputs(part, odds, gate)
        much = counts[node] * odds.excess[node] / gap
        if much > 1e-3 * most:
            most = max(most, much)
            _give(part, odds, much, score)
        for i in range(live):
            one = odds.live[i]
            share = 1.0
            if needed == 1:
                share = (1.0 - odds.high[node]) / max(1.0 - odds.high[one], 1e-9)
            elif needed == live:
                share = odds.high[node] / odds.high[one]
            counts[one] += counts[node] * max(share, 1e-12)
    best, highest = -1, 0.0
    for i in range(len(score)):
        if score[i] > highest:
            best, highest = part.shared[i], score[i]
    return best


@jit
def _give(part: Part, odds: Odds, much: float, score: Floats) -> None:
    """Hold it against every leaf that several inputs share, the more so the less sure it is."""
    for w in range(part.sets.shape[1]):
        left = odds.seen[1, w]
        while left:
            i = 64 * w + lowest_bit(left)
            left &= left - np.uint64(1)
            leaf = part.shared[i]
            score[i] += much * odds.high[leaf] * (1.0 - odds.low[leaf])


@jit
def _push(cases: Cases, waiting: int, case: int) -> None:
    """Add a case to the heap, in which so many wait."""
    spot = waiting
    while spot > 0 and _width(cases, cases.widest[(spot - 1) // 2]) < _width(cases, case):
        cases.widest[spot] = cases.widest[(spot - 1) // 2]
        spot = (spot - 1) // 2
    cases.widest[spot] = case


@jit
def _pop(cases: Cases, waiting: int) -> None:
    """Take the widest case out of the heap, in which so many are left waiting."""
    case = cases.widest[waiting]
    spot = 0
    while 2 * spot + 1 < waiting:
        below = 2 * spot + 1
        if below + 1 < waiting and (
            _width(cases, cases.widest[below]) < _width(cases, cases.widest[below + 1])
        ):
            below += 1
        if _width(cases, cases.widest[below]) <= _width(cases, case):
            break
        cases.widest[spot] = cases.widest[below]
        spot = below
    cases.widest[spot] = case


@jit
def _width(cases: Cases, case: int) -> float:
    return float(cases.high[case] - cases.low[case])
