"""The order in which to work out gates in circles: which to guess first, and what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from downwind.solve.circles import components, goes_round

Edges: TypeAlias = Mapping[int, Sequence[int]]
"""The gates that are inputs of each gate."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Guess the gates of `cut`, work out the rest, then the cut itself; as many rounds as needed.

    A guess that is wrong for any gate is put right for one of them at least in each round, so
    len(cut) rounds are enough (Knaster and Tarski).
    """

    cut: tuple[int, ...]
    rest: tuple[Step, ...]
    cost: int
    """The gates worked out in all rounds at most."""


Step: TypeAlias = int | Loop
"""A gate, once its inputs are known, or a circle."""


def plan(edges: Edges, from_outside: Collection[int]) -> tuple[Step, ...]:
    """Steps that work out every gate of `edges`, inputs first.

    In a circle with gates of `from_outside` those are guessed first: what is worked out under a
    guess is worked out anew with each.
    """
    steps: list[Step] = []
    for component in components(edges):
        if goes_round(component, edges):
            steps.append(_loop(_within(edges, component), from_outside))
        else:
            steps.append(component[0])
    return tuple(steps)


def cost(steps: Sequence[Step]) -> int:
    """How many gates are worked out at most."""
    return sum(step.cost if isinstance(step, Loop) else 1 for step in steps)


def _loop(edges: dict[int, list[int]], from_outside: Collection[int]) -> Loop:
    """The cheaper one of two: cut every way round at once, or cut in two and then the pieces."""
    first = [gate for gate in edges if gate in from_outside] or list(edges)
    in_order = _cuts(edges, first)
    whole = _cut(edges, in_order, from_outside)
    for many in range(1, len(in_order)):
        rest = _without(edges, in_order[:many])
        largest = max(map(len, components(rest)))
        if 2 * largest <= len(edges):
            pieces = _cut(edges, in_order[:many], from_outside)
            return min(whole, pieces, key=lambda loop: loop.cost)
    return whole


def _cut(edges: Edges, cut: Sequence[int], from_outside: Collection[int]) -> Loop:
    rest = plan(_without(edges, cut), from_outside)
    return Loop(tuple(cut), rest, (len(cut) + 1) * (cost(rest) + len(cut)))


def _cuts(edges: Edges, allowed: Sequence[int]) -> list[int]:
    """Gates without which no circle through an allowed gate is left: the busiest ones first."""
    targets = {gate: set(near) for gate, near in edges.items()}
    users: dict[int, set[int]] = {gate: set() for gate in edges}
    for gate, near in targets.items():
        for target in near:
            users[target].add(gate)
    left = set(allowed)
    chosen: list[int] = []
    while left:
        busiest = max(sorted(left), key=lambda gate: len(targets[gate]) * len(users[gate]))
        chosen.append(busiest)
        for gone in _take_out(busiest, targets, users):
            left.discard(gone)
    return chosen


def _take_out(gate: int, targets: dict[int, set[int]], users: dict[int, set[int]]) -> list[int]:
    """The gate, and whatever is then on no way round because nothing comes in or goes out."""
    gone = [gate]
    for dead in gone:  # grows as it goes
        if dead not in targets:
            continue
        for target in targets.pop(dead):
            if target in users:
                users[target].discard(dead)
                if not users[target]:
                    gone.append(target)
        for user in users.pop(dead):
            if user in targets:
                targets[user].discard(dead)
                if not targets[user]:
                    gone.append(user)
    return gone


def _within(edges: Edges, gates: Collection[int]) -> dict[int, list[int]]:
    inside = set(gates)
    return {gate: [near for near in edges[gate] if near in inside] for gate in sorted(inside)}


def _without(edges: Edges, gates: Collection[int]) -> dict[int, list[int]]:
    return _within(edges, edges.keys() - set(gates))
