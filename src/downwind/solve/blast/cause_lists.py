"""The causes that take down little of the core, by the lists of what takes down each core node.

No pair of site and cause is stored. A cause is counted once a site by a stamp: the last site that
it was counted for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Shorts
from downwind.solve.blast.hub_rows import first_longer
from downwind.solve.blast.hubs import Bytes
from downwind.solve.blast.lost import lost_with
from downwind.solve.blast.rows import CauseLists, Sites, widest
from downwind.solve.jit import jit

Table = NDArray[np.float64]


@jit
def count_lists(
    begin: int, end: int, sites: Sites, lists: CauseLists, causes: int, duration: float
) -> tuple[Table, Table]:
    """Sites, and their weight: a row for those that are down, per cause, and one for those that are
    degraded."""
    start, k, hard, grace, alt_start, alt, stands_for, weights = sites
    filled, begins, ends, cause, time = lists
    counted, weight_of = np.zeros((2, causes)), np.zeros((2, causes))
    stamp = np.full(causes, -1, dtype=np.int32)
    wide = widest(alt_start, start[begin], start[end])
    at, times = np.empty(wide, dtype=np.int64), np.empty(wide)
    lost_cause, lost_time = np.empty(causes, dtype=np.int32), np.empty(causes)
    for site in range(begin, end):
        count = float(stands_for[site]) if len(stands_for) else 1.0
        weight = weights[site] if len(weights) else 1.0
        soft = False
        # Hard needs come first, so that what is down is not counted as degraded too.
        for row in range(2):
            if row == 1 and not soft:
                break
            for need in range(start[site], start[site + 1]):
                first, after = alt_start[need], alt_start[need + 1]
                must_fall = after - first - k[need] + 1
                if not _may_be_lost(first, after, must_fall, alt, filled):
                    continue
                if hard[need] == row:
                    soft |= not hard[need]
                    continue
                if must_fall == 1:
                    for spot in range(first, after):
                        node = alt[spot]
                        _stamp(
                            cause, time, begins[node], ends[node], duration, grace[need],
                            site - begin, stamp, row, count, weight, counted, weight_of,
                        )  # fmt: skip
                    continue
                many = lost_with(
                    first, after, must_fall, alt, begins, ends, cause, time, at, times,
                    lost_cause, lost_time,
                )  # fmt: skip
                _stamp(
                    lost_cause, lost_time, 0, many, duration, grace[need], site - begin, stamp, row,
                    count, weight, counted, weight_of,
                )  # fmt: skip
    return counted, weight_of


@jit
def _stamp(
    cause: Shorts, time: Floats, begins: int, ends: int, duration: float, grace: float, mark: int,
    stamp: Shorts, row: int, count: float, weight: float, counted: Table, weight_of: Table,
) -> None:  # fmt: skip
    """Count every cause that takes the need away in time and was not counted for this site."""
    for place in range(begins, ends):
        here = cause[place]
        if stamp[here] != mark and time[place] + grace < duration:
            stamp[here] = mark
            counted[row, here] += count
            weight_of[row, here] += weight


@jit
def _may_be_lost(first: int, after: int, must_fall: int, alt: Shorts, filled: Bytes) -> bool:
    """True where as many of the lists hold something as must fall."""
    many = 0
    for spot in range(first, after):
        many += filled[alt[spot]]
    return many >= must_fall


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
    wide = widest(alt_start, start[begin], start[end])
    at, times = np.empty(wide, dtype=np.int64), np.empty(wide)
    lost_cause, lost_time = np.empty(causes, dtype=np.int32), np.empty(causes)
    for site in range(begin, end):
        count = stands_for[site] if len(stands_for) else 1
        weight = weights[site] if len(weights) else 1.0
        many = 0
        for need in range(start[site], start[site + 1]):
            first, after = alt_start[need], alt_start[need + 1]
            must_fall = after - first - k[need] + 1
            if not hard[need] or not _may_be_lost(first, after, must_fall, alt, filled):
                continue
            if must_fall == 1:
                for spot in range(first, after):
                    node = alt[spot]
                    many = _note(
                        cause, time, begins[node], ends[node], grace[need], soonest, touched, many
                    )
                continue
            lost = lost_with(
                first, after, must_fall, alt, begins, ends, cause, time, at, times, lost_cause,
                lost_time,
            )  # fmt: skip
            many = _note(lost_cause, lost_time, 0, lost, grace[need], soonest, touched, many)
        for place in range(many):
            here = touched[place]
            longer = first_longer(durations, soonest[here])
            down[here, longer] += count
            down_weight[here, longer] += weight
            soonest[here] = np.inf
    return down, down_weight


@jit
def _note(
    cause: Shorts, time: Floats, begins: int, ends: int, grace: float, soonest: Floats,
    touched: Shorts, many: int,
) -> int:  # fmt: skip
    """Each of these causes at its soonest; how many are touched by now."""
    for place in range(begins, ends):
        here, then = cause[place], time[place] + grace
        if then < soonest[here]:
            if soonest[here] == np.inf:
                touched[many] = here
                many += 1
            soonest[here] = then
    return many
