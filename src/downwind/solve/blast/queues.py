"""What falls next. Of needs with one grace, the first to be lost is the first to fall.

So each grace has a queue, and the heap of Dijkstra's algorithm holds only the heads of these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.jit import jit


class Queues(NamedTuple):
    """A queue for each pace (a grace), all in one column, and a heap over them."""

    room: Ints
    """Where each queue begins."""
    head: Ints
    tail: Ints
    node: Shorts
    time: Floats
    heap_time: Floats
    heap_pace: Shorts
    heaped: Ints
    """One entry: how many queues are not empty."""


@jit
def queues(pace: Shorts, paces: int) -> Queues:
    """Empty queues. A need uses its queue twice: when it is lost, and when a ring closes."""
    room = np.zeros(paces + 1, dtype=np.int64)
    for each in pace:
        room[each + 1] += 2
    room = np.cumsum(room)
    return Queues(
        room,
        room[:-1].copy(),
        room[:-1].copy(),
        np.empty(2 * len(pace), dtype=np.int32),
        np.empty(2 * len(pace)),
        np.empty(paces),
        np.empty(paces, dtype=np.int32),
        np.zeros(1, dtype=np.int64),
    )


@jit
def enqueue(line: Queues, pace: int, node: int, time: float) -> None:
    """The node falls at `time`, no earlier than the last one of this pace."""
    if line.head[pace] == line.tail[pace]:
        push(line, time, pace)
    line.node[line.tail[pace]] = node
    line.time[line.tail[pace]] = time
    line.tail[pace] += 1


@jit
def next_time(line: Queues) -> float:
    """When the next one falls; inf where nobody waits."""
    return line.heap_time[0] if line.heaped[0] > 0 else np.inf


@jit
def dequeue(line: Queues, fallen: Flags, gone: Shorts, many: int) -> int:
    """Let everybody fall who is next: put them into `gone` after `many`; how many there are then.

    Whoever has fallen meanwhile is left out.
    """
    head, tail, node, time = line.head, line.tail, line.node, line.time
    now = line.heap_time[0]
    while line.heaped[0] > 0 and line.heap_time[0] == now:
        pace = line.heap_pace[0]
        _pop(line)
        while head[pace] < tail[pace] and time[head[pace]] == now:
            here = node[head[pace]]
            head[pace] += 1
            if not fallen[here]:
                fallen[here] = True
                gone[many] = here
                many += 1
        if head[pace] < tail[pace]:
            push(line, time[head[pace]], pace)
    return many


@jit
def clear(line: Queues) -> None:
    """Empty again; nobody may wait."""
    line.head[:] = line.room[:-1]
    line.tail[:] = line.room[:-1]


@jit
def push(line: Queues, time: float, pace: int) -> None:
    """The queue of this pace is not empty any more."""
    at = line.heaped[0]
    line.heaped[0] += 1
    while at > 0 and line.heap_time[(at - 1) // 2] > time:
        line.heap_time[at] = line.heap_time[(at - 1) // 2]
        line.heap_pace[at] = line.heap_pace[(at - 1) // 2]
        at = (at - 1) // 2
    line.heap_time[at] = time
    line.heap_pace[at] = pace


@jit
def _pop(line: Queues) -> None:
    line.heaped[0] -= 1
    size = line.heaped[0]
    time, pace = line.heap_time[size], line.heap_pace[size]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and line.heap_time[below + 1] < line.heap_time[below]:
            below += 1
        if line.heap_time[below] >= time:
            break
        line.heap_time[at] = line.heap_time[below]
        line.heap_pace[at] = line.heap_pace[below]
        at = below
    line.heap_time[at] = time
    line.heap_pace[at] = pace
