"""Fault trees by brute force: every subset of the events is tried. Acyclic trees, few events."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from downwind.solve.faulttree.types import FaultTree

Truth = NDArray[np.bool_]
"""One entry for each subset of the events: bit e of its index says whether event e happened."""


def truth(tree: FaultTree, top: int) -> Truth:
    """Whether the gate is true, for each subset of the events."""
    subsets = np.arange(2**tree.events)
    known: dict[int, Truth] = {}

    def value(node: int) -> Truth:
        if node not in known:
            known[node] = (subsets >> node & 1) == 1 if node < tree.events else gate(node)
        return known[node]

    def gate(node: int) -> Truth:
        number = node - tree.events
        inputs = range(tree.start[number], tree.start[number + 1])
        votes = np.zeros(len(subsets), dtype=np.int64)
        for spot in inputs:
            votes += value(int(tree.inputs[spot])) != bool(tree.negated[spot])
        enough: Truth = votes >= tree.at_least[number]
        return enough

    return value(tree.events + top)


def with_and_without(table: Truth, event: int) -> tuple[Truth, Truth]:
    """The rows of the table where the event happened, and the same rows where it did not."""
    subsets = np.arange(len(table))
    happened = (subsets >> event & 1) == 1
    return table[happened], table[~happened]


def harmful_repairs(tree: FaultTree, top: int) -> set[int]:
    """Events that can make the gate false by happening; none for a coherent tree."""
    table = truth(tree, top)
    return {e for e in range(tree.events) if np.any(np.less(*with_and_without(table, e)))}


def relevant(tree: FaultTree, top: int) -> set[int]:
    """Events on which the gate depends at all."""
    table = truth(tree, top)
    return {e for e in range(tree.events) if np.any(np.not_equal(*with_and_without(table, e)))}


def minimal_cuts(tree: FaultTree, top: int) -> set[frozenset[int]]:
    """Subsets that make the gate true and of which no event can be spared; coherent trees."""
    table = truth(tree, top)

    def minimal(subset: int) -> bool:
        return not any(subset >> e & 1 and table[subset & ~(1 << e)] for e in range(tree.events))

    return {members(subset) for subset in map(int, np.flatnonzero(table)) if minimal(subset)}


def least_sets(tree: FaultTree, top: int) -> set[frozenset[int]]:
    """Subsets that make the gate true while nothing else happens, and contain no other of them."""
    sets = [members(int(subset)) for subset in np.flatnonzero(truth(tree, top))]
    return {one for one in sets if not any(other < one for other in sets)}


def members(subset: int) -> frozenset[int]:
    """The events of a subset."""
    return frozenset(e for e in range(subset.bit_length()) if subset >> e & 1)


def chance(tree: FaultTree, top: int, p: list[float]) -> float:
    """The probability of the gate, added up over all subsets."""
    return math.fsum(weights(tree.events, p)[truth(tree, top)])


def chance_given(tree: FaultTree, top: int, p: list[float], event: int, happened: bool) -> float:
    """The probability of the gate where the event is known to have happened, or not to have."""
    return chance(tree, top, [*p[:event], float(happened), *p[event + 1 :]])


def weights(events: int, p: list[float]) -> NDArray[np.float64]:
    """The probability of each subset."""
    subsets = np.arange(2**events)
    weight = np.ones(len(subsets))
    for event in range(events):
        weight *= np.where(subsets >> event & 1, p[event], 1 - p[event])
    return weight
