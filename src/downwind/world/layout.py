"""What is laid out before anything listens: addresses, names, authorities, who stands where."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from downwind.terms import Scope
from downwind.world.form.schema import Host, Product, Provider, WorldFile, WorldService
from downwind.world.net.addresses import Plan, Site, plan_addresses
from downwind.world.net.clock import WorldClock
from downwind.world.net.listener import Doors, Loopbacks
from downwind.world.net.names import Names, build_names
from downwind.world.systems.authority import Authority
from downwind.world.systems.tls import Certificates


@dataclass(frozen=True)
class Layout:
    """A world's file, and all that follows from it and stays as it is while the world runs."""

    world: WorldFile
    state: Path
    """The world's folder."""
    clock: WorldClock
    plan: Plan
    names: Names
    doors: Doors
    authorities: dict[Scope, Authority]
    certificates: Certificates

    @classmethod
    def of(cls, world: WorldFile, state: Path, clock: WorldClock) -> Layout:
        """Lay a world out; raises ModelError where there is no room for it."""
        plan = plan_addresses(world)
        return cls(
            world=world,
            state=state,
            clock=clock,
            plan=plan,
            names=build_names(world, plan),
            doors=Doors(Loopbacks.found()),
            authorities=_authorities(world, plan, clock.now()),
            certificates=Certificates(state / "tls"),
        )

    def sites(self, system: str) -> list[Site]:
        """Where products of a system listen, control planes left out."""
        return [
            site
            for site in self.plan.sites
            if site.product.system == system and site.scope.variant is None
        ]

    def fronted(self) -> Iterator[tuple[Site, Scope]]:
        """The key-value sites that are reached through an edge of their provider, and the edge."""
        for site in self.sites("keyvalue"):
            if site.product.front:
                yield site, site.product.front.scope(site.scope.provider)

    def hosts(self) -> list[tuple[WorldService, Host]]:
        """The hosts of all services."""
        return [(service, host) for service in self.world.services for host in service.hosts]

    def edge_of(self, service: WorldService, host: Host) -> Scope | None:
        """The edge in front of a host; None where it has none."""
        return Scope.parse(service.on[host.edge]) if host.edge else None

    def computers_of(self, service: WorldService, host: Host) -> Scope:
        """The computers on which a host's application runs."""
        return Scope.parse(service.on[host.runs_on])

    def provider(self, scope: Scope) -> Provider:
        """The provider of a scope that the world holds."""
        return _provider(self.world, scope)

    def folder(self, scope: Scope) -> Path:
        """Where a product, or one of its regions, keeps what it stores."""
        parts = (scope.provider, scope.product, scope.region)
        return self.state / "-".join(part for part in parts if part)

    def issuer(self, service: WorldService, host: Host) -> Authority:
        """The authority of a host's certificate."""
        scope = Scope.parse(service.on[host.certificates])
        return self.authorities[Scope(scope.provider, scope.product)]

    def own_context(self, name: str, provider: str) -> ssl.SSLContext:
        """The certificate of a name of the provider's own: its own authority's if it has one."""
        own = [a for scope, a in self.authorities.items() if scope.provider == provider]
        authority = (own or list(self.authorities.values()))[0]
        return self.certificates.context(name, authority)


def _authorities(world: WorldFile, plan: Plan, now: float) -> dict[Scope, Authority]:
    sites = [site for site in plan.sites if site.product.system == "authority"]
    names = [site.product.name for site in sites]
    made = {}
    for site in sites:
        provider = _provider(world, site.scope)
        alone = site.product.name and names.count(site.product.name) == 1
        organization = site.product.name if alone else _whole_name(provider, site.product)
        made[site.scope] = Authority(site.scope, organization, now)
    return made


def _provider(world: WorldFile, scope: Scope) -> Provider:
    found = world.provider(scope.provider)
    assert found is not None
    return found


def _whole_name(provider: Provider, product: Product) -> str:
    return f"{provider.called} {product.called}"
