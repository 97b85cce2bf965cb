"""A second opinion, by other means: requests that are played, and definitions taken at their word.

It knows graphs as plain tuples, times as explicit sets, and rings as subsets that are tried
one by one. It shares no code with the solver and is far too slow for anything but tests.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from itertools import chain, combinations
from typing import NamedTuple

INF = math.inf


class Want(NamedTuple):
    """One need: any k of the alternatives will do."""

    alternatives: frozenset[int]
    k: int
    hard: bool
    grace: float


Graph = tuple[tuple[Want, ...], ...]


def hard(graph: Graph, node: int) -> list[Want]:
    return [want for want in graph[node] if want.hard]


# Requests, where nothing is cached: a node answers when enough of what it asks answers.


def answers(graph: Graph, faults: Collection[int], node: int, asking: tuple[int, ...] = ()) -> bool:
    """A request that comes back to a node that is still asking has gone round: no answer."""
    if node in faults or node in asking:
        return False
    return all(
        sum(answers(graph, faults, other, (*asking, node)) for other in want.alternatives) >= want.k
        for want in hard(graph, node)
    )


# Requests with caches: at time t a node uses what it last got, at most `grace` ago.


def answers_at(
    graph: Graph, faults: Collection[int], node: int, time: float, asking: tuple[int, ...] = ()
) -> bool:
    """What was fetched before time 0 was fetched from a world in which all was well."""
    if time < 0:
        return True
    if node in faults or node in asking:
        return False
    return all(
        sum(
            answers_at(graph, faults, other, time - want.grace, (*asking, node))
            for other in want.alternatives
        )
        >= want.k
        for want in hard(graph, node)
    )


def falls_at_by_requests(graph: Graph, faults: Collection[int], node: int) -> float:
    """The first candidate time at which a request to the node is not answered."""
    times = sorted(candidate_times(graph, node))
    return next((t for t in times if not answers_at(graph, faults, node, t)), INF)


def candidate_times(graph: Graph, node: int, asking: tuple[int, ...] = ()) -> set[float]:
    """Times at which something can change: 0, and graces summed along ways without a circle."""
    if node in asking:
        return {0.0}
    return {0.0} | {
        want.grace + time
        for want in hard(graph, node)
        for other in want.alternatives
        for time in candidate_times(graph, other, (*asking, node))
    }


# The definitions, taken at their word: rules that lower times until no rule lowers any.


def falls_at(graph: Graph, faults: Collection[int]) -> list[float]:
    exempt = frozenset[int]().union(*groundless(graph))
    down = [0.0 if node in faults else INF for node in range(len(graph))]
    while True:
        before = list(down)
        for node in range(len(graph)):
            for want in hard(graph, node):
                down[node] = min(down[node], want.grace + lost_at(want, down))
        for now in sorted({t for t in down if t < INF}):
            standing = {node for node in range(len(graph)) if down[node] > now}
            for group in subsets(set(range(len(graph))) - exempt):
                if not is_ring(graph, group, standing):
                    continue
                for node in group:
                    for want in lacking(graph, node, standing - group):
                        down[node] = min(down[node], now + want.grace)
        if down == before:
            return down


def lost_at(want: Want, down: list[float]) -> float:
    """When fewer than k are left."""
    return sorted(down[other] for other in want.alternatives)[len(want.alternatives) - want.k]


def degrades_at(graph: Graph, down: list[float], node: int) -> float:
    return min(
        (want.grace + lost_at(want, down) for want in graph[node] if not want.hard), default=INF
    )


def lacking(graph: Graph, node: int, support: Collection[int]) -> list[Want]:
    return [want for want in hard(graph, node) if len(want.alternatives & set(support)) < want.k]


def is_ring(graph: Graph, group: frozenset[int], standing: Collection[int]) -> bool:
    """Everyone reaches everyone, itself included, through what the rest of the world lacks."""
    support = set(standing) - group
    leans = {
        node: {a for want in lacking(graph, node, support) for a in want.alternatives & group}
        for node in group
    }
    return all(reached(leans, node) == group for node in group)


def reached(leans: dict[int, set[int]], node: int) -> set[int]:
    seen: set[int] = set()
    fringe = set(leans[node])
    while fringe:
        seen |= fringe
        fringe = {far for near in fringe for far in leans[near]} - seen
    return seen


def groundless(graph: Graph) -> Iterator[frozenset[int]]:
    """Rings that stand on themselves alone when nothing is faulty, the deepest first."""
    ground: set[int] = set()
    while True:
        grow = True
        while grow:
            met = {n for n in range(len(graph)) if n in ground or not lacking(graph, n, ground)}
            grow, ground = met != ground, met
        rest = set(range(len(graph))) - ground
        if not rest:
            return
        leans = {
            node: {a for want in lacking(graph, node, ground) for a in want.alternatives & rest}
            for node in rest
        }
        for node in sorted(rest):
            group = frozenset(reached(leans, node))
            if node in group and all(reached(leans, other) == group for other in group):
                ground |= group
                yield group


def back(graph: Graph, faults: Collection[int], down: list[float], duration: float,
         lag: list[float]) -> list[float]:  # fmt: skip
    """Everyone fallen is gone for good, until a rule says that it is back by some time."""
    times = [INF if at < duration else 0.0 for at in down]
    while True:
        before = list(times)
        for node, at in enumerate(down):
            if at >= duration:
                continue
            needs_back = [duration]
            if node not in faults:
                needs_back += [met_again(want, times) for want in hard(graph, node)]
            times[node] = min(times[node], lag[node] + max(needs_back))
        if times == before:
            return times


def met_again(want: Want, times: list[float]) -> float:
    return sorted(times[other] for other in want.alternatives)[want.k - 1]


def subsets(nodes: set[int]) -> Iterator[frozenset[int]]:
    ordered = sorted(nodes)
    several = (combinations(ordered, size) for size in range(1, len(ordered) + 1))
    return (frozenset(group) for group in chain.from_iterable(several))
