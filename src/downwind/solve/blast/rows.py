"""What a merge over the sites reads."""

from __future__ import annotations

from typing import NamedTuple

from downwind.solve.arrays import Flags, Floats, Ints, Shorts


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


class Lists(NamedTuple):
    """What takes down core node n: cause[begins[n] : ends[n]], at `time`; no hubs among them."""

    begins: Ints
    ends: Ints
    cause: Shorts
    time: Floats
