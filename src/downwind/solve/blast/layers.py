"""Many causes at once through the leaves of the core: only the rest is swept cause by cause.

What a leaf needs is read once for 512 causes, as bits of words.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.graph.tables.ranges import spread, starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Ints, Shorts
from downwind.solve.blast.core import Reach
from downwind.solve.blast.ground import Core, core_of
from downwind.solve.blast.leaves import is_leaf
from downwind.solve.blast.slots import Slots, Words, lose_all, slots_of, words_of


class Layers(NamedTuple):
    """What to sweep, and how to go on from there."""

    core: Core
    """Without the needs of leaves: a leaf falls only as a fault."""
    sites: Slots
    leaves: Slots
    """A row for each slot of `sites` whose node is a leaf."""
    leaf: Shorts
    """Which slot that is."""


def layers_of(core: NeedRows, sites: NeedRows, until: float) -> Layers:
    """The layers for outages of `until` seconds."""
    of_leaf = is_leaf(core)
    slots = slots_of(sites, core.size, until)
    node = np.repeat(np.arange(core.size, dtype=np.int64), np.diff(slots.node_start))
    leaf = np.flatnonzero(of_leaf[node])
    rows = _rows_of(core, node[leaf])
    grace = rows.grace + np.repeat(slots.grace[leaf], np.diff(rows.start))
    rows = NeedRows(rows.start, rows.k, rows.hard, grace, rows.alt_start, rows.alt)
    return Layers(
        core_of(core, np.repeat(of_leaf, np.diff(core.start))),
        slots,
        slots_of(rows, core.size, until),
        leaf.astype(np.int32),
    )


def site_words(layers: Layers, found: Reach, bit: Shorts, until: float) -> Words:
    """As words_of for the slots of the sites, of what the causes do to `layers.core`."""
    words = words_of(layers.sites, found, bit, until)
    below = words_of(layers.leaves, found, bit, until)
    lose_all(0, len(layers.leaf), layers.leaves, below, layers.leaf, words)
    return words


def _rows_of(rows: NeedRows, nodes: Ints) -> NeedRows:
    """The needs of these nodes, in their order."""
    needs = np.diff(rows.start)[nodes]
    need = spread(rows.start[nodes], needs)
    many = np.diff(rows.alt_start)[need]
    alt = rows.alt[spread(rows.alt_start[need], many)]
    return NeedRows(
        starts(needs), rows.k[need], rows.hard[need], rows.grace[need], starts(many), alt
    )
