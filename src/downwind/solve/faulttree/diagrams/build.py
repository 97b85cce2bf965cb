"""The diagram of every module of a net, each built on its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.faulttree.diagrams.modules import find_modules
from downwind.solve.faulttree.diagrams.order import WAYS, Keys, arrange, keys_of, sort
from downwind.solve.faulttree.diagrams.sets import combine
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.diagrams.table import (
    AND,
    END,
    FALSE,
    FIRST,
    FULL,
    OR,
    PRODUCT,
    STOP,
    TRUE,
    UNION,
    Table,
    apply,
    clear,
    new_table,
    node,
)
from downwind.solve.jit import jit


class Diagrams(NamedTuple):
    """The diagrams of modules, inner ones first; nodes 0 and 1 are FALSE and TRUE."""

    events: int
    level: Shorts
    """The variable that a node asks for; children come before parents."""
    low: Shorts
    high: Shorts
    start: Ints
    """The nodes of module m are start[m] up to start[m + 1]."""
    root: Ints
    """The node of each module's root; -1 where it did not fit."""
    variable: Ints
    """What is at each level: event e is e, module m is events + m."""
    ways: Ints
    """The orders that were tried; of what did not fit, those that came furthest first."""


@jit
def build(net: Net, sets: bool, ways: Ints, room: int, signal: Ints) -> Diagrams:
    """A diagram for each module, by the first of the orders for which so many nodes at work are
    enough.

    With `sets` a zero-suppressed one of its minimal cut sets, for a net without negations; else a
    binary one of its function. `signal` is that of Table.
    """
    closed = find_modules(net)
    keys = keys_of(net)
    modules = np.flatnonzero(closed)
    number = np.full(net.events + len(net.at_least), -1, dtype=np.int64)
    start = np.full(len(modules) + 1, FIRST, dtype=np.int64)
    root = np.full(len(modules), FULL, dtype=np.int64)
    ways = ways.copy()
    variable = np.empty(net.events + len(modules), dtype=np.int64)
    level = np.full(max(FIRST, len(net.inputs)), END, dtype=np.int32)
    low = np.zeros(len(level), dtype=np.int32)
    high = np.zeros(len(level), dtype=np.int32)
    table = new_table(room, len(number), signal)
    levels, end = 0, FIRST
    for m in range(len(modules)):
        task = _Task(net, sets, closed, keys, number, root, modules[m], levels)
        top, leaves = _fit(task, table, ways)
        if top == FULL:
            break
        for leaf in leaves:
            variable[levels] = leaf if leaf < net.events else number[leaf]
            levels += 1
        number[net.events + modules[m]] = net.events + m
        kept = reached(table, top)
        end = start[m] + len(kept)
        if end > len(level):
            level, low, high = longer(level, end), longer(low, end), longer(high, end)
        root[m] = top if top < FIRST else copy(table, kept, start[m], level, low, high)
        start[m + 1 :] = end
    return Diagrams(
        net.events, level[:end], low[:end], high[:end], start, root, variable[:levels], ways
    )


class _Task(NamedTuple):
    """A module to build, and what is known of those within it."""

    net: Net
    sets: bool
    closed: Flags
    keys: Keys
    number: Ints
    """The variable that each gate is which is a module already built, else -1."""
    root: Ints
    module: int
    first_level: int


@jit
def _fit(task: _Task, table: Table, ways: Ints) -> tuple[int, Ints]:
    """The node of a module by the first order that fits, or FULL; and its variables in order."""
    steps_done = np.zeros(WAYS, dtype=np.float64)
    for way in ways:
        top, leaves, steps_done[way] = _build_one(task, table, way)
        if top != FULL or table.signal[STOP] != 0:
            return top, leaves
    sort(ways, -steps_done, 0, len(ways))
    return FULL, leaves


