"""Nodes that the solver gets besides those of the graph: one falls when a witness would fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from downwind.graph import Graph
from downwind.graph.tables.ranges import spread, starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Arrays, Ints
from downwind.solve.compile import Compiled


@dataclass(frozen=True, slots=True, eq=False)
class Shadowed:
    """The needs of the graph's nodes, and behind them those of the shadows."""

    rows: NeedRows
    of: tuple[str, ...]
    """The witness that each shadow stands for, from node `size` on."""
    size: int
    """How many nodes of the graph there are before the shadows."""


def with_shadows(graph: Graph, compiled: Compiled) -> Shadowed:
    """A shadow for each capability with soft needs, which falls when it is degraded; and one for
    each name, which falls when it does not resolve."""
    arrays = compiled.arrays
    soft = [
        (node.id, needs)
        for number, node in enumerate(graph.nodes.values())
        if node.kind == "capability" and len(needs := _soft_needs(arrays, number))
    ]
    names = [(name, [compiled.number[z] for z in zones]) for name, zones in zones_of(graph)]
    rows = _append(arrays, [needs for _, needs in soft], [zones for _, zones in names])
    of = (*(name for name, _ in soft), *(name for name, _ in names))
    return Shadowed(rows, of, arrays.size)


def _soft_needs(arrays: Arrays, node: int) -> Ints:
    first, after = arrays.need_start[node], arrays.need_start[node + 1]
    return np.asarray(first + np.flatnonzero(~arrays.need_hard[first:after]))


def _append(arrays: Arrays, copied: Sequence[Ints], lone: Sequence[Sequence[int]]) -> NeedRows:
    """Nodes with hard copies of these needs, then nodes that need each of these nodes."""
    many = np.diff(arrays.alt_start)
    copies = np.concatenate([np.zeros(0, dtype=np.int64), *copied])
    targets = np.array([node for nodes in lone for node in nodes], dtype=np.int32)
    per_node = [
        np.diff(arrays.need_start),
        np.array([len(needs) for needs in copied], dtype=np.int64),
        np.array([len(nodes) for nodes in lone], dtype=np.int64),
    ]
    per_need = [many, many[copies], np.ones(len(targets), dtype=np.int64)]
    of_copies = arrays.alt_node[spread(arrays.alt_start[copies], many[copies])]
    ones = np.ones(len(targets))
    return NeedRows(
        start=starts(np.concatenate(per_node)),
        k=np.concatenate([arrays.need_k, arrays.need_k[copies], ones.astype(np.int32)]),
        hard=np.concatenate(
            [arrays.need_hard, np.ones(len(copies) + len(targets), dtype=np.bool_)]
        ),
        grace=np.concatenate([arrays.need_grace, arrays.need_grace[copies], 0.0 * ones]),
        alt_start=starts(np.concatenate(per_need)),
        alt=np.concatenate([arrays.alt_node, of_copies, targets]),
    )


def zones_of(graph: Graph) -> Iterable[tuple[str, tuple[str, ...]]]:
    """name:HOST with the zones that must answer for it: its own and those of its aliases."""
    for node in graph.nodes.values():
        if node.kind == "host" and (zones := _zones_of(graph, node.id)):
            yield f"name:{node.label}", zones


def _zones_of(graph: Graph, host: str) -> tuple[str, ...]:
    zones: dict[str, None] = {}
    seen: set[str] = set()
    pending = [host]
    while pending:
        here = pending.pop()
        if here in seen:
            continue
        seen.add(here)
        for need in graph.nodes[here].needs:
            target = need.alternatives[0].node
            if need.name == "dns":
                zones[target] = None
            elif need.name == "alias":
                pending.append(target)
    return tuple(zones)
