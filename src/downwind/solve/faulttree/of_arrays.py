"""What takes a node down, read as a fault tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from downwind.graph.tables.ranges import spread, starts
from downwind.solve.arrays import Arrays, Ints
from downwind.solve.faulttree.types import FaultTree
from downwind.solve.prepared import prepare
from downwind.terms import UnknownCause


class NodeTree(NamedTuple):
    """A fault tree of nodes: a gate is true when its node falls in a fault that lasts for ever."""

    tree: FaultTree
    tops: tuple[int, ...]
    """The gate of each top that was asked for."""
    nodes: Ints
    """The node that each event is: the event happens when the node itself has failed; sorted."""


def tree_of(arrays: Arrays, tops: Sequence[int], events: Sequence[int]) -> NodeTree:
    """The fault tree of the nodes `tops`; only what they reach, circles and all.

    `events` are the nodes that can fail by themselves. Every grace has passed, so a need whose
    grace is inf is never missed and plays no part; nor do soft needs. Rings without ground fall
    from outside only.
    """
    for node in (*tops, *events):
        if not 0 <= node < arrays.size:
            raise UnknownCause(f"Node {node} is not one of the {arrays.size} nodes.")
    nodes, part = reached_part(arrays, tops)
    failing = np.intersect1d(np.asarray(events, dtype=np.int64), nodes)
    tree = _tree(part, np.searchsorted(nodes, failing))
    gates = np.searchsorted(nodes, np.asarray(tops, dtype=np.int64))
    return NodeTree(tree, tuple(gates.tolist()), failing)


def reached_part(arrays: Arrays, tops: Sequence[int]) -> tuple[Ints, Arrays]:
    """The nodes that the tops reach, sorted, and the arrays of them and the needs that count."""
    counts = arrays.need_counts
    seen = np.zeros(arrays.size, dtype=np.bool_)
    fringe = np.unique(np.asarray(tops, dtype=np.int64))
    while len(fringe):
        seen[fringe] = True
        needs = _ranges(arrays.need_start, fringe)
        near = arrays.alt_node[_ranges(arrays.alt_start, needs[counts[needs]])]
        fringe = np.unique(near[~seen[near]]).astype(np.int64)
    nodes = np.flatnonzero(seen)
    needs = _ranges(arrays.need_start, nodes)
    needs = needs[counts[needs]]
    alternatives = arrays.alt_node[_ranges(arrays.alt_start, needs)]
    owners = np.searchsorted(nodes, _owners(arrays.need_start, needs))
    return nodes, Arrays(
        need_start=starts(np.bincount(owners, minlength=len(nodes))),
        need_k=arrays.need_k[needs],
        need_hard=arrays.need_hard[needs],
        need_grace=arrays.need_grace[needs],
        alt_start=starts(np.diff(arrays.alt_start)[needs]),
        alt_node=np.searchsorted(nodes, alternatives).astype(np.int32),
        recovery_lag=arrays.recovery_lag[nodes],
    )


def _tree(part: Arrays, failing: Ints) -> FaultTree:
    """Gate i is node i: its own event, or a need that is lost. A gate for each need with spare."""
    events, size = len(failing), part.size
    many = np.diff(part.alt_start)
    losses = many - part.need_k + 1
    spare = losses > 1
    need_gate = events + size + np.cumsum(spare) - 1
    owner, of_alt, alt = part.need_owner, part.alt_need, events + part.alt_node.astype(np.int64)
    direct = ~spare[of_alt]
    gate = np.concatenate(
        [failing, owner[of_alt[direct]], owner[spare], need_gate[of_alt[~direct]] - events]
    )
    inputs = np.concatenate(
        [np.arange(events, dtype=np.int64), alt[direct], need_gate[spare], alt[~direct]]
    )
    gates = size + int(spare.sum())
    pairs = np.unique(gate * (events + gates) + inputs)
    from_outside = np.zeros(gates, dtype=np.bool_)
    from_outside[list(prepare(part).groundless)] = True
    from_outside[size:] = from_outside[owner[spare]]
    return FaultTree(
        events=events,
        start=starts(np.bincount(pairs // (events + gates), minlength=gates)),
        at_least=np.concatenate([np.ones(size, dtype=np.int64), losses[spare]]).astype(np.int32),
        inputs=(pairs % (events + gates)).astype(np.int32),
        negated=np.zeros(len(pairs), dtype=np.bool_),
        from_outside=from_outside,
    )


def _ranges(start: Ints, rows: Ints) -> Ints:
    """All of start[r] up to start[r + 1], for each row."""
    return spread(start[rows], start[rows + 1] - start[rows])


def _owners(start: Ints, items: Ints) -> Ints:
    return np.searchsorted(start, items, side="right") - 1
