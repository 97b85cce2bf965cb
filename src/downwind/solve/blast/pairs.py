"""Pairs of causes that together take down more than each of them alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from downwind.graph.tables.types import NeedRows, Table
from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.blast import site_count, site_weight
from downwind.solve.blast.ground import core_of
from downwind.solve.blast.leaves import reach_split, split_core
from downwind.solve.blast.pair_counts import count_pairs
from downwind.solve.blast.sites import count_sites
from downwind.solve.blast.touch import touched_weight


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Per pair with something extra: most extra weight first, then by `a` and `b`."""

    a: Shorts
    """Core nodes, the smaller number first."""
    b: Shorts
    down: Ints
    """Sites that fall when both fail at once."""
    down_weight: Floats
    down_a: Ints
    """Sites that fall when `a` fails alone."""
    down_b: Ints
    extra: Ints
    """Sites that fall with both, and with neither alone."""
    extra_weight: Floats
    complete: bool
    """True where every pair of the causes was tried."""
    bound: float
    """No pair that was not tried has more extra weight; 0 where all were."""


def worst_pairs(table: Table, causes: Shorts, duration: float, most: int = 128) -> Pairs:
    """Let each two of the causes (core nodes) fail at once for `duration` seconds.

    Tried are the pairs among the `most` causes that take an alternative from the most weight of
    sites that stay up.
    """
    core = core_of(table.core)
    count, weight = site_count(table), site_weight(table)
    causes = np.unique(causes).astype(np.int32)
    found = reach_split(split_core(table.core), causes, duration)
    down, down_weight, _ = count_sites(table.sites, count, weight, found, duration)
    _, lamed_weight, _ = count_sites(_none_spared(table.sites), count, weight, found, duration)
    ranked = np.argsort(down_weight - lamed_weight, kind="stable")
    chosen, left = np.sort(ranked[:most]), ranked[most:]
    bound = 0.0
    if len(left):
        touched = touched_weight(core, table.sites, weight, causes[left], duration)
        bound = float(np.max(touched - down_weight[left]))
    counts = count_pairs(table.core, table.sites, count, weight, causes[chosen], duration)
    a, b = np.nonzero(counts.extra)
    order = np.lexsort((b, a, -counts.extra_weight[a, b]))
    a, b = a[order], b[order]
    both, extra = counts.both[a, b].astype(np.int64), counts.extra[a, b].astype(np.int64)
    both_weight, extra_weight = counts.both_weight[a, b], counts.extra_weight[a, b]
    a, b = chosen[a], chosen[b]
    return Pairs(
        causes[a],
        causes[b],
        down[a] + down[b] - both + extra,
        down_weight[a] + down_weight[b] - both_weight + extra_weight,
        down[a],
        down[b],
        extra,
        extra_weight,
        complete=len(left) == 0,
        bound=bound,
    )


def _none_spared(sites: NeedRows) -> NeedRows:
    """The same sites, each need lost with its first alternative."""
    return replace(sites, k=np.diff(sites.alt_start).astype(np.int32))
