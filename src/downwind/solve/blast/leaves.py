"""The core in two layers: leaves, which no core node needs, and the rest, which alone is swept.

Most of a large core are leaves, such as host names. They are in no circle, so what takes a leaf
down follows from the lists of what it needs: nine tenths of all falls in the core of a synthetic
internet are worked out by merging sorted lists instead of being swept.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS, Reach, reach
from downwind.solve.blast.ground import Core, core_of
from downwind.solve.blast.lost import lost_with
from downwind.solve.blast.rows import widest
from downwind.solve.jit import jit

_PARTS = 8


class Leaves(NamedTuple):
    """The hard needs of the leaves, per core node; none for the rest."""

    start: Ints
    must_fall: Shorts
    """With how many lost alternatives a need is lost."""
    grace: Floats
    alt_start: Ints
    alt: Shorts


class Split(NamedTuple):
    """What to sweep, and what follows from there."""

    core: Core
    """Without the needs of leaves: a leaf falls only as a fault."""
    leaves: Leaves


def split_core(rows: NeedRows, dropped: Flags | None = None) -> Split:
    """A core in its two layers; `dropped` marks needs that are left out."""
    many = np.diff(rows.alt_start)
    of_leaf = np.repeat(is_leaf(rows), np.diff(rows.start))
    left_out = of_leaf if dropped is None else of_leaf | dropped
    kept = of_leaf & rows.hard & np.isfinite(rows.grace)
    if dropped is not None:
        kept &= ~dropped
    leaves = Leaves(
        starts(kept.astype(np.int64))[rows.start],
        (many - rows.k + 1)[kept].astype(np.int32),
        rows.grace[kept],
        starts(many[kept]),
        rows.alt[np.repeat(kept, many)],
    )
    return Split(core_of(rows, left_out), leaves)


def is_leaf(rows: NeedRows) -> Flags:
    """Per core node. Needs count however long their grace: a ring closes by them before the outage
    outlasts it."""
    many = np.diff(rows.alt_start)
    found = np.ones(rows.size, dtype=np.bool_)
    found[rows.alt[np.repeat(rows.hard & np.isfinite(rows.grace), many)]] = False
    return found


def reach_split(split: Split, causes: Shorts, until: float) -> Reach:
    """As `reach` for the whole core, the causes that take down most of it roughly first."""
    leaves = split.leaves
    size = len(leaves.start) - 1
    leant_on = 1 + np.bincount(leaves.alt, minlength=size)
    swept = reach(split.core, causes, until, worth=leant_on)
    edges = np.linspace(0, size, _PARTS + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(
            pool.map(
                lambda i: _add_leaves(
                    edges[i], edges[i + 1], leaves, swept.causes, swept.start, swept.cause,
                    swept.time, until,
                ),
                range(_PARTS),
            )
        )  # fmt: skip
    many, cause, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Reach(swept.causes, starts(many), cause, time, swept.order)


@jit
def _add_leaves(
    begin: int, end: int, leaves: Leaves, causes: int, start: Ints, cause: Shorts, time: Floats,
    until: float,
) -> tuple[Ints, Shorts, Floats]:  # fmt: skip
    """What takes down the nodes `begin` up to `end`, node by node: how many, which, when."""
    need_start, must_fall, grace, alt_start, alt = leaves
    begins, ends = start[:-1], start[1:]
    many = np.zeros(end - begin, dtype=np.int64)
    room = start[end] - start[begin] + 1024
    all_cause, all_time = np.empty(room, dtype=np.int32), np.empty(room)
    written = 0
    here_cause, here_time = np.empty(causes, dtype=np.int32), np.empty(causes)
    next_cause, next_time = np.empty(causes, dtype=np.int32), np.empty(causes)
    lost_cause, lost_time = np.empty(causes, dtype=np.int32), np.empty(causes)
    wide = widest(alt_start, need_start[begin], need_start[end])
    at, times = np.empty(wide, dtype=np.int64), np.empty(wide)
    for node in range(begin, end):
        here = 0
        for place in range(start[node], start[node + 1]):
            here_cause[here], here_time[here] = cause[place], time[place]
            here += 1
        for need in range(need_start[node], need_start[node + 1]):
            first, after = alt_start[need], alt_start[need + 1]
            if must_fall[need] == 1:
                for spot in range(first, after):
                    here = _unite(
                        here_cause, here_time, here, cause, time, start[alt[spot]],
                        start[alt[spot] + 1], grace[need], until, next_cause, next_time,
                    )  # fmt: skip
                    here_cause, next_cause = next_cause, here_cause
                    here_time, next_time = next_time, here_time
                continue
            lost = lost_with(
                first, after, must_fall[need], alt, begins, ends, cause, time, at, times,
                lost_cause, lost_time,
            )  # fmt: skip
            here = _unite(
                here_cause, here_time, here, lost_cause, lost_time, 0, lost, grace[need], until,
                next_cause, next_time,
            )  # fmt: skip
            here_cause, next_cause = next_cause, here_cause
            here_time, next_time = next_time, here_time
        while written + here > len(all_cause):
            all_cause = np.concatenate((all_cause, np.empty_like(all_cause)))
            all_time = np.concatenate((all_time, np.empty_like(all_time)))
        for place in range(here):
            all_cause[written], all_time[written] = here_cause[place], here_time[place]
            written += 1
        many[node - begin] = here
    return many, all_cause[:written].copy(), all_time[:written].copy()


@jit
def _unite(
    cause: Shorts, time: Floats, many: int, other_cause: Shorts, other_time: Floats, at: int,
    end: int, grace: float, until: float, next_cause: Shorts, next_time: Floats,
) -> int:  # fmt: skip
    """Both lists in one, each cause at its earlier time; the other's come later by `grace`, and
    those at or after `until` are left out."""
    place, written = 0, 0
    while at < end:
        later = other_time[at] + grace
        if later >= until:
            at += 1
            continue
        here = other_cause[at]
        while place < many and cause[place] < here:
            next_cause[written], next_time[written] = cause[place], time[place]
            place += 1
            written += 1
        if place < many and cause[place] == here:
            later = min(later, time[place])
            place += 1
        next_cause[written], next_time[written] = here, later
        written += 1
        at += 1
    while place < many:
        next_cause[written], next_time[written] = cause[place], time[place]
        place += 1
        written += 1
    return written
