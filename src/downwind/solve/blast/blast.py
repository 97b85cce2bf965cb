"""What each cause takes down alone, in all and without what providers need of one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.graph.tables.types import Table
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import reach
from downwind.solve.blast.ground import core_of
from downwind.solve.blast.sites import count_sites, curve_sites


@dataclass(frozen=True, slots=True, eq=False)
class Blast:
    """Per cause, in the order in which they were given."""

    causes: Shorts
    down: Ints
    """How many sites fall with it."""
    down_weight: Floats
    degraded: Ints
    """How many sites lack a soft need and do not fall."""
    groundless: Ints
    """Core nodes of rings that nothing grounds even when nothing is faulty."""


def blast(table: Table, causes: Shorts, duration: float, dropped: Flags | None = None) -> Blast:
    """Let each of the causes (core nodes) fail alone for `duration` seconds.

    `dropped` marks needs of the core that are to be left out.
    """
    core = core_of(table.core, dropped)
    found = reach(core, causes.astype(np.int32), duration)
    down, down_weight, degraded = count_sites(table.sites, site_weight(table), found, duration)
    return Blast(causes, down, down_weight, degraded, np.flatnonzero(core.groundless))


def blast_curve(table: Table, causes: Shorts, durations: Floats) -> tuple[Ints, Floats]:
    """Sites down, and their weight, per cause and duration in seconds; `durations` must rise."""
    found = reach(core_of(table.core), causes.astype(np.int32), float(durations[-1]))
    return curve_sites(table.sites, site_weight(table), found, durations)


def site_weight(table: Table) -> Floats:
    """The weights of the sites; 1 where none are given."""
    if table.weight is None:
        return np.ones(table.sites.size)
    return table.weight[table.core.size :]
