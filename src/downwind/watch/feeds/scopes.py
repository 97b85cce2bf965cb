"""Of which scopes an incident of a status feed speaks, and where that is coarser than it sounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from downwind.terms import Scope
from downwind.watch.feeds.naming import Named, Naming

MOST_SCOPES = 64
"""An incident that names more places than this is told without them."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A scope that an incident names."""

    scope: Scope
    coarse: bool = False
    """True where the feed names something finer that the catalogue does not know, or nothing."""


def spoken_of(
    provider: str, naming: Naming | None, incident: Mapping[str, Any]
) -> tuple[Spoken, ...]:
    """The scopes of an incident, as `FeedIncident.to_json` has it, in order."""
    if naming is None:
        return (Spoken(Scope(provider), True),)
    named: list[Named] = []
    unknown = False
    for each in incident.get("components", ()):
        found = naming.component(str(each.get("id", "")), str(each.get("name", "")))
        named.append(found)
        unknown = unknown or not found
    told = [naming.region(str(each)) for each in incident.get("regions", ())]
    unknown = unknown or None in told
    places = {each: None for each in told if each}
    # A region that stands by itself is where all the products of the incident are hit.
    places.update({place: None for each in named if not each.products for place in each.regions})
    found_scopes = _fit(provider, named, tuple(places), unknown)
    return tuple(sorted(found_scopes, key=lambda each: (str(each.scope), each.coarse)))


def _fit(provider: str, named: list[Named], places: tuple[str, ...], unknown: bool) -> set[Spoken]:
    products = {product for each in named for product in each.products}
    found = _crossed(provider, named, places, unknown)
    if len(found) <= MOST_SCOPES:
        return found
    rather = {Spoken(Scope(provider, each)) for each in products}
    if unknown or not products:
        rather.add(Spoken(Scope(provider), True))
    return rather if len(rather) <= MOST_SCOPES else {Spoken(Scope(provider), True)}


def _crossed(
    provider: str, named: list[Named], places: tuple[str, ...], unknown: bool
) -> set[Spoken]:
    """Each product in its own regions, or else in those of the whole incident."""
    found = {
        Spoken(Scope(provider, product, region))
        for each in named
        for product in each.products
        for region in (each.regions or places or (None,))
    }
    if found and not unknown:
        return found
    nothing = not named and not places
    rest = {Spoken(Scope(provider, "*", place), unknown) for place in places}
    return found | (rest or {Spoken(Scope(provider), unknown or nothing or not found)})
