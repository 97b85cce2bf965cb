"""What the catalogue answers: who somebody is, and what an error speaks of."""

from dataclasses import dataclass
from datetime import date

from downwind.catalog.decay import CONFIRMED, UNCONFIRMED
from downwind.terms import Fault, Scope

__all__ = [
    "CONFIRMED",
    "UNCONFIRMED",
    "Acquisition",
    "Carrier",
    "Match",
    "Product",
    "Provider",
    "Signed",
    "StatusFeed",
]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Another provider that carries what this one offers."""

    provider: str
    last_confirmed: date | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A fact of the catalogue that fits what was observed."""

    provider: str
    product: str | None
    region: str | None
    role: str | None
    rule: str
    """The rule with the observed value in it. Observed text is attacker-controlled: escape it."""
    source: str
    last_confirmed: date | None
    confidence: float
    served_by: str | None = None
    """Who carries it, where that is another provider; None where nobody else is known to."""
    carrier_confidence: float = 1.0
    """How far `served_by` is believed."""
    kind: str = ""
    """The kind of the fact."""
    mark: str = ""
    """What of it was found: the suffix, the prefix."""

    @property
    def scope(self) -> Scope:
        """The finest scope that this fact supports."""
        if self.region and self.product is None:
            return Scope(self.provider, "*", self.region)
        return Scope(self.provider, self.product, self.region)


@dataclass(frozen=True, slots=True)
class Signed:
    """An error signature that fits. Evidence with a likelihood, never a verdict."""

    provider: str
    """Empty where the signature speaks of a layer and of no provider."""
    product: str | None
    says: Fault
    weight: float
    rule: str
    bare: bool = False
    """True where a status alone fits, which anybody can send."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that a provider offers."""

    id: str
    role: str
    name: str
    carriers: tuple[Carrier, ...] = ()
    ended: str | None = None
    """The year or month in which it ended, as in 2025-01; unknown where nobody says when."""

    @property
    def served_by(self) -> tuple[str, ...]:
        """The ids of its carriers, the likeliest first."""
        return tuple(carrier.provider for carrier in self.carriers)


@dataclass(frozen=True, slots=True)
class StatusFeed:
    """Where a provider itself says how it fares."""

    url: str
    format: str


@dataclass(frozen=True, slots=True)
class Acquisition:
    """When the owner took a provider over, and whose it was before."""

    year: int
    before: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who runs it."""

    id: str
    name: str
    owner: str
    products: tuple[Product, ...]
    regions: tuple[str, ...] = ()
    status: StatusFeed | None = None
    acquired: Acquisition | None = None

    def product(self, product: str) -> Product | None:
        """The product of that id."""
        for found in self.products:
            if found.id == product:
                return found
        return None

    def role(self, product: str | None) -> str | None:
        """The role of the product; without one, the role that all products share, if they do."""
        if product and product != "*":
            found = self.product(product)
            return found.role if found else None
        roles = {each.role for each in self.products}
        return roles.pop() if len(roles) == 1 else None

    def carrier(self, product: str | None) -> Carrier | None:
        """Who carries the product first; without one, who carries all products alike."""
        if product and product != "*":
            found = self.product(product)
            return found.carriers[0] if found and found.carriers else None
        carriers = {each.carriers[:1] for each in self.products}
        sole = carriers.pop() if len(carriers) == 1 else ()
        return sole[0] if sole else None
