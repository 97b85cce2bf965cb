"""The peers of benchmarks/blast_radius.py: the plain counter worklist on others' graph objects.

Nodes are 0, 1, ...; then come the hard needs. Edges run from alternatives to needs and from needs
to their owners. A node that falls counts down each need that it meets; at zero the owner falls.
No times, and no rings that are left standing on themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import rustworkx as rx

from downwind.graph.tables.types import NeedRows, Table


@dataclass(frozen=True)
class Edges:
    """Every hard need of a table, as both libraries get them."""

    nodes: int
    core: int
    must_fall: list[int]
    """Per need."""
    pairs: list[tuple[int, int]]

    @property
    def size(self) -> int:
        """Nodes and needs."""
        return self.nodes + len(self.must_fall)


def edges_of(table: Table) -> Edges:
    """The edges of a table. Needs with a grace count as well: nothing is timed."""
    must_fall: list[int] = []
    pairs: list[tuple[int, int]] = []
    for rows, first in ((table.core, 0), (table.sites, table.core.size)):
        need = table.size + len(must_fall) + np.cumsum(rows.hard) - 1
        many = np.diff(rows.alt_start)
        kept = np.repeat(rows.hard, many)
        pairs += zip(rows.alt[kept].tolist(), np.repeat(need, many)[kept].tolist(), strict=True)
        owner = first + np.repeat(np.arange(rows.size), np.diff(rows.start))
        pairs += zip(need[rows.hard].tolist(), owner[rows.hard].tolist(), strict=True)
        must_fall += _must_fall(rows)
    return Edges(table.size, table.core.size, must_fall, pairs)


def _must_fall(rows: NeedRows) -> list[int]:
    counts: list[int] = (np.diff(rows.alt_start) - rows.k + 1)[rows.hard].tolist()
    return counts


def by_networkx(edges: Edges) -> Callable[[int], int]:
    """A function from a cause to how many sites fall with it."""
    graph: Any = nx.DiGraph()
    graph.add_nodes_from(range(edges.size))
    graph.add_edges_from(edges.pairs)
    return lambda cause: _worklist(graph.successors, edges, cause)


def by_rustworkx(edges: Edges) -> Callable[[int], int]:
    """The same on rustworkx, whose node indices are the numbers themselves."""
    graph: Any = rx.PyDiGraph(node_count_hint=edges.size, edge_count_hint=len(edges.pairs))
    graph.add_nodes_from(range(edges.size))
    graph.add_edges_from_no_data(edges.pairs)
    return lambda cause: _worklist(graph.successor_indices, edges, cause)


def _worklist(successors: Callable[[int], Any], edges: Edges, cause: int) -> int:
    nodes, core, must_fall = edges.nodes, edges.core, edges.must_fall
    fallen = {cause}
    work = [cause]
    left: dict[int, int] = {}
    sites = 0
    while work:
        for need in successors(work.pop()):
            more = left.get(need, must_fall[need - nodes]) - 1
            left[need] = more
            if more:
                continue
            for owner in successors(need):
                if owner in fallen:
                    continue
                fallen.add(owner)
                if owner < core:
                    work.append(owner)
                else:
                    sites += 1
    return sites
