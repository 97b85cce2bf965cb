"""The zones of a world: the root, .test, each provider's own names, and those of the services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dns.name import Name

from downwind.terms import Scope
from downwind.world.form.check import CONTROL
from downwind.world.form.schema import Host, Product, Provider, WorldFile, WorldService
from downwind.world.net.addresses import Address, Plan, Site
from downwind.world.net.zone import Zone, new_zone, to_name

_DAY = 86_400
_HOUR = 3_600
_OWN_TTL = 300
_KEYVALUE_TTL = 5
_NEGATIVE_TTL = 60


@dataclass(frozen=True)
class Names:
    """Every zone, and which name-server products serve it."""

    zones: dict[Name, Zone]
    served_by: dict[Name, tuple[Scope, ...]]
    root_servers: tuple[tuple[str, Address], ...]

    def of(self, product: Scope) -> dict[Name, Zone]:
        """The zones that the servers of a product hold."""
        return {apex: z for apex, z in self.zones.items() if product in self.served_by[apex]}

    def holding(self, host: str) -> Zone:
        """The zone that holds the records of a host name."""
        name = to_name(host)
        while name not in self.zones:
            name = name.parent()
        return self.zones[name]


def server_names(site: Site) -> tuple[str, ...]:
    """The host names of a name-server product: ns1.dns.cloudflare.test."""
    count = range(1, len(site.addresses) + 1)
    return tuple(f"ns{n}.{own_domain(site.scope)}" for n in count)


def own_domain(scope: Scope) -> str:
    """Where a product's own names live, without its region: proxy.cloudflare.test."""
    return f"{scope.product}.{scope.provider}.test"


def keyvalue_name(scope: Scope) -> str:
    """The end point of a key-value product: dynamodb.us-east-1.aws.test."""
    parts = [scope.product, scope.region, scope.provider, "test"]
    return ".".join(part for part in parts if part)


def control_name(scope: Scope) -> str:
    """Where a control plane takes orders: control.ec2.us-east-1.aws.test."""
    parts = ["control", scope.product, scope.region, scope.provider, "test"]
    return ".".join(part for part in parts if part)


def alias_name(host: str, edge: Scope) -> str:
    """The name in an edge's domain to which a customer's name is an alias."""
    return f"{host.removesuffix('.test').replace('.', '-')}.{own_domain(edge)}"


def build_names(world: WorldFile, plan: Plan) -> Names:
    """All zones, each delegated from its parent."""
    return _Builder(world, plan).build()


