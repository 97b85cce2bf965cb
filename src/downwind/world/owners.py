"""What the owners of a world's services write of them: model files that follow the deal."""

import re
from collections.abc import Iterable, Mapping

from downwind.model import Component, DeclaredNeed, Model, Service
from downwind.terms import ModelError
from downwind.world.schema import WorldFile, WorldService

_SLOT = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}")


def owners_model(world: WorldFile) -> Model:
    """One model of all services, each `${slot}` in it replaced by what stands in the slot."""
    services = []
    components: dict[str, Component] = {}
    for service in world.services:
        if service.capabilities:
            services.append(_service(service))
        for component in service.components:
            declares = _declares(component.declares, service)
            components[component.id] = component.model_copy(update={"declares": declares})
    return Model(services=tuple(services), components=tuple(components.values()))


def _service(service: WorldService) -> Service:
    capabilities = tuple(
        capability.model_copy(update={"declares": _declares(capability.declares, service)})
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


def _declares(declares: Iterable[DeclaredNeed], service: WorldService) -> tuple[DeclaredNeed, ...]:
    return tuple(
        need.model_copy(
            update={
                "any_of": tuple(_filled(name, service.on, service.name) for name in need.any_of)
            }
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
