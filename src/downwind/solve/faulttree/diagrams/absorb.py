"""Takes an input out of a gate where it can make no difference there.

Where x alone makes gate D true, what is below D matters only while x is false: D is x or (D with
false for x), and x goes from every gate that is only seen through such a D. The same holds with
true and false, and with or and and, changed over. What many gates share is often gone after it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.diagrams.web import (
    NONE,
    Web,
    columns_of,
    fix,
    has_room,
    put_above,
    tie,
    web_of,
)
from downwind.solve.jit import jit

TURN, SIZE = 0, 1


class _Marks(NamedTuple):
    """What is known of each gate while one input is looked at; fresh where it is of this turn."""

    now: Ints
    """The turn, and how many gates are in the queue."""
    hit_in: Ints
    hits: Ints
    """Inputs that take the value that the input under study forces on them."""
    forced: Ints
    """The turn in which the gate was last forced."""
    above: Ints
    open: Ints
    """Uses of the gate by which it can be seen."""
    hidden: Ints
    queue: Ints


@jit
def absorb(net: Net) -> tuple[Ints, Shorts, Shorts, Flags, int, int]:
    """The columns of a fault tree that says the same, its top, and how many inputs went."""
    web = web_of(net)
    most = len(web.many)
    marks = _Marks(
        np.zeros(2, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
    )
    gone = 0
    for code in range(2 * (net.events + len(net.at_least))):
        if _uses(web, code) == 0 or _uses(web, code) + _opposite_uses(web, code) < 2:
            continue
        for value in (True, False):
            gone += _look_at(web, marks, code, value)
    start, at_least, inputs, negated = columns_of(web)
    return start, at_least, inputs, negated, web.top, gone


@jit
def _uses(web: Web, code: int) -> int:
    uses = 0
    edge = web.first_use[code]
    while edge != NONE:
        uses += web.alive[edge]
        edge = web.next_use[edge]
    return uses


@jit
def _opposite_uses(web: Web, code: int) -> int:
    return _uses(web, code ^ 1) if code < 2 * web.events else 0


@jit
def _look_at(web: Web, marks: _Marks, code: int, value: bool) -> int:
    """Take the input out where it makes no difference, if fewer uses of it are left then.

    First with every gate that it forces; if that does not pay, with those alone that it is an
    input of, which costs nothing.
    """
    for narrow in (False, True):
        forced = _force(web, marks, code, value, narrow)
        if forced == 0:
            return 0
        roots = marks.queue[:forced].copy()
        _hide(web, marks, code)
        less, more = _balance(web, marks, code, value, roots)
        if less > more and has_room(web, more):
            _rewrite(web, marks, code, value, roots)
            return less - more
    return 0


@jit
def _force(web: Web, marks: _Marks, code: int, value: bool, narrow: bool) -> int:
    """Mark the gates that take this value when the input does; they are left in the queue."""
    marks.now[TURN] += 1
    turn = marks.now[TURN]
    size, done = 0, NONE
    while done < size:
        edge = web.first_use[code if done == NONE else 2 * (web.events + marks.queue[done])]
        done += 1
        while edge != NONE:
            gate = web.parent[edge]
            if web.alive[edge]:
                if marks.hit_in[gate] != turn:
                    marks.hit_in[gate], marks.hits[gate] = turn, 0
                marks.hits[gate] += 1
                enough = web.needed[gate] if value else web.many[gate] - web.needed[gate] + 1
                if marks.hits[gate] >= enough and marks.forced[gate] != turn:
                    marks.forced[gate] = turn
                    marks.queue[size] = gate
                    size += 1
            edge = web.next_use[edge]
        if narrow:
            break
    return size


@jit
def _hide(web: Web, marks: _Marks, code: int) -> None:
    """Mark the gates above the input that are only seen through forced ones."""
    turn = marks.now[TURN]
    size, ready, done = _climb_all(web, marks, code), 0, 0
    for i in range(size):
        gate = marks.queue[i]
        marks.open[gate] = int(gate == web.top)
        edge = web.first_use[2 * (web.events + gate)]
        while edge != NONE:
            if web.alive[edge] and marks.forced[web.parent[edge]] != turn:
                marks.open[gate] += 1
            edge = web.next_use[edge]
    for i in range(size):
        gate = marks.queue[i]
        if marks.open[gate] == 0:
            marks.hidden[gate] = turn
            marks.queue[ready] = gate
            ready += 1
    while done < ready:
        gate = marks.queue[done]
        done += 1
        edge = NONE if marks.forced[gate] == turn else web.first_input[gate]
        while edge != NONE:
            inner = web.child[edge] // 2 - web.events
            if web.alive[edge] and inner >= 0 and marks.above[inner] == turn:
                marks.open[inner] -= 1
                if marks.open[inner] == 0:
                    marks.hidden[inner] = turn
                    marks.queue[ready] = inner
                    ready += 1
            edge = web.next_input[edge]


@jit
def _climb_all(web: Web, marks: _Marks, code: int) -> int:
    """Put every gate above the input or its opposite into the queue; how many there are."""
    marks.now[SIZE] = 0
    _climb(web, marks, code)
    if code < 2 * web.events:
        _climb(web, marks, code ^ 1)
    done = 0
    while done < marks.now[SIZE]:
        _climb(web, marks, 2 * (web.events + marks.queue[done]))
        done += 1
    return int(marks.now[SIZE])


@jit
def _climb(web: Web, marks: _Marks, code: int) -> None:
    """Put the gates that use this input into the queue, each once."""
    edge = web.first_use[code]
    while edge != NONE:
        gate = web.parent[edge]
        if web.alive[edge] and marks.above[gate] != marks.now[TURN]:
            marks.above[gate] = marks.now[TURN]
            marks.queue[marks.now[SIZE]] = gate
            marks.now[SIZE] += 1
        edge = web.next_use[edge]


@jit
def _plain(web: Web, gate: int, value: bool) -> bool:
    """Whether the gate is an `or`, where the value is true, or else an `and`."""
    return bool(web.needed[gate] == (1 if value else web.many[gate]))


@jit
def _keeps(web: Web, code: int, gate: int, value: bool) -> bool:
    """Whether a forced gate that is seen has the input already."""
    if not _plain(web, gate, value):
        return False
    edge = web.first_input[gate]
    while edge != NONE:
        if web.alive[edge] and web.child[edge] == code:
            return True
        edge = web.next_input[edge]
    return False


@jit
def _goes(web: Web, marks: _Marks, edge: int, value: bool) -> bool:
    """Whether this use of the input makes no difference."""
    gate, turn = web.parent[edge], marks.now[TURN]
    if not web.alive[edge]:
        return False
    if marks.hidden[gate] == turn:
        return True
    return marks.forced[gate] == turn and not _plain(web, gate, value)


@jit
def _balance(web: Web, marks: _Marks, code: int, value: bool, roots: Ints) -> tuple[int, int]:
    """How many uses would go, and how many would come."""
    less, more = 0, 0
    for each in (code, code ^ 1):
        edge = web.first_use[each] if each == code or code < 2 * web.events else NONE
        while edge != NONE:
            less += _goes(web, marks, edge, value)
            edge = web.next_use[edge]
    for gate in roots:
        if marks.hidden[gate] != marks.now[TURN] and not _keeps(web, code, gate, value):
            more += 1
    return less, more


@jit
def _rewrite(web: Web, marks: _Marks, code: int, value: bool, roots: Ints) -> None:
    for each in (code, code ^ 1):
        edge = web.first_use[each] if each == code or code < 2 * web.events else NONE
        while edge != NONE:
            if _goes(web, marks, edge, value):
                # Of the input, its value is now the other one; of its opposite, this one.
                fix(web, edge, (each == code) != value)
            edge = web.next_use[edge]
    for gate in roots:
        if marks.hidden[gate] == marks.now[TURN] or _keeps(web, code, gate, value):
            continue
        if _plain(web, gate, value):
            tie(web, code, gate)
            web.needed[gate] += 0 if value else 1
        else:
            put_above(web, gate, code, 1 if value else 2)
