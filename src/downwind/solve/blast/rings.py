"""Rings that come about as a fault spreads: nodes that are left standing on one another.

The same rings as in solve/rings.py, found among the few nodes that lost early support: whoever
still has k early alternatives for every need can be met without going round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Shorts
from downwind.solve.blast.ground import Core, Scratch, components, scratch
from downwind.solve.jit import jit


class RingRoom(NamedTuple):
    """Room for the search. `inside` and `counts` are false everywhere before and after."""

    inside: Flags
    counts: Flags
    outside: Shorts
    """Per need how many alternatives stand outside of the group."""
    lacks: Shorts
    """Per node how many of its needs these do not meet."""
    scratch: Scratch


class Rings(NamedTuple):
    """Members of rings, which ring each is in (from 1), and through which need it falls."""

    node: Shorts
    ring: Shorts
    through: Shorts


@jit
def ring_room(size: int, needs: int) -> RingRoom:
    """Room for a core of so many nodes and needs."""
    return RingRoom(
        np.zeros(size, dtype=np.bool_),
        np.zeros(needs, dtype=np.bool_),
        np.empty(needs, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        scratch(size),
    )


@jit
def unsupported(
    core: Core, suspects: Shorts, fallen: Flags, support: Shorts, inside: Flags
) -> Shorts:
    """Those of the suspects that stand, and whoever may stand only by way of them.

    `support` counts each need's early alternatives that stand; it is left as it was.
    """
    found = [np.int32(0) for _ in range(0)]
    for node in suspects:
        if not fallen[node]:
            inside[node] = True
            found.append(node)
    changed = [np.int32(0) for _ in range(0)]
    at = 0
    while at < len(found):
        node = found[at]
        at += 1
        for spot in range(core.user_start[node], core.user_start[node + 1]):
            need = core.user[spot]
            behind = core.owner[need]
            if not core.early[spot] or fallen[behind] or core.circle[behind] != core.circle[node]:
                continue
            support[need] -= 1
            changed.append(need)
            if support[need] < core.k[need] and not inside[behind]:
                inside[behind] = True
                found.append(behind)
    for need in changed:
        support[need] += 1
    for node in found:
        inside[node] = False
    return _shorts(found)


@jit
def rings_among(core: Core, nodes: Shorts, fallen: Flags, room: RingRoom) -> Rings:
    """The largest rings among `nodes`, which hold every ring among them."""
    node = [np.int32(0) for _ in range(0)]
    ring = [np.int32(0) for _ in range(0)]
    through = [np.int32(0) for _ in range(0)]
    work = [nodes]
    many_rings = 0
    while len(work) > 0:
        group = work.pop()
        rest = _leftover(core, group, fallen, room)
        many = components(
            rest, core.start, core.alt_start, core.alt, room.counts, room.inside, room.scratch
        )
        goes_round = _shape(core, rest, many, room)
        if many == 1 and goes_round[0]:
            many_rings += 1
            for member in rest:
                node.append(member)
                ring.append(np.int32(many_rings))
                through.append(_shortest(core, member, room.counts))
        else:
            for part in range(many):
                if goes_round[part]:
                    work.append(rest[room.scratch.found[rest] == part])
        for member in rest:
            room.inside[member] = False
            room.counts[core.start[member] : core.start[member + 1]] = False
    return Rings(_shorts(node), _shorts(ring), _shorts(through))


@jit
def _leftover(core: Core, nodes: Shorts, fallen: Flags, room: RingRoom) -> Shorts:
    """Take out, again and again, whoever is met from outside. The rest is left inside, and the
    needs that it lacks count."""
    room.inside[nodes] = True
    out = [np.int32(0) for _ in range(0)]
    for node in nodes:
        room.lacks[node] = 0
        for need in range(core.start[node], core.start[node + 1]):
            outside = 0
            for spot in range(core.alt_start[need], core.alt_start[need + 1]):
                outside += not room.inside[core.alt[spot]] and not fallen[core.alt[spot]]
            room.outside[need] = outside
            room.lacks[node] += outside < core.k[need]
        if room.lacks[node] == 0:
            out.append(node)
    at = 0
    while at < len(out):
        _take_out(core, int(out[at]), fallen, room, out)
        at += 1
    rest = nodes[room.inside[nodes]]
    for node in rest:
        for need in range(core.start[node], core.start[node + 1]):
            room.counts[need] = room.outside[need] < core.k[need]
    return rest


@jit
def _take_out(core: Core, node: int, fallen: Flags, room: RingRoom, out: list[np.int32]) -> None:
    room.inside[node] = False
    if fallen[node]:
        return
    for spot in range(core.user_start[node], core.user_start[node + 1]):
        need = core.user[spot]
        behind = core.owner[need]
        if not room.inside[behind]:
            continue
        room.outside[need] += 1
        if room.outside[need] == core.k[need]:
            room.lacks[behind] -= 1
            if room.lacks[behind] == 0:
                out.append(behind)


@jit
def _shape(core: Core, nodes: Shorts, many: int, room: RingRoom) -> Flags:
    """Which components go round: more than one node, or one that leans on itself."""
    members = np.zeros(many, dtype=np.int32)
    for node in nodes:
        members[room.scratch.found[node]] += 1
    goes_round = members > 1
    for node in nodes:
        for need in range(core.start[node], core.start[node + 1]):
            for spot in range(core.alt_start[need], core.alt_start[need + 1]):
                if room.counts[need] and core.alt[spot] == node:
                    goes_round[room.scratch.found[node]] = True
    return goes_round


@jit
def _shortest(core: Core, node: int, counts: Flags) -> np.int32:
    """The need that it lacks which it can do without for the shortest time."""
    best = -1
    for need in range(core.start[node], core.start[node + 1]):
        if counts[need] and (best < 0 or core.grace[need] < core.grace[best]):
            best = need
    return np.int32(best)


@jit
def _shorts(values: list[np.int32]) -> Shorts:
    result = np.empty(len(values), dtype=np.int32)
    for place in range(len(values)):
        result[place] = values[place]
    return result