class _Builder:
    def __init__(self, world: WorldFile, plan: Plan) -> None:
        self._world = world
        self._plan = plan
        self._zones: dict[Name, Zone] = {}
        self._served_by: dict[Name, tuple[Scope, ...]] = {}
        self._sites = {
            site.scope: site for site in plan.sites if site.product.system == "nameserver"
        }

    def build(self) -> Names:
        registry = self._world.registry
        roots = Scope(registry.provider, registry.roots)
        tld = Scope(registry.provider, registry.tld)
        root = self._open(".", (roots,), _DAY)
        test = self._open("test", (tld,), _DAY)
        self._delegate(root, "test", (tld,), _DAY)
        self._put_servers(root, self._sites[roots], _DAY)
        for provider in self._world.providers:
            self._add_provider(test, provider, tld)
        for service in self._world.services:
            self._add_service(test, service)
        site = self._sites[roots]
        hints = zip(server_names(site), site.addresses, strict=True)
        return Names(self._zones, self._served_by, tuple(hints))

    def _open(self, apex: str, servers: tuple[Scope, ...], ttl: int) -> Zone:
        names = self._server_names(servers)
        zone = new_zone(apex, names, ttl=ttl, negative_ttl=_NEGATIVE_TTL)
        self._zones[zone.apex] = zone
        self._served_by[zone.apex] = servers
        return zone

    def _delegate(self, parent: Zone, apex: str, servers: tuple[Scope, ...], ttl: int) -> None:
        names = self._server_names(servers)
        parent.set(apex, "NS", ttl, [f"{name}." for name in names])
        for scope in servers:
            site = self._sites[scope]
            if parent.apex.labels == (b"",) or own_domain(scope).endswith(f".{apex}"):
                self._put_servers(parent, site, ttl)

    def _add_provider(self, test: Zone, provider: Provider, tld: Scope) -> None:
        own = next((p for p in provider.products if p.system == "nameserver"), None)
        is_registry = provider.id == self._world.registry.provider
        if is_registry:
            servers = (tld,)
        else:
            servers = (Scope(provider.id, own.id) if own else self._first_name_servers(),)
        apex = f"{provider.id}.test"
        zone = self._open(apex, servers, _HOUR)
        self._delegate(test, apex, servers, _HOUR)
        for site in self._plan.sites:
            if site.scope.provider == provider.id:
                self._add_site(zone, site)

    def _add_site(self, zone: Zone, site: Site) -> None:
        system, ttl = site.product.system, own_ttl(site.product)
        if system == "nameserver":
            self._put_servers(zone, site, _HOUR)
        elif system == "keyvalue":
            put_addresses(zone, keyvalue_name(site.scope), ttl, self._reached_at(site))
        elif system == "policy":
            put_addresses(zone, own_domain(site.scope), ttl, site.addresses)
        elif site.scope.variant == CONTROL:
            put_addresses(zone, control_name(site.scope), ttl, site.addresses)
        elif system == "authority":
            for label in ("ocsp", "crl"):
                put_addresses(zone, f"{label}.{own_domain(site.scope)}", ttl, site.addresses)

    def _reached_at(self, site: Site) -> tuple[Address, ...]:
        front = site.product.front
        return self._plan.addresses(front.scope(site.scope.provider)) if front else site.addresses

    def _add_service(self, test: Zone, service: WorldService) -> None:
        apex_host = next((h for h in service.hosts if h.host == service.name), service.hosts[0])
        zone = self._open_for(service, service.name, apex_host.dns)
        self._delegate(test, service.name, self._served_by[zone.apex], _HOUR)
        if service.mail:
            exchangers = [f"{n}0 {mail}." for n, mail in enumerate(service.mail, start=1)]
            zone.set(zone.apex, "MX", _HOUR, exchangers)
        issuers = {Scope.parse(service.on[host.certificates]) for host in service.hosts}
        # RFC 8659: who may issue for the domain.
        listed = [f'0 issue "{own_domain(scope)}"' for scope in sorted(issuers)]
        zone.set(zone.apex, "CAA", _HOUR, listed)
        zones = {service.name: (zone, apex_host.dns)}
        for host in sorted(service.hosts, key=lambda host: host.host.count(".")):
            self._add_host(self._zone_for(zones, service, host), service, host)

    def _zone_for(
        self, zones: dict[str, tuple[Zone, tuple[str, ...]]], service: WorldService, host: Host
    ) -> Zone:
        """The zone of a host; one of its own where other servers answer for it."""
        apex = max((a for a in zones if f".{host.host}".endswith(f".{a}")), key=len)
        parent, slots = zones[apex]
        if host.dns == slots:
            return parent
        zone = self._open_for(service, host.host, host.dns)
        self._delegate(parent, host.host, self._served_by[zone.apex], _HOUR)
        zones[host.host] = (zone, host.dns)
        return zone

    def _add_host(self, zone: Zone, service: WorldService, host: Host) -> None:
        stands = Scope.parse(service.on[host.edge or host.runs_on])
        addresses = self._plan.addresses(stands)
        if not host.alias:
            put_addresses(zone, host.host, host.ttl, addresses)
            return
        target = alias_name(host.host, stands)
        zone.set(host.host, "CNAME", host.ttl, [f"{target}."])
        product = self._world.product(stands.provider, stands.product)
        ttl = own_ttl(product) if product else _OWN_TTL
        put_addresses(self._zones[to_name(f"{stands.provider}.test")], target, ttl, addresses)

    def _open_for(self, service: WorldService, apex: str, slots: Iterable[str]) -> Zone:
        scopes = (Scope.parse(service.on[slot]) for slot in slots)
        return self._open(apex, tuple(dict.fromkeys(scopes)), _HOUR)

    def _server_names(self, servers: Iterable[Scope]) -> list[str]:
        return [name for scope in servers for name in server_names(self._sites[scope])]

    def _put_servers(self, zone: Zone, site: Site, ttl: int) -> None:
        for name, address in zip(server_names(site), site.addresses, strict=True):
            put_addresses(zone, name, ttl, (address,))

    def _first_name_servers(self) -> Scope:
        registry = self._world.registry.provider
        return next(scope for scope in self._sites if scope.provider != registry)


def own_ttl(product: Product) -> int:
    """The TTL of a product's own names."""
    if product.ttl is not None:
        return product.ttl
    return _KEYVALUE_TTL if product.system == "keyvalue" else _OWN_TTL


def put_addresses(zone: Zone, name: str, ttl: int, addresses: Iterable[Address]) -> None:
    """The A and AAAA records of a name."""
    listed = tuple(addresses)
    zone.set(name, "A", ttl, [address.v4 for address in listed])
    zone.set(name, "AAAA", ttl, [address.v6 for address in listed])


def host_names(world: WorldFile) -> Iterator[str]:
    """The host names of all services, in the order of the file."""
    for service in world.services:
        yield from (host.host for host in service.hosts)
