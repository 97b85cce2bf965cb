"""What one document from inside says, and how it becomes evidence.

A reading is evidence of the kind `inside.reading`: which document, in which format, how much of it
was read and how much could not be. What it says of each thing is a statement, evidence of a kind of
its own, with the document, the thing and the node whose needs these are as its subject,
`SOURCE:THING@NODE`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import Evidence, Seen

KINDS = ("dnslog", "otel", "terraform", "backstage")
"""What `downwind map --from` reads."""
READING = "inside.reading"
DEEPER = "inside.deeper"
"""Says that so many `records` before it come from mapping what was known from inside alone."""
VANTAGE = "inside"
MOST_BROKEN = 5
"""So many broken places are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A place that could not be read, and why. The text itself is not kept: it may be personal."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What the document says of one thing (JSON values only)."""

    kind: str
    """inside.query, inside.call, inside.resource or inside.entity (docs/from-inside.md)."""
    thing: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """One document: how it was read, and what it says."""

    kind: str
    """One of KINDS."""
    format: str
    statements: tuple[Statement, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Numbers of the reading that its kind has, such as lines or internal names."""
    broken: int = 0
    first_broken: tuple[Broken, ...] = ()


def records_of(reading: Reading, *, node: str, source: str, now: float) -> Iterator[Evidence]:
    """The statements as evidence, then the reading itself, all at one time.

    `node` is whose needs these are, `source` the document's name without its folder. The reading
    comes last: where it is there, all of its statements are.
    """
    for statement in reading.statements:
        value = {"node": node, "source": source, **statement.value}
        subject = f"{source}:{statement.thing}@{node}"
        yield Evidence(subject, statement.kind, Seen(value), now, VANTAGE)
    told = {
        "node": node,
        "source": source,
        "from": reading.kind,
        "format": reading.format,
        "statements": len(reading.statements),
        "broken": reading.broken,
        "first_broken": [{"place": b.place, "why": b.why} for b in reading.first_broken],
        **reading.facts,
    }
    yield Evidence(reading_subject(reading.kind, source, node), READING, Seen(told), now, VANTAGE)


def reading_subject(kind: str, source: str, node: str) -> str:
    """The subject of the record of a reading."""
    return f"{kind}:{source}@{node}"


def first_few(broken: Iterable[Broken]) -> tuple[Broken, ...]:
    """The broken places that are named."""
    return tuple(each for each, _ in zip(broken, range(MOST_BROKEN), strict=False))
