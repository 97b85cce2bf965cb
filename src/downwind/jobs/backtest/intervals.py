"""How sure a count is: intervals of 95 %."""

from __future__ import annotations

import math

_Z = 1.959964


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Bounds of a share (Wilson, 1927); nothing tried says nothing."""
    if tries == 0:
        return 0.0, 1.0
    share, z2 = hits / tries, _Z * _Z
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    spread = _Z / (1 + z2 / tries) * math.sqrt(share * (1 - share) / tries + z2 / (4 * tries**2))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def poisson(events: int) -> tuple[float, float]:
    """Bounds of the mean of a count (Garwood, 1936)."""
    low = 0.0 if events == 0 else _solve(lambda m: 1 - _at_most(events - 1, m), 0.025, events)
    high = _solve(lambda m: 1 - _at_most(events, m), 0.975, events)
    return low, high


def _at_most(events: int, mean: float) -> float:
    term = total = math.exp(-mean)
    for k in range(1, events + 1):
        term *= mean / k
        total += term
    return total


def _solve(rising: object, wanted: float, events: int) -> float:
    assert callable(rising)
    low, high = 0.0, 10.0 + 4 * events
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high
