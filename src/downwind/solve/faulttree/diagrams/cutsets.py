"""The minimal cut sets of every module, as zero-suppressed diagrams, and how many there are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Floats, Ints
from downwind.solve.faulttree.diagrams.build import Diagrams, copy, longer, reached
from downwind.solve.faulttree.diagrams.table import (
    AND,
    END,
    FALSE,
    FIRST,
    FULL,
    STOP,
    TRUE,
    WITHOUT,
    Table,
    apply,
    clear,
    new_table,
    node,
)
from downwind.solve.jit import jit

ROOM = 2**14
"""Nodes in the first try."""
NOWHERE = 2**30
"""The least order where there is no cut set at all."""


@jit
def minimal(diagrams: Diagrams, limit: int, signal: Ints) -> Diagrams:
    """The least sets of events that make each module true while nothing else happens (Rauzy 2001).

    For coherent functions these are the minimal cut sets. Roots are FULL where there is no room.
    """
    start, root = np.full_like(diagrams.start, FIRST), np.full_like(diagrams.root, FULL)
    level = np.full(2 * len(diagrams.level), END, dtype=np.int32)
    low = np.zeros(len(level), dtype=np.int32)
    high = np.zeros(len(level), dtype=np.int32)
    levels = len(diagrams.variable)
    table = new_table(min(ROOM, limit), levels, signal)
    for m in range(len(root)):
        wanted = 4 * (diagrams.start[m + 1] - diagrams.start[m])
        if min(wanted, limit) > len(table.level):
            table = new_table(min(wanted, limit), levels, signal)
        top = _minimal_of(diagrams, root, table, m)
        while top == FULL and len(table.level) < limit and signal[STOP] == 0:
            table = new_table(min(8 * len(table.level), limit), levels, signal)
            top = _minimal_of(diagrams, root, table, m)
        start[m + 1] = start[m]
        if top == FULL:
            break
        kept = reached(table, top)
        end = start[m] + len(kept)
        if end > len(level):
            level, low, high = longer(level, end), longer(low, end), longer(high, end)
        root[m] = top if top < FIRST else copy(table, kept, start[m], level, low, high)
        start[m + 1] = end
    end = start.max()
    return Diagrams(
        diagrams.events,
        level[:end],
        low[:end],
        high[:end],
        start,
        root,
        diagrams.variable,
        diagrams.ways,
    )


@jit
def _minimal_of(diagrams: Diagrams, roots: Ints, table: Table, module: int) -> int:
    """What is minimal below a variable, less what is minimal without it, goes with it.

    A module that is true when nothing has happened costs nothing.
    """
    clear(table)
    first, last = diagrams.start[module], diagrams.start[module + 1]
    made = np.empty(last - first, dtype=np.int64)
    result = int(diagrams.root[module])
    for i in range(first, last):
        low, high = int(diagrams.low[i]), int(diagrams.high[i])
        low = low if low < FIRST else int(made[low - first])
        high = high if high < FIRST else int(made[high - first])
        inner = diagrams.variable[diagrams.level[i]] - diagrams.events
        if inner >= 0 and roots[inner] == TRUE:
            result = high
        else:
            rest = apply(table, int(WITHOUT), high, low)
            result = low if rest == FALSE else node(table, diagrams.level[i], low, rest)
            if rest == FULL or result == FULL:
                return FULL
        made[i - first] = result
    return int(result)


@jit
def unhelpful(diagrams: Diagrams, limit: int, signal: Ints) -> int:
    """The level of a variable that can make its module false by happening; -1 for none.

    FULL - 1 where there is no room to find out.
    """
    most = 2
    for m in range(len(diagrams.root)):
        most = max(most, diagrams.start[m + 1] - diagrams.start[m])
    table = new_table(min(limit, 4 * most + 4096), len(diagrams.variable), signal)
    made = np.empty(most, dtype=np.int64)
    asked = _asked(diagrams)
    for m in range(len(diagrams.root)):
        if not asked[m]:
            continue
        first = diagrams.start[m]
        clear(table)
        for i in range(first, diagrams.start[m + 1]):
            low, high = int(diagrams.low[i]), int(diagrams.high[i])
            low = low if low < FIRST else int(made[low - first])
            high = high if high < FIRST else int(made[high - first])
            new = node(table, diagrams.level[i], low, high)
            both = apply(table, int(AND), low, high)
            if new == FULL or both == FULL:
                return FULL - 1
            if both != low:
                return int(diagrams.level[i])
            made[i - first] = new
    return -1


@jit
def _asked(diagrams: Diagrams) -> Flags:
    """The modules that the last one still depends on."""
    asked = np.zeros(len(diagrams.root), dtype=np.bool_)
    asked[-1] = True
    for m in range(len(asked) - 1, -1, -1):
        if asked[m]:
            for i in range(diagrams.start[m], diagrams.start[m + 1]):
                inner = diagrams.variable[diagrams.level[i]] - diagrams.events
                if inner >= 0:
                    asked[inner] = True
    return asked


class Orders(NamedTuple):
    """Of the sets that each node of a zero-suppressed diagram leads to."""

    least: Ints
    """The least number of events in a set."""
    most: Ints
    bits: Floats
    """The logarithm to base 2, or nearly, of how many sets there are."""


@jit
def orders(sets: Diagrams) -> Orders:
    """How small, how large and about how many the sets of events below each node are."""
    size = len(sets.level)
    least = np.full(size, NOWHERE, dtype=np.int64)
    most = np.full(size, -NOWHERE, dtype=np.int64)
    bits = np.full(size, -np.inf, dtype=np.float64)
    least[TRUE], most[TRUE], bits[TRUE] = 0, 0, 0.0
    for i in range(FIRST, size):
        low, high = sets.low[i], sets.high[i]
        inner = sets.variable[sets.level[i]] - sets.events
        root = sets.root[inner] if inner >= 0 else FULL
        add_least = least[root] if inner >= 0 else 1
        add_most = most[root] if inner >= 0 else 1
        add_bits = bits[root] if inner >= 0 else 0.0
        least[i] = min(least[low], least[high] + add_least)
        most[i] = max(most[low], most[high] + add_most)
        bits[i] = np.logaddexp2(bits[low], bits[high] + add_bits)
    return Orders(least, most, bits)


@jit
def count(sets: Diagrams, known: Orders, modulus: int) -> Ints:
    """How many sets of each order the last module has, modulo a prime below 2**31.

    Modulo 2**64 where `modulus` is 0.
    """
    size = len(sets.level)
    start = np.zeros(size + 1, dtype=np.int64)
    for i in range(size):
        start[i + 1] = start[i] + max(known.most[i] - known.least[i] + 1, 0)
    many = np.zeros(start[size], dtype=np.int64)
    many[start[TRUE]] = 1
    for i in range(FIRST, size):
        low, high = sets.low[i], sets.high[i]
        at, least = start[i], known.least[i]
        for j in range(start[low], start[low + 1]):
            many[at + known.least[low] - least + j - start[low]] = many[j]
        at += known.least[high] - least
        inner = sets.variable[sets.level[i]] - sets.events
        if inner < 0:
            for j in range(start[high], start[high + 1]):
                many[at + 1 + j - start[high]] += many[j]
            _reduce(many, start[i], start[i + 1], modulus)
            continue
        root = sets.root[inner]
        for k in range(start[root], start[root + 1]):
            shift = at + known.least[root] + k - start[root] - start[high]
            for j in range(start[high], start[high + 1]):
                many[shift + j] += many[j] * many[k]
            _reduce(many, start[i], start[i + 1], modulus)
    top = sets.root[-1]
    result = np.zeros(max(known.most[top] + 1, 0), dtype=np.int64)
    for j in range(start[top], start[top + 1]):
        result[known.least[top] + j - start[top]] = many[j]
    return result


@jit
def _reduce(many: Ints, first: int, last: int, modulus: int) -> None:
    if modulus > 0:
        for j in range(first, last):
            many[j] %= modulus
