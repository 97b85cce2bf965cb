"""A fault tree made smaller before it is solved, and never another function of its events.

What the top does not reach is dropped, constants are folded, gates of one input and nested gates
of one kind dissolve, equal gates become one. Negations are pushed down to the events.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.jit import jit

NEVER = -1
"""In place of an input: the constant false."""
ALWAYS = -2
CIRCLE = -3
GATES, TRIES = 0, 1
LONGEST = 1024
"""A longer list of inputs is not copied into the gate above, so that the work stays linear."""


class Net(NamedTuple):
    """Gates from the bottom up, each with two or more inputs; one where the top is an event.

    Input 2e is event e, 2e + 1 its opposite, and 2 (events + g) is gate g.
    """

    events: int
    start: Ints
    at_least: Ints
    inputs: Ints
    top: int
    """The input that the whole tree comes down to, or NEVER or ALWAYS or CIRCLE."""


@jit
def simplify(
    events: int, start: Ints, at_least: Shorts, inputs: Shorts, negated: Flags, top: int
) -> Net:
    """The gates that the top needs; twice where a gate and its opposite are both needed."""
    order, uses = _below(events, start, inputs, negated, top)
    size = 0
    for key in order:
        size += start[key // 2 + 1] - start[key // 2]
    new = _Draft(
        events,
        np.zeros(len(order) + 1, dtype=np.int64),
        np.zeros(len(order), dtype=np.int64),
        np.empty(max(size, 16), dtype=np.int64),
        np.zeros(len(order), dtype=np.int64),
        np.full(2 * (events + len(order)), -1, dtype=np.int64),
        np.full(_power(2 * len(order)), -1, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )
    became = np.empty(2 * len(at_least), dtype=np.int64)
    if len(order) == 0:
        return Net(events, new.start[:1], new.at_least, new.inputs[:0], CIRCLE)
    pool = new.inputs
    for key in order:
        gate, opposite = key // 2, key % 2
        first, last = start[gate], start[gate + 1]
        needed = last - first - at_least[gate] + 1 if opposite else np.int64(at_least[gate])
        begin = new.start[new.sizes[GATES]]
        if begin + last - first > len(pool):
            pool = _longer(pool, begin + last - first)
        end, room = begin, begin
        for i in range(first, last):
            child = 2 * inputs[i] + (negated[i] ^ opposite)
            if child >= 2 * events:
                child = became[child - 2 * events]
            if child == ALWAYS:
                needed -= 1
            elif child != NEVER:
                pool[end] = child
                end += 1
                room += _width(new, child)
        if room > len(pool):
            pool = _longer(pool, room)
        became[key] = _gate(new, pool, int(needed), end, uses[key])
    gates = new.sizes[GATES]
    if 0 <= became[2 * top] < 2 * events:
        pool[new.start[gates]] = became[2 * top]
        new.at_least[gates] = 1
        new.start[gates + 1] = new.start[gates] + 1
        became[2 * top] = 2 * (events + gates)
        gates += 1
    return Net(
        events,
        new.start[: gates + 1],
        new.at_least[:gates],
        pool[: new.start[gates]],
        became[2 * top],
    )


class _Draft(NamedTuple):
    """Gates made so far; their inputs are kept beside it, since they may have to move."""

    events: int
    start: Ints
    at_least: Ints
    inputs: Ints
    uses: Ints
    seen: Ints
    """The last try in which each input was found."""
    slots: Ints
    """Gates by a hash of what they say, -1 for free."""
    sizes: Ints
    """How many gates there are, and how many tries at one there were."""


@jit
def _below(events: int, start: Ints, inputs: Shorts, negated: Flags, top: int) -> tuple[Ints, Ints]:
    """The gates below the top, what is used first, and how often each is used.

    Gate g is 2g and its opposite 2g + 1. No gates at all where they go round.
    """
    gates = len(start) - 1
    uses = np.zeros(2 * gates, dtype=np.int64)
    left = np.full(2 * gates, -1, dtype=np.int64)  # -2 where done
    order = np.empty(2 * gates, dtype=np.int64)
    path = np.empty(2 * gates, dtype=np.int64)
    path[0] = 2 * top
    left[2 * top] = start[top]
    depth, done = 1, 0
    while depth > 0:
        key = path[depth - 1]
        i = left[key]
        if i == start[key // 2 + 1]:
            left[key] = -2
            order[done] = key
            done += 1
            depth -= 1
            continue
        left[key] = i + 1
        if inputs[i] < events:
            continue
        child = 2 * (inputs[i] - events) + (negated[i] ^ (key % 2))
        uses[child] += 1
        if left[child] >= 0:
            return order[:0], uses
        if left[child] == -1:
            left[child] = start[child // 2]
            path[depth] = child
            depth += 1
    return order[:done], uses


@jit
def _gate(new: _Draft, pool: Ints, needed: int, end: int, uses: int) -> int:
    """The input that stands for a gate whose inputs are at the end of the pool."""
    gate = int(new.sizes[GATES])
    new.sizes[TRIES] += 1
    first = new.start[gate]
    if needed <= 0:
        return ALWAYS
    if needed > end - first:
        return NEVER
    if needed == 1 or needed == end - first:
        end = _dissolve(new, pool, needed == 1, first, end)
        if end < 0:
            return ALWAYS if needed == 1 else NEVER
        needed = 1 if needed == 1 else end - first
    if end - first == 1:
        only = int(pool[first])
        if only >= 2 * new.events:
            new.uses[only // 2 - new.events] += uses - 1
        return int(only)
    slot = _find(new, pool, needed, end)
    old = int(new.slots[slot])
    if old >= 0:
        new.uses[old] += uses
        return 2 * (new.events + old)
    new.slots[slot] = gate
    new.at_least[gate] = needed
    new.uses[gate] = uses
    new.start[gate + 1] = end
    new.sizes[GATES] = gate + 1
    return int(2 * (new.events + gate))


@jit
def _dissolve(new: _Draft, pool: Ints, any_will_do: bool, first: int, end: int) -> int:
    """Each input once, and the inputs of inputs of the same kind; the new end, or -1.

    -1 where something and its opposite are both among them.
    """
    attempt = new.sizes[TRIES]
    copied = pool[first:end].copy()
    end = first
    for code in copied:
        inner = code // 2 - new.events
        begin, stop = 0, 1
        if inner >= 0:
            begin, stop = new.start[inner], new.start[inner + 1]
            wide = 1 if any_will_do else stop - begin
            if new.uses[inner] > 1 or new.at_least[inner] != wide or stop - begin > LONGEST:
                begin, stop, inner = 0, 1, -1
        for i in range(begin, stop):
            each = pool[i] if inner >= 0 else code
            if new.seen[each] == attempt:
                continue
            if each < 2 * new.events and new.seen[each ^ 1] == attempt:
                return -1
            new.seen[each] = attempt
            pool[end] = each
            end += 1
    return end


@jit
def _width(new: _Draft, code: int) -> int:
    """How many inputs there may be in place of this one."""
    gate = code // 2 - new.events
    return new.start[gate + 1] - new.start[gate] if gate >= 0 else 1


@jit
def _find(new: _Draft, pool: Ints, needed: int, end: int) -> int:
    """The slot of an equal gate, or a free one."""
    attempt = new.sizes[TRIES]
    first = new.start[new.sizes[GATES]]
    mixed = needed
    for i in range(first, end):
        each = pool[i] * 0x2545F4914F6CDD1D
        mixed += (each ^ (each >> 29)) * 0x1B873593CC9E2D51
        new.seen[pool[i]] = attempt
    mask = len(new.slots) - 1
    slot = (mixed ^ (mixed >> 32)) & mask
    while new.slots[slot] >= 0:
        other = new.slots[slot]
        begin, stop = new.start[other], new.start[other + 1]
        same = new.at_least[other] == needed and stop - begin == end - first
        if same and needed > 1 and needed < end - first:
            same = _same_list(pool, begin, first, end - first)
        elif same:
            for i in range(begin, stop):
                same = same and new.seen[pool[i]] == attempt
        if same:
            return slot
        slot = (slot + 1) & mask
    return slot


@jit
def _same_list(pool: Ints, one: int, other: int, size: int) -> bool:
    same = True
    for i in range(size):
        same = same and bool(pool[one + i] == pool[other + i])
    return same


@jit
def _longer(pool: Ints, size: int) -> Ints:
    longer = np.empty(max(size, 2 * len(pool)), dtype=np.int64)
    longer[: len(pool)] = pool
    return longer


@jit
def _power(size: int) -> int:
    power = 16
    while power < size:
        power *= 2
    return power
