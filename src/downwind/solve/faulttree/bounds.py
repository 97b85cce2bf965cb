"""What a probability lies between, where it cannot be worked out or need not be."""

from __future__ import annotations

import math

import numpy as np

from downwind.solve.arrays import Flags, Floats
from downwind.solve.faulttree.coherent import coherent
from downwind.solve.faulttree.diagrams.modules import find_modules, gather
from downwind.solve.faulttree.diagrams.simplify import ALWAYS, NEVER, Net
from downwind.solve.faulttree.gatewise import new_odds
from downwind.solve.faulttree.parts import Part, gates_by_module, part_of
from downwind.solve.faulttree.shannon import new_cases, split_cases
from downwind.solve.faulttree.types import Chance, FaultTree
from downwind.terms import ModelError

WITHIN = 1e-6
WORK = 200_000_000
"""Inputs of gates looked at; some seconds."""
MOST_CASES = 2_000_000


def bounds(
    tree: FaultTree, top: int, p: Floats, *, within: float = WITHIN, work: int = WORK
) -> Chance:
    """Bounds on the probability of gate `top`; events are independent, event e has p[e].

    They are narrowed until they differ by no more than `within` times the upper one, or until
    about `work` has been done. One number only where it is the probability itself, up to the
    rounding of floating point: so for every tree in which no event is shared.

    Raises ModelError where the tree goes round or is not coherent, or a p is no probability.
    """
    p = _probabilities(p)
    net = coherent(tree, top)
    if net.top in (NEVER, ALWAYS):
        return Chance(float(net.top == ALWAYS), float(net.top == ALWAYS))
    return _narrow(gather(net), p, within, work)


def _probabilities(p: Floats) -> Floats:
    p = np.asarray(p, dtype=np.float64)
    wrong = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(wrong):
        event = int(wrong[0])
        raise ModelError(
            f"its probability is {p[event]}; it must be from 0 to 1.", where=f"event {event}"
        )
    return p


def _narrow(net: Net, p: Floats, within: float, work: int) -> Chance:
    """Module by module, smaller ones first; each may do its share of the work that is left."""
    nodes = net.events + len(net.at_least)
    low = np.zeros(nodes)
    low[: net.events] = p
    high = low.copy()
    sure = np.ones(nodes, dtype=np.bool_)
    local = np.full(nodes, -1, dtype=np.int64)
    rounding = 2.0**-50 * len(net.inputs)
    modules = gates_by_module(net, find_modules(net))
    for index, gates in enumerate(modules):
        part = part_of(net, gates, local)
        goal = within if index == len(modules) - 1 else within / len(modules)
        share = work // (len(modules) - index)
        known = (low[part.leaves], high[part.leaves], sure[part.leaves])
        lower, upper, exact, done = _solve(part, *known, goal, share)
        work -= done
        node = net.events + int(gates[-1])
        sure[node] = exact
        low[node] = lower if exact else lower * (1 - rounding)
        high[node] = lower if exact else min(1.0, upper * (1 + rounding))
    return Chance(float(low[node]), float(high[node]))


def _solve(
    part: Part, low: Floats, high: Floats, sure: Flags, within: float, work: int
) -> tuple[float, float, bool, int]:
    """Bounds on the top of a part, whether the lower one is the probability, and the work done."""
    each = len(part.inputs) * (1 + part.sets.shape[1])
    most = min(MOST_CASES, max(1, work // each)) if len(part.shared) else 1
    cases = new_cases(most)
    end = split_cases(part, new_odds(part), cases, low, high, sure, within)
    kept = np.flatnonzero(~cases.is_split[:end])
    lower = max(math.fsum(cases.low[kept]), float(cases.low[0]))
    upper = min(math.fsum(cases.high[kept]), float(cases.high[0]))
    return lower, max(lower, upper), bool(cases.sure[kept].all()), end * each
