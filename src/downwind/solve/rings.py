"""Rings: nodes that stand on nothing but one another.

At a given time, a ring is a set of nodes that all reach one another through needs
which fewer than k standing nodes *outside* the set meet. Fallen nodes may be members:
a fault on a ring does not make the rest of the ring last longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from downwind.solve.circles import components, goes_round
from downwind.solve.lists import Lists

Lacking = Mapping[int, Sequence[int]]
"""Each member of a ring with the hard needs that too few nodes outside the ring meet."""


def rings(lists: Lists, nodes: Iterable[int], fallen: Sequence[int]) -> list[Lacking]:
    """The largest rings among `nodes`, which hold every ring that there is now."""
    found: list[Lacking] = []
    work: list[set[int]] = [set(nodes)]
    while work:
        lacking = leftover(lists, work.pop(), fallen)
        edges = edges_within(lists, lacking)
        for component in components(edges):
            if len(component) == len(lacking) and goes_round(component, edges):
                found.append(lacking)
            elif goes_round(component, edges):
                work.append(set(component))
    return found


def edges_within(lists: Lists, lacking: Lacking) -> dict[int, list[int]]:
    """Who leans on whom, through what they lack."""
    return {
        node: [a for need in needs for a in lists.alternatives(need) if a in lacking]
        for node, needs in lacking.items()
    }


def leftover(lists: Lists, nodes: set[int], fallen: Sequence[int]) -> dict[int, list[int]]:
    """Take out, again and again, whoever can be met from outside; the rest, with what it lacks."""
    inside = set(nodes)
    outside: dict[int, int] = {}
    open_needs: dict[int, int] = {}
    for node in nodes:
        open_needs[node] = 0
        for need in lists.hard_needs(node):
            outside[need] = sum(a not in inside and not fallen[a] for a in lists.alternatives(need))
            open_needs[node] += outside[need] < lists.k[need]
    met = [node for node in nodes if not open_needs[node]]
    for node in met:  # grows as it goes
        inside.remove(node)
        if fallen[node]:
            continue
        for need in lists.users(node):
            if need in outside and lists.owner[need] in inside:
                outside[need] += 1
                if outside[need] == lists.k[need]:
                    open_needs[lists.owner[need]] -= 1
                    if not open_needs[lists.owner[need]]:
                        met.append(lists.owner[need])
    return {
        node: [q for q in lists.hard_needs(node) if outside[q] < lists.k[q]]
        for node in sorted(inside)
    }
