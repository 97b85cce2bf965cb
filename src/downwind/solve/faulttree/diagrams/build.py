"""The diagram of every module of a net, each built on its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Ints, Shorts
from downwind.solve.faulttree.diagrams.modules import find_modules
from downwind.solve.faulttree.diagrams.order import (
    AS_WRITTEN,
    HUBS_FIRST,
    LARGE_FIRST,
    NEAR_TOGETHER,
    SHARED_FIRST,
    SMALL_FIRST,
    WAYS,
    arrange,
    keys_of,
    sort,
)
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.diagrams.table import (
    AND,
    END,
    FALSE,
    FIRST,
    FULL,
    OR,
    TRUE,
    Table,
    apply,
    clear,
    new_table,
    node,
)
from downwind.solve.jit import jit

ROOM = 2**14
"""Nodes in the first try. Each further round has eight times as many, and tries the half of the
orders that came furthest in the last one."""


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
    way: Ints
    """The order that fitted."""


@jit
def build(net: Net, limit: int, only: int) -> Diagrams:
    """A diagram for each module, of at most so many nodes at work at a time.

    `only` is one way to order, or -1 for all.
    """
    closed = find_modules(net)
    keys = keys_of(net)
    modules = np.flatnonzero(closed)
    number = np.full(net.events + len(net.at_least), -1, dtype=np.int64)
    start = np.full(len(modules) + 1, FIRST, dtype=np.int64)
    root = np.full(len(modules), FULL, dtype=np.int64)
    used = np.full(len(modules), -1, dtype=np.int64)
    variable = np.empty(net.events + len(modules), dtype=np.int64)
    level = np.full(max(FIRST, len(net.inputs)), END, dtype=np.int32)
    low = np.zeros(len(level), dtype=np.int32)
    high = np.zeros(len(level), dtype=np.int32)
    place = np.zeros(net.events + len(net.at_least), dtype=np.int32)
    levels = 0
    small = new_table(min(ROOM, limit), len(place))
    for m in range(len(modules)):
        table = small
        room = len(small.level)
        ways = np.array([AS_WRITTEN if only < 0 else only])
        top = FULL
        while top == FULL:
            steps_done = np.zeros(WAYS, dtype=np.float64)
            for way in ways:
                steps, leaves = arrange(net, closed, keys, modules[m], way)
                for i in range(len(leaves)):
                    place[leaves[i]] = levels + i
                clear(table)
                top, steps_done[way] = _build_one(net, number, root, table, steps, place)
                used[m] = way
                if top != FULL:
                    break
            if top != FULL or room == limit:
                break
            if only < 0 and room == len(small.level):
                ways = np.array(
                    [NEAR_TOGETHER, SMALL_FIRST, AS_WRITTEN, LARGE_FIRST, SHARED_FIRST, HUBS_FIRST]
                )
            else:
                sort(ways, -steps_done, 0, len(ways))
                ways = ways[: max(2, len(ways) // 2)]
            room = min(8 * room, limit)
            table = new_table(room, len(place))
        if top == FULL:
            break
        for i in range(len(leaves)):
            leaf = leaves[i]
            variable[levels + i] = leaf if leaf < net.events else number[leaf]
        levels += len(leaves)
        number[net.events + modules[m]] = net.events + m
        kept = reached(table, top)
        end = start[m] + len(kept)
        if end > len(level):
            level, low, high = longer(level, end), longer(low, end), longer(high, end)
        root[m] = top if top < FIRST else copy(table, kept, start[m], level, low, high)
        start[m + 1] = end
    start[m + 1 :] = start[m] if top == FULL else start[m + 1]
    end = start[len(modules)]
    return Diagrams(
        net.events, level[:end], low[:end], high[:end], start, root, variable[:levels], used
    )


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
def _build_one(
    net: Net, number: Ints, root: Ints, table: Table, steps: Ints, place: Shorts
) -> tuple[int, int]:
    """The node of a module's root, gate by gate from the bottom up, or FULL; and gates done.

    A module within it is one variable, or a constant where it came out as one.
    """
    made = np.empty(steps[-1] + 1, dtype=np.int64)
    result = FULL
    done = 0
    for gate in steps:
        first, last = net.start[gate], net.start[gate + 1]
        operands = np.empty(last - first, dtype=np.int64)
        for i in range(first, last):
            each = net.inputs[i] // 2
            inner = each - net.events
            if inner >= 0 and number[each] < 0:
                operands[i - first] = made[inner]
                continue
            if inner >= 0 and FALSE <= root[number[each] - net.events] <= TRUE:
                operands[i - first] = root[number[each] - net.events]
                continue
            negated = net.inputs[i] % 2
            operands[i - first] = node(table, place[each], negated, 1 - negated)
            if operands[i - first] == FULL:
                return FULL, done
        operands = _deepest_first(table, operands)
        result = _combine(table, net.at_least[gate], operands)
        if result == FULL:
            return FULL, done
        made[gate] = result
        done += 1
    return result, done


@jit
def _deepest_first(table: Table, operands: Ints) -> Ints:
    """What is combined from the bottom up is walked through but once."""
    height, places = np.empty(len(operands), dtype=np.float64), np.arange(len(operands))
    for i in places:
        height[i] = -table.level[operands[i]]
    sort(places, height, 0, len(places))
    return operands[places]


@jit
def _combine(table: Table, needed: int, operands: Ints) -> int:
    """At least so many of the operands; or and and are the two ends of it."""
    if needed == 1 or needed == len(operands):
        operation = int(OR) if needed == 1 else int(AND)
        result = int(operands[0])
        for i in range(1, len(operands)):
            result = apply(table, operation, result, operands[i])
            if result == FULL:
                return FULL
        return int(result)
    enough = np.full(needed + 1, FALSE, dtype=np.int64)
    enough[0] = TRUE
    for operand in operands:
        for count in range(needed, 0, -1):
            both = apply(table, int(AND), operand, enough[count - 1])
            if both == FULL:
                return FULL
            enough[count] = apply(table, int(OR), enough[count], both)
            if enough[count] == FULL:
                return FULL
    return int(enough[needed])
