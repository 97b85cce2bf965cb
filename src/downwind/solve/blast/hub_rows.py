"""Hubs for a curve: a row for each core node, of small numbers that say how long each hub takes.

A number is the first of the durations for which the hub brings down a need with a given grace;
rows are merged many numbers at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.core import Reach
from downwind.solve.blast.hubs import Bytes, Hubs, hubs_of
from downwind.solve.blast.rows import Sites, widest
from downwind.solve.jit import jit

MOST_DURATIONS = 254
_MOST_BYTES = 2**28


class HubRows(NamedTuple):
    """What the merge of rows reads."""

    pace: Bytes
    row: Shorts
    """Per core node which row is its own; 0, on which nothing falls, where no hub takes it down."""
    bins: NDArray[np.uint8]
    """Graces x rows x hubs: the first of the durations that is longer than the hub's time and the
    grace; how many durations there are for none."""


def rows_of(found: Reach, graces: Floats, durations: Floats) -> tuple[Hubs, HubRows]:
    """The hubs and their rows for needs with these graces; at most MOST_DURATIONS are told apart,
    and beyond that there are no hubs."""
    hubs = hubs_of(found, graces, _MOST_BYTES if len(durations) <= MOST_DURATIONS else 0)
    size = len(found.start) - 1
    hit = np.flatnonzero(hubs.rest > found.start[:-1])
    row = np.zeros(size, dtype=np.int32)
    row[hit] = np.arange(1, len(hit) + 1, dtype=np.int32)
    shape = (len(hubs.paces), len(hit) + 1, hubs.many)
    bins = np.full(shape, min(len(durations), MOST_DURATIONS), dtype=np.uint8)
    _fill(found.start, hubs.rest, found.cause, found.time, row, hubs.paces, durations, bins)
    return hubs, HubRows(hubs.pace, row, bins)


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
def merge_rows(
    begin: int, end: int, sites: Sites, hubs: HubRows, durations: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Per duration and hub the sites that fall first by then, and their weight; the last row is
    for those that never do."""
    # As local names and without slices: numba counts references at each, 100 ns a need.
    start, k, hard, _, alt_start, alt, stands_for, weights = sites
    pace, row, bins = hubs
    many_hubs = bins.shape[2]
    down = np.zeros((durations + 1, many_hubs), dtype=np.int64)
    down_weight = np.zeros((durations + 1, many_hubs))
    soonest = np.full(many_hubs, durations, dtype=np.uint8)
    several = np.empty((widest(alt_start, start[begin], start[end]), many_hubs), dtype=np.uint8)
    for site in range(begin, end):
        count = stands_for[site] if len(stands_for) else 1
        weight = weights[site] if len(weights) else 1.0
        for need in range(start[site], start[site + 1]):
            if not hard[need]:
                continue
            here, first, after = pace[need], alt_start[need], alt_start[need + 1]
            if after - first == k[need]:
                for spot in range(first, after):
                    node_row = row[alt[spot]]
                    for hub in range(many_hubs):
                        soonest[hub] = min(soonest[hub], bins[here, node_row, hub])
                continue
            if after - first == 2:
                one, other = row[alt[first]], row[alt[first + 1]]
                for hub in range(many_hubs):
                    lost = max(bins[here, one, hub], bins[here, other, hub])
                    soonest[hub] = min(soonest[hub], lost)
                continue
            for spot in range(first, after):
                several[spot - first] = bins[here, row[alt[spot]]]
            _lose_some(several, after - first, k[need], soonest)
        for hub in range(many_hubs):
            down[soonest[hub], hub] += count
            down_weight[soonest[hub], hub] += weight
        soonest[:] = durations
    return down, down_weight


@jit
def _lose_some(several: Bytes, many: int, k: int, soonest: Bytes) -> None:
    """A need of `many` alternatives, a row for each, that is lost with all but k - 1 of them."""
    _sort(several, many)
    for hub in range(len(soonest)):
        soonest[hub] = min(soonest[hub], several[many - k, hub])


@jit
def _sort(several: Bytes, many: int) -> None:
    """Column by column, the smallest first; rows are few."""
    for last in range(many - 1, 0, -1):
        for row in range(last):
            for hub in range(several.shape[1]):
                one, other = several[row, hub], several[row + 1, hub]
                several[row, hub], several[row + 1, hub] = min(one, other), max(one, other)
