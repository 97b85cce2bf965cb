"""Sorts a few numbers; numba takes seconds to compile numpy's sort."""

from __future__ import annotations

from downwind.solve.arrays import Floats
from downwind.solve.jit import jit


@jit
def put_in_order(values: Floats, many: int) -> None:
    """Sort the first `many` values in place (Shell 1959, with Knuth's gaps)."""
    gap = 1
    while gap < many:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for i in range(gap, many):
            value, spot = values[i], i
            while spot >= gap and values[spot - gap] > value:
                values[spot] = values[spot - gap]
                spot -= gap
            values[spot] = value
