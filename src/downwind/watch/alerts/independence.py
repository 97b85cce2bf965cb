"""Whether an alert gets through when the provider that it speaks of is down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from downwind.terms import Scope

Needs = Callable[[str], Collection[str]]
"""Host -> the scopes (aws/ec2/us-east-1) or providers that it stands on, as the map knows them."""


@dataclass(frozen=True, slots=True)
class RouteNeeds:
    """What a route stands on."""

    route: str
    providers: tuple[str, ...]
    unknown: tuple[str, ...]
    """Hosts of which the map knows no provider."""


@dataclass(frozen=True, slots=True)
class RouteFinding:
    """Something that would keep an alert from its reader."""

    kind: str
    """none, single, shared or suspect."""
    routes: tuple[str, ...]
    providers: tuple[str, ...]
    text: str


def route_needs(name: str, hosts: Sequence[str], needs: Needs) -> RouteNeeds:
    """The providers of a route's hosts."""
    found: set[str] = set()
    unknown = []
    for host in hosts:
        providers = {_provider(each) for each in needs(host)}
        found |= providers
        if not providers:
            unknown.append(host)
    return RouteNeeds(name, tuple(sorted(found)), tuple(sorted(unknown)))


def check_routes(routes: Sequence[RouteNeeds]) -> tuple[RouteFinding, ...]:
    """Findings where no two routes share no provider; none where two such are there."""
    if not routes:
        return (RouteFinding("none", (), (), "No alert route is set: nobody is told."),)
    if len(routes) == 1:
        only = routes[0]
        text = f"There is one alert route, {only.route}: when it fails, nobody is told."
        return (RouteFinding("single", (only.route,), only.providers, text),)
    if any(apart(a, b) for a, b in combinations(routes, 2)):
        return ()
    names = tuple(route.route for route in routes)
    shared = sorted(
        {p for a, b in combinations(routes, 2) for p in {*a.providers} & {*b.providers}}
    )
    known = f"share {', '.join(shared)}" if shared else "are of unknown providers"
    text = f"No two alert routes are known to share no provider: {', '.join(names)} {known}."
    return (RouteFinding("shared", names, tuple(shared), text),)


def apart(a: RouteNeeds, b: RouteNeeds) -> bool:
    """Whether two routes are known to share no provider; unknown is no proof."""
    known = a.providers and b.providers and not a.unknown and not b.unknown
    return bool(known) and not {*a.providers} & {*b.providers}


def on_the_suspect(routes: Sequence[RouteNeeds], suspect: str) -> RouteFinding | None:
    """The routes that stand on the provider that is blamed, or None where none does."""
    provider = _provider(suspect)
    hit = tuple(route.route for route in routes if provider in route.providers)
    if not hit:
        return None
    others = len(routes) - len(hit)
    rest = "the others do not" if others else "no other is set"
    text = f"Alerts over {', '.join(hit)} stand on {provider}, which is blamed; {rest}."
    return RouteFinding("suspect", hit, (provider,), text)


def _provider(text: str) -> str:
    scope = Scope.read(text)
    return scope.provider if scope else text
