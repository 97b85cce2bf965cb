"""One merge over the sites: how many, and how much weight, fall with each cause.

No pair of site and cause is stored. A cause is counted once a site by a stamp: the last site that
it was counted for.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS, Reach
from downwind.solve.jit import jit

_PARTS = 8

Part = TypeVar("Part")


class Merge(NamedTuple):
    """What the merge reads: the sites' needs, their weights, and what takes down each core node."""

    start: Ints
    k: Shorts
    hard: Flags
    grace: Floats
    alt_start: Ints
    alt: Shorts
    weight: Floats
    node_start: Ints
    cause: Shorts
    time: Floats
    last: Floats


class Tally(NamedTuple):
    """Per cause: how many sites, their weight, and the last site that it was counted for."""

    sites: Ints
    weight: Floats
    stamp: Shorts
    lost_by: Ints
    """The last need that a cause took alternatives from, and how many."""
    hits: Shorts


class Moments(NamedTuple):
    """Per cause: when it takes down the site at hand, and its hits on the need at hand."""

    soonest: Floats
    touched: Shorts
    hits: Shorts
    hit: Shorts
    times: Floats
    """Causes x alternatives: when each hit comes, rising."""


def count_sites(
    sites: NeedRows, weight: Floats, found: Reach, duration: float
) -> tuple[Ints, Floats, Ints]:
    """Per cause: sites down, their weight, and sites degraded, when it lasts `duration` seconds."""
    rows = _merge(sites, weight, found)
    parts = _in_parts(sites.size, lambda a, b: _count(a, b, rows, found.causes, duration))
    down, down_weight, degraded = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    return down, down_weight, degraded


def curve_sites(
    sites: NeedRows, weight: Floats, found: Reach, durations: Floats
) -> tuple[Ints, Floats]:
    """Sites down and their weight, per cause and duration; `durations` rise."""
    rows = _merge(sites, weight, found)
    parts = _in_parts(sites.size, lambda a, b: _curve(a, b, rows, found.causes, durations))
    down, down_weight = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    return np.cumsum(down, axis=1)[:, :-1], np.cumsum(down_weight, axis=1)[:, :-1]


def _merge(sites: NeedRows, weight: Floats, found: Reach) -> Merge:
    return Merge(
        sites.start, sites.k, sites.hard, sites.grace, sites.alt_start, sites.alt, weight,
        found.start, found.cause, found.time, found.last,
    )  # fmt: skip


def _in_parts(size: int, count: Callable[[int, int], Part]) -> list[Part]:
    edges = np.linspace(0, size, _PARTS + 1).astype(np.int64)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(count, edges[:-1], edges[1:]))


@jit
def _count(
    begin: int, end: int, rows: Merge, causes: int, duration: float
) -> tuple[Ints, Floats, Ints]:
    """Hard needs first, so that what is down is not counted as degraded too."""
    down = Tally(
        np.zeros(causes, dtype=np.int64),
        np.zeros(causes),
        np.full(causes, -1, dtype=np.int32),
        np.full(causes, -1, dtype=np.int64),
        np.zeros(causes, dtype=np.int32),
    )
    degraded = Tally(
        np.zeros(causes, dtype=np.int64), np.zeros(causes), down.stamp, down.lost_by, down.hits
    )
    for site in range(begin, end):
        soft = False
        for need in range(rows.start[site], rows.start[site + 1]):
            if rows.hard[need]:
                _stamp(need, site - begin, rows.weight[site], rows, duration, down)
            else:
                soft = True
        if not soft:
            continue
        for need in range(rows.start[site], rows.start[site + 1]):
            if not rows.hard[need]:
                _stamp(need, site - begin, rows.weight[site], rows, duration, degraded)
    return down.sites, down.weight, degraded.sites


@jit
def _stamp(need: int, mark: int, weight: float, rows: Merge, duration: float, tally: Tally) -> None:
    """Count every cause that takes the need away in time and was not counted for this site."""
    first, after = rows.alt_start[need], rows.alt_start[need + 1]
    must_fall = after - first - rows.k[need] + 1
    if must_fall > 1 and rows.k[need] == 1:
        _stamp_all(need, mark, weight, rows, duration, tally)
        return
    for spot in range(first, after):
        node = rows.alt[spot]
        in_time = rows.last[node] + rows.grace[need] < duration
        for place in range(rows.node_start[node], rows.node_start[node + 1]):
            cause = rows.cause[place]
            if tally.stamp[cause] == mark:
                continue
            if not in_time and rows.time[place] + rows.grace[need] >= duration:
                continue
            if must_fall > 1:
                if tally.lost_by[cause] != need:
                    tally.lost_by[cause] = need
                    tally.hits[cause] = 0
                tally.hits[cause] += 1
                if tally.hits[cause] < must_fall:
                    continue
            tally.stamp[cause] = mark
            tally.sites[cause] += 1
            tally.weight[cause] += weight


