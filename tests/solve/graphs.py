"""Small random graphs, and the way from the twin's graphs to the solver's arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from downwind.solve.arrays import Arrays
from downwind.solve.propagate import Fallout, propagate

from .twin import Graph, Want

GRACES = (0.0, 0.0, 1.0, 2.0, 5.0, 10.0)


class Case(NamedTuple):
    """A graph and what befalls it."""

    graph: Graph
    faults: frozenset[int]
    duration: float
    lag: tuple[float, ...]


def arrays_of(graph: Graph, lag: Sequence[float] = ()) -> Arrays:
    return Arrays.build(
        [[(sorted(w.alternatives), w.k, w.hard, w.grace) for w in wants] for wants in graph], lag
    )


def solve(graph: Graph, faults: Collection[int], duration: float = 1000.0) -> Fallout:
    return propagate(arrays_of(graph), sorted(faults), duration)


def fallen(case: Case) -> Fallout:
    arrays = arrays_of(case.graph, case.lag)
    return propagate(arrays, sorted(case.faults), case.duration)


@st.composite
def wants(
    draw: st.DrawFn, others: Sequence[int], ground: Sequence[int], graces: Sequence[float]
) -> Want:
    """Each need has some of the ground among its alternatives where `ground` is not empty."""
    alternatives = draw(st.frozensets(st.sampled_from(others), min_size=1, max_size=3))
    if ground:
        alternatives |= {draw(st.sampled_from(ground))}
    ks = st.one_of(st.just(1), st.integers(1, len(alternatives)))
    strong = st.sampled_from((True, True, True, False))
    return Want(alternatives, draw(ks), draw(strong), draw(st.sampled_from(graces)))


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    most: int = 6,
    circles: bool = True,
    graces: Sequence[float] = GRACES,
) -> Case:
    """A few nodes at the end of the list need nothing: they are the ground.

    Half of the graphs with circles have ground everywhere: rings come about as it is lost.
    """
    size = draw(st.integers(1, most))
    ground = range(size - draw(st.integers(1, min(3, size))), size)
    rings = circles and ground[0] > 1 and draw(st.booleans())
    graph: list[tuple[Want, ...]] = [()] * size
    for node in range(ground[0]):
        others = range(ground[0] if rings else size) if circles else range(node + 1, size)
        many = draw(st.integers(1, 2) if rings else st.integers(0, 3))
        graph[node] = tuple(
            draw(wants(others, ground if rings else (), graces)) for _ in range(many)
        )
    return Case(
        tuple(graph),
        draw(st.frozensets(st.sampled_from([*ground, *ground, *range(size)]), min_size=1)),
        draw(st.sampled_from((1.0, 3.0, 8.0, 40.0))),
        tuple(draw(st.sampled_from((0.0, 1.0, 30.0))) for _ in range(size)),
    )


def renamed(case: Case, order: Sequence[int]) -> Case:
    """The same case with node i called order[i], and every row turned round."""
    size = len(case.graph)
    graph: list[tuple[Want, ...]] = [()] * size
    lag = [0.0] * size
    for node in range(size):
        graph[order[node]] = tuple(
            want._replace(alternatives=frozenset(order[a] for a in want.alternatives))
            for want in reversed(case.graph[node])
        )
        lag[order[node]] = case.lag[node]
    return Case(tuple(graph), frozenset(order[f] for f in case.faults), case.duration, tuple(lag))
