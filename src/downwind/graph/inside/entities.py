"""Entities of Backstage, as declared needs: what each depends on, consumes and provides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from downwind.catalog import Catalog
from downwind.graph.inside.consumers import add_consumer
from downwind.graph.inside.statements import stated
from downwind.graph.inside.vendors import add_vendor
from downwind.graph.observed import Sightings
from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Standing, Strength


def add_entities(
    builder: GraphBuilder, sightings: Sightings, catalog: Catalog, as_of: date | None
) -> None:
    """Whoever was read needs each entity; entities need what their owners wrote."""
    providers: dict[str, list[tuple[_Adding, str]]] = {}
    for record_id, value, day in stated(sightings, "inside.entity", "backstage", as_of):
        adding = _Adding(builder, catalog, record_id, value, day)
        adding.add()
        for api in value["relations"].get("providesApis", ()):
            providers.setdefault(str(api), []).append((adding, str(value["ref"])))
    for api, of_api in providers.items():
        _add_providers(api, of_api)


def _add_providers(api: str, of_api: list[tuple["_Adding", str]]) -> None:
    """An API stands on the one that provides it; of several the files do not tell who is asked."""
    lone = len(of_api) == 1
    for adding, ref in of_api:
        why = f"{ref} provides {api}" + ("" if lone else ", and so do others")
        strength = Strength.HARD if lone else Strength.SOFT
        adding.need(adding.entity(api), f"provided by {ref}", adding.entity(ref), strength, why)


@dataclass(frozen=True, slots=True)
class _Adding:
    builder: GraphBuilder
    catalog: Catalog
    record_id: str
    value: Mapping[str, Any]
    day: str

    def add(self) -> None:
        ref = str(self.value["ref"])
        here = self.entity(ref)
        consumer = add_consumer(self.builder, str(self.value["node"]))
        listed = f"{self.value['source']} lists it"
        self.need(consumer, f"entity {ref}", here, Strength.SOFT, listed)
        for field in ("dependsOn", "consumesApis"):
            for other in self._related(field):
                why = f"declared by the owner: {ref} {field} {other}"
                self.need(here, f"{field} {other}", self.entity(other), Strength.HARD, why)
        for field in ("dependencyOf", "subcomponentOf", "system"):
            strength = Strength.HARD if field == "dependencyOf" else Strength.SOFT
            for other in self._related(field):
                why = f"declared by the owner: {ref} is {field} {other}"
                self.need(self.entity(other), f"{field} of {ref}", here, strength, why)
        self._add_hosts(ref, here)

    def entity(self, ref: str) -> str:
        """The node of an entity, which other files may describe."""
        return self.builder.node(ref, "component", ref)

    def _related(self, field: str) -> Iterable[str]:
        return map(str, self.value["relations"].get(field, ()))

    def _add_hosts(self, ref: str, here: str) -> None:
        """A component stands behind its hosts; a resource or an API is reached at them."""
        for host in self.value["hosts"]:
            why = f"declared by the owner: {host} is a host name of {ref}"
            if self.value["kind"] == "component":
                node_id = self.builder.node(f"host:{host}", "host", host)
                self.need(node_id, "component", here, Strength.HARD, why)
            else:
                self.need(here, f"host {host}", self._vendor(host), Strength.HARD, why)
        for host in self.value["links"]:
            if host not in self.value["hosts"]:
                why = f"its owner links to {host}"
                self.need(here, f"link to {host}", self._vendor(host), Strength.SOFT, why)

    def _vendor(self, host: str) -> str:
        return add_vendor(self.builder, self.catalog, host, [self.record_id])

    def need(self, node_id: str, name: str, target: str, strength: Strength, why: str) -> None:
        """Add a declared need."""
        self.builder.need(
            node_id,
            Need(
                name,
                (Alternative(target),),
                strength=strength,
                standing=Standing.DECLARED,
                why=why,
                evidence=(self.record_id,),
                known_since=self.day,
            ),
        )