@jit
def reached(table: Table, top: int) -> Ints:
    """The nodes below the top, children first."""
    mark = np.zeros(max(top + 1, FIRST), dtype=np.bool_)
    mark[top] = True
    for i in range(top, TRUE, -1):
        if mark[i]:
            mark[table.low[i]] = True
            mark[table.high[i]] = True
    mark[FALSE] = mark[TRUE] = False
    return np.flatnonzero(mark)


@jit
def copy(table: Table, kept: Ints, at: int, level: Shorts, low: Shorts, high: Shorts) -> int:
    """Copy nodes to a place of their own; the new number of the last one."""
    renamed = np.zeros(kept[-1] + 1, dtype=np.int32)
    renamed[TRUE] = TRUE
    for i in range(len(kept)):
        old = kept[i]
        renamed[old] = at + i
        level[at + i] = table.level[old]
        low[at + i] = renamed[table.low[old]]
        high[at + i] = renamed[table.high[old]]
    return at + len(kept) - 1


@jit
def longer(column: Shorts, size: int) -> Shorts:
    """A copy with room for at least so many."""
    new = np.empty(max(size, 2 * len(column)), dtype=np.int32)
    new[: len(column)] = column
    return new


@jit
def _build_one(task: _Task, table: Table, way: int) -> tuple[int, Ints, int]:
    """The node of a module, or FULL; its variables in order; how many gates were done.

    A module within it is one variable, or a constant where it came out as one.
    """
    net = task.net
    steps, leaves = arrange(net, task.closed, task.keys, task.module, way)
    steps.sort()  # the same for every order of the variables, so that they can be compared
    place = np.empty(net.events + task.module, dtype=np.int32)
    for i in range(len(leaves)):
        place[leaves[i]] = task.first_level + i
    clear(table)
    made = np.empty(task.module + 1, dtype=np.int64)
    for done in range(len(steps)):
        first, last = net.start[steps[done]], net.start[steps[done] + 1]
        operands = np.empty(last - first, dtype=np.int64)
        for i in range(first, last):
            each, negated = net.inputs[i] // 2, net.inputs[i] % 2
            inner = each - net.events
            if inner >= 0 and task.number[each] < 0:
                operands[i - first] = made[inner]
            elif inner >= 0 and FALSE <= task.root[task.number[each] - net.events] <= TRUE:
                operands[i - first] = task.root[task.number[each] - net.events]
            else:
                operands[i - first] = node(table, place[each], negated, 1 - negated)
        result = FULL
        if operands.min() != FULL:
            order = _deepest_first(table, operands)
            result = _combine(table, task.sets, net.at_least[steps[done]], order)
        if result == FULL:
            return FULL, leaves, done
        made[steps[done]] = result
    return int(made[task.module]), leaves, len(steps)


@jit
def _deepest_first(table: Table, operands: Ints) -> Ints:
    """What is combined from the bottom up is walked through but once."""
    height, places = np.empty(len(operands), dtype=np.float64), np.arange(len(operands))
    for i in places:
        height[i] = -table.level[operands[i]]
    sort(places, height, 0, len(places))
    return operands[places]


@jit
def _combine(table: Table, sets: bool, needed: int, operands: Ints) -> int:
    """At least so many of the operands; or and and are the two ends of it."""
    if needed == 1 or needed == len(operands):
        result = int(operands[0])
        for i in range(1, len(operands)):
            result = _pair(table, sets, needed == 1, result, operands[i])
            if result == FULL:
                return FULL
        return result
    enough = np.full(needed + 1, FALSE, dtype=np.int64)
    enough[0] = TRUE
    for operand in operands:
        for count in range(needed, 0, -1):
            both = _pair(table, sets, False, operand, enough[count - 1])
            if both == FULL:
                return FULL
            enough[count] = _pair(table, sets, True, enough[count], both)
            if enough[count] == FULL:
                return FULL
    return int(enough[needed])


@jit
def _pair(table: Table, sets: bool, either: bool, f: int, g: int) -> int:
    """Either of two, or both."""
    if sets:
        return int(combine(table, int(UNION) if either else int(PRODUCT), f, g))
    return int(apply(table, int(OR) if either else int(AND), f, g))
