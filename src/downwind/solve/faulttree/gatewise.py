"""Bounds on the probability of every gate, from the bounds of its inputs.

Events are independent and gates only become true as events happen, so gates are associated (Esary,
Proschan and Walkup 1967): that all of some inputs are true is at least as likely as if they shared
nothing, and so is that none is. Inputs that do share nothing are independent, which is exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints
from downwind.solve.faulttree.parts import Part, Words
from downwind.solve.faulttree.sorting import put_in_order
from downwind.solve.jit import jit


class Odds(NamedTuple):
    """What is known of the leaves and gates of a part."""

    low: Floats
    high: Floats
    sure: Flags
    """True where the two are the probability itself."""
    excess: Floats
    """How much the bounds of a gate are wider because its inputs share something."""
    live: Ints
    """Room: the inputs of a gate that may be true and may be false."""
    group: Ints
    """Room: the first of the live inputs that each shares something with."""
    owner: Ints
    """Room: the first of the live inputs that has a shared leaf."""
    seen: Words
    """Room: the shared leaves of the live inputs, and those of several of them."""


def new_odds(part: Part) -> Odds:
    """Room for a part."""
    nodes, widest = len(part.sets), int(np.diff(part.start).max())
    return Odds(
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes, dtype=np.bool_),
        np.zeros(nodes),
        np.zeros(widest, dtype=np.int64),
        np.zeros(widest, dtype=np.int64),
        np.zeros(len(part.shared), dtype=np.int64),
        np.zeros((2, part.sets.shape[1]), dtype=np.uint64),
    )


@jit
def rate_gates(part: Part, odds: Odds) -> None:
    """Fill in what is known of every gate from what is known of the leaves."""
    low, high, sure = odds.low, odds.high, odds.sure
    many = len(part.leaves)
    for gate in range(len(part.at_least)):
        node = many + gate
        odds.excess[node] = 0.0
        needed, live = live_inputs(part, odds, gate)
        if needed <= 0 or needed > live:
            low[node] = 1.0 * (needed <= 0)
            high[node] = low[node]
            sure[node] = True
            continue
        is_shared = False
        for w in range(part.sets.shape[1]):
            part.sets[node, w] = odds.seen[0, w]
            is_shared |= odds.seen[1, w] > 0
        sure[node] = not is_shared
        for i in range(live):
            odds.group[i] = i
            sure[node] &= sure[odds.live[i]]
        if is_shared:
            _find_groups(part, odds, live)
        if needed == 1:
            _rate_or(odds, node, live)
        elif needed == live:
            _rate_and(odds, node, live)
        else:
            low[node] = _at_least(low, odds, live, needed, False)
            high[node] = _at_least(high, odds, live, needed, True)
            odds.excess[node] = high[node] - low[node]
        high[node] = min(1.0, max(low[node], high[node]))


@jit
def live_inputs(part: Part, odds: Odds, gate: int) -> tuple[int, int]:
    """How many inputs must be true besides those that are, and how many may be.

    Notes which these are, and what they share.
    """
    words = part.sets.shape[1]
    for w in range(words):
        odds.seen[0, w] = 0
        odds.seen[1, w] = 0
    needed, live = part.at_least[gate], 0
    for i in range(part.start[gate], part.start[gate + 1]):
        node = part.inputs[i]
        if odds.low[node] == 1.0:
            needed -= 1
        elif odds.high[node] > 0.0:
            odds.live[live] = node
            live += 1
            for w in range(words):
                odds.seen[1, w] |= odds.seen[0, w] & part.sets[node, w]
                odds.seen[0, w] |= part.sets[node, w]
    return needed, live


@jit
def _find_groups(part: Part, odds: Odds, live: int) -> None:
    """Live inputs that share a leaf, or both share one with a third, are of one group."""
    group, owner = odds.group, odds.owner
    groups = live
    if live == 2:
        group[1] = 0
        return
    for leaf in range(len(owner)):
        owner[leaf] = -1
    for i in range(live):
        for w in range(part.sets.shape[1]):
            left = part.sets[odds.live[i], w] & odds.seen[1, w]
            while left and groups > 1:
                leaf = 64 * w + lowest_bit(left)
                left &= left - np.uint64(1)
                if owner[leaf] < 0:
                    owner[leaf] = i
                    continue
                one, other = _first(group, owner[leaf]), _first(group, i)
                groups -= one != other
                group[max(one, other)] = min(one, other)
    for i in range(live):
        group[i] = _first(group, i)


@jit
def lowest_bit(word: np.uint64) -> int:
    """Which is the lowest bit that is set; there must be one."""
    return math.frexp(float(word & (~word + np.uint64(1))))[1] - 1


@jit
def _first(group: Ints, i: int) -> int:
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


@jit
def _rate_or(odds: Odds, node: int, live: int) -> None:
    """Of a group at least the likeliest; of all at most what it were if they shared nothing."""
    low, high, apart = 0.0, 0.0, 0.0
    for i in range(live):
        one = odds.live[i]
        high += odds.high[one] * (1.0 - high)
        apart += odds.low[one] * (1.0 - apart)
        if odds.group[i] == i:
            best = odds.low[one]
            for j in range(i + 1, live):
                if odds.group[j] == i:
                    best = max(best, odds.low[odds.live[j]])
            low += best * (1.0 - low)
    odds.low[node], odds.high[node] = low, high
    odds.excess[node] = apart - low


@jit
def _rate_and(odds: Odds, node: int, live: int) -> None:
    """Of a group at most the least likely; of all at least what it were if they shared nothing."""
    low, high, apart = 1.0, 1.0, 1.0
    for i in range(live):
        one = odds.live[i]
        low *= odds.low[one]
        apart *= odds.high[one]
        if odds.group[i] == i:
            least = odds.high[one]
            for j in range(i + 1, live):
                if odds.group[j] == i:
                    least = min(least, odds.high[odds.live[j]])
            high *= least
    odds.low[node], odds.high[node] = low, high
    odds.excess[node] = high - apart


@jit
def _at_least(odds_of: Floats, odds: Odds, live: int, needed: int, is_upper: bool) -> float:
    """A bound on how likely so many of the live inputs are: groups are independent, so that how
    many are true of each adds up; `chances[j]` is how likely j are, or more for the last."""
    chances = np.zeros(needed + 1)
    chances[0] = 1.0
    members = np.empty(live)
    for i in range(live):
        if odds.group[i] != i:
            continue
        many = 0
        for j in range(i, live):
            if odds.group[j] == i:
                members[many] = odds_of[odds.live[j]]
                many += 1
        put_in_order(members, many)
        tails = _tails(members, many, is_upper)
        for j in range(needed, -1, -1):
            total = 0.0
            for c in range(j + 1):
                if j - c > many:
                    continue
                if j == needed:
                    total += chances[c] * tails[j - c]
                else:
                    total += chances[c] * (tails[j - c] - tails[j - c + 1])
            chances[j] = total
    return float(chances[needed])


@jit
def _tails(values: Floats, many: int, is_upper: bool) -> Floats:
    """A bound on how likely j or more are true, for inputs that may share anything.

    At least: the j likeliest ones as if they shared nothing. At most: one of any that are so many
    that fewer than j are left, and Markov's bound.
    """
    tails = np.zeros(many + 2)
    tails[0] = 1.0
    total = 0.0
    for i in range(many):
        total += values[i]
    for j in range(1, many + 1):
        if not is_upper:
            tails[j] = tails[j - 1] * values[many - j]
            continue
        one_of = 0.0
        for i in range(many - j + 1):
            one_of += values[i] * (1.0 - one_of)
        tails[j] = min(tails[j - 1], min(one_of, total / j))
    return tails
