"""Sums of weights that do not depend on the order: exact in whole numbers, rounded once.

A weight w is counted in units of 2**(32 bin - 60) with bin = floor(log2(w) / 32): a whole number
below 2**93, so that 2**33 of them add up in 126 bits. Such sums are exact, in whatever order and
wherever the parts are added: Kulisch's long accumulator, cut into bins.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.types import Floats, Ints
from downwind.terms import ModelError

BIN = "CASE WHEN weight > 0 THEN CAST(floor(log2(weight) / 32) AS INTEGER) ELSE 0 END"
# In two steps, since 2**(60 - 32 bin) is no double where the weight is very small.
_HALF = f"pow(2.0, 30 - 16 * ({BIN}))"
UNITS = f"CAST(weight * {_HALF} * {_HALF} AS HUGEINT)"

PLAIN_BINS = 30
"""Bins up to here, either side of 0, hold no number that a double rounds."""


def weights_of(size: Ints, bins: Ints, high: Ints, low: NDArray[np.uint64]) -> Floats:
    """One weight per signature, the nearest double to the exact sum.

    Signature i has the next size[i] entries of the other columns; each stands for
    (high * 2**64 + low) * 2**(32 bin - 60). Raises ModelError where a sum is above all doubles.
    """
    first = np.cumsum(size) - size
    one_bin = (size == 1) & (np.abs(bins[first]) < PLAIN_BINS)
    few_bits = (high[first] < 2**29) & (low[first] % np.uint64(2**40) == 0)
    plain = one_bin & few_bits
    spots = first[plain]
    values = np.zeros(len(size), dtype=np.float64)
    whole = high[spots].astype(np.float64) * 2.0**64 + low[spots].astype(np.float64)
    values[plain] = np.ldexp(whole, 32 * bins[spots] - 60)
    for i in np.flatnonzero(~plain):
        run = slice(int(first[i]), int(first[i] + size[i]))
        values[i] = _nearest(bins[run].tolist(), high[run].tolist(), low[run].tolist())
    return values


def _nearest(bins: list[int], high: list[int], low: list[int]) -> float:
    least = min(bins)
    total = sum(
        ((h << 64) + rest) << (32 * (b - least)) for b, h, rest in zip(bins, high, low, strict=True)
    )
    exponent = 32 * least - 60
    try:
        # int / int and float(int) round once, to the nearest (IEEE 754, ties to even).
        return total / (1 << -exponent) if exponent < 0 else float(total << exponent)
    except OverflowError as error:
        power = math.floor(math.log2(total)) + exponent
        raise ModelError(
            f"the weights of one signature add up to 2**{power} or more.",
            where="node table",
            todo="Give weights in a larger unit.",
        ) from error
