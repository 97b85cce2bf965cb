"""What many causes at once take from a run of nodes, 64 of them in a word.

A slot is a core node as needs of one grace see it: a bit is set where a cause takes the node down
early enough to matter to them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.ranges import starts
from downwind.graph.tables.types import NeedRows
from downwind.solve.arrays import Floats, Ints, Shorts
from downwind.solve.blast.core import THREADS, Reach
from downwind.solve.jit import jit

Words = NDArray[np.uint64]

LANES = 8
"""Words side by side: what the sites are read for at once."""
BITS = 64


class Slots(NamedTuple):
    """The hard needs of a run of nodes that can be lost in time, their alternatives as slots."""

    start: Ints
    must_fall: Shorts
    """With how many lost alternatives a need is lost."""
    alt_start: Ints
    slot: Shorts
    node_start: Ints
    """The slots of core node n are node_start[n] up to node_start[n + 1]."""
    grace: Floats
    """Per slot."""
    widest: int
    """The most alternatives that must fall."""


def slots_of(rows: NeedRows, core: int, until: float) -> Slots:
    """The slots of a core of so many nodes, for outages of `until` seconds."""
    kept = rows.hard & (rows.grace < until)
    many = np.diff(rows.alt_start)
    graces, level = np.unique(rows.grace[kept], return_inverse=True)
    alt = rows.alt[np.repeat(kept, many)]
    levels = np.repeat(level.astype(np.int32), many[kept])
    slot, node_start, slot_level = _number(alt, levels, core, len(graces))
    must_fall = (many - rows.k + 1)[kept].astype(np.int32)
    return Slots(
        starts(kept.astype(np.int64))[rows.start],
        must_fall,
        starts(many[kept]),
        slot,
        node_start,
        graces[slot_level],
        int(must_fall.max(initial=1)),
    )


def words_of(slots: Slots, found: Reach, bit: Shorts, until: float) -> Words:
    """Per slot the causes that take it down in time; cause c is bit[c] of LANES words, -1 none."""
    words = np.zeros((len(slots.grace), LANES), dtype=np.uint64)
    edges = np.linspace(0, len(found.start) - 1, THREADS + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        list(
            pool.map(
                lambda i: _fill(
                    edges[i], edges[i + 1], slots.node_start, slots.grace, found.start,
                    found.cause, found.time, bit, until, words,
                ),
                range(THREADS),
            )
        )  # fmt: skip
    return words


@jit
def _number(alt: Shorts, level: Shorts, core: int, levels: int) -> tuple[Shorts, Ints, Shorts]:
    """The slot of each alternative, the slots of each node and the level of each slot."""
    end = np.zeros(core + 1, dtype=np.int64)
    for node in alt:
        end[node + 1] += 1
    end = np.cumsum(end)
    by_node = np.empty(len(alt), dtype=np.int64)
    for spot in range(len(alt)):
        by_node[end[alt[spot]]] = spot
        end[alt[spot]] += 1
    slot = np.empty(len(alt), dtype=np.int32)
    node_start = np.zeros(core + 1, dtype=np.int64)
    slot_level = np.empty(len(alt), dtype=np.int32)
    known = np.full(levels, -1, dtype=np.int32)
    many, at = 0, 0
    for node in range(core):
        while at < end[node]:
            here = level[by_node[at]]
            if known[here] < node_start[node]:
                known[here] = many
                slot_level[many] = here
                many += 1
            slot[by_node[at]] = known[here]
            at += 1
        node_start[node + 1] = many
    return slot, node_start, slot_level[:many].copy()


@jit
def _fill(
    begin: int, end: int, node_start: Ints, grace: Floats, start: Ints, cause: Shorts,
    time: Floats, bit: Shorts, until: float, words: Words,
) -> None:  # fmt: skip
    for node in range(begin, end):
        for slot in range(node_start[node], node_start[node + 1]):
            for place in range(start[node], start[node + 1]):
                here = bit[cause[place]]
                if here >= 0 and time[place] + grace[slot] < until:
                    words[slot, here // BITS] |= np.uint64(1) << np.uint64(here % BITS)


@jit
def lose_all(begin: int, end: int, slots: Slots, words: Words, row: Shorts, down: Words) -> None:
    """Add to down[row[i]] which causes take the i-th node down."""
    reached = np.zeros((slots.widest + 1, LANES), dtype=np.uint64)
    lost = np.zeros(LANES, dtype=np.uint64)
    for node in range(begin, end):
        lose(node, slots, words, reached, lost)
        for lane in range(LANES):
            down[row[node], lane] |= lost[lane]


@jit
def lose(node: int, slots: Slots, words: Words, reached: Words, lost: Words) -> None:
    """Which causes take the node down. reached[i]: those that hit i alternatives of a need."""
    for lane in range(LANES):
        lost[lane] = 0
    for need in range(slots.start[node], slots.start[node + 1]):
        must_fall = slots.must_fall[need]
        for step in range(1, must_fall):
            for lane in range(LANES):
                reached[step, lane] = 0
        for spot in range(slots.alt_start[need], slots.alt_start[need + 1]):
            slot = slots.slot[spot]
            if must_fall == 1:
                for lane in range(LANES):
                    lost[lane] |= words[slot, lane]
                continue
            for lane in range(LANES):
                lost[lane] |= reached[must_fall - 1, lane] & words[slot, lane]
            for step in range(must_fall - 1, 1, -1):
                for lane in range(LANES):
                    reached[step, lane] |= reached[step - 1, lane] & words[slot, lane]
            for lane in range(LANES):
                reached[1, lane] |= words[slot, lane]
