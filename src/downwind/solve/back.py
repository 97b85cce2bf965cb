"""When the fallen are back: needs first, then the node itself after its recovery lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from downwind.solve.arrays import Arrays, Flags, Floats
from downwind.solve.prepared import Prepared


def come_back(
    prepared: Prepared,
    faults: Sequence[int],
    duration: float,
    down_at: Floats,
    degraded_at: Floats,
) -> tuple[Floats, Floats]:
    """Per node when it is back and when its soft needs are; 0 where it lost nothing.

    Nobody is back before the fault ends; nodes that wait for one another never are.
    """
    arrays = prepared.arrays
    fallen = down_at < duration
    missing = _missing(arrays, fallen)
    need_back = np.where(missing > 0, math.inf, 0.0)
    back_at = np.where(fallen, math.inf, 0.0)
    if math.isfinite(duration) and fallen.any():
        _return(prepared, faults, duration, fallen, missing, need_back, back_at)
    restored = np.zeros(arrays.size)
    soft = ~arrays.need_hard
    np.maximum.at(restored, arrays.need_owner[soft], need_back[soft])
    return back_at, np.where(degraded_at < duration, restored, 0.0)


def _missing(arrays: Arrays, fallen: Flags) -> Floats:
    """How many alternatives each need lacks to be met by those that never fell."""
    if not len(arrays.need_k):
        return np.zeros(0)
    standing = np.add.reduceat((~fallen[arrays.alt_node]).astype(np.int64), arrays.alt_start[:-1])
    return np.maximum(arrays.need_k - standing, 0).astype(np.float64)


def _return(
    prepared: Prepared,
    faults: Sequence[int],
    duration: float,
    fallen: Flags,
    missing: Floats,
    need_back: Floats,
    back_at: Floats,
) -> None:
    """Fill in `need_back` and `back_at`, the earliest first."""
    arrays, lists = prepared.arrays, prepared.lists
    lost_hard = arrays.need_counts & (missing > 0)
    waits = np.bincount(arrays.need_owner[lost_hard], minlength=arrays.size)
    waits[list(faults)] = 0
    ready = np.flatnonzero(fallen & (waits == 0)).tolist()
    lag = arrays.recovery_lag.tolist()
    heap = [(duration + lag[node], node) for node in ready]
    heapify(heap)
    waits_for, lacks = waits.tolist(), missing.tolist()
    while heap:
        now, node = heappop(heap)
        back_at[node] = now
        for need in lists.users(node):
            lacks[need] -= 1
            if lacks[need]:
                continue
            need_back[need] = now
            waiter = lists.owner[need]
            if lists.hard[need] and waits_for[waiter] > 0:
                waits_for[waiter] -= 1
                if not waits_for[waiter] and fallen[waiter]:
                    heappush(heap, (now + lag[waiter], waiter))
