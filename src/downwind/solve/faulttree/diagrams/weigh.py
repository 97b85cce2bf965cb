"""Probabilities on diagrams: of the top, and how it hangs on each event."""

from __future__ import annotations

import numpy as np

from downwind.solve.arrays import Floats, Ints
from downwind.solve.faulttree.diagrams.build import Diagrams
from downwind.solve.faulttree.diagrams.table import FIRST, TRUE
from downwind.solve.jit import jit


@jit
def values(diagrams: Diagrams, p: Floats) -> Floats:
    """The probability that each node leads to TRUE; events are independent."""
    value = np.zeros(len(diagrams.level), dtype=np.float64)
    value[TRUE] = 1.0
    for i in range(FIRST, len(value)):
        q = _chance(diagrams, p, value, i)
        value[i] = q * value[diagrams.high[i]] + (1.0 - q) * value[diagrams.low[i]]
    return value


@jit
def _chance(diagrams: Diagrams, p: Floats, value: Floats, i: int) -> float:
    """The probability of what a node asks for, an event or a module."""
    variable = diagrams.variable[diagrams.level[i]]
    inner = variable - diagrams.events
    return float(value[diagrams.root[inner]] if inner >= 0 else p[variable])


@jit
def slopes(diagrams: Diagrams, p: Floats, value: Floats) -> Floats:
    """P(top | event) - P(top | not event) for each event; nan where the top does not ask for it."""
    slope = np.full(diagrams.events, np.nan, dtype=np.float64)
    way_to = np.zeros(len(value), dtype=np.float64)
    asked = np.zeros(len(value), dtype=np.bool_)
    asked[diagrams.root[-1]] = True
    way_to[diagrams.root[-1]] = 1.0
    for i in range(len(value) - 1, FIRST - 1, -1):
        if not asked[i]:
            continue
        low, high = diagrams.low[i], diagrams.high[i]
        q = _chance(diagrams, p, value, i)
        way_to[high] += q * way_to[i]
        way_to[low] += (1.0 - q) * way_to[i]
        asked[low] = asked[high] = True
        by = way_to[i] * (value[high] - value[low])
        variable = diagrams.variable[diagrams.level[i]]
        inner = variable - diagrams.events
        if inner >= 0:
            way_to[diagrams.root[inner]] += by
            asked[diagrams.root[inner]] = True
        elif np.isnan(slope[variable]):
            slope[variable] = by
        else:
            slope[variable] += by
    return slope


@jit
def without(diagrams: Diagrams, p: Floats, events: Ints) -> Floats:
    """P(top | not event) for each of these events, with nothing cancelled out."""
    left = np.empty(len(events), dtype=np.float64)
    for i in range(len(events)):
        changed = p.copy()
        changed[events[i]] = 0.0
        left[i] = values(diagrams, changed)[diagrams.root[-1]]
    return left
