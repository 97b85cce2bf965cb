"""Turns a fault tree that goes round into one that does not and means the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from downwind.solve.circles import components, goes_round
from downwind.solve.faulttree.builder import FALSE, TRUE, Builder, literal
from downwind.solve.faulttree.rounds import Loop, Step, plan
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError

MOST_GATES = 1_000_000


class Acyclic(NamedTuple):
    """A tree without circles, and what it is worth."""

    tree: FaultTree
    tops: tuple[int, ...]
    """The gate of each top that was asked for."""
    exact: bool
    """False where it grew too large: then it only bounds the tree that it was made from."""


def acyclic(
    tree: FaultTree,
    tops: Sequence[int],
    *,
    most_gates: int = MOST_GATES,
    if_too_large: bool = True,
) -> Acyclic:
    """The gates `tops` without going round; a tree that has no circles comes back as it is.

    The values are the least ones for the gates that are `from_outside`, and, whatever those are,
    the greatest ones for all others. Where that takes more than about `most_gates` gates, what
    comes out is true at least whenever the tree is (an upper bound); with `if_too_large` False,
    false at least whenever the tree is (a lower bound).

    Raises ModelError where a circle leads through an input's opposite: it has no answer.
    """
    edges = _edges(tree, tops)
    circles = [c for c in components(edges) if goes_round(c, edges)]
    if not circles:
        return Acyclic(tree, tuple(tops), exact=True)
    work = _Unrolling(tree, edges, most_gates, TRUE if if_too_large else FALSE)
    for component in components(edges):
        work.solve(component)
    found, gates = work.builder.tree(work.value[top] for top in tops)
    return Acyclic(found, gates, work.exact)


class _Unrolling:
    """Works the gates out, component by component."""

    def __init__(
        self, tree: FaultTree, edges: dict[int, list[int]], most_gates: int, last_resort: int
    ) -> None:
        self.builder = Builder(tree.events)
        self.exact = True
        self.value: dict[int, int] = {}
        """The literal that each gate has been worked out to be, or is guessed to be."""
        self._edges = edges
        self._outside = set(np.flatnonzero(tree.from_outside).tolist())
        self._at_least = {gate: int(tree.at_least[gate]) for gate in edges}
        self._inputs = {gate: _literals(tree, gate) for gate in edges}
        self._events = tree.events
        self._most_gates = most_gates
        self._last_resort = last_resort

    def solve(self, component: Sequence[int]) -> None:
        """Work out a component whose inputs from elsewhere are known."""
        if not goes_round(component, self._edges):
            self.value[component[0]] = self._worked_out(component[0])
            return
        inside = set(component)
        self._refuse_opposites(inside)
        self._merge_ors(inside)
        edges = {gate: self._near(gate, inside) for gate in component}
        self._run(plan(edges, self._outside))

    def _run(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if isinstance(step, Loop):
                self._go_round(step)
            else:
                self.value[step] = self._worked_out(step)

    def _go_round(self, loop: Loop) -> None:
        start = FALSE if loop.cut[0] in self._outside else TRUE
        self.value.update(dict.fromkeys(loop.cut, start))
        for _ in loop.cut:
            if len(self.builder.gates) > self._most_gates:
                self._give_up(loop, start)
                break
            self._run(loop.rest)
            found = {gate: self._worked_out(gate) for gate in loop.cut}
            if all(self.value[gate] == found[gate] for gate in loop.cut):
                return
            self.value.update(found)
        self._run(loop.rest)

    def _give_up(self, loop: Loop, start: int) -> None:
        """Stop at a guess that errs on the side that was asked for."""
        self.exact = False
        if start != self._last_resort:
            self.value.update(dict.fromkeys(loop.cut, self._last_resort))

    def _worked_out(self, gate: int) -> int:
        inputs = [self._known(x) for x in self._inputs[gate]]
        return self.builder.gate(self._at_least[gate], inputs)

    def _known(self, x: int) -> int:
        gate = (x >> 1) - self._events
        return x if gate < 0 else self.value[gate] ^ (x & 1)

    def _near(self, gate: int, inside: set[int]) -> list[int]:
        numbers = ((x >> 1) - self._events for x in self._inputs[gate])
        return [number for number in numbers if number in inside]

    def _merge_ors(self, inside: set[int]) -> None:
        """Gates that lead to one another by `or` alone are true together.

        Shown from outside, by any input that is not one of them; otherwise all are true, as each
        is only false once another is.
        """
        edges = {
            gate: [
                near
                for near in self._near(gate, inside)
                if self._at_least[gate] == 1 and (near in self._outside) == (gate in self._outside)
            ]
            for gate in sorted(inside)
        }
        for same in components(edges):
            if not goes_round(same, edges):
                continue
            members = {literal(self._events + gate) for gate in same}
            ways_in = {x for gate in same for x in self._inputs[gate]} - members
            for gate in same:
                self._at_least[gate], self._inputs[gate] = 1, [literal(self._events + same[0])]
            self._inputs[same[0]] = sorted(ways_in)
            if same[0] not in self._outside:
                self._at_least[same[0]], self._inputs[same[0]] = 0, []

    def _refuse_opposites(self, inside: set[int]) -> None:
        for gate in sorted(inside):
            for x in self._inputs[gate]:
                if x & 1 and (x >> 1) - self._events in inside:
                    raise ModelError(
                        "it goes round through the opposite of a gate, which has no answer.",
                        where=f"gate {gate}",
                        todo="Take the negation out of the circle.",
                    )


def _edges(tree: FaultTree, tops: Sequence[int]) -> dict[int, list[int]]:
    """The gates that the tops reach, with the gates among their inputs."""
    edges: dict[int, list[int]] = {}
    fringe = list(tops)
    while fringe:
        gate = fringe.pop()
        if gate in edges:
            continue
        inputs = tree.inputs[tree.start[gate] : tree.start[gate + 1]].tolist()
        edges[gate] = [number - tree.events for number in inputs if number >= tree.events]
        fringe.extend(edges[gate])
    return edges


def _literals(tree: FaultTree, gate: int) -> list[int]:
    spots = slice(int(tree.start[gate]), int(tree.start[gate + 1]))
    pairs = zip(tree.inputs[spots].tolist(), tree.negated[spots].tolist(), strict=True)
    return [literal(number, negated) for number, negated in pairs]
