"""A fault tree of the Open-PSA Model Exchange Format, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Op(StrEnum):
    """What a part of a formula is. The values are the element names of the format."""

    AND = "and"
    OR = "or"
    NOT = "not"
    XOR = "xor"
    ATLEAST = "atleast"
    CARDINALITY = "cardinality"
    GATE = "gate"
    EVENT = "basic-event"
    HOUSE = "house-event"
    TRUE = "true"
    FALSE = "false"


class Part(NamedTuple):
    """One operator, reference or constant of a formula."""

    op: Op
    size: int = 0
    """How many formulas it takes: 1 for `not`, 2 for `xor`, 2 or more for the other operators."""
    name: str = ""
    """Of a reference: the name of the gate, basic event or house event."""
    low: int = 0
    """At least so many (`atleast`, `cardinality`)."""
    high: int = 0
    """At most so many (`cardinality`)."""


Formula = tuple[Part, ...]
"""Operators before what they take: `or(a, not(b))` is (or of 2, a, not, b).

Flat, so that a formula of any depth can be compared, hashed and walked without recursion.
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """What follows from events and other gates."""

    formula: Formula
    label: str = ""
    where: str = field(default="", compare=False)
    """File and line."""


@dataclass(frozen=True, slots=True)
class Event:
    """A basic event: it happens or not, independently of the others."""

    p: float | None = None
    """None where it is not known."""
    label: str = ""
    unknown: str = field(default="", compare=False)
    """Why p is not known."""
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class House:
    """A house event: a constant with a name."""

    value: bool = False
    label: str = ""
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OpenPsa:
    """Fault trees. Public elements go by their name, private ones by their full path."""

    gates: Mapping[str, Gate]
    events: Mapping[str, Event]
    houses: Mapping[str, House] = field(default_factory=dict)
    told: tuple[str, ...] = field(default=(), compare=False)
    """What was left out or taken otherwise than written, in sentences."""

    @property
    def tops(self) -> tuple[str, ...]:
        """The gates that no other gate refers to, as they were defined."""
        inner = {
            part.name for gate in self.gates.values() for part in gate.formula if part.op is Op.GATE
        }
        return tuple(name for name in self.gates if name not in inner)
