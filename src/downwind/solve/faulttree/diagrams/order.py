"""In what order a diagram asks for its variables: it decides whether the diagram fits at all.

There is no best order that is known beforehand, so several are tried (search.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.jit import jit

AS_WRITTEN = 0
SMALL_FIRST = 1
LARGE_FIRST = 2
SHARED_FIRST = 3
RARE_FIRST = 4
HUBS_FIRST = 5
GATES_FIRST = 8
"""To be added: the gates among the inputs of a gate before its events."""
NEAR_TOGETHER = 16
"""To be added: then moved closer to what they are used with."""
BACKWARDS = 32
"""To be added: the last one first."""
WAYS = 64

WAYS_FOR_FUNCTIONS = (
    AS_WRITTEN,
    SMALL_FIRST + NEAR_TOGETHER,
    NEAR_TOGETHER,
    RARE_FIRST + NEAR_TOGETHER,
    SHARED_FIRST,
    LARGE_FIRST,
    SMALL_FIRST,
    HUBS_FIRST,
)
WAYS_FOR_SETS = (
    SHARED_FIRST + GATES_FIRST + NEAR_TOGETHER + BACKWARDS,
    SMALL_FIRST + GATES_FIRST + NEAR_TOGETHER + BACKWARDS,
    RARE_FIRST + NEAR_TOGETHER,
    SHARED_FIRST + GATES_FIRST + BACKWARDS,
    LARGE_FIRST + GATES_FIRST + NEAR_TOGETHER + BACKWARDS,
    RARE_FIRST + GATES_FIRST + NEAR_TOGETHER + BACKWARDS,
)

ROUNDS = 30
APART = 1e7


class Keys(NamedTuple):
    """By what the inputs of a gate may be sorted, for every node."""

    weight: Floats
    """How many inputs there are at the bottom, as if nothing were shared."""
    uses: Floats
    """How many gates use it."""


@jit
def keys_of(net: Net) -> Keys:
    """The keys of every node of a net."""
    weight = np.ones(net.events + len(net.at_least), dtype=np.float64)
    uses = np.zeros(len(weight), dtype=np.float64)
    for gate in range(len(net.at_least)):
        total = 0.0
        for i in range(net.start[gate], net.start[gate + 1]):
            total += weight[net.inputs[i] // 2]
            uses[net.inputs[i] // 2] += 1.0
        weight[net.events + gate] = min(total, 1e300)
    return Keys(weight, uses)


@jit
def arrange(net: Net, closed: Flags, keys: Keys, root: int, way: int) -> tuple[Ints, Ints]:
    """The gates of a module, inputs before what uses them, and its variables in order.

    Its variables are events and the modules within it, numbered as nodes: event e is e, gate g is
    events + g.
    """
    children = net.inputs[: net.start[root + 1]] // 2
    steps, leaves = _walk(net, closed, children, _key(net, closed, keys, way), root)
    if way % GATES_FIRST == HUBS_FIRST:
        key = -keys.uses
        for i in range(len(leaves)):
            key[leaves[i]] += i / len(leaves)
        sort(leaves, key, 0, len(leaves))
    if way & NEAR_TOGETHER:
        leaves = _near_together(net, steps, leaves)
    return steps, leaves[::-1].copy() if way & BACKWARDS else leaves


@jit
def _key(net: Net, closed: Flags, keys: Keys, way: int) -> Floats:
    """By what the inputs of gates are sorted; empty where they stay as they are."""
    first = way % GATES_FIRST
    if first == SMALL_FIRST:
        key = np.log2(keys.weight)
    elif first == LARGE_FIRST:
        key = -np.log2(keys.weight)
    elif first in (SHARED_FIRST, HUBS_FIRST):
        key = -keys.uses
    elif first == RARE_FIRST:
        key = keys.uses.copy()
    else:
        return keys.uses[:0]
    if way & GATES_FIRST:
        for gate in range(len(closed)):
            if not closed[gate]:
                key[net.events + gate] -= APART
    return key


@jit
def _walk(net: Net, closed: Flags, children: Ints, key: Floats, root: int) -> tuple[Ints, Ints]:
    """Depth first; the children of a gate by the key, as they are where there is none."""
    most = root + 1
    steps = np.empty(most, dtype=np.int64)
    path = np.empty(most, dtype=np.int64)
    left = np.full(most, -1, dtype=np.int64)
    leaves = np.empty(len(children), dtype=np.int64)
    met = np.zeros(net.events + most, dtype=np.bool_)
    path[0] = root
    depth, gates, size = 1, 0, 0
    while depth > 0:
        gate = path[depth - 1]
        if left[gate] < 0:
            left[gate] = net.start[gate]
            if len(key) > 0:
                sort(children, key, net.start[gate], net.start[gate + 1])
        if left[gate] == net.start[gate + 1]:
            steps[gates] = gate
            gates += 1
            depth -= 1
            continue
        child = children[left[gate]]
        left[gate] += 1
        if met[child]:
            continue
        met[child] = True
        if child >= net.events and not closed[child - net.events]:
            path[depth] = child - net.events
            depth += 1
        else:
            leaves[size] = child
            size += 1
    return steps[:gates], leaves[:size]


@jit
def sort(items: Ints, key: Floats, first: int, last: int) -> None:
    """Sort a stretch of items by the key of each (Shell 1959); of a few, equal ones stay put."""
    gap = 1
    while 20 * gap < last - first:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(first + gap, last):
            item = items[i]
            j = i
            while j >= first + gap and key[items[j - gap]] > key[item]:
                items[j] = items[j - gap]
                j -= gap
            items[j] = item
        gap //= 3


@jit
def _near_together(net: Net, steps: Ints, leaves: Ints) -> Ints:
    """Move everything to the middle of what it is used with, again and again, keeping the best.

    FORCE (Aloul, Markov and Sakallah 2003): the shorter the span of the gates, the smaller the
    diagram, as a rule.
    """
    size = len(leaves)
    place = np.zeros(net.events + len(net.at_least), dtype=np.float64)
    pull = np.zeros(len(place), dtype=np.float64)
    uses = np.zeros(len(place), dtype=np.float64)
    nodes = np.empty(size + len(steps), dtype=np.int64)
    nodes[:size] = leaves
    nodes[size:] = steps + net.events
    is_leaf = np.zeros(len(place), dtype=np.bool_)
    is_leaf[leaves] = True
    for i in range(size):
        place[leaves[i]] = i
    for gate in steps:
        place[net.events + gate] = _middle(net, place, gate)
    best, least = leaves, np.inf
    for _ in range(ROUNDS):
        sort(nodes, place, 0, len(nodes))
        for i in range(len(nodes)):
            place[nodes[i]] = i
        span = _pull(net, steps, place, pull, uses)
        if span < least:
            least = span
            best = nodes[is_leaf[nodes]]
        for node in nodes:
            place[node] = pull[node] / uses[node]
    return best


@jit
def _middle(net: Net, place: Floats, gate: int) -> float:
    total = 0.0
    for i in range(net.start[gate], net.start[gate + 1]):
        total += place[net.inputs[i] // 2]
    return float(total / (net.start[gate + 1] - net.start[gate]))


@jit
def _pull(net: Net, steps: Ints, place: Floats, pull: Floats, uses: Floats) -> float:
    """Add up for every node the middles of the gates that it is part of; how far they all span."""
    pull[:] = 0.0
    uses[:] = 0.0
    span = 0.0
    for gate in steps:
        low = high = place[net.events + gate]
        for i in range(net.start[gate], net.start[gate + 1]):
            at = place[net.inputs[i] // 2]
            low, high = min(low, at), max(high, at)
        span += high - low
        many = net.start[gate + 1] - net.start[gate]
        middle = (_middle(net, place, gate) * many + place[net.events + gate]) / (many + 1)
        for i in range(net.start[gate], net.start[gate + 1]):
            pull[net.inputs[i] // 2] += middle
            uses[net.inputs[i] // 2] += 1.0
        pull[net.events + gate] += middle
        uses[net.events + gate] += 1.0
    return span
