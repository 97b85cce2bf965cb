"""What stands on what when nothing is faulty: who is met before whom, and who goes round."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.jit import jit


class Bare(NamedTuple):
    """Hard needs and their reverse index, as in Arrays and Lists."""

    start: Ints
    k: Shorts
    alt_start: Ints
    alt: Shorts
    owner: Shorts
    """The node whose need each need is."""
    user_start: Ints
    user: Shorts
    """user[user_start[n] : user_start[n + 1]] are the needs that node n is an alternative of."""


class Core(NamedTuple):
    """The core as the sweep reads it. Only hard needs are kept."""

    start: Ints
    k: Shorts
    alt_start: Ints
    alt: Shorts
    owner: Shorts
    user_start: Ints
    user: Shorts
    grace: Floats
    early: Flags
    """Beside `user`: true where the alternative is met before its user, or is in no circle with
    it. A need with k such alternatives standing is met without going round."""
    lone: Flags
    """Beside `user`: true where the need is lost with this one alternative, and its node is in no
    circle that has ground: nothing needs to be counted."""
    pace: Shorts
    """Which of `paces` each need's grace is."""
    paces: Floats
    """The different graces."""
    circle: Shorts
    """The circle of hard needs that a node is part of; -1 for none."""
    groundless: Flags
    """Nodes of rings that nothing grounds even when nothing is faulty."""


def core_of(rows: NeedRows, dropped: Flags | None = None) -> Core:
    """The core with its circles; `dropped` needs are left out, and soft ones, and never missed."""
    kept = rows.hard & np.isfinite(rows.grace)
    if dropped is not None:
        kept &= ~dropped
    many = np.diff(rows.alt_start)
    per_node = np.diff(rows.start)
    owner = np.repeat(np.arange(rows.size, dtype=np.int32), per_node)[kept]
    start = starts(np.bincount(owner, minlength=rows.size))
    alt_start = starts(many[kept])
    alt = rows.alt[np.repeat(kept, many)]
    k = rows.k[kept].astype(np.int32)
    alt_need = np.repeat(np.arange(len(k), dtype=np.int32), many[kept])
    by_node = np.argsort(alt, kind="stable")
    user = alt_need[by_node]
    user_start = starts(np.bincount(alt, minlength=rows.size))
    bare = Bare(start, k, alt_start, alt, owner, user_start, user)
    rank, groundless = _grounded(bare)
    circle = _circles(bare, groundless)
    ahead = np.repeat(np.arange(rows.size, dtype=np.int32), np.diff(user_start))
    behind = owner[user]
    same = (circle[ahead] >= 0) & (circle[ahead] == circle[behind])
    paces, pace = np.unique(rows.grace[kept], return_inverse=True)
    return Core(
        *bare,
        grace=rows.grace[kept],
        early=~same | (rank[ahead] < rank[behind]),
        lone=((many[kept] - k)[user] == 0) & (circle[behind] < 0),
        pace=pace.astype(np.int32),
        paces=paces,
        circle=circle,
        groundless=groundless,
    )


class Scratch(NamedTuple):
    """Room for components: per node its component, and Tarjan's numbers."""

    found: Shorts
    number: Shorts
    low: Shorts
    waiting: Shorts
    path: Shorts
    need_at: Ints
    alt_at: Ints


@jit
def scratch(size: int) -> Scratch:
    """Room for `size` nodes."""
    return Scratch(
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
    )


@jit
def components(
    nodes: Shorts, start: Ints, alt_start: Ints, alt: Shorts, counts: Flags, inside: Flags,
    room: Scratch,
) -> int:  # fmt: skip
    """Strongly connected components of `nodes`, the nodes inside, by the needs that count.

    `room.found` gets the component of each of the nodes; returns how many there are. What one
    needs has a smaller number. Tarjan, on a stack of our own.
    """
    for node in nodes:
        room.found[node] = -1
        room.number[node] = -1
    many = 0
    counter = 0
    waits = 0
    for root in nodes:
        if room.number[root] >= 0:
            continue
        depth = 0
        _enter(root, depth, counter, waits, start, room)
        counter += 1
        waits += 1
        while depth >= 0:
            node = room.path[depth]
            target = _next_inside(node, depth, start, alt_start, alt, counts, inside, room)
            if target >= 0 and room.number[target] < 0:
                depth += 1
                _enter(target, depth, counter, waits, start, room)
                counter += 1
                waits += 1
                continue
            if target >= 0:
                if room.found[target] < 0:
                    room.low[node] = min(room.low[node], room.number[target])
                continue
            depth -= 1
            if depth >= 0:
                above = room.path[depth]
                room.low[above] = min(room.low[above], room.low[node])
            if room.low[node] == room.number[node]:
                waits = _close(node, waits, many, room)
                many += 1
    return many


