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
    """What the merge reads: the sites' needs and weights, and what takes down each core node."""

    start: Ints
    k: Shorts
    hard: Flags
    grace: Floats
    alt_start: Ints
    alt: Shorts
    stands_for: Ints
    """How many sites each row is."""
    weight: Floats
    node_start: Ints
    cause: Shorts
    time: Floats
    last: Floats


def count_sites(
    sites: NeedRows, count: Ints, weight: Floats, found: Reach, duration: float
) -> tuple[Ints, Floats, Ints]:
    """Per cause: sites down, their weight, and sites degraded, when it lasts `duration` seconds.

    `count` is how many sites each row stands for.
    """
    rows = _merge(sites, count, weight, found)
    parts = _in_parts(sites.size, lambda a, b: _count(a, b, rows, found.causes, duration))
    down, down_weight, degraded = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    return down, down_weight, degraded


def curve_sites(
    sites: NeedRows, count: Ints, weight: Floats, found: Reach, durations: Floats
) -> tuple[Ints, Floats]:
    """Sites down and their weight, per cause and duration; `durations` rise."""
    rows = _merge(sites, count, weight, found)
    parts = _in_parts(sites.size, lambda a, b: _curve(a, b, rows, found.causes, durations))
    down, down_weight = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    return np.cumsum(down, axis=1)[:, :-1], np.cumsum(down_weight, axis=1)[:, :-1]


