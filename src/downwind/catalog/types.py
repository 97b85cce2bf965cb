"""What the catalogue answers: who somebody is, and what an error speaks of."""

from dataclasses import dataclass
from datetime import date

from downwind.terms import Fault, Scope

CONFIRMED = 0.95
UNCONFIRMED = 0.6


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


@dataclass(frozen=True, slots=True)
class Product:
    """Something that a provider offers."""

    id: str
    role: str
    name: str
    served_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusFeed:
    """Where a provider itself says how it fares."""

    url: str
    format: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Who runs it."""

    id: str
    name: str
    owner: str
    products: tuple[Product, ...]
    regions: tuple[str, ...] = ()
    status: StatusFeed | None = None

    def product(self, product: str) -> Product | None:
        """The product of that id."""
        return next((found for found in self.products if found.id == product), None)

    def role(self, product: str | None) -> str | None:
        """The role of the product; without one, the role that all products share, if they do."""
        if product and product != "*":
            found = self.product(product)
            return found.role if found else None
        roles = {each.role for each in self.products}
        return roles.pop() if len(roles) == 1 else None
