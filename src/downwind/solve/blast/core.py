"""Every cause on its own, sent through the core: which core nodes fall with it, and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.ground import Core
from downwind.solve.blast.queues import Queues, clear, dequeue, enqueue, next_time, push, queues
from downwind.solve.blast.rings import RingRoom, ring_room, rings_among, unsupported
from downwind.solve.jit import jit

THREADS = 2
_PARTS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """For each core node the causes that take it down, in the order of the causes."""

    causes: int
    """How many there are; causes are numbered from 0 below."""
    start: Ints
    """What takes down node n is cause[start[n] : start[n + 1]], at `time`, in seconds."""
    cause: Shorts
    time: Floats
    order: Shorts
    """Which of the causes that were given each number stands for."""


class Sweep(NamedTuple):
    """The state of one sweep, made ready for the next by what was touched, never as a whole."""

    down_at: Floats
    fallen: Flags
    gone: Shorts
    """Who has fallen, in order."""
    standing: Shorts
    """Per need how many alternatives stand; kept up only where more than one matters."""
    support: Shorts
    """The same for early alternatives."""
    suspected: Flags
    """Who may stand on a ring, because some need has fewer than k early alternatives."""
    suspects: Shorts
    ring: Shorts
    """The ring that a node is known to be part of; 0 for none."""
    touched: Shorts
    """Whose `down_at` is not inf."""
    many: Ints
    """How many have gone, are suspects, are touched, and how many rings were numbered."""
    queues: Queues
    room: RingRoom


_GONE, _SUSPECTS, _TOUCHED, _RINGS = 0, 1, 2, 3


def reach(core: Core, causes: Shorts, until: float, worth: Ints | None = None) -> Reach:
    """Let each of the causes (core nodes) fail alone from time 0; what falls before `until` s.

    With `worth`, a number per node, the causes that take down most of it get the first numbers.
    """
    faults = causes.astype(np.int32)
    start = np.arange(len(faults) + 1, dtype=np.int64)
    return reach_together(core, start, faults, until, worth)


def reach_together(
    core: Core, start: Ints, faults: Shorts, until: float, worth: Ints | None = None
) -> Reach:
    """The same for causes of several faults each: faults[start[c] : start[c + 1]] fail at once."""
    many = len(start) - 1
    edges = [many * part // _PARTS for part in range(_PARTS + 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(
            pool.map(
                lambda i: _sweep_all(core, edges[i], edges[i + 1], start, faults, until),
                range(_PARTS),
            )
        )
    node, cause, time = (np.concatenate(columns) for columns in zip(*found, strict=True))
    falls = np.bincount(cause, minlength=many)
    taken = np.zeros(many) if worth is None else np.bincount(cause, worth[node], minlength=many)
    order = np.argsort(-taken, kind="stable").astype(np.int32)
    first = np.cumsum(falls) - falls
    return Reach(many, *_by_node(len(core.start) - 1, node, time, order, first, falls), order)


@jit
def _sweep_all(
    core: Core, begin: int, end: int, start: Ints, faults: Shorts, until: float
) -> tuple[Shorts, Shorts, Floats]:
    """One cause after the other: node, cause and time of each fall."""
    sweep = _new_sweep(core)
    node = np.empty(1024, dtype=np.int32)
    cause = np.empty(1024, dtype=np.int32)
    time = np.empty(1024)
    written = 0
    for each in range(begin, end):
        _run(core, sweep, faults[start[each] : start[each + 1]], until)
        many = sweep.many[_GONE]
        while written + many > len(node):
            node = np.concatenate((node, np.empty_like(node)))
            cause = np.concatenate((cause, np.empty_like(cause)))
            time = np.concatenate((time, np.empty_like(time)))
        for place in range(many):
            node[written] = sweep.gone[place]
            cause[written] = each
            time[written] = sweep.down_at[sweep.gone[place]]
            written += 1
        _reset(core, sweep)
    return node[:written].copy(), cause[:written].copy(), time[:written].copy()


@jit
def _new_sweep(core: Core) -> Sweep:
    size, needs = len(core.start) - 1, len(core.k)
    support = np.zeros(needs, dtype=np.int32)
    for spot in range(len(core.user)):
        support[core.user[spot]] += core.early[spot]
    return Sweep(
        np.full(size, np.inf),
        np.zeros(size, dtype=np.bool_),
        np.empty(size, dtype=np.int32),
        (core.alt_start[1:] - core.alt_start[:-1]).astype(np.int32),
        support,
        np.zeros(size, dtype=np.bool_),
        np.empty(size, dtype=np.int32),
        np.zeros(size, dtype=np.int32),
        np.empty(size, dtype=np.int32),
        np.zeros(4, dtype=np.int64),
        queues(core.pace, len(core.paces)),
        ring_room(size, needs),
    )


@jit
def _run(core: Core, sweep: Sweep, faults: Shorts, until: float) -> None:
    """Forward in time: whoever falls now, the rings that this closes, then whoever is next."""
    for fault in faults:
        _fall(core, sweep, fault, -1, 0.0, 0.0, until)
    now = 0.0
    at = 0
    while True:
        shaken = _spread(core, sweep, at, now, until)
        at = sweep.many[_GONE]
        if shaken and sweep.many[_SUSPECTS] > 0:
            _close_rings(core, sweep, now, until)
            if at < sweep.many[_GONE]:
                continue
        now = next_time(sweep.queues)
        if now == np.inf:
            return
        sweep.many[_GONE] = dequeue(sweep.queues, sweep.fallen, sweep.gone, at)


@jit
def _spread(core: Core, sweep: Sweep, at: int, now: float, until: float) -> bool:
    """From the at-th that has gone on: whoever needs them, and whoever falls now with these.

    True where a ring may have come about.
    """
    shaken = False
    # As local names: numba hands a tuple of arrays over whole, and this is the innermost loop.
    user, owner, lone, grace, pace = core.user, core.owner, core.lone, core.grace, core.pace
    user_start, early, circle, k = core.user_start, core.early, core.circle, core.k
    down_at, standing, support = sweep.down_at, sweep.standing, sweep.support
    gone, fallen, touched, ring = sweep.gone, sweep.fallen, sweep.touched, sweep.ring
    line = sweep.queues
    head, tail, waiting, waiting_time = line.head, line.tail, line.node, line.time
    many_gone, many_touched = sweep.many[_GONE], sweep.many[_TOUCHED]
    while at < many_gone:
        node = gone[at]
        at += 1
        for spot in range(user_start[node], user_start[node + 1]):
            need = user[spot]
            behind = owner[need]
            if not lone[spot]:
                standing[need] -= 1
                support[need] -= early[spot]
                if circle[behind] >= 0:
                    # A fall within a ring that is known makes no new ring, and none larger.
                    shaken |= ring[behind] == 0 or ring[behind] != ring[node]
                    if support[need] < k[need]:
                        _suspect(behind, sweep.suspected, sweep.suspects, sweep.many)
                if standing[need] != k[need] - 1:
                    continue
            then = now + grace[need]
            if then >= down_at[behind] or then >= until:
                continue
            if down_at[behind] == np.inf:
                touched[many_touched] = behind
                many_touched += 1
            down_at[behind] = then
            if then > now:
                waits = pace[need]
                if head[waits] == tail[waits]:
                    push(line, then, waits)
                waiting[tail[waits]] = behind
                waiting_time[tail[waits]] = then
                tail[waits] += 1
                continue
            fallen[behind] = True
            gone[many_gone] = behind
            many_gone += 1
    sweep.many[_GONE], sweep.many[_TOUCHED] = many_gone, many_touched
    return shaken


@jit
def _suspect(node: int, suspected: Flags, suspects: Shorts, many: Ints) -> None:
    if not suspected[node]:
        suspected[node] = True
        suspects[many[_SUSPECTS]] = node
        many[_SUSPECTS] += 1


@jit
def _fall(
    core: Core, sweep: Sweep, node: int, need: int, then: float, now: float, until: float
) -> None:
    """The node falls, now or later, unless it does so anyway or too late to matter."""
    if then >= sweep.down_at[node] or then >= until:
        return
    if sweep.down_at[node] == np.inf:
        sweep.touched[sweep.many[_TOUCHED]] = node
        sweep.many[_TOUCHED] += 1
    sweep.down_at[node] = then
    if then > now:
        enqueue(sweep.queues, core.pace[need], node, then)
        return
    sweep.fallen[node] = True
    sweep.gone[sweep.many[_GONE]] = node
    sweep.many[_GONE] += 1


@jit
def _close_rings(core: Core, sweep: Sweep, now: float, until: float) -> None:
    """Whoever stands only on its own ring falls when its grace ends."""
    suspects = sweep.suspects[: sweep.many[_SUSPECTS]]
    weak = unsupported(core, suspects, sweep.fallen, sweep.support, sweep.room.inside)
    if len(weak) == 0:
        return
    gone = sweep.gone[: sweep.many[_GONE]]
    group = np.concatenate((weak, gone[core.circle[gone] >= 0]))
    rings = rings_among(core, group, sweep.fallen, sweep.room)
    for place in range(len(rings.node)):
        node, need = rings.node[place], rings.through[place]
        sweep.ring[node] = sweep.many[_RINGS] + rings.ring[place]
        _fall(core, sweep, node, need, now + core.grace[need], now, until)
    sweep.many[_RINGS] += len(rings.node)


@jit
def _reset(core: Core, sweep: Sweep) -> None:
    for node in sweep.gone[: sweep.many[_GONE]]:
        sweep.fallen[node] = False
        for spot in range(core.user_start[node], core.user_start[node + 1]):
            if not core.lone[spot]:
                sweep.standing[core.user[spot]] += 1
                sweep.support[core.user[spot]] += core.early[spot]
    sweep.down_at[sweep.touched[: sweep.many[_TOUCHED]]] = np.inf
    sweep.suspected[sweep.suspects[: sweep.many[_SUSPECTS]]] = False
    if sweep.many[_RINGS] > 0:
        sweep.ring[:] = 0
    sweep.many[:] = 0
    clear(sweep.queues)


@jit
def _by_node(
    size: int, node: Shorts, time: Floats, order: Shorts, first: Ints, falls: Ints
) -> tuple[Ints, Shorts, Floats]:
    """The falls node by node, within a node in the order of the causes. The falls of cause c are
    the falls[c] from first[c] on."""
    start = np.zeros(size + 1, dtype=np.int64)
    for place in range(len(node)):
        start[node[place] + 1] += 1
    start = np.cumsum(start)
    end = start[:-1].copy()
    causes = np.empty(len(node), dtype=np.int32)
    times = np.empty(len(node))
    for number in range(len(order)):
        begins = first[order[number]]
        for place in range(begins, begins + falls[order[number]]):
            here = node[place]
            causes[end[here]] = number
            times[end[here]] = time[place]
            end[here] += 1
    return start, causes, times
