"""What takes away a need that outlives some of its alternatives: their lists read side by side."""

from __future__ import annotations

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.jit import jit


@jit
def lost_with(
    first: int, after: int, must_fall: int, alt: Shorts, begins: Ints, ends: Ints, cause: Shorts,
    time: Floats, at: Ints, times: Floats, lost_cause: Shorts, lost_time: Floats,
) -> int:  # fmt: skip
    """The causes that take down `must_fall` of alt[first : after], and when the last of these goes.

    What takes down node n is cause[begins[n] : ends[n]], which rise, at `time`. Answers are put
    into `lost_cause` and `lost_time`, which rise as well; returns how many. `at` and `times` are
    room for a number per alternative.
    """
    for spot in range(first, after):
        at[spot - first] = begins[alt[spot]]
    many = 0
    while True:
        here = -1
        for spot in range(first, after):
            place = at[spot - first]
            if place < ends[alt[spot]] and (here < 0 or cause[place] < here):
                here = cause[place]
        if here < 0:
            return many
        hits = 0
        for spot in range(first, after):
            place = at[spot - first]
            if place < ends[alt[spot]] and cause[place] == here:
                at[spot - first] += 1
                _insert(times, hits, time[place])
                hits += 1
        if hits >= must_fall:
            lost_cause[many], lost_time[many] = here, times[must_fall - 1]
            many += 1


@jit
def _insert(times: Floats, many: int, then: float) -> None:
    """Put a time among `many` that rise."""
    at = many
    while at > 0 and times[at - 1] > then:
        times[at] = times[at - 1]
        at -= 1
    times[at] = then
