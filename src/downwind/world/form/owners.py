"""What the owners of a world's services write of them: model files that follow the deal."""

import re
from collections.abc import Iterable, Mapping

from downwind.model import Component, DeclaredNeed, Model, Service
from downwind.terms import ModelError, Scope
from downwind.world.form.schema import Product, WorldFile, WorldService

PLAIN = "plain"
"""The variant of one who has switched none on, where the product has some: its owner knows."""

EVERYWHERE = "global"
"""The region of a product that has none, where its provider has some."""

_SLOT = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}")


def owners_model(world: WorldFile) -> Model:
    """One model of all services, each `${slot}` in it replaced by what stands in the slot."""
    services = []
    components: dict[str, Component] = {}
    for service in world.services:
        if service.capabilities:
            services.append(_service(world, service))
        for component in service.components:
            declares = _declares(component.declares, _known(world, service), service.name)
            components[component.id] = component.model_copy(update={"declares": declares})
    return Model(services=tuple(services), components=tuple(components.values()))


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
        plain = product is not None and product.variants and scope.variant is None
        if plain:
            known[slot] = f"{text}#{PLAIN}"
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
        return slots[slot]

    return _SLOT.sub(look_up, text)
