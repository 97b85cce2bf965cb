"""What is known of watched sites, as a model: stated providers, platform host names, signatures.

Nobody is given a provider by guess. A site whose provider is not known stays without one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from downwind.catalog import Catalog, Match
from downwind.catalog.decay import FLOOR
from downwind.evidence.domains import public_suffix, registrable_domain
from downwind.evidence.hosts import host_of
from downwind.evidence.upptime import Read, Sighting, Site
from downwind.jobs.backtest.stated import Names, names_of, scopes_in
from downwind.model import Capability, Component, DeclaredNeed, Model, Service, Step
from downwind.terms import Scope

_HOSTS = ("cname", "script_host", "api_host")
BY_HOST = "host:"
"""How a site table says that the host name itself tells the provider."""
OWNER_NODE = "owner: "
_ID = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one site."""

    service: str
    owner: str
    """Who runs it: the repository's owner, or the domain where it is somebody else's service."""
    host: str
    """Empty where the owner keeps it secret."""
    scheme: str
    needs: tuple[DeclaredNeed, ...]


def known_sites(read: Read, catalog: Catalog) -> tuple[Known, ...]:
    """What is known of every site that was seen, by name.

    A site's last URL counts; where it led elsewhere before, from the day on which it changed.
    """
    stated: dict[tuple[str, str], Site] = {}
    for site in read.sites:
        key = (site.repository, site.name)
        if key not in stated or site.provider:
            stated[key] = site
    last: dict[tuple[str, str], Sighting] = {}
    moved: dict[tuple[str, str], date] = {}
    spoken: dict[tuple[str, str], dict[Scope, DeclaredNeed]] = defaultdict(dict)
    for sighting in read.sightings:
        before = last.get(sighting.key)
        if before and "://" in before.url and host_of(before.url) != host_of(sighting.url):
            moved[sighting.key] = _day(sighting.at)
        last[sighting.key] = sighting
        for need in _of_signature(sighting, catalog):
            spoken[sighting.key].setdefault(Scope.parse(need.any_of[0]), need)
    names = names_of(catalog)
    known = [
        _known(
            last[key], stated.get(key), tuple(spoken[key].values()), catalog, names, moved.get(key)
        )
        for key in sorted(last)
    ]
    return _with_public_ones(known)


def as_model(sites: Iterable[Known]) -> Model:
    """The model: a service for each site, and for each owner of several what they share."""
    known = tuple(sites)
    members: dict[str, int] = defaultdict(int)
    for site in known:
        members[site.owner] += 1
    shared = {owner for owner, count in members.items() if count > 1}
    components = [
        Component(id=owner_node(owner), title=f"what {owner} runs", kind="owner")
        for owner in sorted(shared)
    ]
    services = [_service(site, site.owner in shared) for site in known]
    return Model(services=tuple(services), components=tuple(components))


def _with_public_ones(sites: Sequence[Known]) -> tuple[Known, ...]:
    """A domain that several owners watch is run by none of them, as far as anybody knows."""
    watched: dict[str, set[str]] = defaultdict(set)
    for site in sites:
        if site.host:
            watched[registrable_domain(site.host)].add(site.service.partition("/")[0])
    public = {domain for domain, owners in watched.items() if len(owners) > 1}
    return tuple(
        replace(site, owner=registrable_domain(site.host))
        if site.host and registrable_domain(site.host) in public
        else site
        for site in sites
    )


def owner_node(owner: str) -> str:
    """The node of what one owner's sites have in common, whatever it is."""
    return f"{OWNER_NODE}{owner}"


def owner_in(service: Service, capability: Capability) -> str:
    """Whose fault it is when nobody else's: an owner of several sites, else the service itself.

    The owner that a model of one's own names is no suspect: that is whom everything belongs to.
    """
    needs = (name for need in capability.declares for name in need.any_of)
    owners = [name.removeprefix(OWNER_NODE) for name in needs if name.startswith(OWNER_NODE)]
    return owners[0] if owners else service.name


