"""Trying events of a fault tree out: what is taken, what is forbidden, and what is true then."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Flags, Floats, Ints
from downwind.solve.faulttree.diagrams.modules import find_modules
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.jit import jit

FREE, TAKEN, FORBIDDEN = 0, 1, 2
LANES = 64
EVERY = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)


class Bench(NamedTuple):
    """Room to work in, one entry for each event and gate."""

    state: Ints
    """Of each event: free, taken or forbidden."""
    lanes: NDArray[np.uint64]
    """Whether it is true in each of 64 trials."""
    price: Floats
    """How many free events must not happen for it to be false, counting shared ones again."""
    need: Floats
    """No fewer free events than these make it true."""
    mark: Ints
    apart: Flags
    """Of each input of each gate: those that are apart have no event in common."""
    votes: NDArray[np.uint64]
    left: Ints
    """How much work may still be done, in inputs looked at."""


def new_bench(net: Net, work: int) -> Bench:
    """Everything free."""
    nodes = net.events + len(net.at_least)
    return Bench(
        state=np.zeros(net.events, dtype=np.int64),
        lanes=np.zeros(nodes, dtype=np.uint64),
        price=np.zeros(nodes),
        need=np.zeros(nodes),
        mark=np.zeros(nodes, dtype=np.int64),
        apart=_apart(net),
        votes=np.zeros(int(net.at_least.max(initial=1)), dtype=np.uint64),
        left=np.array([work]),
    )


def _apart(net: Net) -> Flags:
    """True for modules and events that are an input of their gate once."""
    numbers = net.inputs // 2
    is_module = np.concatenate([np.ones(net.events, dtype=np.bool_), find_modules(net)])
    nodes = len(is_module)
    gate = np.repeat(np.arange(len(net.at_least)), np.diff(net.start))
    _, first, many = np.unique(gate * nodes + numbers, return_index=True, return_counts=True)
    apart = np.zeros(len(numbers), dtype=np.bool_)
    apart[first] = many == 1
    apart &= is_module[numbers]
    return apart


@jit
def clear(net: Net, bench: Bench, order: Ints) -> None:
    """Events that are taken are true in every lane, the others in none."""
    for gate in order:
        for i in range(net.start[gate], net.start[gate + 1]):
            event = net.inputs[i] // 2
            if event < net.events:
                bench.lanes[event] = EVERY if bench.state[event] == TAKEN else np.uint64(0)


@jit
def trial(net: Net, bench: Bench, order: Ints, top: int) -> np.uint64:
    """The lanes in which the top is true."""
    lanes, votes = bench.lanes, bench.votes
    for gate in order:
        first, last, needed = net.start[gate], net.start[gate + 1], net.at_least[gate]
        if needed == last - first:
            value = EVERY
            for i in range(first, last):
                value &= lanes[net.inputs[i] // 2]
        elif needed == 1:
            value = np.uint64(0)
            for i in range(first, last):
                value |= lanes[net.inputs[i] // 2]
        else:
            votes[:needed] = 0
            for i in range(first, last):
                lane = lanes[net.inputs[i] // 2]
                for j in range(needed - 1, 0, -1):
                    votes[j] |= votes[j - 1] & lane
                votes[0] |= lane
            value = votes[needed - 1]
        lanes[net.events + gate] = value
    return np.uint64(lanes[net.events + top])
