"""A small graph as a table, with certain needs only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from downwind.graph.doubt import is_doubtful
from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import NeedRows, Table
from downwind.graph.types import Graph
from downwind.terms import ModelError, Need, Node, Strength


def table_of(graph: Graph) -> Table:
    """The graph's nodes by their certain needs; doubtful needs are left out and counted.

    A node that is named by a doubtful need alone is a core node all the same. Raises ModelError
    where a need asks for more alternatives than it has.
    """
    needed = {a.node for n in graph.nodes.values() for q in n.needs for a in q.alternatives}
    core = [node for node in graph.nodes.values() if node.id in needed]
    sites = [node for node in graph.nodes.values() if node.id not in needed]
    number = {node.id: i for i, node in enumerate(core)}
    nodes = core + sites
    names = dict.fromkeys(need.name for node in nodes for need in node.needs)
    needs = {name: number for number, name in enumerate(names)}
    kinds = tuple(dict.fromkeys(node.kind for node in nodes))
    return Table(
        core_names=tuple(node.id for node in core),
        site_names=tuple(node.id for node in sites),
        core=_rows(core, number, needs),
        sites=_rows(sites, number, needs),
        need_names=tuple(needs),
        kinds=kinds,
        kind=np.array([kinds.index(node.kind) for node in nodes], dtype=np.int32),
        weight=np.array([node.weight for node in nodes], dtype=np.float64),
        recovery=np.array([node.recovery_lag for node in nodes], dtype=np.float64),
        doubtful=sum(is_doubtful(need) for node in nodes for need in node.needs),
    )


def _rows(nodes: Sequence[Node], number: Mapping[str, int], names: Mapping[str, int]) -> NeedRows:
    certain = [[need for need in node.needs if not is_doubtful(need)] for node in nodes]
    needs = [need for of_node in certain for need in of_node]
    alternatives = [_alternatives(need, number) for need in needs]
    return NeedRows(
        start=starts(np.array([len(each) for each in certain], dtype=np.int64)),
        k=np.array([need.k for need in needs], dtype=np.int32),
        hard=np.array([need.strength is Strength.HARD for need in needs], dtype=np.bool_),
        grace=np.array([need.grace for need in needs], dtype=np.float64),
        alt_start=starts(np.array([len(each) for each in alternatives], dtype=np.int64)),
        alt=np.array([node for of_need in alternatives for node in of_need], dtype=np.int32),
        name=np.array([names[need.name] for need in needs], dtype=np.int32),
    )


def _alternatives(need: Need, number: Mapping[str, int]) -> list[int]:
    found = sorted({number[alternative.node] for alternative in need.alternatives})
    if not 1 <= need.k <= len(found):
        raise ModelError(f"it asks for {need.k} of {len(found)} alternatives.", where=need.name)
    return found
