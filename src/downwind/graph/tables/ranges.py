"""Rows that belong to groups, as arrays: group i has the rows start[i] up to start[i + 1]."""

from __future__ import annotations

import numpy as np

from downwind.graph.tables.types import Flags, Ints, Shorts

PAIRWISE = 8
"""Groups of up to so many are compared pair by pair, larger ones are sorted."""


def spread(first: Ints, many: Ints) -> Ints:
    """The numbers first[i] up to first[i] + many[i], one group after the other."""
    end = np.cumsum(many)
    return np.repeat(first - (end - many), many) + np.arange(int(end[-1]) if len(end) else 0)


def starts(many: Ints) -> Ints:
    """Where groups of these sizes start; one more entry than groups."""
    found = np.zeros(len(many) + 1, dtype=np.int64)
    np.cumsum(many, out=found[1:])
    return found


def any_twice(start: Ints, values: Shorts) -> bool:
    """True where a group holds a value more than once; start[0] is 0."""
    many = np.diff(start)
    most = int(many.max(initial=0))
    if most < 2:
        return False
    group = np.repeat(np.arange(len(many), dtype=np.int32), many)
    for step in range(1, min(most, PAIRWISE)):
        same: Flags = values[step:] == values[:-step]
        same &= group[step:] == group[:-step]
        if same.any():
            return True
    if most <= PAIRWISE:
        return False
    large = np.repeat(many > PAIRWISE, many)
    keys = np.sort(group[large].astype(np.int64) << 32 | values[large])
    return bool((keys[1:] == keys[:-1]).any())
