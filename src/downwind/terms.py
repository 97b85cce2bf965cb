"""The vocabulary of Downwind as frozen types, and its exception tree.

Every room speaks in these words; docs/terms.md explains them to a reader.

    DownwindError            what happened, where, what to do
    ├── UsageError           the command was called wrongly                (exit 2)
    ├── ModelError           a file that a person wrote is wrong           (exit 2)
    ├── CatalogError         a catalogue file is wrong                     (exit 2)
    ├── UnknownCause         a fault names nothing that the graph holds    (exit 2)
    ├── CannotMeasure        too little was seen to say                    (exit 3)
    │   └── NotConfined      the mapper could not be walled off            (exit 3)
    ├── LogDamaged           an evidence log is broken before its end      (exit 3)
    └── WorldError           the emulated internet did not start or stop   (exit 4)
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

FOREVER = math.inf


class DownwindError(Exception):
    """What happened, where, and what to do about it."""

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        todo = f" {self.todo}" if self.todo else ""
        return f"{place}{self.what}{todo}"


class UsageError(DownwindError):
    exit_code = 2


class ModelError(DownwindError):
    exit_code = 2


class CatalogError(DownwindError):
    exit_code = 2


class UnknownCause(DownwindError):
    exit_code = 2


class CannotMeasure(DownwindError):
    exit_code = 3


class NotConfined(CannotMeasure):
    pass


class LogDamaged(DownwindError):
    exit_code = 3


class WorldError(DownwindError):
    exit_code = 4


class State(StrEnum):
    """How a capability or a service fares."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class Strength(StrEnum):
    """Without a hard need a node is down; without a soft one it is degraded."""

    HARD = "hard"
    SOFT = "soft"


class Standing(StrEnum):
    """Where a need comes from. The three are never mixed silently."""

    DECLARED = "declared"
    OBSERVED = "observed"
    SUSPECTED = "suspected"


class Fault(StrEnum):
    """The layer that an error speaks of. Evidence with a likelihood, never a verdict."""

    EDGE = "edge"
    ORIGIN = "origin"
    DNS = "dns"
    NETWORK = "network"
    CERTIFICATE = "certificate"
    CUSTOMER = "customer"
    VANTAGE = "vantage"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """It is there, and this is what it says (JSON values only)."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """It was looked for, the answer came, and it is not there (NXDOMAIN, no such record)."""

    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It could not be looked at. Never read as absent."""

    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


Finding = Seen | Absent | Unanswered


