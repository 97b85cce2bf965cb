"""Pairs of causes sent over the sites: who falls with both, and with neither alone.

Every pair is let loose on its own, since what two causes do is no product of what each does:
they may meet deep in the core, or only together close a ring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS, Reach, reach, reach_together
from downwind.solve.blast.ground import Core
from downwind.solve.blast.layers import Layers, layers_of, site_words
from downwind.solve.blast.slots import BITS, LANES, Slots, Words, lose, lose_all
from downwind.solve.jit import jit

_PART = 1 << 15
"""Sites that one thread takes at a time."""
_BYTES = BITS // 8
_TABLES = (LANES, _BYTES, 256, 2)

T = TypeVar("T")


class PairCounts(NamedTuple):
    """Matrices over the causes, of sites and of their weight; entries a < b count."""

    both: Floats
    """Sites that fall with a and with b alone."""
    both_weight: Floats
    extra: Floats
    """Sites that fall with a and b at once, and with neither alone."""
    extra_weight: Floats


class _Lane(NamedTuple):
    """A word of pairs: cause `first` with the causes 64 * column up to 64 * (column + 1)."""

    first: int
    column: int


def count_pairs(
    core: NeedRows, sites: NeedRows, count: Ints, weight: Floats, causes: Shorts, duration: float
) -> PairCounts:
    """All pairs of the causes (core nodes, no repeats); each row stands for `count` sites."""
    layers = layers_of(core, sites, duration)
    alone = reach(layers.core, causes, duration)
    down = _down_alone(layers, alone, duration)
    both = _count_both(count, weight, down, len(causes))
    shape = (len(causes), down.shape[1] * BITS)
    extra, extra_weight = np.zeros(shape), np.zeros(shape)
    at_once = _at_once(causes, alone)
    for lanes in _lanes(len(causes)):
        first, second = _pairs_in(lanes, at_once)
        found = _reach_pairs(layers.core, causes[first], causes[second], duration)
        bit = _bits(lanes, first, second)
        words = site_words(layers, found, bit, duration)
        counts = _count_extra(layers.sites, count, weight, down, words, lanes)
        for place, lane in enumerate(lanes):
            here = slice(lane.column * BITS, (lane.column + 1) * BITS)
            extra[lane.first, here], extra_weight[lane.first, here] = counts[place]
    square = slice(0, len(causes))
    return PairCounts(*both, extra[:, square], extra_weight[:, square])


def _at_once(causes: Shorts, alone: Reach) -> NDArray[np.bool_]:
    """[a, b]: a takes b down at once, so that the two do no more than a."""
    matrix = np.zeros((len(causes), len(causes)), dtype=np.bool_)
    for place, node in enumerate(causes):
        here = slice(alone.start[node], alone.start[node + 1])
        matrix[alone.cause[here][alone.time[here] == 0.0], place] = True
    return matrix


def _lanes(causes: int) -> Iterator[list[_Lane]]:
    """All pairs, LANES words at a time."""
    lanes = [
        _Lane(first, column)
        for first in range(causes - 1)
        for column in range((first + 1) // BITS, (causes - 1) // BITS + 1)
    ]
    for begin in range(0, len(lanes), LANES):
        yield lanes[begin : begin + LANES]


def _pairs_in(lanes: list[_Lane], at_once: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The pairs a < b of these lanes that may do more together."""
    pairs = [
        (lane.first, second)
        for lane in lanes
        for second in range(lane.column * BITS, min((lane.column + 1) * BITS, len(at_once)))
        if second > lane.first
        and not at_once[lane.first, second]
        and not at_once[second, lane.first]
    ]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return first, second


