"""The causes that take down little of the core, by the lists of what takes down each core node.

No pair of site and cause is stored. A cause is counted once a site by a stamp: the last site that
it was counted for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.hubs import Bytes, first_longer
from downwind.solve.blast.rows import CauseLists, Sites, widest
from downwind.solve.jit import jit

Limit = tuple[float, float]
"""How long the fault lasts, and the grace of the need at hand."""


@jit
def count_lists(
    begin: int, end: int, sites: Sites, lists: CauseLists, causes: int, duration: float
) -> tuple[Ints, Floats, Ints]:
    """Per cause: sites down, their weight, sites degraded. Hard needs come first, so that what is
    down is not counted as degraded too."""
    start, k, hard, grace, alt_start, alt, stands_for, weights = sites
    filled, begins, ends, cause, time = lists
    down, degraded = np.zeros(causes, dtype=np.int64), np.zeros(causes, dtype=np.int64)
    down_weight, ignored = np.zeros(causes), np.zeros(causes)
    stamp = np.full(causes, -1, dtype=np.int32)
    lost_by, hits = np.full(causes, -1, dtype=np.int64), np.zeros(causes, dtype=np.int32)
    for site in range(begin, end):
        count = stands_for[site] if len(stands_for) else 1
        weight = weights[site] if len(weights) else 1.0
        soft = False
        for need in range(start[site], start[site + 1]):
            first, after = alt_start[need], alt_start[need + 1]
            if not _may_be_lost(first, after, k[need], alt, filled):
                continue
            if not hard[need]:
                soft = True
                continue
            _stamp(
                need, first, after, k[need], (duration, grace[need]), site - begin, count, weight,
                alt, begins, ends, cause, time, stamp, lost_by, hits, down, down_weight,
            )  # fmt: skip
        if not soft:
            continue
        for need in range(start[site], start[site + 1]):
            if not hard[need]:
                _stamp(
                    need, alt_start[need], alt_start[need + 1], k[need], (duration, grace[need]),
                    site - begin, count, 0.0, alt, begins, ends, cause, time, stamp, lost_by, hits,
                    degraded, ignored,
                )  # fmt: skip
    return down, down_weight, degraded


@jit
def _may_be_lost(first: int, after: int, k: int, alt: Shorts, filled: Bytes) -> bool:
    """True where as many of the lists hold something as must fall."""
    many = 0
    for spot in range(first, after):
        many += filled[alt[spot]]
    return many > after - first - k


@jit
def _stamp(
    need: int, first: int, after: int, k: int, limit: Limit, mark: int, count: int, weight: float,
    alt: Shorts, begins: Ints, ends: Ints, cause: Shorts, time: Floats, stamp: Shorts,
    lost_by: Ints, hits: Shorts, down: Ints, down_weight: Floats,
) -> None:  # fmt: skip
    """Count every cause that takes the need away in time and was not counted for this site."""
    must_fall = after - first - k + 1
    if must_fall > 1 and k == 1:
        _stamp_all(
            alt[first:after], limit, mark, count, weight, begins, ends, cause, time, stamp, down,
            down_weight,
        )  # fmt: skip
        return
    for spot in range(first, after):
        for place in range(begins[alt[spot]], ends[alt[spot]]):
            here = cause[place]
            if stamp[here] == mark or time[place] + limit[1] >= limit[0]:
                continue
            if must_fall > 1:
                if lost_by[here] != need:
                    lost_by[here] = need
                    hits[here] = 0
                hits[here] += 1
                if hits[here] < must_fall:
                    continue
            stamp[here] = mark
            down[here] += count
            down_weight[here] += weight


@jit
def _stamp_all(
    nodes: Shorts, limit: Limit, mark: int, count: int, weight: float, begins: Ints, ends: Ints,
    cause: Shorts, time: Floats, stamp: Shorts, down: Ints, down_weight: Floats,
) -> None:  # fmt: skip
    """A need that is lost with its last alternative: what is in the shortest list and all others.

    The lists are in the order of the causes, so the others are searched, not read.
    """
    least = nodes[0]
    for node in nodes:
        if ends[node] - begins[node] < ends[least] - begins[least]:
            least = node
    for place in range(begins[least], ends[least]):
        here = cause[place]
        if stamp[here] == mark or time[place] + limit[1] >= limit[0]:
            continue
        lost = True
        for node in nodes:
            if node != least and lost:
                there = _search(cause, begins[node], ends[node], here)
                lost = there < ends[node] and cause[there] == here
                lost = lost and time[there] + limit[1] < limit[0]
        if lost:
            stamp[here] = mark
            down[here] += count
            down_weight[here] += weight


@jit
def _search(rising: Shorts, begins: int, ends: int, value: int) -> int:
    """Where the first is that is not smaller."""
    while begins < ends:
        middle = (begins + ends) // 2
        if rising[middle] < value:
            begins = middle + 1
        else:
            ends = middle
    return begins


@jit
def curve_lists(
    begin: int, end: int, sites: Sites, lists: CauseLists, causes: int, durations: Floats
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Per cause and duration the sites that fall first by then, and their weight; the last column
    is for those that fall later."""
    start, k, hard, grace, alt_start, alt, stands_for, weights = sites
    filled, begins, ends, cause, time = lists
    down = np.zeros((causes, len(durations) + 1), dtype=np.int64)
    down_weight = np.zeros((causes, len(durations) + 1))
    soonest, touched = np.full(causes, np.inf), np.empty(causes, dtype=np.int32)
    hits, hit = np.zeros(causes, dtype=np.int32), np.empty(causes, dtype=np.int32)
    times = np.empty((causes, widest(alt_start, start[begin], start[end])))
    for site in range(begin, end):
        count = stands_for[site] if len(stands_for) else 1
        weight = weights[site] if len(weights) else 1.0
        many = 0
        for need in range(start[site], start[site + 1]):
            first, after = alt_start[need], alt_start[need + 1]
            if not hard[need] or not _may_be_lost(first, after, k[need], alt, filled):
                continue
            many = _note(
                alt[first:after], after - first - k[need], grace[need], begins, ends, cause, time,
                hits, hit, times, soonest, touched, many,
            )  # fmt: skip
        for place in range(many):
            here = touched[place]
            longer = first_longer(durations, soonest[here])
            down[here, longer] += count
            down_weight[here, longer] += weight
            soonest[here] = np.inf
    return down, down_weight


@jit
def _note(
    nodes: Shorts, spare: int, grace: float, begins: Ints, ends: Ints, cause: Shorts, time: Floats,
    hits: Shorts, hit: Shorts, times: NDArray[np.float64], soonest: Floats, touched: Shorts,
    many: int,
) -> int:  # fmt: skip
    """A need that outlives `spare` of its alternatives; how many causes are touched by now."""
    many_hit = 0
    for node in nodes:
        for place in range(begins[node], ends[node]):
            here = cause[place]
            if hits[here] == 0:
                hit[many_hit] = here
                many_hit += 1
            _insert(times, here, hits[here], time[place])
            hits[here] += 1
    for place in range(many_hit):
        here = hit[place]
        then = times[here, spare] + grace
        if hits[here] > spare and then < soonest[here]:
            if soonest[here] == np.inf:
                touched[many] = here
                many += 1
            soonest[here] = then
        hits[here] = 0
    return many


@jit
def _insert(times: NDArray[np.float64], row: int, many: int, then: float) -> None:
    """Put a time among `many` that rise."""
    at = many
    while at > 0 and times[row, at - 1] > then:
        times[row, at] = times[row, at - 1]
        at -= 1
    times[row, at] = then