@dataclass(frozen=True, slots=True)
class Evidence:
    """An immutable record of one observation."""

    subject: str
    """What was looked at: a host name, a zone, an address, a URL, a capability."""
    kind: str
    """What was asked of it, such as dns.a, tls.certificate or http.page (docs/evidence.md)."""
    finding: Finding
    at: float
    """Seconds since 1970-01-01 UTC, by the clock of the network that was observed."""
    vantage: str
    """Where it was seen from."""

    @property
    def value(self) -> Mapping[str, Any] | None:
        """What was seen, or None where nothing was."""
        return self.finding.value if isinstance(self.finding, Seen) else None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which a need can be met."""

    node: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Need:
    """What a node cannot do without: any k of the alternatives will do."""

    name: str
    """Unique within its node: dns, address, certificate, edge..."""
    alternatives: tuple[Alternative, ...]
    k: int = 1
    strength: Strength = Strength.HARD
    grace: float = 0.0
    """Seconds for which the node goes on after the need is lost; an upper bound."""
    standing: Standing = Standing.OBSERVED
    confidence: float = 1.0
    why: str = ""
    """The reason in a sentence: the rule and the observed value in it."""
    evidence: tuple[str, ...] = ()
    """Ids in the evidence log, or the source of a declaration."""
    known_since: str | None = None
    """ISO date since when this need is publicly or privately known."""


@dataclass(frozen=True, slots=True)
class Node:
    """A capability, a component or a scope of a provider."""

    id: str
    kind: str
    """service, capability, host, zone, nameserver, address, issuer, script, provider, product..."""
    label: str = ""
    needs: tuple[Need, ...] = ()
    recovery_lag: float = 0.0
    """Seconds for which the node stays down after its needs are back."""
    weight: float = 1.0
    parent: str | None = None
    """For display only: scopes are nodes with needs, not a tree."""


# provider[/product[/region[/zone]]][#variant-or-plane]
_SCOPE = re.compile(
    r"^(?P<provider>[a-z0-9][a-z0-9-]*)"
    r"(?:/(?P<product>[a-z0-9][a-z0-9-]*|\*))?"
    r"(?:/(?P<region>[a-z0-9][a-z0-9-]*))?"
    r"(?:/(?P<zone>[a-z0-9][a-z0-9-]*))?"
    r"(?:#(?P<variant>[a-z0-9][a-z0-9-]*(?:\+[a-z0-9][a-z0-9-]*)*))?\Z"
)


@lru_cache(maxsize=1024)
def _parts(variant: str) -> frozenset[str]:
    return frozenset(variant.split("+"))


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Who runs a thing, at the finest grain that the evidence supports.

    Written `provider/product/region/zone#variant`; `aws/*/us-east-1` is a region across products.
    The order of several variants says nothing: `#fl2+bots` equals `#bots+fl2`.
    """

    provider: str
    product: str | None = None
    region: str | None = None
    zone: str | None = None
    variant: str | None = None

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Read a scope; raises UsageError where the text is none."""
        found = _SCOPE.match(text)
        if not found:
            raise UsageError(
                f"{text!r} is not a scope.",
                todo="Write provider/product/region/zone#variant, as in aws/dynamodb/us-east-1.",
            )
        scope = cls(**found.groupdict())
        written = (scope.variant or "").split("+")
        if len(written) > 6:  # it falls with every selection of them: 63
            raise UsageError(f"{text!r:.99} has too many variants.", todo="A scope has 6 at most.")
        if len(written) > len(set(written)):
            raise UsageError(f"{text!r} names a variant twice.", todo="Name each once.")
        return scope

    @classmethod
    def read(cls, text: str) -> Scope | None:
        """The scope that a text is, or None where it is another name."""
        try:
            return cls.parse(text)
        except UsageError:
            return None

    @property
    def variants(self) -> frozenset[str]:
        """The variants one by one: `#fl2+bots` has two."""
        return _parts(self.variant) if self.variant else frozenset()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scope) and (
            self.provider == other.provider
            and self.product == other.product
            and self.region == other.region
            and self.zone == other.zone
            and (self.variant == other.variant or self.variants == other.variants)
        )

    def __hash__(self) -> int:
        return hash((self.provider, self.product, self.region, self.zone, self.variants))

    def __str__(self) -> str:
        parts = [self.provider]
        for part in (self.product, self.region, self.zone):
            if part is None:
                break
            parts.append(part)
        text = "/".join(parts)
        return f"{text}#{self.variant}" if self.variant else text

    def __lt__(self, other: Scope) -> bool:
        return str(self) < str(other)

    def wider(self) -> tuple[Scope, ...]:
        """The scopes that this one needs directly, since it falls when they do."""
        if self.variant:
            place, parts = replace(self, variant=None), self.variant.split("+")
            if len(parts) == 1:
                return (place,)
            fewer = ("+".join(parts[:i] + parts[i + 1 :]) for i in range(len(parts)))
            return tuple(replace(place, variant=variant) for variant in fewer)
        if self.zone:
            return (Scope(self.provider, self.product, self.region),)
        if self.region and self.product not in (None, "*"):
            return (
                Scope(self.provider, self.product),
                Scope(self.provider, "*", self.region),
            )
        if self.product:
            return (Scope(self.provider),)
        return ()

    def covers(self, other: Scope) -> bool:
        """True where `other` is this scope or lies inside it."""
        if self == other:
            return True
        if self.variant and other.variant:
            # Without this, every order of the parts would be tried.
            here, there = replace(self, variant=None), replace(other, variant=None)
            return here == there and self.variants <= other.variants
        if other.variant:
            return self.covers(replace(other, variant=None))
        return any(self.covers(wider) for wider in other.wider())
