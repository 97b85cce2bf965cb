"""The causes that take down much of the core, as rows of small numbers instead of lists.

A few hundred causes take down most of what sites need, and every site would read the same long
lists. A row for each core node says for each hub which duration it takes to bring down a need with
a given grace; rows are merged many numbers at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.core import Reach
from downwind.solve.blast.rows import Sites, widest
from downwind.solve.jit import jit

Bytes = NDArray[np.uint8]

_LEAST_SHARE = 0.01
"""Of the core: a cause that takes down so much of it is a hub."""
_LEAST_HUBS = 16
_MOST_CELLS = 2**28
_MOST_GRACES = 255
_MOST_DURATIONS = 254


class Hubs(NamedTuple):
    """Causes 0 to many - 1."""

    many: int
    row: Shorts
    """Per core node which row is its own; 0, on which nothing falls, where no hub takes it down."""
    rest: Ints
    """Per core node where in its list the causes begin that are no hubs."""
    pace: Bytes
    """Per need of the sites which grace it has; empty without hubs."""
    bins: NDArray[np.uint8]
    """Graces x rows x hubs: the first of the durations that is longer than the hub's time and the
    grace; how many durations there are for none."""


def hubs_of(found: Reach, graces: Floats, durations: Floats) -> Hubs:
    """The hubs of a reach that was numbered widest first, for needs with these graces."""
    size = len(found.start) - 1
    falls = np.bincount(found.cause, minlength=found.causes)
    many = int((falls >= max(_LEAST_SHARE * size, 2)).sum())
    pace, paces = _paces(graces, _MOST_GRACES)
    rest = _first_beyond(found.start, found.cause, many)
    hit = np.flatnonzero(rest > found.start[:-1])
    cells = len(paces) * (len(hit) + 1) * many
    if many < _LEAST_HUBS or not 0 < cells <= _MOST_CELLS or len(durations) > _MOST_DURATIONS:
        many, hit, rest, pace, paces = 0, hit[:0], found.start[:-1].copy(), pace[:0], paces[:0]
    row = np.zeros(size, dtype=np.int32)
    row[hit] = np.arange(1, len(hit) + 1, dtype=np.int32)
    bins = np.full((len(paces), len(hit) + 1, many), len(durations), dtype=np.uint8)
    _fill(found.start, rest, found.cause, found.time, row, paces, durations, bins)
    return Hubs(many, row, rest, pace, bins)


@jit
def _paces(graces: Floats, most: int) -> tuple[Bytes, Floats]:
    """Per need which of the different graces it has; none of them where there are too many."""
    pace = np.empty(len(graces), dtype=np.uint8)
    paces = np.empty(most)
    many = 0
    for need in range(len(graces)):
        which = 0
        while which < many and paces[which] != graces[need]:
            which += 1
        if which == most:
            return pace[:0].copy(), paces[:0].copy()
        if which == many:
            paces[many] = graces[need]
            many += 1
        pace[need] = which
    return pace, paces[:many].copy()


@jit
def _first_beyond(start: Ints, cause: Shorts, many: int) -> Ints:
    """Per node the first place in its list whose cause is `many` or more."""
    rest = start[1:].copy()
    for node in range(len(rest)):
        while rest[node] > start[node] and cause[rest[node] - 1] >= many:
            rest[node] -= 1
    return rest


@jit
def _fill(
    start: Ints, rest: Ints, cause: Shorts, time: Floats, row: Shorts, paces: Floats,
    durations: Floats, bins: NDArray[np.uint8],
) -> None:  # fmt: skip
    for pace in range(len(paces)):
        for node in range(len(row)):
            for place in range(start[node], rest[node]):
                longer = first_longer(durations, time[place] + paces[pace])
                bins[pace, row[node], cause[place]] = longer


@jit
def first_longer(durations: Floats, time: float) -> int:
    """The first duration that is longer: what falls at T is down for every duration above T."""
    begins, ends = 0, len(durations)
    while begins < ends:
        middle = (begins + ends) // 2
        if durations[middle] <= time:
            begins = middle + 1
        else:
            ends = middle
    return begins


@jit
def merge_hubs(
    begin: int, end: int, sites: Sites, hubs: Hubs, durations: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], Ints]:
    """Per duration and hub the sites that fall first by then, and their weight; with more than one
    duration the last row is for those that never do. And per hub the sites degraded by the first.
    """
    # As local names and without slices: numba counts references at each, 100 ns a need.
    start, k, hard, _, alt_start, alt, stands_for, weights = sites
    many_hubs, row, _, pace, bins = hubs
    down = np.zeros((durations + 1, many_hubs), dtype=np.int64)
    down_weight = np.zeros((durations + 1, many_hubs))
    degraded = np.zeros(many_hubs, dtype=np.int64)
    soonest = np.full((2, many_hubs), durations, dtype=np.uint8)
    several = np.empty((widest(alt_start, start[begin], start[end]), many_hubs), dtype=np.uint8)
    for site in range(begin, end):
        count = stands_for[site] if len(stands_for) else 1
        weight = weights[site] if len(weights) else 1.0
        for need in range(start[site], start[site + 1]):
            soft, here = 1 - hard[need], pace[need]
            first, after = alt_start[need], alt_start[need + 1]
            if after - first == k[need]:
                for spot in range(first, after):
                    node_row = row[alt[spot]]
                    for hub in range(many_hubs):
                        soonest[soft, hub] = min(soonest[soft, hub], bins[here, node_row, hub])
                continue
            if after - first == 2:
                one, other = row[alt[first]], row[alt[first + 1]]
                for hub in range(many_hubs):
                    lost = max(bins[here, one, hub], bins[here, other, hub])
                    soonest[soft, hub] = min(soonest[soft, hub], lost)
                continue
            for spot in range(first, after):
                node_row = row[alt[spot]]
                for hub in range(many_hubs):
                    several[spot - first, hub] = bins[here, node_row, hub]
            _sort(several, after - first)
            for hub in range(many_hubs):
                lost = several[after - first - k[need], hub]
                soonest[soft, hub] = min(soonest[soft, hub], lost)
        _put(count, weight, durations, soonest, down, down_weight, degraded)
    return down, down_weight, degraded


@jit
def _sort(several: Bytes, many: int) -> None:
    """Column by column, the smallest first; rows are few."""
    for last in range(many - 1, 0, -1):
        for row in range(last):
            for hub in range(several.shape[1]):
                one, other = several[row, hub], several[row + 1, hub]
                several[row, hub], several[row + 1, hub] = min(one, other), max(one, other)


@jit
def _put(
    count: int, weight: float, durations: int, soonest: Bytes, down: NDArray[np.int64],
    down_weight: NDArray[np.float64], degraded: Ints,
) -> None:  # fmt: skip
    """Count one site, and make `soonest` ready for the next."""
    for hub in range(len(degraded)):
        degraded[hub] += count * (soonest[1, hub] == 0 and soonest[0, hub] != 0)
    if durations == 1:
        for hub in range(len(degraded)):
            down[0, hub] += count * (soonest[0, hub] == 0)
        for hub in range(len(degraded)):
            down_weight[0, hub] += weight * (soonest[0, hub] == 0)
    else:
        for hub in range(len(degraded)):
            down[soonest[0, hub], hub] += count
            down_weight[soonest[0, hub], hub] += weight
    soonest[:] = durations
