"""One merge over the sites: how many, and how much weight, fall with each cause.

The causes that take down much are merged as words or rows, the others as lists; the two never
meet.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Floats, Ints
from downwind.solve.blast.cause_lists import count_lists, curve_lists
from downwind.solve.blast.core import THREADS, Reach
from downwind.solve.blast.hub_rows import merge_rows, rows_of
from downwind.solve.blast.hub_words import BITS, MOST_BITS, count_words, fill_words, per_bit
from downwind.solve.blast.hubs import Hubs, hubs_of
from downwind.solve.blast.rows import CauseLists, Sites

_PARTS = 8

Part = TypeVar("Part")
Column = TypeVar("Column", Ints, Floats)


def count_sites(
    needs: NeedRows, count: Ints, weight: Floats, found: Reach, duration: float
) -> tuple[Ints, Floats, Ints]:
    """Per cause: sites down, their weight, and sites degraded, when it lasts `duration` seconds.

    `count` is how many sites each row stands for; empty for one each, and so with `weight`.
    """
    sites, hubs = _sites(needs, count, weight), hubs_of(found, needs.grace, MOST_BITS)
    lists = _lists(found, hubs)
    parts = _in_parts(
        needs.size, lambda a, b: count_lists(a, b, sites, lists, found.causes, duration)
    )
    counted, weight_of = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    if hubs.many:
        down, degraded = _count_hubs(sites, found, hubs, duration)
        counted[:, : hubs.many] = np.vstack((down[0], degraded[0]))[:, : hubs.many]
        weight_of[0, : hubs.many] = down[1, : hubs.many]
    down_of, degraded_of = np.rint(counted).astype(np.int64)
    return _as_given(down_of, found), _as_given(weight_of[0], found), _as_given(degraded_of, found)


def _count_hubs(sites: Sites, found: Reach, hubs: Hubs, duration: float) -> tuple[Floats, Floats]:
    """Sites down, and sites degraded: per hub how many, and their weight."""
    size = len(hubs.rest)
    words = np.zeros((len(hubs.paces) * size, -(-hubs.many // BITS)), dtype=np.uint64)
    _in_parts(
        size,
        lambda a, b: fill_words(
            a, b, found.start, hubs.rest, found.cause, found.time, hubs.paces, duration, words
        ),
    )
    parts = _in_parts(
        len(sites.start) - 1, lambda a, b: count_words(a, b, sites, size, hubs.pace, words)
    )
    down, degraded = (per_bit(np.sum(each, axis=0)) for each in zip(*parts, strict=True))
    return down, degraded


def curve_sites(
    needs: NeedRows, count: Ints, weight: Floats, found: Reach, durations: Floats
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sites down and their weight, per cause and duration; `durations` rise."""
    sites = _sites(needs, count, weight)
    hubs, rows = rows_of(found, needs.grace, durations)
    lists = _lists(found, hubs)
    parts = _in_parts(
        needs.size, lambda a, b: curve_lists(a, b, sites, lists, found.causes, durations)
    )
    down, down_weight = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    if hubs.many:
        merged = _in_parts(needs.size, lambda a, b: merge_rows(a, b, sites, rows, len(durations)))
        down[: hubs.many] = np.sum([part[0] for part in merged], axis=0).T
        down_weight[: hubs.many] = np.sum([part[1] for part in merged], axis=0).T
    down = np.cumsum(down, axis=1)[:, :-1]
    down_weight = np.cumsum(down_weight, axis=1)[:, :-1]
    return _as_given(down, found), _as_given(down_weight, found)


def _sites(needs: NeedRows, count: Ints, weight: Floats) -> Sites:
    return Sites(
        needs.start, needs.k, needs.hard, needs.grace, needs.alt_start, needs.alt, count, weight
    )


def _lists(found: Reach, hubs: Hubs) -> CauseLists:
    filled = (hubs.rest < found.start[1:]).astype(np.uint8)
    return CauseLists(filled, hubs.rest, found.start[1:], found.cause, found.time)


def _as_given(per_number: Column, found: Reach) -> Column:
    """Rows in the order in which the causes were given."""
    rows = np.empty_like(per_number)
    rows[found.order] = per_number
    return rows


def _in_parts(size: int, count: Callable[[int, int], Part]) -> list[Part]:
    edges = np.linspace(0, size, _PARTS + 1).astype(np.int64)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(count, edges[:-1], edges[1:]))
