"""Puts a world together: addresses, names, servers, applications; and takes it down again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from downwind.terms import ModelError, Scope
from downwind.world.form.schema import Host, Product, Provider, WorldFile, WorldService
from downwind.world.net.addresses import RESOLVER, WORLD_V4, WORLD_V6, Plan, Site, plan_addresses
from downwind.world.net.clock import WorldClock
from downwind.world.net.dialing import Stub, WorldHttp, new_session
from downwind.world.net.dnsserver import open_dns
from downwind.world.net.listener import Doors, Loopbacks
from downwind.world.net.names import Names, build_names, host_names, keyvalue_name, own_ttl
from downwind.world.net.platform import Account, App, HostConfig, Platform, Resource
from downwind.world.net.resolver import Resolver
from downwind.world.net.zone import to_name
from downwind.world.overlay import overlay_text
from downwind.world.systems.authority import Authority
from downwind.world.systems.automation import RecordKeeper
from downwind.world.systems.compute import Computers, Tenant, Zone
from downwind.world.systems.edge import Customer, Edge
from downwind.world.systems.faults import FaultBoard, Part
from downwind.world.systems.keyvalue import KeyValue
from downwind.world.systems.keyvalueclient import RemoteTables
from downwind.world.systems.nameserver import NameServers
from downwind.world.systems.origins import Origins
from downwind.world.systems.revocation import RevocationServer
from downwind.world.systems.tls import Certificates, by_name, trust_anchors, trusting


class World:
    """A running world."""

    def __init__(
        self, world: WorldFile, state: Path, clock: WorldClock, apps: Mapping[str, App]
    ) -> None:
        check_apps(world, apps)
        self._world = world
        self._state = state
        self._clock = clock
        self._kinds = apps
        self._plan: Plan = plan_addresses(world)
        self._names: Names = build_names(world, self._plan)
        self._doors = Doors(Loopbacks.found())
        self._authorities = _authorities(world, self._plan, clock.now())
        self._certificates = Certificates(state / "tls")
        self._stub = Stub(clock, self._doors.dial)
        self._parts: list[Part] = []
        self._stack = AsyncExitStack()
        self.board = FaultBoard(())
        self.edges: list[Edge] = []

    async def start(self) -> None:
        """Open all that listens; raises what went wrong, with all closed again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close all that listens."""
        await self._stack.aclose()

    def handout(self) -> dict[str, Any]:
        """All that a mapper is given besides names and catalogue."""
        return {
            "vantage": f"emulated internet {self._world.world}",
            "resolvers": [RESOLVER.v4],
            "dial": self._doors.dial,
            "trust": trust_anchors(self._authorities.values()),
            "allowed": [str(WORLD_V4), str(WORLD_V6)],
            "clock": self._clock.handout(),
        }

    def overlay(self) -> str:
        """Catalogue text on the providers."""
        day = datetime.fromtimestamp(self._clock.scenario, UTC).date()
        return overlay_text(self._world, self._plan, tuple(self._authorities.values()), day)

    def names(self) -> list[str]:
        """The host names of the services."""
        return list(host_names(self._world))

    async def _start(self) -> None:
        self._stack.callback(self._doors.close)
        await self._start_dns()
        trust = trusting(self._authorities.values())
        session = await self._session(new_session(self._stub.look_up, self._doors.dial, trust))
        http = WorldHttp(self._clock, self._stub, session)
        addresses = {host.host: self._origin(service, host) for service, host in self._hosts()}
        behind = Origins(addresses, self._doors.dial, trust, self._clock)
        await self._session(behind.session)
        await self._start_keyvalue()
        await self._start_compute(http)
        await self._start_edges(behind)
        await self._start_authorities()
        self.board = FaultBoard(self._parts)

    async def _session(self, session: aiohttp.ClientSession) -> aiohttp.ClientSession:
        return await self._stack.enter_async_context(session)

    async def _start_dns(self) -> None:
        for site in self._sites("nameserver"):
            servers = NameServers(site, self._names.of(site.scope))
            await servers.open(self._doors)
            self._parts.append(servers)
        resolver = Resolver(self._clock, self._doors.dial, self._names.root_servers)
        await open_dns(self._doors, RESOLVER, resolver.answer)

    async def _start_authorities(self) -> None:
        for site in self._sites("authority"):
            server = RevocationServer(site, self._authorities[site.scope], self._clock)
            await server.start(self._doors)
            self._parts.append(server)

    async def _start_keyvalue(self) -> None:
        for site in self._sites("keyvalue"):
            name = keyvalue_name(site.scope)
            zone = self._names.zones[to_name(f"{site.scope.provider}.test")]
            keeper = RecordKeeper(zone, name, own_ttl(site.product), site.addresses)
            part = KeyValue(site, keeper, self._folder(site.scope))
            context = self._certificates.context(name, self._authority_of(site.scope.provider))
            await part.start(self._doors, by_name({name: context}))
            self._stack.push_async_callback(part.stop)
            self._parts.append(part)

    async def _start_compute(self, http: WorldHttp) -> None:
        zones: dict[str, list[Zone]] = {}
        for site in self._sites("compute"):
            zone = Zone(site, self._provider(site.scope))
            self._parts.append(zone)
            zones.setdefault(site.scope.provider, []).append(zone)
        tenants: dict[str, list[Tenant]] = {}
        for service, host in self._hosts():
            stands = Scope.parse(service.on[host.runs_on])
            app, context = self._app(service, host, http), self._origin_context(service, host)
            where = frozenset(site.scope for site in self._plan.within(stands))
            tenant = Tenant(host.host, app, context, where)
            tenants.setdefault(stands.provider, []).append(tenant)
        for provider, here in tenants.items():
            computers = Computers(zones.get(provider, ()), here)
            await computers.start(self._doors)
            self._stack.push_async_callback(computers.stop)

    async def _start_edges(self, origins: Origins) -> None:
        for site in self._sites("edge"):
            customers, contexts = [], {}
            for service, host in self._hosts():
                scope = Scope.parse(service.on[host.edge]) if host.edge else None
                if scope is None or (scope.provider, scope.product) != (
                    site.scope.provider,
                    site.scope.product,
                ):
                    continue
                customers.append(Customer(host.host, scope.variant))
                authority = self._issuer(service, host)
                contexts[host.host] = self._certificates.context(
                    host.host, authority, host.certificate
                )
            folder = self._folder(site.scope)
            edge = Edge(site, self._provider(site.scope), customers, folder, self._clock)
            await edge.start(self._doors, by_name(contexts), origins)
            self._parts.append(edge)
            self.edges.append(edge)

    def _app(self, service: WorldService, host: Host, http: WorldHttp) -> web.Application:
        folder = self._state / "apps" / host.host
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tables = None
        if host.keyvalue is not None:
            scope = Scope.parse(service.on[host.keyvalue])
            tables = RemoteTables(http, keyvalue_name(scope), host.host)
        config = host_config(service, host)
        return self._kinds[host.app](config, Platform(self._clock, folder, tables, http))

    def _origin_context(self, service: WorldService, host: Host) -> Any:
        condition = host.certificate if host.edge is None else "good"
        return self._certificates.context(host.host, self._issuer(service, host), condition)

    def _origin(self, service: WorldService, host: Host) -> list[str]:
        scope = Scope.parse(service.on[host.runs_on])
        return [address.v4 for address in self._plan.addresses(scope)]

    def _issuer(self, service: WorldService, host: Host) -> Authority:
        scope = Scope.parse(service.on[host.certificates])
        return self._authorities[Scope(scope.provider, scope.product)]

    def _authority_of(self, provider: str) -> Authority:
        own = [a for scope, a in self._authorities.items() if scope.provider == provider]
        return (own or list(self._authorities.values()))[0]

    def _sites(self, system: str) -> list[Site]:
        return [site for site in self._plan.sites if site.product.system == system]

    def _hosts(self) -> list[tuple[WorldService, Host]]:
        return [(service, host) for service in self._world.services for host in service.hosts]

    def _provider(self, scope: Scope) -> Provider:
        found = self._world.provider(scope.provider)
        assert found is not None
        return found

    def _folder(self, scope: Scope) -> Path:
        parts = (scope.provider, scope.product, scope.region)
        return self._state / "-".join(part for part in parts if part)


def check_apps(world: WorldFile, apps: Mapping[str, App]) -> None:
    """Raise ModelError where a host wants an application that there is not."""
    for i, service in enumerate(world.services):
        for j, host in enumerate(service.hosts):
            if host.app not in apps:
                raise ModelError(
                    f"services.{i}.hosts.{j}.app: there is no application {host.app!r}; "
                    f"there are {', '.join(sorted(apps))}.",
                    where=world.world,
                    todo="Name one of them.",
                )


def host_config(service: WorldService, host: Host) -> HostConfig:
    """What an application is told of its host."""
    return HostConfig(
        host=host.host,
        service=service.name,
        settings=host.settings,
        resources=tuple(Resource(r.host, r.element, r.blocking, r.path) for r in host.resources),
        accounts=tuple(Account(a.user, a.password, a.details) for a in service.accounts),
    )


def _authorities(world: WorldFile, plan: Plan, now: float) -> dict[Scope, Authority]:
    sites = [site for site in plan.sites if site.product.system == "authority"]
    names = [site.product.name for site in sites]
    made = {}
    for site in sites:
        provider = world.provider(site.scope.provider)
        assert provider is not None
        alone = site.product.name and names.count(site.product.name) == 1
        organization = site.product.name if alone else _whole_name(provider, site.product)
        made[site.scope] = Authority(site.scope, organization, now)
    return made


def _whole_name(provider: Provider, product: Product) -> str:
    return f"{provider.name or provider.id} {product.name or product.id}"
