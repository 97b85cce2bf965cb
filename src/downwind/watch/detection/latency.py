"""How long a target takes, against its own history, in memory that does not grow.

Each pair of target and vantage has a histogram of `BINS` bins, each a quarter longer than the one
before: a quantile is exact but for the width of a bin. When a histogram holds `FULL` answers all
its counts are halved, so that a new normal becomes the normal.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from downwind.solve.jit import jit
from downwind.watch.detection.kernels import Floats, Ints

Counts = npt.NDArray[np.float32]

BINS = 56
SHORTEST = 0.001
"""Seconds of the first bin."""
WIDTH = 1.25
FULL = 4096.0
"""Answers, a day and a half at one every 30 s."""
SLOW_WEIGHT = 0.1
"""A slow answer is learned by so much: at one every 30 s it is the normal after most of a day."""


@jit
def bin_of(seconds: float) -> int:
    """The bin of a latency; those too short or too long fall into the outermost."""
    if not seconds > SHORTEST:
        return 0
    return min(int(math.log(seconds / SHORTEST) / math.log(WIDTH)), BINS - 1)


@jit
def quantile(counts: Counts, share: float) -> float:
    """The upper edge, in seconds, of the bin in which the quantile lies; NaN without history."""
    wanted = share * counts.sum()
    if wanted <= 0:
        return math.nan
    seen = 0.0
    for n in range(BINS):
        seen += counts[n]
        if seen >= wanted:
            return SHORTEST * WIDTH ** (n + 1)
    return SHORTEST * WIDTH**BINS


@jit
def slow_beyond(counts: Counts, least: float) -> float:
    """Seconds from which an answer is slow: thrice the median and half as much again as the 95th
    percentile, and a quarter of a second more than the median; infinite until `least` answers."""
    if counts.sum() < least:
        return math.inf
    median = quantile(counts, 0.5)
    return max(3.0 * median, 1.5 * quantile(counts, 0.95), median + 0.25)


@jit
def note_many(
    histories: Counts, which: Ints, vantages: Ints, seconds: Floats, least: float, slow: Ints
) -> None:
    """Say of each answer whether it is slow (1, else 0; -1 without seconds), then remember it."""
    for n in range(len(which)):
        if not math.isfinite(seconds[n]) or seconds[n] < 0:
            slow[n] = -1
            continue
        counts = histories[which[n], vantages[n]]
        slow[n] = 1 if seconds[n] > slow_beyond(counts, least) else 0
        if counts.sum() >= FULL:
            counts *= np.float32(0.5)
        counts[bin_of(seconds[n])] += np.float32(SLOW_WEIGHT if slow[n] else 1.0)
