"""Minimal cut sets and probabilities of an acyclic fault tree, exact, by decision diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from downwind.solve.arrays import Floats
from downwind.solve.faulttree.diagrams.build import Diagrams, build
from downwind.solve.faulttree.diagrams.cutsets import Orders, count, minimal, orders, unhelpful
from downwind.solve.faulttree.diagrams.listing import smallest
from downwind.solve.faulttree.diagrams.reduce import reduce
from downwind.solve.faulttree.diagrams.simplify import ALWAYS, CIRCLE
from downwind.solve.faulttree.diagrams.table import FULL
from downwind.solve.faulttree.diagrams.weigh import slopes, values, without
from downwind.solve.faulttree.types import Cuts, FaultTree, Importance
from downwind.terms import ModelError

NODE_LIMIT = 2**25
"""Nodes at work at a time; 36 bytes each, of which only what is used is taken."""
LARGE_SHARE = 0.99
"""From this criticality on, what is left without the event is added up anew."""


def solve(tree: FaultTree, top: int, *, node_limit: int = NODE_LIMIT) -> Solved | None:
    """The function of gate `top` as diagrams; None where they do not fit into `node_limit` nodes.

    ModelError where gates go round in a circle.
    """
    net = reduce(tree.events, tree.start, tree.at_least, tree.inputs, tree.negated, top)
    if net.top == CIRCLE:
        raise ModelError("Gates go round in a circle.", where=f"gate {top}")
    if net.top < 0:
        return Solved(tree.events, None, net.top == ALWAYS, False, node_limit)
    diagrams = build(net, node_limit)
    if diagrams.root[-1] == FULL:
        return None
    negated = bool((net.inputs % 2 * (net.inputs < 2 * net.events)).any())
    return Solved(tree.events, diagrams, False, negated, node_limit)


@dataclass(frozen=True, eq=False)
class Solved:
    """A fault tree that fitted: each answer is worked out when it is first asked for."""

    events: int
    diagrams: Diagrams | None
    """None where the top is a constant."""
    always: bool
    """Of a constant top: whether it is true."""
    negated: bool
    """Whether negations are left, so that the tree may not be coherent."""
    node_limit: int

    @cached_property
    def repaired_by(self) -> int | None:
        """An event that can make the top false by happening; None for a coherent tree."""
        if self.diagrams is None or not self.negated:
            return None
        level = unhelpful(self.diagrams, self.node_limit)
        if level < 0:
            return None
        variable = int(self.diagrams.variable[level])
        while variable >= self.events:
            root = self.diagrams.root[variable - self.events]
            variable = int(self.diagrams.variable[self.diagrams.level[root]])
        return variable

    @cached_property
    def _sets(self) -> Diagrams | None:
        assert self.diagrams is not None
        sets = minimal(self.diagrams, self.node_limit)
        return None if sets.root[-1] == FULL else sets

    @cached_property
    def cuts(self) -> Cuts | None:
        """How many minimal cut sets there are of each order; None where they do not fit.

        A top that is always true has one, the empty set. ModelError for a tree that is not
        coherent.
        """
        if self.diagrams is None:
            return Cuts((1,) if self.always else (), complete=True)
        if self._sets is None:
            return None
        known = orders(self._sets)
        bits = known.bits[self._sets.root[-1]]
        if bits > 62:
            return Cuts(_counted(self._sets, known, bits), complete=True)
        return Cuts(tuple(count(self._sets, known, 0).tolist()), complete=True)

    def list_cuts(self, up_to_order: int, limit: int) -> list[tuple[int, ...]] | None:
        """The first minimal cut sets, by order and then event by event; None: they do not fit.

        Every set of the orders that are listed is looked at, so a low order is a quick one.
        """
        if self.diagrams is None:
            return [()] if self.always and limit > 0 else []
        if self._sets is None:
            return None
        return smallest(self._sets, orders(self._sets), up_to_order, limit)

    def chance(self, p: Floats) -> float:
        """The probability of the top, where events are independent and event e has p[e]."""
        if self.diagrams is None:
            return float(self.always)
        return float(values(self.diagrams, p)[self.diagrams.root[-1]])

    def importance(self, p: Floats) -> Importance:
        """How the top hangs on each event, by one pass up and one down.

        Where P(top) is 0, shares are 0 and worths 1, but the achievement worth of an event that
        alone makes the top possible is inf.
        """
        if self.diagrams is None:
            nothing = np.full(self.events, np.nan)
            return Importance(nothing, nothing, nothing, nothing)
        value = values(self.diagrams, p)
        total = value[self.diagrams.root[-1]]
        slope = slopes(self.diagrams, p, value)
        least = total - p * slope
        large = np.flatnonzero(p * slope >= LARGE_SHARE * total)
        least[large] = without(self.diagrams, p, large)
        with np.errstate(all="ignore"):
            share = np.where(total == 0, 0.0 * slope, p * slope / total)
            return Importance(
                slope, share, _ratio(least + slope, total), _ratio(total + 0 * slope, least)
            )


def _ratio(one: Floats, other: Floats | float) -> Floats:
    """one / other, and 1 where both are 0."""
    worth: Floats = np.where((one == 0) & (other == 0), 1.0, one / other)
    return worth


def _counted(sets: Diagrams, known: Orders, bits: float) -> tuple[int, ...]:
    """Counts of any size, from what they are modulo enough primes (Chinese remainders)."""
    product, found = 1, [0] * (int(known.most[sets.root[-1]]) + 1)
    for prime in _primes():
        if product.bit_length() > bits + 2:
            break
        lift = product * pow(product, -1, prime)
        for order, rest in enumerate(count(sets, known, prime).tolist()):
            found[order] += (rest - found[order]) * lift
            found[order] %= product * prime
        product *= prime
    return tuple(found)


def _primes() -> Iterator[int]:
    """Primes below 2**31, the largest first."""
    for number in range(2**31 - 1, 2, -2):
        if all(number % factor for factor in range(3, int(number**0.5) + 1, 2)):
            yield number
