"""Minimal cut sets and probabilities of an acyclic fault tree, exact, by decision diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from downwind.solve.arrays import Floats
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.diagrams.build import Diagrams
from downwind.solve.faulttree.diagrams.cutsets import Orders, count, minimal, orders, unhelpful
from downwind.solve.faulttree.diagrams.listing import smallest
from downwind.solve.faulttree.diagrams.reduce import reduce
from downwind.solve.faulttree.diagrams.simplify import ALWAYS, CIRCLE, Net
from downwind.solve.faulttree.diagrams.table import FULL
from downwind.solve.faulttree.diagrams.weigh import slopes, values, without
from downwind.solve.faulttree.search import AT_ONCE, Search
from downwind.solve.faulttree.types import Cuts, FaultTree, Importance
from downwind.terms import ModelError

NODE_LIMIT = 2**25
"""Nodes at work at a time; at most 80 bytes each, of which only what is used is taken."""
SMALL = 2**13
"""A function of so few nodes gives its cut sets quicker than they are built from below."""
MODERATE = 2**17
"""A function that fits into so many nodes at work gives its cut sets quicker than building them
from below with more than AT_ONCE."""
LARGE_SHARE = 0.99
"""From this criticality on, what is left without the event is added up anew."""


def solve(
    tree: FaultTree, top: int, *, node_limit: int = NODE_LIMIT, budget: Budget | None = None
) -> Solved:
    """The function of gate `top`, to be asked for cut sets and probabilities.

    Diagrams have at most `node_limit` nodes at work. ModelError where gates go round in a circle.
    """
    net = reduce(tree.events, tree.start, tree.at_least, tree.inputs, tree.negated, top)
    if net.top == CIRCLE:
        raise ModelError("Gates go round in a circle.", where=f"gate {top}")
    negated = bool((net.inputs % 2 * (net.inputs < 2 * net.events)).any())
    return Solved(net, negated, node_limit, budget or Budget())


@dataclass(frozen=True, eq=False)
class Solved:
    """A fault tree made small: each answer is worked out when it is first asked for."""

    net: Net
    negated: bool
    """Whether negations are left, so that the tree may not be coherent."""
    node_limit: int
    budget: Budget

    @property
    def events(self) -> int:
        """How many events the tree has."""
        return self.net.events

    @property
    def constant(self) -> bool | None:
        """What the top always is; None where that depends on events."""
        return self.net.top == ALWAYS if self.net.top < 0 else None

    @property
    def diagrams(self) -> Diagrams | None:
        """Binary decision diagrams of the function; None where they do not fit."""
        return self._function_within(self.node_limit)

    def _function_within(self, nodes: int) -> Diagrams | None:
        return None if self.constant is not None else self._functions.up_to(nodes)

    @cached_property
    def _functions(self) -> Search:
        return Search(self.net, False, self.node_limit, self.budget)

    @cached_property
    def _sets(self) -> Diagrams | None:
        """Zero-suppressed diagrams of the minimal cut sets; None where they do not fit.

        From the function where that is small, else from the cut sets of the gates below.
        """
        small = self._function_within(AT_ONCE)
        if small is not None and len(small.level) <= SMALL:
            return self._minimal(small)
        from_below = Search(self.net, True, self.node_limit, self.budget)
        sets = None if self.negated else from_below.up_to(AT_ONCE)
        if sets is None and (moderate := self._function_within(MODERATE)) is not None:
            sets = self._minimal(moderate)
        if sets is None and not self.negated:
            sets = from_below.up_to(self.node_limit)
        if sets is None and (large := self.diagrams) is not None:
            sets = self._minimal(large)
        return sets

    def _minimal(self, diagrams: Diagrams) -> Diagrams | None:
        limit, signal = self.node_limit, self.budget.signal
        if len(diagrams.level) <= SMALL:
            sets: Diagrams | None = minimal(diagrams, limit, signal)
        else:
            sets = self.budget.run("cut sets", lambda: minimal(diagrams, limit, signal))
        return None if sets is None or sets.root[-1] == FULL else sets

    @cached_property
    def repaired_by(self) -> int | None:
        """An event that can make the top false by happening; None for a coherent tree."""
        if not self.negated or self.diagrams is None:
            return None
        level = unhelpful(self.diagrams, self.node_limit, self.budget.signal)
        if level < 0:
            return None
        variable = int(self.diagrams.variable[level])
        while variable >= self.events:
            root = self.diagrams.root[variable - self.events]
            variable = int(self.diagrams.variable[self.diagrams.level[root]])
        return variable

    @cached_property
    def cuts(self) -> Cuts | None:
        """How many minimal cut sets there are of each order; None where they do not fit.

        A top that is always true has one, the empty set. ModelError for a tree that is not
        coherent.
        """
        if self.constant is not None:
            return Cuts((1,) if self.constant else (), complete=True)
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
        if self.constant is not None:
            return [()] if self.constant and limit > 0 else []
        if self._sets is None:
            return None
        return smallest(self._sets, orders(self._sets), up_to_order, limit)

    def chance(self, p: Floats) -> float | None:
        """The probability of the top, where events are independent and event e has p[e]; None
        where diagrams do not fit."""
        if self.constant is not None:
            return float(self.constant)
        if self.diagrams is None:
            return None
        return float(values(self.diagrams, p)[self.diagrams.root[-1]])

    def importance(self, p: Floats) -> Importance | None:
        """How the top hangs on each event, by one pass up and one down; None where diagrams do not
        fit.

        Where P(top) is 0, shares are 0 and worths 1, but the achievement worth of an event that
        alone makes the top possible is inf.
        """
        if self.constant is None and self.diagrams is None:
            return None
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
