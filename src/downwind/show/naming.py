"""The names by which people know the providers and services of a world."""

from collections.abc import Sequence
from dataclasses import dataclass

from downwind.model import Model
from downwind.terms import Scope
from downwind.world.form.deal import deal, deal_scope
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import Scenario
from downwind.world.form.schema import WorldFile


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

    def provider(self, scope: Scope) -> str:
        """Cloudflare."""
        provider = self.world.provider(scope.provider)
        return (provider.name if provider else "") or scope.provider

    def scope(self, scope: Scope) -> str:
        """Cloudflare, CDN and proxy (us-east-1, bots)."""
        text = self.provider(scope)
        product = self.world.product(scope.provider, scope.product)
        if scope.product and scope.product != "*":
            text += f", {(product.name if product else '') or scope.product}"
        finer = [part for part in (scope.region, scope.zone, scope.variant) if part]
        return f"{text} ({', '.join(finer)})" if finer else text

    def service(self, name: str) -> str:
        """X."""
        found = next((s for s in self.model.services if s.name == name), None)
        return (found.title if found else "") or name.rpartition(":")[2]

    def told(self, text: str) -> str:
        """A text of the scenario with `{provider}`, `{product}` and `{region}` filled in."""
        product = self.world.product(self.fault.provider, self.fault.product)
        bare = (self.fault.product or "").strip("*")
        for key, value in (
            ("{provider}", self.provider(self.fault)),
            ("{product}", (product.name if product else "") or bare),
            ("{region}", self.fault.region or ""),
        ):
            text = text.replace(key, value)
        return text

    def capability(self, key: str) -> str:
        """X: load the feed."""
        service, _, capability = key.rpartition("/")
        return f"{self.service(service)}: {self.title(service, capability)}"

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
