"""Fault trees written by hand, and small random ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from downwind.solve.faulttree.types import FaultTree


class Gate(NamedTuple):
    """True when at least so many of the inputs are; event e is e, gate g is events + g."""

    at_least: int
    inputs: tuple[int, ...]
    negated: tuple[int, ...] = ()
    """Places among the inputs whose opposite counts."""


def tree_of(events: int, gates: Sequence[Gate]) -> FaultTree:
    return FaultTree(
        events=events,
        start=np.cumsum([0, *(len(gate.inputs) for gate in gates)], dtype=np.int64),
        at_least=np.array([gate.at_least for gate in gates], dtype=np.int32),
        inputs=np.array([i for gate in gates for i in gate.inputs], dtype=np.int32),
        negated=np.array(
            [i in gate.negated for gate in gates for i in range(len(gate.inputs))], dtype=np.bool_
        ),
        from_outside=np.ones(len(gates), dtype=np.bool_),
    )


@st.composite
def trees(
    draw: st.DrawFn, *, most_events: int = 7, most_gates: int = 8, negations: bool = False
) -> FaultTree:
    """Acyclic; gates in any order, constants, repeated inputs and gates nobody uses included."""
    events = draw(st.integers(1, most_events))
    many = draw(st.integers(1, most_gates))
    number = draw(st.permutations(range(many)))
    gates: dict[int, Gate] = {}
    for i in range(many):
        below = [*range(events), *(events + number[j] for j in range(i))]
        inputs = draw(st.lists(st.sampled_from(below), max_size=5))
        threshold = draw(st.one_of(st.sampled_from((1, 1, len(inputs))), st.integers(0, 6)))
        turned = draw(st.sets(st.integers(0, 4), max_size=2)) if negations else set()
        gates[number[i]] = Gate(threshold, tuple(inputs), tuple(turned))
    return tree_of(events, [gates[i] for i in range(many)])
