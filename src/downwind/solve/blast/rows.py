"""What a merge over the sites reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.jit import jit


class Sites(NamedTuple):
    """The sites' needs, as in NeedRows."""

    start: Ints
    k: Shorts
    hard: Flags
    grace: Floats
    alt_start: Ints
    alt: Shorts
    stands_for: Ints
    """How many sites each row is; empty where each is one."""
    weight: Floats
    """Empty where each row weighs 1."""


class CauseLists(NamedTuple):
    """What takes down core node n: cause[begins[n] : ends[n]], at `time`; no hubs among them."""

    filled: NDArray[np.uint8]
    """Per core node 1 where its list is not empty: a small column that stays near."""
    begins: Ints
    ends: Ints
    cause: Shorts
    time: Floats


@jit
def widest(alt_start: Ints, first: int, after: int) -> int:
    """The most alternatives that a need from `first` on and before `after` has; 1 at least."""
    most = 1
    for need in range(first, after):
        most = max(most, alt_start[need + 1] - alt_start[need])
    return most
