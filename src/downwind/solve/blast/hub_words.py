"""The causes that take down much of the core, for one duration: 64 of them in a word.

A site's words are the union over its needs of what takes each of them away, so 159 hubs cost
three operations where lists cost one for each hub.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.hubs import Bytes
from downwind.solve.blast.rows import Sites, widest
from downwind.solve.jit import jit

Words = NDArray[np.uint64]
BITS = 64
MOST_BITS = 2**31
_BYTES = BITS // 8


@jit
def fill_words(
    begin: int, end: int, start: Ints, rest: Ints, cause: Shorts, time: Floats, paces: Floats,
    duration: float, words: Words,
) -> None:  # fmt: skip
    """Words of a need with the grace paces[p] on node n are in row p * nodes + n of `words`."""
    nodes = len(start) - 1
    for node in range(begin, end):
        for place in range(start[node], rest[node]):
            lane = cause[place] // BITS
            bit = np.uint64(1) << np.uint64(cause[place] % BITS)
            for pace in range(len(paces)):
                if time[place] + paces[pace] < duration:
                    words[pace * nodes + node, lane] |= bit


@jit
def count_words(
    begin: int, end: int, sites: Sites, nodes: int, pace: Bytes, words: Words
) -> tuple[Floats, Floats]:
    """Lane, byte of its word, value of the byte: how many sites have it and their weight, for what
    takes them down; and for what degrades them and no more.

    A word is counted in eight additions this way, where its bits would take up to 64.
    """
    start, k, hard, _, alt_start, alt, stands_for, weights = sites
    lanes = words.shape[1]
    down = np.zeros((lanes, _BYTES, 256, 2))
    degraded = np.zeros((lanes, _BYTES, 256, 2))
    lost = np.zeros((2, lanes), dtype=np.uint64)
    wide = widest(alt_start, start[begin], start[end])
    reached = np.zeros((wide + 1, lanes), dtype=np.uint64)
    for site in range(begin, end):
        count = float(stands_for[site]) if len(stands_for) else 1.0
        weight = weights[site] if len(weights) else 1.0
        soft = False
        for need in range(start[site], start[site + 1]):
            row, base = 1 - hard[need], pace[need] * nodes
            soft |= row == 1
            first, after = alt_start[need], alt_start[need + 1]
            must_fall = after - first - k[need] + 1
            if must_fall == 1:
                for spot in range(first, after):
                    for lane in range(lanes):
                        lost[row, lane] |= words[base + alt[spot], lane]
            elif after - first == 2:
                one, other = base + alt[first], base + alt[first + 1]
                for lane in range(lanes):
                    lost[row, lane] |= words[one, lane] & words[other, lane]
            else:
                _lose_some(first, after, must_fall, base, alt, words, reached)
                for lane in range(lanes):
                    lost[row, lane] |= reached[must_fall, lane]
        _put(lost, 0, count, weight, down)
        if soft:
            _put(lost, 1, count, weight, degraded)
        lost[:] = 0
    return down, degraded


@jit
def _lose_some(
    first: int, after: int, must_fall: int, base: int, alt: Shorts, words: Words, reached: Words
) -> None:
    """reached[i]: the causes that take down i of the alternatives, up to `must_fall`."""
    for step in range(1, must_fall + 1):
        for lane in range(words.shape[1]):
            reached[step, lane] = 0
    for spot in range(first, after):
        for step in range(must_fall, 1, -1):
            for lane in range(words.shape[1]):
                reached[step, lane] |= reached[step - 1, lane] & words[base + alt[spot], lane]
        for lane in range(words.shape[1]):
            reached[1, lane] |= words[base + alt[spot], lane]


@jit
def _put(lost: Words, row: int, count: float, weight: float, tables: Floats) -> None:
    """Count one site; what is down is not degraded as well."""
    for lane in range(lost.shape[1]):
        here = lost[row, lane]
        if row == 1:
            here &= ~lost[0, lane]
        if here == 0:
            continue
        for byte in range(_BYTES):
            value = here >> np.uint64(8 * byte) & np.uint64(255)
            tables[lane, byte, value, 0] += count
            tables[lane, byte, value, 1] += weight


def per_bit(tables: Floats) -> Floats:
    """How many sites and their weight, per bit: 2 rows over all lanes' bits."""
    set_in = np.arange(256)[:, None] >> np.arange(8) & 1
    totals: Floats = np.einsum("lbvc,vi->clbi", tables, set_in)
    return totals.reshape(2, -1)
