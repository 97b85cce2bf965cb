"""The places of a world that a fault or a claim can name, and what keeps a scope from being one."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.terms import Scope
from downwind.world.form.check import CONTROL, in_order
from downwind.world.form.schema import Product, Provider, WorldFile


def place_complaint(world: WorldFile, scope: Scope) -> str | None:
    """What keeps a scope from naming a place of the world, with what there is instead."""
    provider = world.provider(scope.provider)
    if provider is None:
        return f"there is no provider {scope.provider!r}; {there_is(p.id for p in world.providers)}"
    across = scope.product == "*"
    if across and (scope.region is None or scope.zone is not None):
        return f"`*` stands before a region, as in {provider.id}/*/REGION, and before no zone"
    if scope.product and not across and provider.product(scope.product) is None:
        there = there_is(product.id for product in provider.products)
        return f"{provider.id} has no product {scope.product!r}; {there}"
    return _region_complaint(provider, scope) or _variant_complaint(world, scope)


def _region_complaint(provider: Provider, scope: Scope) -> str | None:
    if scope.region is None:
        return None
    across = scope.product == "*"
    products = [p for p in provider.products if across or p.id == scope.product]
    name = provider.id if across else f"{provider.id}/{scope.product}"
    regions = [region for product in products for region in product.regions]
    region = next((region for region in regions if region.id == scope.region), None)
    if region is None:
        return f"{name} has no region {scope.region!r}; {there_is(r.id for r in regions)}"
    if scope.zone is None:
        return None
    if products[0].system != "compute":
        return f"{name} is a {products[0].system}; only compute has zones"
    if scope.zone not in region.zones:
        return f"{name}/{region.id} has no zone {scope.zone!r}; {there_is(region.zones)}"
    return None


def _variant_complaint(world: WorldFile, scope: Scope) -> str | None:
    where = Scope(scope.provider, scope.product, scope.region)
    products = inside(world, where)
    able = [product for product in products if has_variant(product, scope)]
    if not able:
        there = there_is(variant for product in products for variant in product.variants)
        return f"{where} has no variant {scope.variant!r}; {there}"
    if scope.variant == CONTROL or any(in_order(scope.variant, product) for product in able):
        return None
    said = f"the parts of #{scope.variant} stand in another order than the variants of {where}"
    return f"{said}: {', '.join(able[0].variants)}"


def inside(world: WorldFile, scope: Scope) -> list[Product]:
    """The products that a fault of this scope hits, one with the variant where it names one."""
    provider = world.provider(scope.provider)
    products = provider.products if provider else ()
    return [
        product
        for product in products
        if scope.product in (None, "*", product.id)
        and (scope.region is None or product.region(scope.region))
        and has_variant(product, scope)
    ]


def has_variant(product: Product, scope: Scope) -> bool:
    """True where customers of the product can have the scope's variants, or it has that plane."""
    if scope.variant == CONTROL:
        return product.leases_in is not None
    return scope.variants <= set(product.variants)


def there_is(names: Iterable[str]) -> str:
    """Lists what there is instead of what somebody named."""
    listed = ", ".join(dict.fromkeys(names))
    return f"there is {listed}" if listed else "there is none"
