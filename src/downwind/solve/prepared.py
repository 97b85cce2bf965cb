"""The arrays as plain lists with their reverse index, and where the graph goes round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.solve.arrays import Arrays
from downwind.solve.circles import components, goes_round
from downwind.solve.lists import Lists, listed
from downwind.solve.rings import edges_within, leftover


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What does not depend on the fault: make it once, ask it many times."""

    arrays: Arrays
    lists: Lists
    groundless: tuple[int, ...]
    """Rings that nothing grounds even when nothing is faulty; sorted."""
    circle_of: list[int]
    """The circle of hard needs that a node is part of, -1 for none."""
    circles: list[list[int]]
    """The members of each circle."""


def prepare(arrays: Arrays) -> Prepared:
    """Plain lists, circles of hard needs, and rings without ground."""
    lists = listed(arrays)
    around = _not_settled_in_order(arrays, lists)
    groundless = _groundless(lists, around)
    circle_of = [-1] * arrays.size
    circles: list[list[int]] = []
    edges = _hard_edges(lists, around - groundless)
    for component in components(edges):
        if not goes_round(component, edges):
            continue
        for node in component:
            circle_of[node] = len(circles)
        circles.append(component)
    return Prepared(arrays, lists, tuple(sorted(groundless)), circle_of, circles)


def _not_settled_in_order(arrays: Arrays, lists: Lists) -> set[int]:
    """The nodes in or behind a circle of hard needs: all but those that can be put in order."""
    hard = arrays.need_counts[arrays.alt_need]
    owners = arrays.need_owner[arrays.alt_need[hard]]
    open_edges: list[int] = np.bincount(owners, minlength=arrays.size).tolist()
    in_order = [node for node, many in enumerate(open_edges) if not many]
    owner, is_hard, user, start = lists.owner, lists.hard, lists.user, lists.user_start
    for node in in_order:  # grows as it goes
        for need in user[start[node] : start[node + 1]]:
            if is_hard[need]:
                behind = owner[need]
                open_edges[behind] -= 1
                if not open_edges[behind]:
                    in_order.append(behind)
    if len(in_order) == arrays.size:
        return set()
    return set(range(arrays.size)).difference(in_order)


def _groundless(lists: Lists, around: set[int]) -> set[int]:
    """Rings that nothing grounds; what merely stands on them is grounded by them."""
    found: set[int] = set()
    nothing_fell = bytearray(len(lists.need_start) - 1)
    while lacking := leftover(lists, around - found, nothing_fell):
        edges = edges_within(lists, lacking)
        for component in components(edges):
            inside = set(component)
            if all(inside.issuperset(edges[node]) for node in component):
                found |= inside
    return found


def _hard_edges(lists: Lists, nodes: set[int]) -> dict[int, list[int]]:
    return {
        node: [a for need in lists.hard_needs(node) for a in lists.alternatives(need) if a in nodes]
        for node in sorted(nodes)
    }
