"""Stoppers: sets of events without which the top stays false, whatever else happens."""

from __future__ import annotations

import numpy as np

from downwind.solve.arrays import Floats, Ints
from downwind.solve.faulttree.bench import FORBIDDEN, FREE, TAKEN, Bench
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.sorting import put_in_order
from downwind.solve.jit import jit


@jit
def stopper(net: Net, bench: Bench, order: Ints, top: int, most: int, out: Ints) -> int:
    """A small stopper among the free events; how many they are.

    None where the top cannot be made true by `most` free events, or not at all.
    """
    for gate in order:
        node = net.events + gate
        for i in range(net.start[gate], net.start[gate + 1]):
            event = net.inputs[i] // 2
            if event < net.events:
                _rate(bench, event)
        bench.price[node] = _price(net, gate, bench.price)
        bench.need[node] = _need(net, bench, gate)
        bench.mark[node] = 0
    if bench.need[net.events + top] > most:
        return 0
    bench.mark[net.events + top] = 1
    many = 0
    for j in range(len(order) - 1, -1, -1):
        if bench.mark[net.events + order[j]]:
            many = _choose(net, bench, order[j], out, many)
            bench.mark[net.events + order[j]] = 0
    for i in range(many):
        bench.mark[out[i]] = 0
    return many


@jit
def _rate(bench: Bench, event: int) -> None:
    state = bench.state[event]
    bench.price[event] = np.inf if state == TAKEN else 1.0 * (state == FREE)
    bench.need[event] = np.inf if state == FORBIDDEN else 1.0 * (state == FREE)


@jit
def _choose(net: Net, bench: Bench, gate: int, out: Ints, many: int) -> int:
    """Mark the cheapest inputs that keep the gate false; the free events among them go to `out`."""
    first, last = net.start[gate], net.start[gate + 1]
    misses = last - first - net.at_least[gate] + 1
    limit = _smallest(net, gate, misses, bench.price)
    for i in range(first, last):
        misses -= bench.price[net.inputs[i] // 2] < limit
    for i in range(first, last):
        node = net.inputs[i] // 2
        if bench.price[node] > limit:
            continue
        if bench.price[node] == limit:
            misses -= 1
            if misses < 0:
                continue
        if node < net.events:
            if bench.mark[node] or bench.state[node] != FREE:
                continue
            out[many] = node
            many += 1
        bench.mark[node] = 1
    return many


@jit
def _price(net: Net, gate: int, price: Floats) -> float:
    """The sum over the cheapest inputs that keep the gate false."""
    first, last = net.start[gate], net.start[gate + 1]
    misses = last - first - net.at_least[gate] + 1
    if misses == 1:
        return _smallest(net, gate, misses, price)
    total = 0.0
    if misses == last - first:
        for i in range(first, last):
            total += price[net.inputs[i] // 2]
        return total
    limit = _smallest(net, gate, misses, price)
    for i in range(first, last):
        if price[net.inputs[i] // 2] < limit:
            total += price[net.inputs[i] // 2]
            misses -= 1
    return float(total + misses * limit)


@jit
def _need(net: Net, bench: Bench, gate: int) -> float:
    """Of the inputs that make the gate true, the most demanding one, and all that are apart.

    So many of those that are apart must be true as the others cannot make up for.
    """
    first, last, needed = net.start[gate], net.start[gate + 1], net.at_least[gate]
    most = _smallest(net, gate, needed, bench.need)
    if needed == 1:
        return most
    apart = np.empty(last - first)
    many = 0
    for i in range(first, last):
        if bench.apart[i]:
            apart[many] = bench.need[net.inputs[i] // 2]
            many += 1
    must = needed - (last - first - many)
    if must < many:
        put_in_order(apart, many)
    total = 0.0
    for i in range(must):
        total += apart[i]
    return max(most, total)


@jit
def _smallest(net: Net, gate: int, rank: int, values: Floats) -> float:
    """The rank-th smallest of the values of the inputs; 1 is the smallest."""
    first, last = net.start[gate], net.start[gate + 1]
    if rank == 1 or rank == last - first:
        best = values[net.inputs[first] // 2]
        for i in range(first + 1, last):
            other = values[net.inputs[i] // 2]
            best = min(best, other) if rank == 1 else max(best, other)
        return float(best)
    ordered = np.empty(last - first)
    for i in range(first, last):
        ordered[i - first] = values[net.inputs[i] // 2]
    put_in_order(ordered, last - first)
    return float(ordered[rank - 1])
