"""A net whose gates can be rewritten in place: who uses what can be followed both ways."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.jit import jit

GATES, EDGES = 0, 1
NONE = -1


class Web(NamedTuple):
    """Edges from inputs to gates, in one list for each gate and one for each input."""

    events: int
    top: int
    child: Ints
    """The input that an edge comes from, numbered as in a Net."""
    parent: Ints
    """The gate that it goes to."""
    alive: Flags
    first_input: Ints
    next_input: Ints
    first_use: Ints
    next_use: Ints
    many: Ints
    """How many live inputs a gate has."""
    needed: Ints
    """How many of them must be true."""
    sizes: Ints
    """How many gates and edges there are."""


@jit
def web_of(net: Net) -> Web:
    """The same net, with room for half as many more gates and edges."""
    gates, edges = len(net.at_least), len(net.inputs)
    most = gates + gates // 2 + 16
    room = edges + 3 * (most - gates)
    web = Web(
        net.events,
        net.top // 2 - net.events,
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.zeros(room, dtype=np.bool_),
        np.full(most, NONE, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.full(2 * (net.events + most), NONE, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )
    web.sizes[GATES] = gates
    web.needed[:gates] = net.at_least
    for gate in range(gates - 1, NONE, -1):
        for i in range(net.start[gate + 1] - 1, net.start[gate] - 1, -1):
            tie(web, net.inputs[i], gate)
    return web


@jit
def tie(web: Web, child: int, parent: int) -> None:
    """One more input of a gate, the first in its list."""
    edge = web.sizes[EDGES]
    web.sizes[EDGES] = edge + 1
    web.child[edge], web.parent[edge], web.alive[edge] = child, parent, True
    web.next_input[edge], web.next_use[edge] = web.first_input[parent], web.first_use[child]
    web.first_input[parent] = web.first_use[child] = edge
    web.many[parent] += 1


@jit
def fix(web: Web, edge: int, value: bool) -> None:
    """Put a constant in place of an edge."""
    gate = web.parent[edge]
    web.alive[edge] = False
    web.many[gate] -= 1
    if value:
        web.needed[gate] -= 1


@jit
def put_above(web: Web, gate: int, child: int, needed: int) -> None:
    """Make a gate say `needed` of the child and what it said before."""
    body = web.sizes[GATES]
    web.sizes[GATES] = body + 1
    web.needed[body], web.many[body] = web.needed[gate], web.many[gate]
    web.first_input[body] = web.first_input[gate]
    edge = web.first_input[body]
    while edge != NONE:
        web.parent[edge] = body
        edge = web.next_input[edge]
    web.first_input[gate], web.many[gate], web.needed[gate] = NONE, 0, needed
    tie(web, 2 * (web.events + body), gate)
    tie(web, child, gate)


@jit
def has_room(web: Web, gates: int) -> bool:
    """Whether so many gates more can be put above others."""
    more_gates = web.sizes[GATES] + gates <= len(web.many)
    return bool(more_gates and web.sizes[EDGES] + 2 * gates <= len(web.child))


@jit
def columns_of(web: Web) -> tuple[Ints, Shorts, Shorts, Flags]:
    """The columns of a fault tree: start, at_least, inputs, negated."""
    gates = web.sizes[GATES]
    start = np.zeros(gates + 1, dtype=np.int64)
    inputs = np.empty(web.sizes[EDGES], dtype=np.int32)
    negated = np.zeros(web.sizes[EDGES], dtype=np.bool_)
    end = 0
    for gate in range(gates):
        edge = web.first_input[gate]
        while edge != NONE:
            if web.alive[edge]:
                inputs[end] = web.child[edge] // 2
                negated[end] = web.child[edge] % 2 == 1
                end += 1
            edge = web.next_input[edge]
        start[gate + 1] = end
    return start, web.needed[:gates].astype(np.int32), inputs[:end], negated[:end]
