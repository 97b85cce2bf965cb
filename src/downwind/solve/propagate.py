"""A fault, and what falls with it: when, through what, and when it is back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np

from downwind.solve.arrays import Arrays, Flags, Floats, Ints
from downwind.solve.back import come_back
from downwind.solve.prepared import Prepared, prepare
from downwind.solve.rings import Lacking, rings
from downwind.terms import UnknownCause, UsageError

NEVER = math.inf


@dataclass(frozen=True, slots=True, eq=False)
class Fallout:
    """Per node, in seconds since the fault began. Down: down_at < duration."""

    duration: float
    down_at: Floats
    """When it would fall if the fault lasted long enough; inf where it stands."""
    degraded_at: Floats
    """When it first lacks a soft need, fallen or not; inf where it never does."""
    back_at: Floats
    """When it is back; 0 where it never fell, inf where it does not come back by itself."""
    restored_at: Floats
    """When its soft needs are back; 0 where it lacked none."""
    cause_need: Ints
    """The need through which it falls first; -1 for none and for the faults themselves."""
    cause_node: Ints
    """The alternative whose loss makes it fall; for a ring, the ground outside it; -1 for none."""
    by_ring: Flags
    """True where it falls because only nodes that stand on it are left."""
    degraded_need: Ints
    degraded_node: Ints
    ungrounded: Ints
    """Rings without ground even when nothing is faulty: a defect of the model; sorted."""


def propagate(
    arrays: Arrays, faults: Sequence[int], duration: float, *, prepared: Prepared | None = None
) -> Fallout:
    """What `faults`, all from time 0 until `duration`, do to every node.

    `prepared` saves work where the same arrays are asked more than once.
    """
    if not duration >= 0:
        raise UsageError(f"A fault cannot last {duration} seconds.", todo="Give 0 or more.")
    for fault in faults:
        if not 0 <= fault < arrays.size:
            raise UnknownCause(f"Node {fault} is not one of the {arrays.size} nodes.")
    prepared = prepared or prepare(arrays)
    sweep = _Sweep.start(prepared)
    sweep.run(faults)
    down_at = np.array(sweep.down_at, dtype=np.float64)
    degraded_at = np.array(sweep.degraded_at, dtype=np.float64)
    back_at, restored_at = come_back(prepared, faults, duration, down_at, degraded_at)
    return Fallout(
        duration=duration,
        down_at=down_at,
        degraded_at=degraded_at,
        back_at=back_at,
        restored_at=restored_at,
        cause_need=np.array(sweep.cause_need, dtype=np.int64),
        cause_node=np.array(sweep.cause_node, dtype=np.int64),
        by_ring=np.array(sweep.by_ring, dtype=np.bool_),
        degraded_need=np.array(sweep.degraded_need, dtype=np.int64),
        degraded_node=np.array(sweep.degraded_node, dtype=np.int64),
        ungrounded=np.array(prepared.groundless, dtype=np.int64),
    )


def chain(arrays: Arrays, fallout: Fallout, node: int) -> tuple[int, ...]:
    """From a node, by what it fell with, to a fault; empty for a node that stands.

    For a node that is only degraded, through the soft need; for one that would fall or be
    degraded if the fault lasted longer, the way in which it would.
    """
    if fallout.degraded_at[node] < fallout.duration <= fallout.down_at[node]:
        return (node, *_down_chain(fallout, int(fallout.degraded_node[node])))
    if fallout.down_at[node] < NEVER:
        return _down_chain(fallout, node)
    if fallout.degraded_at[node] < NEVER:
        return (node, *_down_chain(fallout, int(fallout.degraded_node[node])))
    return ()


def _down_chain(fallout: Fallout, node: int) -> tuple[int, ...]:
    links = [node]
    while fallout.cause_node[links[-1]] >= 0:
        links.append(int(fallout.cause_node[links[-1]]))
    return tuple(links)


@dataclass(slots=True)
class _Sweep:
    """One pass forward in time: whatever is popped has fallen for good.

    A cause is always noted after it has fallen and before its victim does, so no chain loops.
    """

    prepared: Prepared
    down_at: list[float]
    degraded_at: list[float]
    cause_need: list[int]
    cause_node: list[int]
    degraded_need: list[int]
    degraded_node: list[int]
    by_ring: list[bool]
    spare: list[int]
    """How many more of a need's alternatives may fall before it is lost, plus one."""
    fallen: bytearray
    heap: list[tuple[float, int]] = field(default_factory=list)
    ring_of: list[Lacking | None] = field(default_factory=list)
    """The largest ring that each node is known to be part of by now."""
    touched: set[int] = field(default_factory=set)
    """Circles in which a new ring may have come about."""

    @classmethod
    def start(cls, prepared: Prepared) -> _Sweep:
        size = prepared.arrays.size
        spare = np.diff(prepared.arrays.alt_start) - prepared.arrays.need_k + 1
        return cls(
            prepared=prepared,
            down_at=[NEVER] * size,
            degraded_at=[NEVER] * size,
            cause_need=[-1] * size,
            cause_node=[-1] * size,
            degraded_need=[-1] * size,
            degraded_node=[-1] * size,
            by_ring=[False] * size,
            spare=spare.tolist(),
            fallen=bytearray(size),
            ring_of=[None] * size,
        )

    def run(self, faults: Sequence[int]) -> None:
        for fault in faults:
            self.down_at[fault] = 0.0
        self.heap = [(0.0, fault) for fault in set(faults)]
        heapify(self.heap)
        while self.heap:
            now = self.heap[0][0]
            queue: list[int] = []
            while self.heap and self.heap[0][0] == now:
                queue.append(heappop(self.heap)[1])
            while queue:
                self._settle(queue, now)
                queue = self._start_ring_clocks(now)

    def _settle(self, queue: list[int], now: float) -> None:
        """Let the queue fall now, and at once whatever falls with it without grace."""
        lists, circle_of, fallen, spare = (
            self.prepared.lists, self.prepared.circle_of, self.fallen, self.spare,
        )  # fmt: skip
        user, start, owner_of, hard = lists.user, lists.user_start, lists.owner, lists.hard
        for node in queue:  # grows as it goes: nearest first
            if fallen[node]:
                continue
            fallen[node] = 1
            for need in user[start[node] : start[node + 1]]:
                spare[need] -= 1
                if hard[need] and circle_of[owner_of[need]] >= 0:
                    self._touch(node, owner_of[need])
                if not spare[need]:
                    self._lose(need, node, now, queue)

    def _touch(self, fallen: int, user: int) -> None:
        """A fall within a ring that is known makes no new ring, and none larger."""
        ring = self.ring_of[user]
        if ring is None or ring is not self.ring_of[fallen]:
            self.touched.add(self.prepared.circle_of[user])

    def _lose(self, need: int, alternative: int, now: float, queue: list[int]) -> None:
        lists = self.prepared.lists
        node, then = lists.owner[need], now + lists.grace[need]
        if lists.hard[need]:
            if then < self.down_at[node]:
                self._fall(node, then, need, alternative)
                if then == now:
                    queue.append(node)
                else:
                    heappush(self.heap, (then, node))
        elif then < self.degraded_at[node]:
            self.degraded_at[node] = then
            self.degraded_need[node] = need
            self.degraded_node[node] = alternative

    def _fall(self, node: int, then: float, need: int, alternative: int) -> None:
        self.down_at[node] = then
        self.cause_need[node] = need
        self.cause_node[node] = alternative
        self.by_ring[node] = False

    def _start_ring_clocks(self, now: float) -> list[int]:
        """Whoever stands only on its own ring falls when its grace ends; those that fall now."""
        at_once: list[int] = []
        for circle in sorted(self.touched):
            members = self.prepared.circles[circle]
            for ring in rings(self.prepared.lists, members, self.fallen):
                for node in ring:
                    self.ring_of[node] = ring
                self._start_clocks(ring, now, at_once)
        self.touched.clear()
        return at_once

    def _start_clocks(self, ring: Lacking, now: float, at_once: list[int]) -> None:
        grace = self.prepared.lists.grace
        for node, ground in self._last_ground(ring).items():
            need = min(ring[node], key=grace.__getitem__)
            then = now + grace[need]
            if then >= self.down_at[node]:
                continue
            self._fall(node, then, need, ground)
            self.by_ring[node] = True
            if then == now:
                at_once.append(node)
            else:
                heappush(self.heap, (then, node))

    def _last_ground(self, ring: Lacking) -> dict[int, int]:
        """For each member the nearest of the fallen nodes outside that last grounded the ring."""
        lists = self.prepared.lists
        ground: dict[int, int] = {}
        last = -1.0
        for node, needs in ring.items():
            for need in needs:
                for other in lists.alternatives(need):
                    if other in ring or not self.fallen[other] or self.down_at[other] < last:
                        continue
                    if self.down_at[other] > last:
                        ground, last = {}, self.down_at[other]
                    ground.setdefault(node, other)
        queue = list(ground)
        for near in queue:  # grows as it goes: nearest first
            for need in lists.users(near):
                node = lists.owner[need]
                if node in ring and node not in ground and need in ring[node]:
                    ground[node] = ground[near]
                    queue.append(node)
        return ground
