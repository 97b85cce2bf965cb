"""Lists who offers a role, with who carries and who owns them: what is really separate."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from downwind.catalog.lookup import Catalog
from downwind.catalog.roles import ROLES
from downwind.catalog.types import Product, Provider
from downwind.terms import UsageError


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that plays a role."""

    provider: str
    product: str
    name: str
    owner: str
    served_by: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self) | {"served_by": list(self.served_by)}


def alternatives(catalog: Catalog, role: str) -> Sequence[Offer]:
    """What plays the role and has not ended, by owner; raises UsageError for an unknown role."""
    if role not in ROLES:
        raise UsageError(f"{role[:40]!r} is no role.", todo=f"The roles are {', '.join(ROLES)}.")
    found = [
        Offer(each.id, product.id, _name(each, product), each.owner, product.served_by)
        for each in catalog.providers
        for product in each.products
        if product.role == role and product.ended is None
    ]
    return sorted(found, key=lambda offer: (offer.owner.casefold(), offer.provider, offer.product))


def _name(provider: Provider, product: Product) -> str:
    """Both names, where neither says it all: hCaptcha, ClouDNS, but Google reCAPTCHA."""
    whole, part = provider.name.casefold(), product.name.casefold()
    if part.startswith(whole):
        return product.name
    if whole.endswith(part):
        return provider.name
    return f"{provider.name} {product.name}"