def _service(site: Known, shares: bool) -> Service:
    url = f"{site.scheme}://{site.host}/"
    journey = (Step(url=url),) if site.host else ()
    owned = DeclaredNeed(
        need="owner", any_of=(owner_node(site.owner),), source="one owner runs several of these"
    )
    needs = (*site.needs, owned) if shares else site.needs
    capability = Capability(id="up", title=site.service, journey=journey, declares=needs)
    return Service(name=site.service, owner=site.owner, capabilities=(capability,))


def _known(
    last: Sighting,
    site: Site | None,
    spoken: tuple[DeclaredNeed, ...],
    catalog: Catalog,
    names: Names,
    moved: date | None,
) -> Known:
    url = last.url or (site.url if site else "")
    host = "" if url.startswith("$") else host_of(url)
    if "$" in host or not _is_host(host):
        host = ""
    matches = catalog.host(_HOSTS, host) if host else ()
    needs = [n for match in matches[:1] for n in _of_match(match)]
    if site and site.provider and not matches:
        needs += _of_statement(site, catalog, names)
    needs = [need.model_copy(update={"known_since": moved}) for need in needs] if moved else needs
    taken = {need.any_of for need in needs}
    needs += [need for need in spoken if need.any_of not in taken]
    return Known(
        service=f"{last.repository}/{last.site}",
        owner=_owner(last.repository, host, matches, site),
        host=host,
        scheme="http" if url.startswith("http://") else "https",
        needs=_numbered(needs),
    )


def _owner(repository: str, host: str, matches: tuple[Match, ...], site: Site | None) -> str:
    """A well-known service is its own; a tenant of a platform, and all else, the repository's.

    A platform's domain is a public suffix (as github.io is), and a service's is not.
    """
    known = bool(matches) or bool(site and site.stated_by.startswith(BY_HOST))
    tenant = bool(matches) and matches[0].mark == public_suffix(host)
    if host and known and not tenant:
        return registrable_domain(host)
    return repository.partition("/")[0]


def _of_match(match: Match) -> list[DeclaredNeed]:
    """Who the host name belongs to, and who carries that, as far as the catalogue believes it."""
    needs = [_need(match.scope, match.rule)] if match.confidence >= FLOOR else []
    carried = min(match.confidence, match.carrier_confidence)
    if match.served_by and match.served_by != match.provider and carried >= FLOOR:
        why = f"the catalogue has {match.scope} carried by {match.served_by}; {match.rule}"
        needs.append(_need(Scope(match.served_by), why))
    return needs


def _of_statement(site: Site, catalog: Catalog, names: Names) -> list[DeclaredNeed]:
    """The providers that the owner names, where the catalogue knows them, and who carries them."""
    why = f"stated: {site.provider} ({site.stated_by})"
    needs = []
    for scope in scopes_in(site.provider, names):
        needs.append(_need(scope, why))
        provider = catalog.provider(scope.provider)
        product = provider.product(scope.product) if provider and scope.product else None
        carriers = [c for c in (product.served_by if product else ()) if c != scope.provider][:1]
        needs += [_need(Scope(carrier), f"the catalogue; {why}") for carrier in carriers]
    return needs


def _of_signature(sighting: Sighting, catalog: Catalog) -> list[DeclaredNeed]:
    """An error that only one edge sends: from the day after it, that edge is known to be there."""
    if sighting.code < 500:
        return []
    day = _day(sighting.at) + timedelta(days=1)
    return [
        _need(Scope(sign.provider, sign.product), f"it answered {sighting.code} before", day)
        for sign in catalog.error(sighting.code, {}, "")
        if sign.provider
        and sign.bare
        and catalog.role(Scope(sign.provider, sign.product)) == "edge"
    ]


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _need(scope: Scope, source: str, since: date | None = None) -> DeclaredNeed:
    return DeclaredNeed(
        need=_ID.sub("-", str(scope).lower()).strip("-"),
        any_of=(str(scope),),
        known_since=since,
        source=source.replace("${", "$ {"),
    )


def _numbered(needs: Iterable[DeclaredNeed]) -> tuple[DeclaredNeed, ...]:
    """Each scope once."""
    once: Mapping[tuple[str, ...], DeclaredNeed] = {n.any_of: n for n in reversed([*needs])}
    return tuple(once[key] for key in sorted(once))


def _is_host(host: str) -> bool:
    return "." in host and not re.search(r"[^a-z0-9._-]", host) and not host[-1].isdigit()
