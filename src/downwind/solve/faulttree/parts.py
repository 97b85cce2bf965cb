"""Modules of a fault tree by themselves: what is below each, down to events and other modules."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Flags, Ints
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.jit import jit

Words = NDArray[np.uint64]


class Part(NamedTuple):
    """Leaves 0..l-1, which are independent of one another, then gates, inputs first, top last."""

    leaves: Ints
    """The event or gate of the net that each leaf is."""
    start: Ints
    at_least: Ints
    inputs: Ints
    shared: Ints
    """The leaves to which more than one way leads from the top."""
    sets: Words
    """A bit for each shared leaf that is below a leaf or gate: its own for a leaf, room for a gate.
    Bit i of word w is shared[64 w + i]."""


def gates_by_module(net: Net, is_module: Flags) -> list[Ints]:
    """The gates of each module without those of modules within it: inputs first, itself last.

    Modules come after those within them.
    """
    module = _module_of(net, is_module)
    order = np.argsort(module, kind="stable")[np.count_nonzero(module < 0) :]
    ends = np.flatnonzero(np.diff(module[order])) + 1
    return np.split(order, ends)


@jit
def _module_of(net: Net, is_module: Flags) -> Ints:
    """The smallest module that each gate is part of; -1 where the top does not reach it."""
    module = np.full(len(net.at_least), -1, dtype=np.int64)
    for gate in range(len(net.at_least) - 1, -1, -1):
        if is_module[gate]:
            module[gate] = gate
        for i in range(net.start[gate], net.start[gate + 1]):
            near = net.inputs[i] // 2 - net.events
            if near >= 0 and module[gate] >= 0 and not is_module[near]:
                module[near] = module[gate]
    return module


def part_of(net: Net, gates: Ints, local: Ints) -> Part:
    """The part made of these gates. `local` is -1 for each node of the net, and so it is left."""
    start, inputs, leaves = _copied(net, gates, local)
    shared = _shared(start, inputs, len(leaves))
    sets = np.zeros((len(leaves) + len(gates), (len(shared) + 63) // 64), dtype=np.uint64)
    places = np.arange(len(shared))
    sets[shared, places // 64] = np.uint64(1) << (places % 64).astype(np.uint64)
    return Part(leaves, start, net.at_least[gates], inputs, shared, sets)


@jit
def _copied(net: Net, gates: Ints, local: Ints) -> tuple[Ints, Ints, Ints]:
    """The inputs of the gates, by their numbers in the part, and the leaves among them."""
    start = np.zeros(len(gates) + 1, dtype=np.int64)
    for g in range(len(gates)):
        local[net.events + gates[g]] = g
        start[g + 1] = start[g] + net.start[gates[g] + 1] - net.start[gates[g]]
    inputs = np.empty(start[-1], dtype=np.int64)
    leaves = np.empty(start[-1], dtype=np.int64)
    many, end = 0, 0
    for g in range(len(gates)):
        for i in range(net.start[gates[g]], net.start[gates[g] + 1]):
            node = net.inputs[i] // 2
            if local[node] < 0:
                local[node] = len(gates) + many
                leaves[many] = node
                many += 1
            inputs[end] = local[node]
            end += 1
    for i in range(end):
        is_leaf = inputs[i] >= len(gates)
        inputs[i] += -len(gates) if is_leaf else many
    for gate in gates:
        local[net.events + gate] = -1
    for leaf in leaves[:many]:
        local[leaf] = -1
    return start, inputs, leaves[:many].copy()


@jit
def _shared(start: Ints, inputs: Ints, leaves: int) -> Ints:
    """The leaves that are reached in two ways or more."""
    ways = np.zeros(leaves + len(start) - 1, dtype=np.int64)
    ways[-1] = 1
    for g in range(len(start) - 2, -1, -1):
        for i in range(start[g], start[g + 1]):
            ways[inputs[i]] = min(2, ways[inputs[i]] + ways[leaves + g])
    shared = np.empty(leaves, dtype=np.int64)
    many = 0
    for leaf in range(leaves):
        if ways[leaf] > 1:
            shared[many] = leaf
            many += 1
    return shared[:many].copy()
