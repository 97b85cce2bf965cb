"""Tables from the twin's graphs, and back to which node is which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downwind.graph.tables.types import NeedRows, Table

from ..twin import Graph, Want


def table_of(graph: Graph, weight: Sequence[float] | None = None) -> tuple[Table, list[int]]:
    """The table, and which node of the graph each of its nodes is."""
    needed = sorted({a for wants in graph for want in wants for a in want.alternatives})
    order = needed + [node for node in range(len(graph)) if node not in set(needed)]
    number = {node: place for place, node in enumerate(order)}
    core = rows([graph[node] for node in needed], number)
    sites = rows([graph[node] for node in order[len(needed) :]], number)
    weights = None if weight is None else np.array([weight[node] for node in order], dtype=float)
    names = [f"n{node}" for node in order]
    table = Table(names[: len(needed)], names[len(needed) :], core, sites, (), weight=weights)
    return table, order


def rows(nodes: Sequence[Sequence[Want]], number: dict[int, int]) -> NeedRows:
    flat = [want for wants in nodes for want in wants]
    alternatives = [sorted(number[a] for a in want.alternatives) for want in flat]
    return NeedRows(
        start=np.cumsum([0, *map(len, nodes)], dtype=np.int64),
        k=np.array([want.k for want in flat], dtype=np.int32),
        hard=np.array([want.hard for want in flat], dtype=np.bool_),
        grace=np.array([want.grace for want in flat], dtype=np.float64),
        alt_start=np.cumsum([0, *map(len, alternatives)], dtype=np.int64),
        alt=np.array([a for each in alternatives for a in each], dtype=np.int32),
    )