@jit
def _enter(node: int, depth: int, counter: int, waits: int, start: Ints, room: Scratch) -> None:
    room.path[depth] = node
    room.need_at[depth] = start[node]
    room.alt_at[depth] = -1
    room.number[node] = counter
    room.low[node] = counter
    room.waiting[waits] = node


@jit
def _next_inside(
    node: int, depth: int, start: Ints, alt_start: Ints, alt: Shorts, counts: Flags,
    inside: Flags, room: Scratch,
) -> int:  # fmt: skip
    """The next alternative of the node that is inside; -1 after the last."""
    while room.need_at[depth] < start[node + 1]:
        need = room.need_at[depth]
        if room.alt_at[depth] < 0:
            room.alt_at[depth] = alt_start[need]
        if not counts[need] or room.alt_at[depth] == alt_start[need + 1]:
            room.need_at[depth] += 1
            room.alt_at[depth] = -1
            continue
        other = alt[room.alt_at[depth]]
        room.alt_at[depth] += 1
        if inside[other]:
            return int(other)
    return -1


@jit
def _close(node: int, waits: int, many: int, room: Scratch) -> int:
    """Take a whole component off the stack; returns how many still wait."""
    while True:
        waits -= 1
        member = room.waiting[waits]
        room.found[member] = many
        if member == node:
            return waits


@jit
def _grounded(core: Bare) -> tuple[Shorts, Flags]:
    """In which order the nodes are met when nothing is faulty, and which go without ground."""
    size = len(core.start) - 1
    rank = np.full(size, -1, dtype=np.int32)
    groundless = np.zeros(size, dtype=np.bool_)
    met = np.zeros(len(core.k), dtype=np.int32)
    lacks = (core.start[1:] - core.start[:-1]).astype(np.int32)
    queue = np.empty(size, dtype=np.int32)
    free = np.flatnonzero(lacks == 0)
    queue[: len(free)] = free
    end = len(free)
    at = 0
    while True:
        while at < end:
            node = queue[at]
            rank[node] = at
            at += 1
            for spot in range(core.user_start[node], core.user_start[node + 1]):
                need = core.user[spot]
                behind = core.owner[need]
                met[need] += 1
                if met[need] == core.k[need]:
                    lacks[behind] -= 1
                    if lacks[behind] == 0 and not groundless[behind]:
                        queue[end] = behind
                        end += 1
        if end == size:
            return rank, groundless
        for node in _deepest_rings(core, rank, met < core.k):
            groundless[node] = True
            queue[end] = node
            end += 1


@jit
def _deepest_rings(core: Bare, rank: Shorts, lacking: Flags) -> Shorts:
    """Of those not met yet, the rings that lack nobody but themselves."""
    inside = rank < 0
    rest = np.flatnonzero(inside).astype(np.int32)
    room = scratch(len(rank))
    many = components(rest, core.start, core.alt_start, core.alt, lacking, inside, room)
    leans_out = np.zeros(many, dtype=np.bool_)
    for node in rest:
        for need in range(core.start[node], core.start[node + 1]):
            for spot in range(core.alt_start[need], core.alt_start[need + 1]):
                other = core.alt[spot]
                if lacking[need] and inside[other] and room.found[other] != room.found[node]:
                    leans_out[room.found[node]] = True
    return rest[~leans_out[room.found[rest]]]


@jit
def _circles(core: Bare, groundless: Flags) -> Shorts:
    """The circle of hard needs of each node, groundless rings left out; -1 for none."""
    size = len(core.start) - 1
    inside = ~groundless
    nodes = np.flatnonzero(inside).astype(np.int32)
    every = np.ones(len(core.k), dtype=np.bool_)
    room = scratch(size)
    many = components(nodes, core.start, core.alt_start, core.alt, every, inside, room)
    members = np.zeros(many, dtype=np.int32)
    for node in nodes:
        members[room.found[node]] += 1
    circle = np.full(size, -1, dtype=np.int32)
    for node in nodes:
        begins = core.alt_start[core.start[node]]
        ends = core.alt_start[core.start[node + 1]]
        if members[room.found[node]] > 1 or (core.alt[begins:ends] == node).any():
            circle[node] = room.found[node]
    return circle
