"""Globalping's probes, and which of them to ask: outside the suspect's network, far apart."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.observe.network import Prefix

_CLOUD_TAGS = {"aws": "aws-", "gcp": "gcp-", "google": "gcp-", "google-cloud": "gcp-"}
"""Provider -> how tags begin that Globalping gives to probes in its regions (public/v1)."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Site:
    """A connected probe, as GET /v1/probes lists it."""

    continent: str
    country: str
    city: str
    asn: int
    network: str = ""
    tags: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    """Addresses, or `private`."""

    @property
    def at_home(self) -> bool:
        """Whether it stands where people are, and not in a data centre."""
        return "eyeball-network" in self.tags


@dataclass(frozen=True, slots=True)
class Avoid:
    """What belongs to the suspect: a probe that stands on it is no independent witness."""

    asns: frozenset[int] = frozenset()
    prefixes: tuple[Prefix, ...] = ()
    """A probe whose resolver lies in one of them depends on the suspect."""
    providers: frozenset[str] = field(default_factory=frozenset)
    """aws, gcp: probes that are tagged as standing in their regions."""

    def why(self, site: Site) -> str:
        """Why this probe is no independent witness; empty where it is one."""
        if site.asn in self.asns:
            return f"AS{site.asn} is the suspect's"
        starts = [start for name in self.providers if (start := _CLOUD_TAGS.get(name))]
        for tag in site.tags:
            if any(tag.startswith(start) for start in starts):
                return f"it stands in {tag}"
        for resolver in site.resolvers:
            if _inside(resolver, self.prefixes):
                return f"its resolver {resolver} is the suspect's"
        return ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where one probe is asked for, as POST /v1/measurements takes it."""

    asn: int
    country: str
    city: str

    def to_json(self) -> dict[str, Any]:
        return {"asn": self.asn, "country": self.country, "city": self.city, "limit": 1}


def choose_locations(
    sites: Iterable[Site], avoid: Avoid, count: int, seed: int = 0
) -> tuple[Location, ...]:
    """Up to `count` places outside the suspect, no two in one network, spread over continents.

    Probes at people's homes come before those in data centres. The same seed gives the same
    places, in whatever order the sites come.
    """
    free = sorted({(_place(s), not s.at_home) for s in sites if not avoid.why(s)})
    order = random.Random(seed)
    shuffled = [(away, order.random(), place) for place, away in free]
    by_continent: dict[str, list[_Place]] = {}
    for _, _, place in sorted(shuffled):
        by_continent.setdefault(place[0], []).append(place)
    chosen: list[_Place] = []
    continents = sorted(by_continent)
    order.shuffle(continents)
    while len(chosen) < count and any(by_continent.values()):
        for continent in continents:
            following = _next(by_continent[continent], chosen)
            if following is not None and len(chosen) < count:
                chosen.append(following)
    return tuple(Location(asn, country, city) for _, country, city, asn in chosen)


_Place = tuple[str, str, str, int]


def _place(site: Site) -> _Place:
    return (site.continent, site.country, site.city, site.asn)


def _next(places: list[_Place], chosen: Sequence[_Place]) -> _Place | None:
    """Take the next place of another network, and of another country if there is one."""
    networks = {place[3] for place in chosen}
    countries = {place[1] for place in chosen}
    places[:] = [place for place in places if place[3] not in networks]
    if not places:
        return None
    found = next((place for place in places if place[1] not in countries), places[0])
    places.remove(found)
    return found


def read_sites(data: object) -> tuple[Site, ...]:
    """The probes in an answer of GET /v1/probes; raises ValueError where it is no list.

    A probe that cannot be read is left out: it is one of thousands.
    """
    if not isinstance(data, list):
        raise ValueError("the probes are no list")
    return tuple(site for row in data if (site := _site(row)) is not None)


def _site(row: object) -> Site | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("location"), Mapping):
        return None
    return site_of(row["location"], row.get("tags"), row.get("resolvers"))


def site_of(location: Mapping[str, Any], tags: object, resolvers: object) -> Site | None:
    """A probe, from its location and its lists; None where these do not say where it is."""
    asn = location.get("asn")
    if isinstance(asn, bool) or not isinstance(asn, int) or not 0 <= asn < 2**32:
        return None
    continent, country, city = (plain(location.get(n)) for n in ("continent", "country", "city"))
    if not (continent and country and city):
        return None
    return Site(
        continent,
        country,
        city,
        asn,
        plain(location.get("network")),
        _texts(tags),
        _texts(resolvers),
    )


def plain(value: object, longest: int = _LONGEST) -> str:
    """Text on one line, without what cannot be printed; empty for anything that is no text."""
    if not isinstance(value, str):
        return ""
    kept = "".join(each if each.isprintable() else " " for each in value[: 20 * longest])
    return " ".join(kept.split())[:longest]


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, Collection) or isinstance(value, str | Mapping):
        return ()
    return tuple(text for each in list(value)[:50] if (text := plain(each)))


def _inside(resolver: str, prefixes: Iterable[Prefix]) -> bool:
    try:
        address = ipaddress.ip_address(resolver)
    except ValueError:
        return False
    return any(address in prefix for prefix in prefixes)
