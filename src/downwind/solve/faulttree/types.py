"""A fault tree as numbers: events that happen or not, and gates that say what follows."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.solve.arrays import Flags, Floats, Ints, Shorts


@dataclass(frozen=True, slots=True, eq=False)
class FaultTree:
    """A gate is true when at least so many of its inputs are.

    1 is `or`, the number of inputs is `and`; no inputs and 0 is the constant true, no inputs and 1
    the constant false. Inputs: event e is e, gate g is `events + g`. Gates may be in any order.
    """

    events: int
    start: Ints
    """The inputs of gate g are start[g] up to start[g + 1]."""
    at_least: Shorts
    inputs: Shorts
    negated: Flags
    """True where it is the input's opposite that counts."""
    from_outside: Flags
    """Of a gate in a circle: true where it only becomes true by what is outside of the circle
    (least fixed point), false where it must be shown to be false without going round (greatest)."""

    @property
    def gates(self) -> int:
        """The number of gates."""
        return len(self.at_least)


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """The minimal cut sets of one top gate."""

    by_order: tuple[int, ...]
    """by_order[i] is how many have i events; exact, of any size."""
    complete: bool
    """False where only those of up to len(by_order) - 1 events were counted."""

    @property
    def total(self) -> int | None:
        """How many there are in all, None where that was not counted."""
        return sum(self.by_order) if self.complete else None


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability, or what it lies between."""

    lower: float
    upper: float

    @property
    def exact(self) -> bool:
        """True where both bounds are one number."""
        return self.lower == self.upper


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """Per event; nan for events that the top does not depend on."""

    birnbaum: Floats
    """P(top | event) - P(top | not event)."""
    criticality: Floats
    """(P(top) - P(top | not event)) / P(top): the share that goes when the event never happens."""
    achievement: Floats
    """Risk achievement worth: P(top | event) / P(top)."""
    reduction: Floats
    """Risk reduction worth: P(top) / P(top | not event); inf where nothing is left."""
