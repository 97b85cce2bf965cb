"""What each cause takes down alone, in all and without what providers need of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from downwind.graph.tables.types import Table
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.leaves import reach_split, split_core
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
    split = split_core(table.core, dropped)
    found = reach_split(split, causes, duration)
    down, down_weight, degraded = count_sites(table.sites, *_counted(table), found, duration)
    return Blast(causes, down, down_weight, degraded, np.flatnonzero(split.core.groundless))


def blast_curve(table: Table, causes: Shorts, durations: Floats) -> tuple[Ints, Floats]:
    """Sites down, and their weight, per cause and duration in seconds; `durations` must rise."""
    found = reach_split(split_core(table.core), causes, float(durations[-1]))
    return curve_sites(table.sites, *_counted(table), found, durations)


class Moments(NamedTuple):
    """Seconds at which sites fall, rising from 0."""

    at: Floats
    all: bool
    """False where they are too many, and these stand for those before them."""


def falling_weight(table: Table, causes: Shorts, most: int) -> tuple[Moments, Floats]:
    """Per cause and moment the weight of the sites that are down from then to the next moment.

    Where sites fall at more than `most` different moments, these are some of them, and a site
    counts from the last one that is no later than its fall.
    """
    found = reach_split(split_core(table.core), causes, np.inf)
    times = np.unique(found.time)
    graces = np.unique(table.sites.grace[np.isfinite(table.sites.grace)])
    at = np.unique(np.add.outer(times, graces)) if len(times) * len(graces) <= 10**7 else times
    every = len(at) <= most
    if not every:
        at = at[np.linspace(0, len(at) - 1, most).astype(np.int64)]
    at = np.union1d([0.0], at)
    _, weight = curve_sites(table.sites, *_counted(table), found, np.append(at[1:], np.inf))
    return Moments(at, every), weight


def site_count(table: Table) -> Ints:
    """How many sites each row of the sites stands for."""
    if table.count is None:
        return np.ones(table.sites.size, dtype=np.int64)
    return table.count


def site_weight(table: Table) -> Floats:
    """The weights of the sites; 1 where none are given."""
    if table.weight is None:
        return np.ones(table.sites.size)
    return table.weight[table.core.size :]


def _counted(table: Table) -> tuple[Ints, Floats]:
    """Counts and weights of the sites, empty where all are 1: columns of ones cost memory."""
    count = np.zeros(0, dtype=np.int64) if table.count is None else table.count
    weight = np.zeros(0) if table.weight is None else table.weight[table.core.size :]
    return count, weight
