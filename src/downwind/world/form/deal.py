"""Deals a world anew: who stands on whom, and whom the fault hits, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from downwind.terms import Scope, UnknownCause
from downwind.world.form.check import CONTROL, variant_parts
from downwind.world.form.places import has_variant
from downwind.world.form.schema import Product, Provider, WorldFile, WorldService
from downwind.world.form.telling import most_telling


def deal(world: WorldFile, seed: int | None) -> WorldFile:
    """The same services on other products of the same role and system; None changes nothing.

    Each slot has a draw of its own, so a service more or less leaves the others as they are.
    """
    if seed is None:
        return world
    services = tuple(
        _dealt(world, service, seed) if service.dealt else service for service in world.services
    )
    providers = tuple(_dealt_cores(world, provider, seed) for provider in world.providers)
    return world.model_copy(update={"services": services, "providers": providers})


def deal_scope(world: WorldFile, scope: Scope, seed: int | None) -> Scope:
    """Whom the fault hits in a dealt world: another of the same kind, on which a service stands.

    One on which at least two services stand is preferred: a single victim's fault may be its own.
    `world` is the dealt one. Raises UnknownCause where the scope names nothing in it.
    """
    provider = world.provider(scope.provider)
    if provider is None or (scope.product not in (None, "*") and not _product(world, scope)):
        raise UnknownCause(
            f"the world {world.world!r} holds no {scope}.",
            todo="Name a provider and product of it.",
        )
    if seed is None:
        return scope
    stands = [stands_on(world, service) for service in world.services]
    rng = random.Random(f"{seed}:fault")
    if scope.product in (None, "*"):
        return _deal_provider(world, provider, scope, stands, rng)
    return _deal_product(world, scope, stands, rng)


@dataclass(frozen=True, slots=True)
class _Choice:
    provider: Provider
    product: Product

    def scope(self, region: str | None = None, variant: str | None = None) -> Scope:
        return Scope(self.provider.id, self.product.id, region, None, variant)


def _dealt(world: WorldFile, service: WorldService, seed: int) -> WorldService:
    on = {}
    for slot, text in service.on.items():
        rng = random.Random(f"{seed}:{service.name}:{slot}")
        on[slot] = str(_redrawn(world, Scope.parse(text), rng))
    return service.model_copy(update={"on": on})


def _dealt_cores(world: WorldFile, provider: Provider, seed: int) -> Provider:
    """Where its products keep their data is drawn anew as well."""
    products = []
    for product in provider.products:
        core = product.core
        if core is not None:
            rng = random.Random(f"{seed}:{provider.id}/{product.id}:core")
            drawn = str(_redrawn(world, core.scope(provider.id), rng))
            core = core.model_copy(update={"on": drawn})
        products.append(product.model_copy(update={"core": core}))
    return provider.model_copy(update={"products": tuple(products)})


def stands_on(world: WorldFile, service: WorldService) -> list[Scope]:
    """What a service stands on: its slots, and what the products in them lean on in turn."""
    found: dict[Scope, None] = {}
    pending = [Scope.parse(text) for text in service.on.values()]
    declared = [name for c in service.capabilities for d in c.declares for name in d.any_of]
    if any(f"#{CONTROL}}}" in name for name in declared):
        pending += [Scope(s.provider, s.product, s.region, None, CONTROL) for s in pending]
    while pending:
        scope = pending.pop(0)
        if scope in found:
            continue
        found[scope] = None
        pending += _leans_on(world, scope)
    return list(found)


def _leans_on(world: WorldFile, scope: Scope) -> Iterator[Scope]:
    product = world.product(scope.provider, scope.product)
    if product is None:
        return
    launches = scope.variant == CONTROL
    if launches and product.leases_in:
        yield replace(product.leases_in.scope(scope.provider), region=scope.region)
    if product.checked_by and (launches or product.system == "keyvalue"):
        yield product.checked_by.scope(scope.provider)
    for leaning in (product.core, product.front):
        if leaning:
            yield leaning.scope(scope.provider)


def _redrawn(world: WorldFile, scope: Scope, rng: random.Random) -> Scope:
    now = _product(world, scope)
    if now is None or now.role is None:
        return scope
    drawn = rng.choice(list(_same_kind(world, now)))
    region = rng.choice(drawn.product.regions) if drawn.product.regions else None
    zone = scope.zone if region and scope.zone in region.zones else None
    keeps = variant_parts(scope.variant) <= set(drawn.product.variants)
    return Scope(
        drawn.provider.id,
        drawn.product.id,
        region.id if region else None,
        zone,
        scope.variant if keeps else None,
    )


def _deal_product(
    world: WorldFile, scope: Scope, stands: Sequence[Sequence[Scope]], rng: random.Random
) -> Scope:
    now = _product(world, scope)
    if now is None or now.role is None:
        return scope
    able = [c for c in _same_kind(world, now) if has_variant(c.product, scope)]
    places = [
        choice.scope(region, scope.variant)
        for choice in able
        for region in _regions(choice.product, scope.region)
    ]
    return rng.choice(most_telling(places, stands) or [scope])


def _deal_provider(
    world: WorldFile,
    provider: Provider,
    scope: Scope,
    stands: Sequence[Sequence[Scope]],
    rng: random.Random,
) -> Scope:
    roles = {product.role for product in provider.products} - {None}
    if not roles:
        return scope
    places = [
        Scope(other.id, scope.product, region)
        for other in world.providers
        if roles & {product.role for product in other.products}
        for region in _provider_regions(other, scope.region)
    ]
    return rng.choice(most_telling(places, stands) or [scope])


def _same_kind(world: WorldFile, product: Product) -> Iterator[_Choice]:
    for provider in world.providers:
        for other in provider.products:
            if other.role == product.role and other.system == product.system:
                yield _Choice(provider, other)


def _regions(product: Product, wanted: str | None) -> list[str | None]:
    if wanted is None or not product.regions:
        return [None]
    return [region.id for region in product.regions]


def _provider_regions(provider: Provider, wanted: str | None) -> list[str | None]:
    if wanted is None:
        return [None]
    ids = [region.id for product in provider.products for region in product.regions]
    return list(dict.fromkeys(ids))


def _product(world: WorldFile, scope: Scope) -> Product | None:
    return world.product(scope.provider, scope.product)
