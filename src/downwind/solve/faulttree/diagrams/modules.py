"""What can be solved on its own: gates that share nothing with the rest of the tree."""

from __future__ import annotations

import numpy as np

from downwind.solve.arrays import Flags, Ints
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.jit import jit


@jit
def gather(net: Net) -> Net:
    """The same net where inputs that always go together are gathered under a gate of their own.

    Inputs go together where they are inputs of the same gates, all of them `or` or all `and`.
    Such a gate of events is a module, so that many events become one.
    """
    nodes = net.events + len(net.at_least)
    group, size, whole = _groups(net)
    made = np.full(len(size), -1, dtype=np.int64)
    most = len(net.at_least) + len(size)
    start = np.zeros(most + 1, dtype=np.int64)
    at_least = np.zeros(most, dtype=np.int64)
    inputs = np.empty(2 * len(net.inputs) + 1, dtype=np.int64)
    became = np.full(nodes, -1, dtype=np.int64)
    gates, end = 0, 0
    seen = np.full(len(size), -1, dtype=np.int64)
    for gate in range(len(net.at_least)):
        first, last = net.start[gate], net.start[gate + 1]
        for i in range(first, last):
            g = group[net.inputs[i]]
            if size[g] < 2 or whole[g] or made[g] >= 0:
                continue
            for j in range(first, last):
                if group[net.inputs[j]] == g:
                    inputs[end] = _renamed(net, net.inputs[j], became)
                    end += 1
            at_least[gates] = 1 if net.at_least[gate] == 1 else size[g]
            made[g] = gates
            gates += 1
            start[gates] = end
        for i in range(first, last):
            g = group[net.inputs[i]]
            if made[g] < 0:
                inputs[end] = _renamed(net, net.inputs[i], became)
                end += 1
            elif seen[g] != gate:
                seen[g] = gate
                inputs[end] = 2 * (net.events + made[g])
                end += 1
        is_and = net.at_least[gate] == last - first
        at_least[gates] = end - start[gates] if is_and else net.at_least[gate]
        became[net.events + gate] = gates
        gates += 1
        start[gates] = end
    return Net(
        net.events,
        start[: gates + 1],
        at_least[:gates],
        inputs[:end],
        _renamed(net, net.top, became),
    )


@jit
def _renamed(net: Net, code: int, became: Ints) -> int:
    return code if code < 2 * net.events else 2 * (net.events + became[code // 2])


@jit
def _groups(net: Net) -> tuple[Ints, Ints, Flags]:
    """The group of each input, how many it has, and whether it must be left as it is.

    Groups are split by every gate in turn, into what is an input of it and what is not (Paige and
    Tarjan 1987). One that is all there is to a gate gains nothing; under gates of several kinds,
    or one that is neither `or` nor `and`, it stays apart.
    """
    codes = 2 * (net.events + len(net.at_least))
    most = len(net.inputs) + 1
    group = np.zeros(codes, dtype=np.int64)
    size = np.zeros(most, dtype=np.int64)
    whole = np.zeros(most, dtype=np.bool_)
    kind = np.zeros(most, dtype=np.int64)
    split = np.zeros(most, dtype=np.int64)
    by = np.full(most, -1, dtype=np.int64)
    groups = 1
    size[0] = codes
    whole[0] = True
    for gate in range(len(net.at_least)):
        first, last = net.start[gate], net.start[gate + 1]
        now = 3
        if net.at_least[gate] == 1:
            now = 1
        elif net.at_least[gate] == last - first:
            now = 2
        for i in range(first, last):
            old = group[net.inputs[i]]
            if by[old] != gate:
                by[old] = gate
                split[old] = groups
                by[groups] = gate
                split[groups] = groups
                kind[groups] = now if old == 0 else kind[old] | now
                whole[groups] = kind[groups] == 3
                groups += 1
            new = split[old]
            if new != old:
                group[net.inputs[i]] = new
                size[old] -= 1
                size[new] += 1
    for gate in range(len(net.at_least)):
        first, last = net.start[gate], net.start[gate + 1]
        if size[group[net.inputs[first]]] == last - first:
            whole[group[net.inputs[first]]] = True
    return group, size, whole


@jit
def find_modules(net: Net) -> Flags:
    """Which gates share no event with the rest, in one walk (Dutuit and Rauzy 1996)."""
    nodes = net.events + len(net.at_least)
    first = np.full(nodes, -1, dtype=np.int64)
    last = np.full(nodes, -1, dtype=np.int64)
    done = np.full(nodes, -1, dtype=np.int64)
    path = np.empty(len(net.at_least) + 1, dtype=np.int64)
    spot = net.start[:-1].copy()
    path[0] = net.top // 2
    first[net.top // 2] = last[net.top // 2] = 0
    clock, depth = 1, 1
    while depth > 0:
        node = path[depth - 1]
        gate = node - net.events
        if spot[gate] == net.start[gate + 1]:
            done[node] = last[node] = clock
            depth -= 1
        else:
            child = net.inputs[spot[gate]] // 2
            spot[gate] += 1
            if first[child] < 0:
                first[child] = clock
                if child >= net.events:
                    path[depth] = child
                    depth += 1
            last[child] = clock
        clock += 1
    return _closed(net, first, last, done)


@jit
def _closed(net: Net, first: Ints, last: Ints, done: Ints) -> Flags:
    """Gates below which everything was met only between coming and going."""
    gates = len(net.at_least)
    earliest, latest = first.copy(), last.copy()
    closed = np.zeros(gates, dtype=np.bool_)
    for gate in range(gates):
        node = net.events + gate
        if done[node] < 0:
            continue
        low, high = done[node], np.int64(-1)
        for i in range(net.start[gate], net.start[gate + 1]):
            low = min(low, earliest[net.inputs[i] // 2])
            high = max(high, latest[net.inputs[i] // 2])
        closed[gate] = low > first[node] and high < done[node]
        earliest[node] = min(earliest[node], low)
        latest[node] = max(latest[node], high)
    return closed
