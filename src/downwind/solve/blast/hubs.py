"""The causes that take down much of the core, which are not merged as lists.

A few hundred causes take down most of what sites need, and every site would read the same long
lists. For one duration they are bits of words, for a curve they are rows of small numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.core import Reach
from downwind.solve.jit import jit

Bytes = NDArray[np.uint8]

_LEAST_SHARE = 0.01
"""Of the core: a cause that takes down so much of it is a hub."""
_LEAST_HUBS = 16
_MOST_GRACES = 255


class Hubs(NamedTuple):
    """Causes 0 to many - 1."""

    many: int
    rest: Ints
    """Per core node where in its list the causes begin that are no hubs."""
    pace: Bytes
    """Per need of the sites which of `paces` its grace is; empty without hubs."""
    paces: Floats


def hubs_of(found: Reach, graces: Floats, most_cells: int) -> Hubs:
    """The hubs of a reach that was numbered roughly widest first, for needs with these graces.

    A cell is a hub at a node for a grace; where there would be too many, there are no hubs.
    """
    size = len(found.start) - 1
    wide = np.bincount(found.cause, minlength=found.causes) >= max(_LEAST_SHARE * size, 2)
    many = len(wide) if wide.all() else int(np.argmin(wide))
    pace, paces = _paces(graces, _MOST_GRACES)
    if many < _LEAST_HUBS or not 0 < len(paces) * size * many <= most_cells:
        return Hubs(0, found.start[:-1].copy(), pace[:0], paces[:0])
    return Hubs(many, _first_beyond(found.start, found.cause, many), pace, paces)


@jit
def _paces(graces: Floats, most: int) -> tuple[Bytes, Floats]:
    """Per need which of the different graces it has; none of them where there are too many."""
    pace = np.empty(len(graces), dtype=np.uint8)
    paces = np.empty(most)
    many = 0
    for need in range(len(graces)):
        which = 0
        while which < many and paces[which] != graces[need]:
            which += 1
        if which == most:
            return pace[:0].copy(), paces[:0].copy()
        if which == many:
            paces[many] = graces[need]
            many += 1
        pace[need] = which
    return pace, paces[:many].copy()


@jit
def _first_beyond(start: Ints, cause: Shorts, many: int) -> Ints:
    """Per node the first place in its list whose cause is `many` or more."""
    rest = start[1:].copy()
    for node in range(len(rest)):
        while rest[node] > start[node] and cause[rest[node] - 1] >= many:
            rest[node] -= 1
    return rest
