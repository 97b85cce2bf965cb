"""Compiles a graph into arrays, as certain or as possible as is asked."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from downwind.graph import Graph
from downwind.solve.arrays import Arrays
from downwind.terms import Need, Standing, Strength

CONFIDENCE_FLOOR = 0.5
"""Below it a need takes nobody down for certain, only possibly."""


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
            if not possible and _doubtful(need):
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


def _doubtful(need: Need) -> bool:
    return need.standing is Standing.SUSPECTED or need.confidence < CONFIDENCE_FLOOR


def _alternatives(need: Need, possible: bool) -> tuple[Iterable[str], int]:
    names = {alternative.node for alternative in need.alternatives}
    if not possible:
        return names, need.k
    sure = {a.node for a in need.alternatives if a.confidence >= CONFIDENCE_FLOOR}
    kept = sure or names
    return kept, min(need.k, len(kept))
