"""Finds the minimal cut sets of a given order: each hits every set of events that stops the top.

A stopper is a set of events without which the top stays false, whatever else happens. Every cut
set has an event of it; so one is found, each of its events is taken in turn, and what is left of
the cut sets must hit a stopper of what is left of the tree (Reiter 1987). Events that were taken
before are forbidden to their successors: no cut set is found twice.
"""

from __future__ import annotations

import numpy as np

from downwind.solve.arrays import Ints
from downwind.solve.faulttree.bench import (
    EVERY,
    FORBIDDEN,
    FREE,
    LANES,
    ONE,
    TAKEN,
    Bench,
    clear,
    trial,
)
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.stoppers import stopper
from downwind.solve.jit import jit


@jit
def cuts_of_order(net: Net, bench: Bench, order: Ints, size: int, found: Ints) -> tuple[int, bool]:
    """Fill the rows of `found` with the minimal cut sets of `size` events of the last of the gates
    in `order`, which are those that it reaches, inputs first.

    Events that are forbidden are not used. Returns how many rows were filled, and whether these
    are all; they are not where there is no room for more, or no work left.
    """
    top, work = order[-1], len(order)
    for gate in order:
        work += net.start[gate + 1] - net.start[gate]
    ways = np.empty((size, min(net.events, work)), dtype=np.int64)
    ends = np.zeros(size, dtype=np.int64)
    spots = np.zeros(size, dtype=np.int64)
    taken = np.zeros(size, dtype=np.int64)
    depth, many = 0, 0
    fresh = True
    while depth >= 0:
        if fresh:
            bench.left[0] -= 2 * work
            ends[depth] = stopper(net, bench, order, top, size - depth, ways[depth])
            passes = (ends[depth] + LANES - 1) // LANES
            bench.left[0] -= passes * work
            ones = _split(net, bench, order, top, ways[depth, : ends[depth]])
            if depth == size - 1:
                bench.left[0] -= ones * work
                many = _keep(net, bench, order, top, taken, ways[depth, :ones], found, many)
                spots[depth] = ends[depth]
            else:
                for i in range(ones):
                    bench.state[ways[depth, i]] = FORBIDDEN
                spots[depth] = ones
            if many > len(found) or bench.left[0] < 0:
                return min(many, len(found)), False
        if spots[depth] < ends[depth]:
            taken[depth] = ways[depth, spots[depth]]
            bench.state[taken[depth]] = TAKEN
            depth += 1
            fresh = True
            continue
        for i in range(ends[depth]):
            bench.state[ways[depth, i]] = FREE
        depth -= 1
        fresh = False
        if depth >= 0:
            bench.state[taken[depth]] = FORBIDDEN
            spots[depth] += 1
    return many, True


@jit
def gates_below(net: Net, bench: Bench, top: int) -> Ints:
    """The gates that gate `top` reaches, and itself."""
    reached = np.empty(top + 1, dtype=np.int64)
    reached[0] = top
    bench.mark[net.events + top] = 1
    spot, many = 0, 1
    while spot < many:
        for i in range(net.start[reached[spot]], net.start[reached[spot] + 1]):
            node = net.inputs[i] // 2
            if node >= net.events and not bench.mark[node]:
                bench.mark[node] = 1
                reached[many] = node - net.events
                many += 1
        spot += 1
    for gate in reached[:many]:
        bench.mark[net.events + gate] = 0
    return reached[:many]


@jit
def _split(net: Net, bench: Bench, order: Ints, top: int, events: Ints) -> int:
    """Put the events that make the top true by themselves first; how many they are."""
    ones = 0
    clear(net, bench, order)
    for begin in range(0, len(events), LANES):
        block = events[begin : begin + LANES]
        for i in range(len(block)):
            bench.lanes[block[i]] = ONE << np.uint64(i)
        cuts = trial(net, bench, order, top)
        for i in range(len(block)):
            bench.lanes[block[i]] = 0
            if cuts >> np.uint64(i) & ONE:
                block[i], events[ones] = events[ones], block[i]
                ones += 1
    return ones


@jit
def _keep(
    net: Net,
    bench: Bench,
    order: Ints,
    top: int,
    taken: Ints,
    last: Ints,
    found: Ints,
    many: int,
) -> int:
    """Note the cut sets made of the taken events and one of `last`, where none can be spared.

    How many are noted by now, or one more than there is room for.
    """
    depth = found.shape[1] - 1
    clear(net, bench, order)
    for event in last:
        if many == len(found):
            return many + 1
        bench.lanes[event] = EVERY
        if not _can_be_spared(net, bench, order, top, taken[:depth]):
            found[many, :depth] = taken[:depth]
            found[many, depth] = event
            many += 1
        bench.lanes[event] = 0
    return many


@jit
def _can_be_spared(net: Net, bench: Bench, order: Ints, top: int, taken: Ints) -> bool:
    """Whether the top stays true without one of the taken events."""
    for begin in range(0, len(taken), LANES):
        block = taken[begin : begin + LANES]
        for i in range(len(block)):
            bench.lanes[block[i]] = ~(ONE << np.uint64(i))
        cuts = trial(net, bench, order, top)
        for i in range(len(block)):
            bench.lanes[block[i]] = EVERY
            if cuts >> np.uint64(i) & ONE:
                return True
    return False
