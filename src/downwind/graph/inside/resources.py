"""Resources of Terraform, as declared needs: where each runs, and what it fetches from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from downwind.catalog import Catalog
from downwind.graph.inside.consumers import add_consumer
from downwind.graph.inside.statements import stated
from downwind.graph.inside.vendors import add_vendor
from downwind.graph.observed import Sightings
from downwind.graph.scopes import use_scope
from downwind.graph.types import GraphBuilder
from downwind.model import read_yaml
from downwind.terms import Alternative, Need, Scope, Standing, Strength

# A region and a letter: us-east-1a, europe-west1-b. A local zone, us-east-1-bos-1a, is neither.
_ZONE = re.compile(r"([a-z]+(?:-[a-z]+)*-?\d+)-?[a-p]\Z")


@dataclass(frozen=True, slots=True)
class Maker:
    """Whose resources a Terraform provider makes."""

    provider: str
    products: Mapping[str, str]
    zones: bool
    """Whether a zone is called after its region and a letter."""

    def product(self, type_: str) -> str | None:
        """The product by the longest beginning of the type; None where no beginning is known."""
        fitting = [begins for begins in self.products if type_.startswith(begins)]
        return self.products[max(fitting, key=len)] if fitting else None


@cache
def makers() -> Mapping[str, Maker | None]:
    """By the provider's name without its registry; None for one that has no vendor of its own."""
    file = resources.files("downwind.graph.inside") / "terraform.yaml"
    table = read_yaml(file.read_text(encoding="utf-8"), file.name)
    known: dict[str, Maker | None] = dict.fromkeys(table["own"])
    for name, entry in table["providers"].items():
        products, zones = entry.get("products", {}), entry.get("zones") == "letter"
        known[name] = Maker(entry["provider"], products, zones)
    return known


def add_resources(
    builder: GraphBuilder, sightings: Sightings, catalog: Catalog, as_of: date | None
) -> None:
    """Whoever was read needs each resource, and each resource its provider where it is."""
    for record_id, value, day in stated(sightings, "inside.resource", "terraform", as_of):
        _Adding(builder, catalog, record_id, value, day).add()


@dataclass(frozen=True, slots=True)
class _Adding:
    builder: GraphBuilder
    catalog: Catalog
    record_id: str
    value: Mapping[str, Any]
    day: str

    def add(self) -> None:
        address = str(self.value["address"])
        here = self._resource(address)
        self._need(
            add_consumer(self.builder, str(self.value["node"])),
            f"resource {address}",
            [here],
            Strength.SOFT,
            f"{self.value['source']} has it; what is lost without it the state does not tell",
        )
        self._run_somewhere(here, address)
        self._answer_for_hosts(here, address)
        self._fetch(here, address)
        for other in self.value["depends_on"]:
            why = (
                f"Terraform makes {address} after {other}; whether it runs without, the state does "
                "not tell"
            )
            self._need(here, f"after {other}", [self._resource(str(other))], Strength.SOFT, why)

    def _resource(self, address: str) -> str:
        node_id = f"terraform:{self.value['source']}:{address}"
        return self.builder.node(node_id, "component", address)

    def _run_somewhere(self, here: str, address: str) -> None:
        name = str(self.value["provider"])
        known = makers()
        short = name if name in known else "/".join(name.split("/")[-2:])
        if short not in known:
            self.builder.unknown(
                address, "inside.resource", f"no vendor is known for the provider {short}"
            )
            return
        maker = known[short]
        if maker is None:
            return
        product = maker.product(str(self.value["type"]))
        places = [_scope(maker, product, *place) for place in _places(maker, self.value)]
        scopes = [use_scope(self.builder, scope) for scope in dict.fromkeys(places)]
        why = f"{self.value['type']} of {short}: {', '.join(map(str, dict.fromkeys(places)))}"
        self._need(here, "runs on", scopes, Strength.HARD, why)
        if len(scopes) > 1:
            for scope in scopes:
                what = "its instances are in several places, and those of one are lost"
                self._need(here, f"part on {scope.rstrip('?')}", [scope], Strength.SOFT, what)

    def _answer_for_hosts(self, here: str, address: str) -> None:
        for host in self.value["hosts"]:
            node_id = self.builder.node(f"host:{host}", "host", host)
            why = f"{self.value['source']} says that {address} answers for {host}"
            self._need(node_id, "resource", [here], Strength.HARD, why)

    def _fetch(self, here: str, address: str) -> None:
        servers = [self._vendor(host) for host in self.value["name_servers"]]
        if servers:
            why = f"any of the {len(servers)} name servers of {address} will do"
            self._need(here, "name servers", servers, Strength.HARD, why)
        origins = list(self.value["origins"])
        strength = Strength.HARD if len(origins) == 1 else Strength.SOFT
        which = (
            "" if len(origins) == 1 else "; which of its several origins is for what, is not told"
        )
        for origin in origins:
            why = f"{address} leads to {origin}{which}"
            self._need(here, f"origin {origin}", [self._vendor(origin)], strength, why)

    def _vendor(self, host: str) -> str:
        return add_vendor(self.builder, self.catalog, host, [self.record_id])

    def _need(
        self, node_id: str, name: str, targets: list[str], strength: Strength, why: str
    ) -> None:
        self.builder.need(
            node_id,
            Need(
                name,
                tuple(map(Alternative, targets)),
                strength=strength,
                standing=Standing.DECLARED,
                why=why,
                evidence=(self.record_id,),
                known_since=self.day,
            ),
        )


def _places(maker: Maker, value: Mapping[str, Any]) -> list[tuple[str | None, str | None]]:
    """(region, zone) of each place; (None, None) where the state tells none."""
    places: list[tuple[str | None, str | None]] = []
    for zone in value["zones"]:
        # AWS gives each account its own letters, so that a letter names no zone for others.
        found = _ZONE.match(zone) if maker.zones else None
        region = found[1] if found else None
        places.append((region, zone if region and maker.provider != "aws" else None))
    zoned = {region for region, _ in places}
    places += [(region, None) for region in value["regions"] if region not in zoned]
    return [place for place in places if place[0]] or [(None, None)]


def _scope(maker: Maker, product: str | None, region: str | None, zone: str | None) -> Scope:
    if product is None and region:
        return Scope(maker.provider, "*", region, zone)
    return Scope(maker.provider, product, region, zone)
