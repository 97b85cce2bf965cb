"""Unions and products of families of sets, of which only the minimal ones are kept.

The families are zero-suppressed diagrams in which no set contains another: as minimal cut sets of
coherent gates, the union is the cut sets of `or` and the product those of `and` (Rauzy 1993).
"""

from __future__ import annotations

from downwind.solve.faulttree.diagrams.table import (
    FALSE,
    FULL,
    TRUE,
    UNION,
    WITHOUT,
    Table,
    apply,
    find,
    node,
    remember,
)
from downwind.solve.jit import jit

OPERATION, ONE, OTHER, STEP, LOW, CHOICE = 0, 1, 2, 3, 4, 5
"""What a row of `Table.calls` holds: what was asked, how far it got, and what was found."""
TO_LOW, TO_CHOICE, TO_OTHER_CHOICE, TO_HIGH = 0, 1, 2, 3
"""What is waited for: the result without the variable; what either family may come to with it;
what is left to do with it."""


@jit
def combine(table: Table, operation: int, f: int, g: int) -> int:
    """The minimal sets of the UNION or the PRODUCT of two families, or FULL.

    Each call waits for one on lower levels, so there is a row for every level.
    """
    level, calls = table.level, table.calls
    depth = 0
    while True:
        if f > g:
            f, g = g, f
        result = _plain(operation, f, g)
        if result == FULL:
            result = find(table, operation, f, g)
        if result == FULL:
            calls[depth, OPERATION], calls[depth, ONE], calls[depth, OTHER] = operation, f, g
            calls[depth, STEP] = TO_LOW
            depth += 1
            top = min(level[f], level[g])
            f, g = _without(table, f, top), _without(table, g, top)
            continue
        while depth > 0 and calls[depth - 1, STEP] == TO_HIGH:
            result = _finish(table, depth - 1, result)
            if result == FULL:
                return FULL
            depth -= 1
        if depth == 0:
            return result
        operation, f, g = _next(table, depth - 1, result)


@jit
def _plain(operation: int, f: int, g: int) -> int:
    """The result where no step down is needed, else FULL; f is the smaller number."""
    if operation == UNION:
        if f == TRUE:
            return TRUE
        return g if f in (FALSE, g) else FULL
    if f == FALSE:
        return FALSE
    return g if f in (TRUE, g) else FULL


@jit
def _without(table: Table, f: int, top: int) -> int:
    """The sets without the variable at level `top`."""
    return int(table.low[f]) if table.level[f] == top else f


@jit
def _next(table: Table, row: int, result: int) -> tuple[int, int, int]:
    """What has to be known next, now that the result of what was waited for is."""
    calls, low, high = table.calls, table.low, table.high
    operation, f, g = int(calls[row, OPERATION]), int(calls[row, ONE]), int(calls[row, OTHER])
    step = calls[row, STEP]
    if step == TO_LOW:
        calls[row, LOW] = result
        calls[row, STEP] = TO_HIGH
        of_one = int(high[f]) if table.level[f] <= table.level[g] else FALSE
        of_other = int(high[g]) if table.level[g] <= table.level[f] else FALSE
        if operation == UNION:
            return operation, of_one, of_other
        if of_one == FALSE:
            return operation, f, of_other
        if of_other == FALSE:
            return operation, of_one, g
        calls[row, STEP] = TO_CHOICE
        return int(UNION), int(low[f]), of_one
    if step == TO_CHOICE:
        calls[row, CHOICE] = result
        calls[row, STEP] = TO_OTHER_CHOICE
        return int(UNION), int(low[g]), int(high[g])
    calls[row, STEP] = TO_HIGH
    return operation, int(calls[row, CHOICE]), result


@jit
def _finish(table: Table, row: int, high: int) -> int:
    """The sets without the variable, and with it those of `high` that contain none of them."""
    calls = table.calls
    f, g, low = int(calls[row, ONE]), int(calls[row, OTHER]), int(calls[row, LOW])
    rest = apply(table, int(WITHOUT), high, low)
    if rest == FULL:
        return FULL
    top = min(table.level[f], table.level[g])
    result = low if rest == FALSE else node(table, top, low, rest)
    if result == FULL or not remember(table, int(calls[row, OPERATION]), f, g, result):
        return FULL
    return int(result)
