"""Compiles a graph into arrays, as certain or as possible as is asked."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from downwind.graph import Graph
from downwind.graph.doubt import CONFIDENCE_FLOOR, is_doubtful
from downwind.graph.tables import Table
from downwind.solve.arrays import Arrays
from downwind.terms import Need, Strength


@dataclass(frozen=True, slots=True)
class Compiled:
    """Arrays, and the names behind their numbers."""

    arrays: Arrays
    ids: tuple[str, ...]
    number: dict[str, int]
    needs: tuple[Need, ...]
    """The need behind each row of the arrays' needs."""


def compile_graph(graph: Graph, *, possible: bool = False) -> Compiled:
    """Certain: doubtful needs are left out. Possible: they count, and doubtful alternatives do not.

    A need is doubtful when it is suspected, or its confidence is under CONFIDENCE_FLOOR.
    """
    ids = tuple(graph.nodes)
    number = {node_id: index for index, node_id in enumerate(ids)}
    rows: list[Need] = []
    need_start = [0]
    alt_start, alt_node, ks = [0], [], []
    for node in graph.nodes.values():
        for need in node.needs:
            if not possible and is_doubtful(need):
                continue
            alternatives, k = _alternatives(need, possible)
            rows.append(need)
            ks.append(k)
            alt_node.extend(sorted(number[name] for name in alternatives))
            alt_start.append(len(alt_node))
        need_start.append(len(rows))
    arrays = Arrays(
        need_start=np.asarray(need_start, dtype=np.int64),
        need_k=np.asarray(ks, dtype=np.int32),
        need_hard=np.asarray([need.strength is Strength.HARD for need in rows], dtype=np.bool_),
        need_grace=np.asarray([need.grace for need in rows], dtype=np.float64),
        alt_start=np.asarray(alt_start, dtype=np.int64),
        alt_node=np.asarray(alt_node, dtype=np.int32),
        recovery_lag=np.asarray([n.recovery_lag for n in graph.nodes.values()], dtype=np.float64),
    )
    return Compiled(arrays, ids, number, tuple(rows))


def _alternatives(need: Need, possible: bool) -> tuple[Iterable[str], int]:
    names = {alternative.node for alternative in need.alternatives}
    if not possible:
        return names, need.k
    sure = {a.node for a in need.alternatives if a.confidence >= CONFIDENCE_FLOOR}
    kept = sure or names
    return kept, min(need.k, len(kept))


def core_arrays(table: Table) -> Arrays:
    """The core of a table, as certain as the table is."""
    rows = table.core
    lag = np.zeros(rows.size) if table.recovery is None else table.recovery[: rows.size]
    return Arrays(
        need_start=rows.start,
        need_k=rows.k,
        need_hard=rows.hard,
        need_grace=rows.grace,
        alt_start=rows.alt_start,
        alt_node=rows.alt,
        recovery_lag=np.nan_to_num(lag),
    )


def arrays_with_site(table: Table, node: int) -> tuple[Arrays, int]:
    """The core and, where the node is a site, that site after it; and the node's number there."""
    core = core_arrays(table)
    place = node - table.core.size
    if place < 0:
        return core, node
    rows = table.sites
    first, after = int(rows.start[place]), int(rows.start[place + 1])
    alternatives = slice(int(rows.alt_start[first]), int(rows.alt_start[after]))
    lag = 0.0 if table.recovery is None else float(np.nan_to_num(table.recovery[node]))
    starts = rows.alt_start[first + 1 : after + 1] - rows.alt_start[first] + core.alt_start[-1]
    arrays = Arrays(
        need_start=np.append(core.need_start, core.need_start[-1] + after - first),
        need_k=np.append(core.need_k, rows.k[first:after]),
        need_hard=np.append(core.need_hard, rows.hard[first:after]),
        need_grace=np.append(core.need_grace, rows.grace[first:after]),
        alt_start=np.append(core.alt_start, starts),
        alt_node=np.append(core.alt_node, rows.alt[alternatives]),
        recovery_lag=np.append(core.recovery_lag, lag),
    )
    return arrays, table.core.size
