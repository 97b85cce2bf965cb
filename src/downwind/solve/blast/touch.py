"""How much a cause can have a hand in at most: what reaches it through hard needs of any k.

A site that falls with two causes and with neither alone is touched by both, however deep in the
core the two meet. So what a cause touches, less what it takes down alone, bounds every pair it is
in. Graces within the core are not summed up, since rings do not sum them either. A need whose
grace is no shorter than the outage touches nothing, unless its node is in a circle: the ground that
a ring loses by it is lost to all of the ring at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS
from downwind.solve.blast.ground import Core, components, scratch
from downwind.solve.jit import jit

_PARTS = 8
_CELLS = 1 << 25
"""How many flags, of a component and a cause, are held at once."""


def touched_weight(
    core: Core, sites: NeedRows, weight: Floats, causes: Shorts, until: float
) -> Floats:
    """Per cause (a core node) the weight of the sites that it touches in less than `until` s."""
    size = len(core.start) - 1
    room = scratch(size)
    every, nodes = np.ones(size, dtype=np.bool_), np.arange(size, dtype=np.int32)
    counts = (core.grace < until) | (core.circle[core.owner] >= 0)
    many = components(nodes, core.start, core.alt_start, core.alt, counts, every, room)
    columns, column = np.unique(room.found[causes], return_inverse=True)
    upward = np.argsort(room.found, kind="stable").astype(np.int32)
    at_once = max(1, _CELLS // max(1, many))
    weights = [
        _weigh(
            _spread_touch(core, upward, room.found, counts, many, columns[begin:][:at_once]),
            room.found, sites, weight, until,
        )
        for begin in range(0, len(columns), at_once)
    ]  # fmt: skip
    return np.concatenate([np.zeros(0), *weights])[column]


def _weigh(
    touched: Flags, component: Shorts, sites: NeedRows, weight: Floats, until: float
) -> Floats:
    edges = np.linspace(0, sites.size, _PARTS + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(
            lambda i: _weigh_part(
                edges[i], edges[i + 1], sites.start, sites.hard, sites.grace, sites.alt_start,
                sites.alt, weight, touched, component, until,
            ),
            range(_PARTS),
        )  # fmt: skip
        total: Floats = np.sum(list(parts), axis=0)
    return total


@jit
def _spread_touch(
    core: Core, upward: Shorts, component: Shorts, counts: Flags, many: int, columns: Shorts
) -> Flags:
    """Per component which of the components in `columns` touch it; what is needed comes first."""
    touched = np.zeros((many, len(columns)), dtype=np.bool_)
    for place in range(len(columns)):
        touched[columns[place], place] = True
    for node in upward:
        here = touched[component[node]]
        for need in range(core.start[node], core.start[node + 1]):
            if not counts[need]:
                continue
            for spot in range(core.alt_start[need], core.alt_start[need + 1]):
                if component[core.alt[spot]] != component[node]:
                    here |= touched[component[core.alt[spot]]]
    return touched


@jit
def _weigh_part(
    begin: int, end: int, start: Ints, hard: Flags, grace: Floats, alt_start: Ints, alt: Shorts,
    weight: Floats, touched: Flags, component: Shorts, until: float,
) -> Floats:  # fmt: skip
    total = np.zeros(touched.shape[1])
    here = np.zeros(touched.shape[1], dtype=np.bool_)
    for site in range(begin, end):
        here[:] = False
        for need in range(start[site], start[site + 1]):
            if not hard[need] or grace[need] >= until:
                continue
            for spot in range(alt_start[need], alt_start[need + 1]):
                here |= touched[component[alt[spot]]]
        for place in range(len(total)):
            total[place] += weight[site] * here[place]
    return total
