"""Puts a fault tree together gate by gate; equal gates become one, constants are folded away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from downwind.solve.faulttree.types import FaultTree

TRUE, FALSE = -2, -1
"""Literals that are no input: `literal ^ 1` is the opposite of these two as of all others."""


def literal(number: int, negated: bool = False) -> int:
    """What stands for an input of a tree (gate g is `events + g`), or for its opposite."""
    return 2 * number + negated


class Builder:
    """Gates over literals; the inputs of a gate are made before it, so no tree goes round."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.gates: list[tuple[int, tuple[int, ...]]] = []
        """At least so many of these literals."""
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}

    def gate(self, at_least: int, inputs: Sequence[int]) -> int:
        """The literal that is true when at least so many of the inputs are; repeats count again."""
        at_least -= inputs.count(TRUE)
        open_inputs = [x for x in inputs if x >= 0]
        if at_least <= 0:
            return TRUE
        if at_least > len(open_inputs):
            return FALSE
        different = sorted(set(open_inputs))
        pair = next((x for x in different if x & 1 and x ^ 1 in open_inputs), None)
        if pair is not None:
            return self._without_pair(at_least, open_inputs, pair)
        if len(different) < len(open_inputs):
            if at_least == len(open_inputs):
                at_least = len(different)
            elif at_least > 1:
                return self._without_repeat(at_least, open_inputs)
        if len(different) == 1:
            return different[0]
        return self._made(at_least, tuple(different))

    def tree(self, tops: Iterable[int]) -> tuple[FaultTree, tuple[int, ...]]:
        """The tree of what the literals `tops` reach, and the gate that each of them is."""
        roots = [self._gate_of(top) for top in tops]
        kept = sorted(self._reached(roots))
        number = {gate: index for index, gate in enumerate(kept)}
        literals = np.array(
            list(chain.from_iterable(self.gates[gate][1] for gate in kept)), dtype=np.int64
        )
        inputs = literals >> 1
        renumbered = np.zeros(len(self.gates), dtype=np.int64)
        renumbered[kept] = np.arange(len(kept))
        is_gate = inputs >= self.events
        inputs[is_gate] = self.events + renumbered[inputs[is_gate] - self.events]
        lengths = [0, *(len(self.gates[gate][1]) for gate in kept)]
        tree = FaultTree(
            events=self.events,
            start=np.cumsum(np.array(lengths, dtype=np.int64)),
            at_least=np.array([self.gates[gate][0] for gate in kept], dtype=np.int32),
            inputs=inputs.astype(np.int32),
            negated=(literals & 1).astype(np.bool_),
            from_outside=np.zeros(len(kept), dtype=np.bool_),
        )
        return tree, tuple(number[root] for root in roots)

    def _made(self, at_least: int, inputs: tuple[int, ...]) -> int:
        key = (at_least, inputs)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = literal(self.events + len(self.gates))
            self.gates.append(key)
        return known

    def _without_pair(self, at_least: int, inputs: list[int], negative: int) -> int:
        """Of an input and its opposite exactly one is true."""
        rest = list(inputs)
        rest.remove(negative)
        rest.remove(negative ^ 1)
        return self.gate(at_least - 1, rest)

    def _without_repeat(self, at_least: int, inputs: list[int]) -> int:
        repeated = max(inputs, key=inputs.count)
        rest = [x for x in inputs if x != repeated]
        with_it = self.gate(at_least - inputs.count(repeated), rest)
        return self.gate(1, [self.gate(at_least, rest), self.gate(2, [repeated, with_it])])

    def _gate_of(self, top: int) -> int:
        """A literal that is no gate becomes one: a constant, or a gate with one input."""
        if top in (TRUE, FALSE):
            top = self._made(int(top == FALSE), ())
        elif top & 1 or top < literal(self.events):
            top = self._made(1, (top,))
        return (top >> 1) - self.events

    def _reached(self, roots: Iterable[int]) -> set[int]:
        reached = set(roots)
        fringe = list(reached)
        while fringe:
            for x in self.gates[fringe.pop()][1]:
                gate = (x >> 1) - self.events
                if gate >= 0 and gate not in reached:
                    reached.add(gate)
                    fringe.append(gate)
        return reached
