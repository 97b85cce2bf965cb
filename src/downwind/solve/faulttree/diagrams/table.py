"""A table of decision diagram nodes, each there once, and the operations on them.

One table holds both kinds of diagram. In a binary decision diagram a node says "if the variable at
this level is true go high, else low" (Bryant 1986); in a zero-suppressed one it says "the sets of
high with the variable, and those of low" (Minato 1993). Both end in FALSE or TRUE; as sets, in no
set at all or in the empty set alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Ints, Shorts
from downwind.solve.jit import jit

FALSE = 0
TRUE = 1
FIRST = 2
"""The number of the first node that is not an end."""
FULL = -1
"""Returned in place of a node where the table has no room for one more."""
END = 2**30
"""The level of FALSE and TRUE, below every variable."""

AND = 0
OR = 1
WITHOUT = 2
"""The sets of one zero-suppressed diagram that contain no set of another."""
UNION = 3
"""The minimal sets among those of either (sets.py)."""
PRODUCT = 4
"""The minimal ones of the sets made of one of each."""

COUNT, SLOTS, CACHED, WORK = 0, 1, 2, 3
STOP, NODES = 0, 1
SMALLEST = 512
CACHE_LEAST = 2**16
"""Rows of the cache that even a small table may come to need."""
PATIENCE = 16
"""Results worked out for each row of the cache at its largest, before the table counts as full."""
LOOK_UP = 1023
"""Once in so many results it is asked whether to stop."""


class Table(NamedTuple):
    """Nodes by number, found again by hashing, and the results of operations lately done."""

    level: Shorts
    low: Shorts
    high: Shorts
    slots: Shorts
    """Node numbers by hash, 0 for free."""
    cache: Shorts
    """Rows of operation, operands and result, overwritten on collision."""
    sizes: Ints
    """How many nodes there are, how many slots and cache rows are in use (powers of two), and how
    many results were worked out."""
    stack: Ints
    """Rows of operands, how far they got, and the result of the first half."""
    calls: Ints
    """The same for unions and products, which ask for results of two kinds."""
    signal: Ints
    """For other threads: not 0 at STOP makes the table count as full, NODES says how many there
    are."""


@jit
def new_table(room: int, levels: int, signal: Ints) -> Table:
    """An empty table; memory that is not used is not touched."""
    most = SMALLEST
    while most < 2 * room:
        most *= 2
    level = np.empty(room, dtype=np.int32)
    low, high = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    for end in (FALSE, TRUE):
        level[end], low[end], high[end] = END, end, end
    return Table(
        level,
        low,
        high,
        np.empty(most, dtype=np.int32),
        np.empty((max(most // 2, CACHE_LEAST), 4), dtype=np.int32),
        np.zeros(4, dtype=np.int64),
        np.empty((levels + 2, 4), dtype=np.int64),
        np.empty((levels + 2, 6), dtype=np.int64),
        signal,
    )


@jit
def clear(table: Table) -> None:
    """Forget every node."""
    table.sizes[COUNT] = FIRST
    table.sizes[SLOTS] = SMALLEST
    table.sizes[CACHED] = SMALLEST // 2
    table.sizes[WORK] = 0
    table.slots[:SMALLEST] = 0
    table.cache[: SMALLEST // 2, 1] = 0


@jit
def node(table: Table, level: int, low: int, high: int) -> int:
    """The node that says this, old or new, or FULL."""
    mask = table.sizes[SLOTS] - 1
    slot = _hash(level, low, high) & mask
    found = int(table.slots[slot])
    while found != 0:
        if table.low[found] == low and table.high[found] == high and table.level[found] == level:
            return found
        slot = (slot + 1) & mask
        found = int(table.slots[slot])
    new = int(table.sizes[COUNT])
    if new == len(table.level):
        return FULL
    table.level[new] = level
    table.low[new] = low
    table.high[new] = high
    table.slots[slot] = new
    table.sizes[COUNT] = new + 1
    if 2 * new > mask:
        _grow(table)
    return new


@jit
def _hash(a: int, b: int, c: int) -> int:
    mixed = a * 0x2545F4914F6CDD1D + b * 0x1B873593CC9E2D51 + c * 0x5851F42D4C957F2D
    return mixed ^ (mixed >> 32)


@jit
def _grow(table: Table) -> None:
    sizes = table.sizes
    sizes[SLOTS] *= 2
    table.slots[: sizes[SLOTS]] = 0
    mask = sizes[SLOTS] - 1
    for old in range(FIRST, sizes[COUNT]):
        slot = _hash(table.level[old], table.low[old], table.high[old]) & mask
        while table.slots[slot] != 0:
            slot = (slot + 1) & mask
        table.slots[slot] = old


@jit
def find(table: Table, operation: int, f: int, g: int) -> int:
    """A result that is remembered, or FULL."""
    row = _hash(operation, f, g) & (table.sizes[CACHED] - 1)
    cache = table.cache
    if cache[row, 1] == f and cache[row, 2] == g and cache[row, 0] == operation:
        return int(cache[row, 3])
    return FULL


@jit
def remember(table: Table, operation: int, f: int, g: int, result: int) -> bool:
    """Keep a result; False where so much was worked out that it has to end."""
    table.sizes[WORK] += 1
    rows = table.sizes[CACHED]
    if 2 * table.sizes[WORK] > rows and 2 * rows <= len(table.cache):
        table.cache[rows : 2 * rows, 1] = 0
        rows *= 2
        table.sizes[CACHED] = rows
    row = _hash(operation, f, g) & (rows - 1)
    table.cache[row, 0] = operation
    table.cache[row, 1] = f
    table.cache[row, 2] = g
    table.cache[row, 3] = result
    if table.sizes[WORK] & LOOK_UP == 0:
        table.signal[NODES] = table.sizes[COUNT]
        if table.signal[STOP] != 0:
            return False
    return bool(table.sizes[WORK] <= PATIENCE * len(table.cache))


@jit
def _plain(operation: int, f: int, g: int) -> int:
    """The result where no step down is needed, else FULL."""
    if operation == AND:
        if f in (FALSE, g) or g == TRUE:
            return f
        return g if f == TRUE or g == FALSE else FULL
    if operation == OR:
        if f in (TRUE, g) or g == FALSE:
            return f
        return g if f == FALSE or g == TRUE else FULL
    if f in (FALSE, g) or g == TRUE:
        return FALSE
    return f if f == TRUE or g == FALSE else FULL


@jit
def apply(table: Table, operation: int, f: int, g: int) -> int:  # noqa: C901  (one hot loop)
    """AND and OR of two binary diagrams, or WITHOUT of two zero-suppressed ones, or FULL.

    The operation is given as int(AND): numba compiles a function anew for each bare constant.
    Of the sets in a diagram none contains another. A row of the stack is a pair of operands whose
    result is waited for; a row is as deep as its level, so the stack has room for every level.
    """
    level, low, high, stack = table.level, table.low, table.high, table.stack
    depth = 0
    while True:
        if operation == WITHOUT:
            while level[g] < level[f]:
                g = int(low[g])
        elif f > g:
            f, g = g, f
        result = _plain(operation, f, g)
        if result == FULL:
            result = find(table, operation, f, g)
        if result == FULL:
            stack[depth, 0] = f
            stack[depth, 1] = g
            stack[depth, 2] = 0
            depth += 1
            above, below = level[f], level[g]
            if above <= below:
                f = int(low[f])
            if below <= above:
                g = int(low[g])
            continue
        waiting = False
        while depth > 0 and not waiting:
            f, g = int(stack[depth - 1, 0]), int(stack[depth - 1, 1])
            above, below = level[f], level[g]
            step = stack[depth - 1, 2]
            if step == 0:
                stack[depth - 1, 2] = 1
                stack[depth - 1, 3] = result
                if above <= below:
                    f = int(high[f])
                if below <= above:
                    g = int(high[g])
                waiting = True
            elif step == 1 and operation == WITHOUT and above == below:
                stack[depth - 1, 2] = 2
                f, g = result, int(low[g])
                waiting = True
            else:
                first = int(stack[depth - 1, 3])
                end = FALSE if operation == WITHOUT else first
                result = first if result == end else node(table, min(above, below), first, result)
                if result == FULL or not remember(table, operation, f, g, result):
                    return FULL
                depth -= 1
        if not waiting:
            return result
