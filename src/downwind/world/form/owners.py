"""What the owners of a world's services write of them: model files that follow the deal."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from downwind.model import Component, DeclaredNeed, Model, Service
from downwind.terms import ModelError, Scope
from downwind.world.form.check import CONTROL
from downwind.world.form.schema import Leaning, Product, WorldFile, WorldService

PLAIN = "plain"
"""The variant of one who has switched none on, where the product has some: its owner knows."""

EVERYWHERE = "global"
"""The region of a product that has none, where its provider has some."""

DATA = "data"
"""The plane on which things run, where the product has a control plane beside it."""

LEASE = 600.0
"""Seconds for which a control plane keeps its leases while it cannot renew them."""

RECOVERY = 600.0
"""Seconds in which a control plane that lost its leases gets them all back, unless told."""

_SLOT = re.compile(r"\$\{([a-z][a-z0-9_-]*)(#control)?\}(/)?")


def owners_model(world: WorldFile, recovery: float = RECOVERY) -> Model:
    """One model of all services, each `${slot}` in it replaced by what stands in the slot.

    The providers' own leanings come as components whose ids are scopes. `recovery` is how many
    seconds their control planes need once what they lost is back.
    """
    services = []
    components = {found.id: found for found in _leanings(world, recovery)}
    for service in world.services:
        if service.capabilities:
            services.append(_service(world, service))
        for component in service.components:
            declares = _declares(component.declares, _known(world, service), service.name)
            components[component.id] = component.model_copy(update={"declares": declares})
    return Model(services=tuple(services), components=tuple(components.values()))


def recovery_after(lasts: float, recovery: float = RECOVERY) -> float:
    """How many seconds control planes need after a fault of so many seconds: 0 within a lease."""
    return recovery if lasts > LEASE else 0.0


def _leanings(world: WorldFile, recovery: float) -> Iterator[Component]:
    for provider in world.providers:
        for product in provider.products:
            here = f"{provider.id}/{product.id}"
            needs = [
                _leaning_need(name, leaning, provider.id)
                for name, leaning in (("core", product.core), ("front", product.front))
                if leaning is not None
            ]
            policy = product.checked_by
            check = [_leaning_need("policy check", policy, provider.id)] if policy else []
            if product.system == "keyvalue" and (needs or check):
                yield Component(id=here, kind="product", declares=(*needs, *check))
            if product.leases_in is None:
                continue
            for region in product.regions or (None,):
                place = region.id if region else None
                leases = _leaning_need("leases", product.leases_in, provider.id, place)
                yield Component(
                    id=str(Scope(provider.id, product.id, place, variant=CONTROL)),
                    kind="variant",
                    declares=(leases, *check),
                    recovery_lag=recovery,
                )


def _leaning_need(
    name: str, leaning: Leaning, provider: str, region: str | None = None
) -> DeclaredNeed:
    scope = leaning.scope(provider)
    return DeclaredNeed(
        need=name.replace(" ", "-"),
        any_of=(str(replace(scope, region=region or scope.region)),),
        known_since=leaning.known_since,
        source=leaning.source,
    )


def _service(world: WorldFile, service: WorldService) -> Service:
    slots = _known(world, service)
    capabilities = tuple(
        capability.model_copy(
            update={"declares": _declares(capability.declares, slots, service.name)}
        )
        for capability in service.capabilities
    )
    return Service(
        name=service.name,
        title=service.title,
        owner=service.owner,
        weight=service.weight,
        variables=service.variables,
        capabilities=capabilities,
    )


def _known(world: WorldFile, service: WorldService) -> dict[str, str]:
    """What stands in each slot, as the owner knows it."""
    known = {}
    for slot, text in service.on.items():
        scope = Scope.parse(text)
        product = world.product(scope.provider, scope.product)
        if product is not None and product.variants and scope.variant is None:
            known[slot] = f"{text}#{PLAIN}"
        elif product is not None and product.leases_in and scope.zone is None:
            known[slot] = f"{text}#{DATA}"
        elif product is not None and _is_everywhere(world, scope, product):
            known[slot] = f"{text}/{EVERYWHERE}"
        else:
            known[slot] = text
    return known


def _is_everywhere(world: WorldFile, scope: Scope, product: Product) -> bool:
    provider = world.provider(scope.provider)
    regional = provider is not None and any(other.regions for other in provider.products)
    return regional and not product.regions and not product.variants


def _declares(
    declares: Iterable[DeclaredNeed], slots: Mapping[str, str], where: str
) -> tuple[DeclaredNeed, ...]:
    return tuple(
        need.model_copy(
            update={"any_of": tuple(_filled(name, slots, where) for name in need.any_of)}
        )
        for need in declares
    )


def _filled(text: str, slots: Mapping[str, str], where: str) -> str:
    def look_up(found: re.Match[str]) -> str:
        slot = found.group(1)
        if slot not in slots:
            raise ModelError(
                f"${{{slot}}} names no slot.",
                where=f"declares of {where}",
                todo=f"Its slots are {', '.join(slots)}.",
            )
        known, plane, zone = slots[slot], found.group(2), found.group(3)
        if plane is None and zone is None:
            return known
        # A zone lies in the place, and a plane belongs to it, whatever else its owner knows.
        return f"{known.partition('#')[0]}{plane or ''}{zone or ''}"

    return _SLOT.sub(look_up, text)
