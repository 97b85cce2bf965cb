"""Fault trees that go round, small and random, and what their gates are by brute force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from downwind.solve.faulttree.types import FaultTree

from .trees import Gate, tree_of


@st.composite
def round_trees(draw: st.DrawFn, *, most_events: int = 5, most_gates: int = 6) -> FaultTree:
    """Any gate may be an input of any other, and of itself; either kind of fixed point."""
    events = draw(st.integers(1, most_events))
    many = draw(st.integers(1, most_gates))
    anything = st.sampled_from(range(events + many))
    gates = []
    for _ in range(many):
        inputs = draw(st.lists(anything, max_size=4))
        threshold = draw(st.one_of(st.sampled_from((1, 1, len(inputs))), st.integers(0, 4)))
        turned = {i for i, number in enumerate(inputs) if number < events and draw(st.booleans())}
        gates.append(Gate(threshold, tuple(inputs), tuple(turned)))
    flags = draw(st.lists(st.booleans(), min_size=many, max_size=many))
    return replace(tree_of(events, gates), from_outside=np.array(flags, dtype=np.bool_))


def values(tree: FaultTree, happened: Collection[int]) -> list[bool]:
    """The least values of the gates from outside; under each guess of those, the greatest others.

    Both by going over all gates until nothing changes.
    """
    outside = [bool(flag) for flag in tree.from_outside]
    gates = [False] * tree.gates
    while True:
        gates = [value if outside[g] else True for g, value in enumerate(gates)]
        while (lower := [gates[g] if outside[g] else _is_true(tree, g, happened, gates)
                         for g in range(tree.gates)]) != gates:  # fmt: skip
            gates = lower
        higher = [
            _is_true(tree, g, happened, gates) if outside[g] else gates[g]
            for g in range(tree.gates)
        ]
        if higher == gates:
            return gates
        gates = higher


def _is_true(tree: FaultTree, gate: int, happened: Collection[int], gates: list[bool]) -> bool:
    votes = 0
    for spot in range(int(tree.start[gate]), int(tree.start[gate + 1])):
        number = int(tree.inputs[spot])
        value = number in happened if number < tree.events else gates[number - tree.events]
        votes += value != bool(tree.negated[spot])
    return votes >= int(tree.at_least[gate])
