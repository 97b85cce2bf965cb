"""Opens what listens in a world, system by system, each with what it needs of the others."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack
from dataclasses import replace

from downwind.terms import Scope
from downwind.world.form.check import CONTROL
from downwind.world.form.owners import RECOVERY
from downwind.world.form.schema import Leaning
from downwind.world.hosting import Hosting
from downwind.world.layout import Layout
from downwind.world.net.addresses import RESOLVER, Site
from downwind.world.net.dialing import Stub, WorldHttp
from downwind.world.net.dnsserver import open_dns
from downwind.world.net.names import control_name, keyvalue_name, own_domain, own_ttl
from downwind.world.net.resolver import Resolver
from downwind.world.net.zone import to_name
from downwind.world.systems.automation import RecordKeeper
from downwind.world.systems.backing import Backing, CentralStore, OwnFiles
from downwind.world.systems.compute import Computers, Tenant, Zone
from downwind.world.systems.controlplane import ControlPlane, Leases
from downwind.world.systems.edge import Customer, Edge
from downwind.world.systems.faults import Part
from downwind.world.systems.front import Front
from downwind.world.systems.keyvalue import KeyValue
from downwind.world.systems.keyvalueclient import RemoteTables
from downwind.world.systems.nameserver import NameServers
from downwind.world.systems.origins import Origins
from downwind.world.systems.policy import PolicyCheck, PolicyServer
from downwind.world.systems.revocation import RevocationServer
from downwind.world.systems.tls import by_name, trusting


class Opening:
    """Opens a world's systems; what closes them again goes onto the stack."""

    def __init__(self, layout: Layout, hosting: Hosting, stack: AsyncExitStack) -> None:
        self._layout = layout
        self._hosting = hosting
        self._stack = stack
        self.parts: list[Part] = []
        """All that can break."""
        self.edges: list[Edge] = []
        self.leases: list[Leases] = []
        """Those of all control planes."""

    async def open(self) -> None:
        """Open all systems, names first; raises what went wrong."""
        doors, clock = self._layout.doors, self._layout.clock
        self._stack.callback(doors.close)
        await self._open_dns()
        trust = trusting(self._layout.authorities.values())
        http = WorldHttp(clock, Stub(clock, doors.dial), doors.dial, trust)
        self._stack.push_async_callback(http.close)
        addresses = self._hosting.origins()
        addresses |= {keyvalue_name(s.scope): _v4(s) for s, _ in self._layout.fronted()}
        behind = Origins(addresses, doors.dial, trust, clock)
        await self._stack.enter_async_context(behind.session)
        await self._open_policies()
        await self._open_keyvalue(http)
        await self._open_control_planes(http)
        await self._open_compute(http)
        await self._open_edges(behind)
        await self._open_authorities()

    async def _open_dns(self) -> None:
        doors, names = self._layout.doors, self._layout.names
        for site in self._layout.sites("nameserver"):
            servers = NameServers(site, names.of(site.scope))
            await servers.open(doors)
            self.parts.append(servers)
        resolver = Resolver(self._layout.clock, doors.dial, names.root_servers)
        await open_dns(doors, RESOLVER, resolver.answer)

    async def _open_authorities(self) -> None:
        for site in self._layout.sites("authority"):
            authority = self._layout.authorities[site.scope]
            server = RevocationServer(site, authority, self._layout.clock)
            await server.start(self._layout.doors)
            self.parts.append(server)

    async def _open_policies(self) -> None:
        for site in self._layout.sites("policy"):
            part = PolicyServer(site, self._layout.folder(site.scope))
            context = self._own_context(own_domain(site.scope), site)
            await part.start(self._layout.doors, context)
            self.parts.append(part)

    async def _open_keyvalue(self, http: WorldHttp) -> None:
        fronts = {site.scope: edge for site, edge in self._layout.fronted()}
        for site in self._layout.sites("keyvalue"):
            name = keyvalue_name(site.scope)
            zone = self._layout.names.zones[to_name(f"{site.scope.provider}.test")]
            edge = fronts.get(site.scope)
            reached = self._layout.plan.addresses(edge) if edge else site.addresses
            keeper = RecordKeeper(zone, name, own_ttl(site.product), reached)
            part = KeyValue(site, keeper, self._backing(site, http), self._policy_check(site, http))
            await part.start(self._layout.doors, self._own_context(name, site))
            self._stack.push_async_callback(part.stop)
            self.parts.append(part)
            if edge:
                self.parts.append(Front(edge, keeper, reached, site.addresses))

    def _backing(self, site: Site, http: WorldHttp) -> Backing:
        core = site.product.core
        if core is None:
            return OwnFiles(self._layout.folder(site.scope))
        name = keyvalue_name(core.scope(site.scope.provider))
        return CentralStore(http, name, keyvalue_name(site.scope), self._layout.clock)

    def _policy_check(self, site: Site, http: WorldHttp) -> PolicyCheck | None:
        checked_by = site.product.checked_by
        if checked_by is None:
            return None
        policy = own_domain(checked_by.scope(site.scope.provider))
        url = f"https://{policy}/check?api={site.product.id}"
        return PolicyCheck(http, self._layout.clock, url)

    async def _open_control_planes(self, http: WorldHttp) -> None:
        for site in self._layout.plan.sites:
            leases_in = site.product.leases_in
            if site.scope.variant != CONTROL or leases_in is None:
                continue
            name = control_name(site.scope)
            kept = self._leases_of(site, leases_in)
            store = RemoteTables(http, keyvalue_name(kept), name)
            leases = Leases(store, self._layout.clock, RECOVERY)
            part = ControlPlane(site, leases, self._policy_check(site, http))
            await part.start(self._layout.doors, self._own_context(name, site))
            self._stack.push_async_callback(part.stop)
            self.parts.append(part)
            self.leases.append(leases)

    def _leases_of(self, site: Site, leases_in: Leaning) -> Scope:
        """The database of a control plane: that of its region, where it has regions."""
        database = leases_in.scope(site.scope.provider)
        product = self._layout.world.product(database.provider, database.product)
        regional = product is not None and bool(product.regions)
        return replace(database, region=site.scope.region) if regional else database

    async def _open_compute(self, http: WorldHttp) -> None:
        zones: dict[str, list[Zone]] = {}
        for site in self._layout.sites("compute"):
            zone = Zone(site, self._layout.provider(site.scope))
            self.parts.append(zone)
            zones.setdefault(site.scope.provider, []).append(zone)
        for provider, tenants in self._tenants(http).items():
            computers = Computers(zones.get(provider, ()), tenants)
            await computers.start(self._layout.doors)
            self._stack.push_async_callback(computers.stop)

    def _tenants(self, http: WorldHttp) -> dict[str, list[Tenant]]:
        tenants: dict[str, list[Tenant]] = {}
        for service, host in self._layout.hosts():
            stands = self._layout.computers_of(service, host)
            app = self._hosting.app(service, host, http)
            context = self._hosting.context(service, host)
            where = frozenset(site.scope for site in self._layout.plan.within(stands))
            tenant = Tenant(host.host, app, context, where)
            tenants.setdefault(stands.provider, []).append(tenant)
        return tenants

    async def _open_edges(self, origins: Origins) -> None:
        for site in self._layout.sites("edge"):
            customers, contexts = self._customers(site.scope)
            provider = self._layout.provider(site.scope)
            folder = self._layout.folder(site.scope)
            edge = Edge(site, provider, customers, folder, self._layout.clock)
            await edge.start(self._layout.doors, by_name(contexts), origins)
            self.parts.append(edge)
            self.edges.append(edge)

    def _customers(self, product: Scope) -> tuple[list[Customer], dict[str, ssl.SSLContext]]:
        """The customers of an edge, and with which certificates it answers for them."""
        customers, contexts = [], {}
        for service, host in self._layout.hosts():
            edge = self._layout.edge_of(service, host)
            if edge is not None and _same_product(edge, product):
                customers.append(Customer(host.host, edge.variant))
                contexts[host.host] = self._hosting.edge_context(service, host)
        for site, edge in self._layout.fronted():
            if _same_product(edge, product):
                name = keyvalue_name(site.scope)
                customers.append(Customer(name, edge.variant))
                contexts[name] = self._layout.own_context(name, edge.provider)
        return customers, contexts

    def _own_context(self, name: str, site: Site) -> ssl.SSLContext:
        return by_name({name: self._layout.own_context(name, site.scope.provider)})


def _same_product(a: Scope, b: Scope) -> bool:
    return (a.provider, a.product) == (b.provider, b.product)


def _v4(site: Site) -> list[str]:
    return [address.v4 for address in site.addresses]
