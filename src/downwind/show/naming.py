"""The names by which people know the providers and services of a world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from downwind.model import Model
from downwind.terms import Scope
from downwind.world.form.called import Called
from downwind.world.form.deal import deal, deal_scope
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import Scenario
from downwind.world.form.schema import WorldFile

_KINDS = ("own:", "name:", "host:", "zone:", "address:", "issuer:")


@dataclass(frozen=True, slots=True)
class Naming:
    """Looks names up in a world, as it was dealt."""

    world: WorldFile
    model: Model
    fault: Scope

    @classmethod
    def of(cls, scenario: Scenario, seed: int | None) -> "Naming":
        """The names of a scenario's world."""
        world = deal(load_world(scenario.world_file), seed)
        fault = deal_scope(world, Scope.parse(scenario.spec.fault.scope), seed)
        return cls(world, owners_model(world), fault)

    def scope(self, scope: Scope) -> str:
        """Cloudflare, CDN and proxy (us-east-1, bots)."""
        return Called(self.world, self.fault).scope(scope)

    def provider(self, provider_id: str) -> str:
        """Cloudflare."""
        return Called(self.world, self.fault).provider(Scope(provider_id))

    def told(self, text: str) -> str:
        """A text of the scenario with `{provider}`, `{product}` and `{region}` filled in."""
        return Called(self.world, self.fault).told(text)

    @property
    def titles(self) -> Mapping[str, str]:
        """Service name -> its title."""
        return {service.name: service.title or service.name for service in self.world.services}

    def service(self, name: str) -> str:
        """X."""
        return self.titles.get(name) or name.rpartition(":")[2]

    def capability(self, key: str) -> str:
        """X: load the feed."""
        service, _, capability = key.rpartition("/")
        return f"{self.service(service)}: {self.title(service, capability)}"

    def called(self, name: str) -> str:
        """What people call a service, a capability or a scope; another name without its kind."""
        name = name.removesuffix("?")
        if name in self.titles:
            return self.titles[name]
        if name.rpartition("/")[0] in self.titles:
            return self.capability(name)
        for kind in _KINDS:
            if name.startswith(kind):
                return self.called(name.removeprefix(kind))
        scope = Scope.read(name)
        known = scope is not None and self.world.provider(scope.provider) is not None
        return self.scope(scope) if scope and known else name

    def title(self, service: str, capability: str) -> str:
        """load the feed."""
        for found in self.model.services:
            for each in found.capabilities:
                if (found.name, each.id) == (service, capability):
                    return each.title or capability
        return capability

    def group(self, service: str, keys: Sequence[str]) -> str:
        """The service's name where all of its capabilities are meant, else the capabilities."""
        found = next((s for s in self.model.services if s.name == service), None)
        if found and len(found.capabilities) == len(keys):
            return self.service(service)
        return ", ".join(self.capability(key) for key in keys)

    def grouped(self, keys: Sequence[str]) -> str:
        """All of them, service by service."""
        services: dict[str, list[str]] = {}
        for key in keys:
            services.setdefault(key.rpartition("/")[0], []).append(key)
        return ", ".join(self.group(service, keys) for service, keys in services.items())

    def listed(self, names: Sequence[str], between: str = ", ") -> str:
        """Capabilities service by service, then whatever else there is."""
        titles = self.titles
        keys = [name for name in names if name.rpartition("/")[0] in titles]
        others = dict.fromkeys(self.called(name) for name in names if name not in keys)
        return between.join([*([self.grouped(keys)] if keys else []), *others])