@jit
def _stamp_all(
    need: int, mark: int, weight: float, rows: Merge, duration: float, tally: Tally
) -> None:
    """A need that is lost with its last alternative: what is in the shortest list and all others.

    The lists are in the order of the causes, so the others are searched, not read.
    """
    first, after = rows.alt_start[need], rows.alt_start[need + 1]
    least = first
    for spot in range(first + 1, after):
        if _length(rows, rows.alt[spot]) < _length(rows, rows.alt[least]):
            least = spot
    node, grace = rows.alt[least], rows.grace[need]
    for place in range(rows.node_start[node], rows.node_start[node + 1]):
        cause = rows.cause[place]
        if tally.stamp[cause] == mark or rows.time[place] + grace >= duration:
            continue
        for spot in range(first, after):
            if spot != least and not _hits_in_time(rows, rows.alt[spot], cause, grace, duration):
                break
        else:
            tally.stamp[cause] = mark
            tally.sites[cause] += 1
            tally.weight[cause] += weight


@jit
def _length(rows: Merge, node: int) -> int:
    return int(rows.node_start[node + 1] - rows.node_start[node])


@jit
def _hits_in_time(rows: Merge, node: int, cause: int, grace: float, duration: float) -> bool:
    begins, end = rows.node_start[node], rows.node_start[node + 1]
    ends = end
    while begins < ends:
        middle = (begins + ends) // 2
        if rows.cause[middle] < cause:
            begins = middle + 1
        else:
            ends = middle
    return bool(
        begins < end and rows.cause[begins] == cause and rows.time[begins] + grace < duration
    )


@jit
def _curve(
    begin: int, end: int, rows: Merge, causes: int, durations: Floats
) -> tuple[Ints, Floats]:
    """Each site's soonest fall per cause, put into the first duration that is longer."""
    down = np.zeros((causes, len(durations) + 1), dtype=np.int64)
    down_weight = np.zeros((causes, len(durations) + 1))
    widest = 1
    for need in range(rows.start[begin], rows.start[end]):
        widest = max(widest, rows.alt_start[need + 1] - rows.alt_start[need])
    moments = Moments(
        np.full(causes, np.inf),
        np.empty(causes, dtype=np.int32),
        np.zeros(causes, dtype=np.int32),
        np.empty(causes, dtype=np.int32),
        np.empty((causes, widest)),
    )
    for site in range(begin, end):
        many = 0
        for need in range(rows.start[site], rows.start[site + 1]):
            if not rows.hard[need]:
                continue
            if rows.alt_start[need + 1] - rows.alt_start[need] == rows.k[need]:
                many = _any_lost(need, rows, moments, many)
            else:
                many = _several_lost(need, rows, moments, many)
        for place in range(many):
            cause = moments.touched[place]
            # A fall at T counts for every duration longer than T.
            where = np.searchsorted(durations, moments.soonest[cause], side="right")
            down[cause, where] += 1
            down_weight[cause, where] += rows.weight[site]
            moments.soonest[cause] = np.inf
    return down, down_weight


@jit
def _any_lost(need: int, rows: Merge, moments: Moments, many: int) -> int:
    """A need that is lost with any of its alternatives."""
    for spot in range(rows.alt_start[need], rows.alt_start[need + 1]):
        node = rows.alt[spot]
        for place in range(rows.node_start[node], rows.node_start[node + 1]):
            many = _note(rows.cause[place], rows.time[place] + rows.grace[need], moments, many)
    return many


@jit
def _several_lost(need: int, rows: Merge, moments: Moments, many: int) -> int:
    """A need that is lost when fewer than k alternatives are left."""
    first, after = rows.alt_start[need], rows.alt_start[need + 1]
    must_fall = after - first - rows.k[need] + 1
    many_hit = 0
    for spot in range(first, after):
        node = rows.alt[spot]
        for place in range(rows.node_start[node], rows.node_start[node + 1]):
            cause = rows.cause[place]
            if moments.hits[cause] == 0:
                moments.hit[many_hit] = cause
                many_hit += 1
            _insert(moments.times[cause], moments.hits[cause], rows.time[place])
            moments.hits[cause] += 1
    for place in range(many_hit):
        cause = moments.hit[place]
        if moments.hits[cause] >= must_fall:
            then = moments.times[cause, must_fall - 1] + rows.grace[need]
            many = _note(cause, then, moments, many)
        moments.hits[cause] = 0
    return many


@jit
def _note(cause: int, then: float, moments: Moments, many: int) -> int:
    if then >= moments.soonest[cause]:
        return many
    if moments.soonest[cause] == np.inf:
        moments.touched[many] = cause
        many += 1
    moments.soonest[cause] = then
    return many


@jit
def _insert(times: Floats, many: int, then: float) -> None:
    """Put a time among `many` that rise."""
    at = many
    while at > 0 and times[at - 1] > then:
        times[at] = times[at - 1]
        at -= 1
    times[at] = then