def _bits(lanes: list[_Lane], first: Ints, second: Ints) -> Shorts:
    """Which bit of the lanes each pair is."""
    place = {lane: BITS * at for at, lane in enumerate(lanes)}
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([place[_Lane(a, b // BITS)] + b % BITS for a, b in pairs], dtype=np.int32)


def _reach_pairs(core: Core, first: Shorts, second: Shorts, duration: float) -> Reach:
    faults = np.column_stack((first, second)).ravel().astype(np.int32)
    start = np.arange(0, len(faults) + 1, 2, dtype=np.int64)
    return reach_together(core, start, faults, duration)


def _over(sites: int, work: Callable[[int, int], T]) -> list[T]:
    """What `work` makes of each part of the sites."""
    edges = [*range(0, sites, _PART), sites]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))


def _down_alone(layers: Layers, alone: Reach, duration: float) -> Words:
    """Per site the causes that it falls with, 64 in a word; a whole number of lanes."""
    width = BITS * LANES
    return np.concatenate(
        [
            _down_with(layers, alone, begin, begin + width, duration)
            for begin in range(0, max(1, alone.causes), width)
        ],
        axis=1,
    )


def _down_with(layers: Layers, alone: Reach, begin: int, end: int, duration: float) -> Words:
    """The same for the causes `begin` up to `end`."""
    sites = len(layers.sites.start) - 1
    bit = np.arange(-begin, alone.causes - begin, dtype=np.int32)
    bit[end:] = -1
    words = site_words(layers, alone, bit, duration)
    down = np.zeros((sites, LANES), dtype=np.uint64)
    row = np.arange(sites, dtype=np.int32)
    _over(sites, lambda begin, end: lose_all(begin, end, layers.sites, words, row, down))
    return down


def _count_both(count: Ints, weight: Floats, down: Words, causes: int) -> tuple[Floats, Floats]:
    parts = _over(
        len(down), lambda begin, end: _count_both_part(begin, end, count, weight, down, causes)
    )
    total = sum(parts, np.zeros((2, causes, causes)))
    return total[0], total[1]


@jit
def _count_both_part(
    begin: int, end: int, count: Ints, weight: Floats, down: Words, causes: int
) -> Floats:
    counts = np.zeros((2, causes, causes))
    here = np.empty(causes, dtype=np.int64)
    for site in range(begin, end):
        many = 0
        for cause in range(causes):
            if down[site, cause // BITS] >> np.uint64(cause % BITS) & np.uint64(1):
                here[many] = cause
                many += 1
        for place in range(many):
            for other in range(place):
                counts[0, here[other], here[place]] += count[site]
                counts[1, here[other], here[place]] += weight[site]
    return counts


def _count_extra(
    slots: Slots, count: Ints, weight: Floats, down: Words, words: Words, lanes: list[_Lane]
) -> Floats:
    """Per lane the count and the weight of the sites, per bit."""
    padded = np.array([*lanes, *([_Lane(0, 0)] * (LANES - len(lanes)))], dtype=np.int64)
    parts = _over(
        len(down),
        lambda begin, end: _count_extra_part(begin, end, slots, count, weight, down, words, padded),
    )
    set_in = np.arange(256)[:, None] >> np.arange(8) & 1
    totals: Floats = np.einsum("lbvc,vi->lcbi", sum(parts, np.zeros(_TABLES)), set_in)
    return totals.reshape(LANES, 2, BITS)


@jit
def _count_extra_part(
    begin: int, end: int, slots: Slots, count: Ints, weight: Floats, down: Words, words: Words,
    lanes: Ints,
) -> Floats:  # fmt: skip
    """Lane, byte of its word, value of the byte: how many sites have it, and their weight.

    A word is counted in eight additions this way, where its bits would take up to 64.
    """
    tables = np.zeros(_TABLES)
    reached = np.zeros((slots.widest + 1, LANES), dtype=np.uint64)
    alone = np.zeros(LANES, dtype=np.uint64)
    lost = np.zeros(LANES, dtype=np.uint64)
    every = ~np.uint64(0)
    for site in range(begin, end):
        open_lanes = False
        for lane in range(LANES):
            first = lanes[lane, 0]
            if down[site, first // BITS] >> np.uint64(first % BITS) & np.uint64(1):
                alone[lane] = every
            else:
                alone[lane] = down[site, lanes[lane, 1]]
            open_lanes |= alone[lane] != every
        if not open_lanes:
            continue
        lose(site, slots, words, reached, lost)
        for lane in range(LANES):
            extra = lost[lane] & ~alone[lane]
            if extra == 0:
                continue
            for byte in range(_BYTES):
                value = extra >> np.uint64(8 * byte) & np.uint64(255)
                tables[lane, byte, value, 0] += count[site]
                tables[lane, byte, value, 1] += weight[site]
    return tables
