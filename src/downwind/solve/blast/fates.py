"""What becomes of every site when core nodes fall: when, through what, and when it is back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.jit import jit


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """Per site, as in solve.propagate.Fallout."""

    down_at: Floats
    degraded_at: Floats
    back_at: Floats
    cause_need: Ints
    """The need through which it falls first; -1 for none and for sites that are faults."""
    cause_node: Ints
    degraded_need: Ints
    degraded_node: Ints


def site_fates(
    sites: NeedRows,
    faults: Shorts,
    duration: float,
    core_down_at: Floats,
    core_back_at: Floats,
    recovery_lag: Floats | None,
) -> Fates:
    """The fates of all sites; `faults` are sites that fail themselves, from 0."""
    is_fault = np.zeros(sites.size, dtype=np.bool_)
    is_fault[faults] = True
    lag = np.zeros(sites.size) if recovery_lag is None else np.nan_to_num(recovery_lag)
    return Fates(
        *_fates(
            sites.start, sites.k, sites.hard, sites.grace, sites.alt_start, sites.alt, is_fault,
            duration, core_down_at, core_back_at, lag,
        )
    )  # fmt: skip


@jit
def _fates(
    start: Ints, k: Shorts, hard: Flags, grace: Floats, alt_start: Ints, alt: Shorts,
    is_fault: Flags, duration: float, core_down_at: Floats, core_back_at: Floats, lag: Floats,
) -> tuple[Floats, Floats, Floats, Ints, Ints, Ints, Ints]:  # fmt: skip
    size = len(start) - 1
    down_at, degraded_at = np.full(size, np.inf), np.full(size, np.inf)
    back_at = np.zeros(size)
    cause_need, cause_node = np.full(size, -1, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    soft_need, soft_node = np.full(size, -1, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    for site in range(size):
        ready = duration
        if is_fault[site]:
            down_at[site] = 0.0
        for need in range(start[site], start[site + 1]):
            others = alt[alt_start[need] : alt_start[need + 1]]
            node = _nth(core_down_at, others, len(others) - k[need])
            then = core_down_at[node] + grace[need]
            if hard[need] and grace[need] < np.inf:
                ready = max(ready, core_back_at[_nth(core_back_at, others, k[need] - 1)])
                if then < down_at[site]:
                    down_at[site], cause_need[site], cause_node[site] = then, need, node
            elif then < degraded_at[site]:
                degraded_at[site], soft_need[site], soft_node[site] = then, need, node
        if down_at[site] < duration:
            back_at[site] = lag[site] + (duration if is_fault[site] else ready)
    return down_at, degraded_at, back_at, cause_need, cause_node, soft_need, soft_node


@jit
def _nth(values: Floats, nodes: Shorts, n: int) -> int:
    """The node with the n-th smallest value, counted from 0."""
    if len(nodes) == 1:
        return int(nodes[0])
    if n == 0:
        return int(nodes[np.argmin(values[nodes])])
    if n == len(nodes) - 1:
        return int(nodes[np.argmax(values[nodes])])
    return int(nodes[np.argsort(values[nodes], kind="mergesort")[n]])
