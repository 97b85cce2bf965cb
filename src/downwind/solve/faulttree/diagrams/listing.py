"""Minimal cut sets one by one, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from itertools import product

from downwind.solve.faulttree.diagrams.build import Diagrams
from downwind.solve.faulttree.diagrams.cutsets import Orders
from downwind.solve.faulttree.diagrams.table import TRUE


def smallest(sets: Diagrams, known: Orders, up_to_order: int, limit: int) -> list[tuple[int, ...]]:
    """The first so many by order, then event by event; each set sorted."""
    found: list[tuple[int, ...]] = []
    top = int(sets.root[-1])
    for order in range(int(known.least[top]), min(up_to_order, int(known.most[top])) + 1):
        found += nsmallest(limit - len(found), map(_sorted, _of_order(sets, known, top, order)))
        if len(found) >= limit:
            break
    return found


def _sorted(events: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(events))


def _of_order(sets: Diagrams, known: Orders, node: int, order: int) -> Iterator[tuple[int, ...]]:
    """The sets below a node that have so many events."""
    while node > TRUE and known.least[node] <= order:
        variable, high = int(sets.variable[sets.level[node]]), int(sets.high[node])
        if variable < sets.events:
            for rest in _of_order(sets, known, high, order - 1):
                yield (variable, *rest)
        else:
            root = int(sets.root[variable - sets.events])
            for part in range(int(known.least[root]), order - int(known.least[high]) + 1):
                rests = _of_order(sets, known, high, order - part)
                for one, rest in product(_of_order(sets, known, root, part), rests):
                    yield (*one, *rest)
        node = int(sets.low[node])
    if node == TRUE and order == 0:
        yield ()