def _merge(sites: NeedRows, count: Ints, weight: Floats, found: Reach) -> Merge:
    return Merge(
        sites.start, sites.k, sites.hard, sites.grace, sites.alt_start, sites.alt, count, weight,
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
    # As local names: numba reads arrays in a tuple anew at every step of the innermost loop.
    start, k, hard, grace, alt_start, alt, count, weight, node_start, cause, time, last = rows
    down, degraded = np.zeros(causes, dtype=np.int64), np.zeros(causes, dtype=np.int64)
    down_weight, ignored = np.zeros(causes), np.zeros(causes)
    stamp = np.full(causes, -1, dtype=np.int32)
    lost_by, hits = np.full(causes, -1, dtype=np.int64), np.zeros(causes, dtype=np.int32)
    for site in range(begin, end):
        soft = False
        for need in range(start[site], start[site + 1]):
            if hard[need]:
                _stamp(
                    need, site - begin, count[site], weight[site], duration, k, grace, alt_start,
                    alt, node_start, cause, time, last, stamp, lost_by, hits, down, down_weight,
                )  # fmt: skip
            else:
                soft = True
        if not soft:
            continue
        for need in range(start[site], start[site + 1]):
            if not hard[need]:
                _stamp(
                    need, site - begin, count[site], 0.0, duration, k, grace, alt_start, alt,
                    node_start, cause, time, last, stamp, lost_by, hits, degraded, ignored,
                )  # fmt: skip
    return down, down_weight, degraded


@jit
def _stamp(
    need: int, mark: int, many: int, weight: float, duration: float, k: Shorts, grace: Floats,
    alt_start: Ints, alt: Shorts, node_start: Ints, cause: Shorts, time: Floats, last: Floats,
    stamp: Shorts, lost_by: Ints, hits: Shorts, sites: Ints, weights: Floats,
) -> None:  # fmt: skip
    """Count every cause that takes the need away in time and was not counted for this site."""
    first, after, lasts = alt_start[need], alt_start[need + 1], grace[need]
    must_fall = after - first - k[need] + 1
    if must_fall > 1 and k[need] == 1:
        _stamp_all(
            alt[first:after], mark, many, weight, duration, lasts, node_start, cause, time, stamp,
            sites, weights,
        )  # fmt: skip
        return
    for spot in range(first, after):
        node = alt[spot]
        in_time = last[node] + lasts < duration
        for place in range(node_start[node], node_start[node + 1]):
            here = cause[place]
            if stamp[here] == mark or (not in_time and time[place] + lasts >= duration):
                continue
            if must_fall > 1:
                if lost_by[here] != need:
                    lost_by[here] = need
                    hits[here] = 0
                hits[here] += 1
                if hits[here] < must_fall:
                    continue
            stamp[here] = mark
            sites[here] += many
            weights[here] += weight


@jit
def _stamp_all(
    nodes: Shorts, mark: int, many: int, weight: float, duration: float, grace: float,
    node_start: Ints, cause: Shorts, time: Floats, stamp: Shorts, sites: Ints, weights: Floats,
) -> None:  # fmt: skip
    """A need that is lost with its last alternative: what is in the shortest list and all others.

    The lists are in the order of the causes, so the others are searched, not read.
    """
    least = 0
    for spot in range(1, len(nodes)):
        if _length(node_start, nodes[spot]) < _length(node_start, nodes[least]):
            least = spot
    for place in range(node_start[nodes[least]], node_start[nodes[least] + 1]):
        here = cause[place]
        if stamp[here] == mark or time[place] + grace >= duration:
            continue
        lost = True
        for spot in range(len(nodes)):
            if spot != least and lost:
                begins, ends = node_start[nodes[spot]], node_start[nodes[spot] + 1]
                there = _search(cause, begins, ends, here)
                lost = there < ends and cause[there] == here and time[there] + grace < duration
        if lost:
            stamp[here] = mark
            sites[here] += many
            weights[here] += weight


@jit
def _length(start: Ints, node: int) -> int:
    return int(start[node + 1] - start[node])


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
def _curve(
    begin: int, end: int, rows: Merge, causes: int, durations: Floats
) -> tuple[Ints, Floats]:
    """Each site's soonest fall per cause, put into the first duration that is longer."""
    start, k, hard, grace, alt_start, alt, count, weight, node_start, cause, time, _ = rows
    down = np.zeros((causes, len(durations) + 1), dtype=np.int64)
    down_weight = np.zeros((causes, len(durations) + 1))
    soonest, touched = np.full(causes, np.inf), np.empty(causes, dtype=np.int32)
    hits, hit = np.zeros(causes, dtype=np.int32), np.empty(causes, dtype=np.int32)
    times = np.empty((causes, _widest(alt_start, start[begin], start[end])))
    for site in range(begin, end):
        many = 0
        for need in range(start[site], start[site + 1]):
            if not hard[need]:
                continue
            nodes = alt[alt_start[need] : alt_start[need + 1]]
            if len(nodes) == k[need]:
                many = _any_lost(
                    nodes, grace[need], node_start, cause, time, soonest, touched, many
                )
            else:
                many = _several_lost(
                    nodes, len(nodes) - k[need], grace[need], node_start, cause, time, hits, hit,
                    times, soonest, touched, many,
                )  # fmt: skip
        for place in range(many):
            here = touched[place]
            # A fall at T counts for every duration longer than T.
            longer = np.searchsorted(durations, soonest[here], side="right")
            down[here, longer] += count[site]
            down_weight[here, longer] += weight[site]
            soonest[here] = np.inf
    return down, down_weight


@jit
def _widest(alt_start: Ints, first: int, after: int) -> int:
    widest = 1
    for need in range(first, after):
        widest = max(widest, alt_start[need + 1] - alt_start[need])
    return widest


@jit
def _any_lost(
    nodes: Shorts, grace: float, node_start: Ints, cause: Shorts, time: Floats, soonest: Floats,
    touched: Shorts, many: int,
) -> int:  # fmt: skip
    """A need that is lost with any of its alternatives; how many causes are touched by now."""
    for node in nodes:
        for place in range(node_start[node], node_start[node + 1]):
            here, then = cause[place], time[place] + grace
            if then >= soonest[here]:
                continue
            if soonest[here] == np.inf:
                touched[many] = here
                many += 1
            soonest[here] = then
    return many


@jit
def _several_lost(
    nodes: Shorts, spare: int, grace: float, node_start: Ints, cause: Shorts, time: Floats,
    hits: Shorts, hit: Shorts, times: Floats, soonest: Floats, touched: Shorts, many: int,
) -> int:  # fmt: skip
    """A need that outlives `spare` of its alternatives and is lost with the next."""
    many_hit = 0
    for node in nodes:
        for place in range(node_start[node], node_start[node + 1]):
            here = cause[place]
            if hits[here] == 0:
                hit[many_hit] = here
                many_hit += 1
            _insert(times[here], hits[here], time[place])
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
def _insert(times: Floats, many: int, then: float) -> None:
    """Put a time among `many` that rise."""
    at = many
    while at > 0 and times[at - 1] > then:
        times[at] = times[at - 1]
        at -= 1
    times[at] = then
