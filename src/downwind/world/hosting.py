"""What a host is given: its application's platform, its certificates, the way to its origin."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping

from aiohttp import web

from downwind.terms import ModelError, Scope
from downwind.world.form.schema import Host, WorldFile, WorldService
from downwind.world.layout import Layout
from downwind.world.net.bulletin import Bulletins
from downwind.world.net.dialing import WorldHttp
from downwind.world.net.names import alias_name, control_name, keyvalue_name
from downwind.world.net.platform import Account, App, HostConfig, Platform, Resource
from downwind.world.systems.keyvalueclient import RemoteTables
from downwind.world.systems.switchboard import EdgeSwitchboard, Line


class Hosting:
    """Makes the applications of hosts, each with what the world file says that it stands on."""

    def __init__(self, layout: Layout, apps: Mapping[str, App], bulletins: Bulletins) -> None:
        self._layout = layout
        self._apps = apps
        self._bulletins = bulletins
        self._switchboards: dict[str, EdgeSwitchboard] = {}

    def app(self, service: WorldService, host: Host, http: WorldHttp) -> web.Application:
        """A host's application; its folder is made."""
        folder = self._layout.state / "apps" / host.host
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        platform = Platform(
            clock=self._layout.clock,
            storage_dir=folder,
            keyvalue=_tables(service, host, http),
            http=http,
            control=self._control(service, host),
            bulletin=self._bulletins,
            switchboard=self._switchboard(service, host),
        )
        return self._apps[host.app](host_config(service, host), platform)

    def context(self, service: WorldService, host: Host) -> ssl.SSLContext:
        """With which certificate a host's computers answer; behind an edge it is a good one."""
        condition = host.certificate if host.edge is None else "good"
        issuer = self._layout.issuer(service, host)
        return self._layout.certificates.context(host.host, issuer, condition)

    def edge_context(self, service: WorldService, host: Host) -> ssl.SSLContext:
        """With which certificate an edge answers for a host."""
        issuer = self._layout.issuer(service, host)
        return self._layout.certificates.context(host.host, issuer, host.certificate)

    def origins(self) -> dict[str, list[str]]:
        """Host -> the IPv4 addresses of its computers, for an edge that passes requests on."""
        plan = self._layout.plan
        return {
            host.host: [a.v4 for a in plan.addresses(self._layout.computers_of(service, host))]
            for service, host in self._layout.hosts()
        }

    def _control(self, service: WorldService, host: Host) -> str | None:
        scope = self._layout.computers_of(service, host)
        product = self._layout.world.product(scope.provider, scope.product)
        if product is None or product.leases_in is None:
            return None
        return f"https://{control_name(scope)}"

    def _switchboard(self, service: WorldService, host: Host) -> EdgeSwitchboard | None:
        edge = self._layout.edge_of(service, host)
        if edge is None:
            return None
        if edge.provider not in self._switchboards:
            self._switchboards[edge.provider] = EdgeSwitchboard(dict(self._lines(edge.provider)))
        return self._switchboards[edge.provider]

    def _lines(self, provider: str) -> Iterator[tuple[str, Line]]:
        plan, names = self._layout.plan, self._layout.names
        for service, host in self._layout.hosts():
            edge = self._layout.edge_of(service, host)
            if edge is None or edge.provider != provider:
                continue
            record = alias_name(host.host, edge) if host.alias else host.host
            past = plan.addresses(self._layout.computers_of(service, host))
            through = plan.addresses(edge)
            yield host.host, Line(names.holding(record), record, host.ttl, through, past)


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


def _tables(service: WorldService, host: Host, http: WorldHttp) -> RemoteTables | None:
    if host.keyvalue is None:
        return None
    return RemoteTables(http, keyvalue_name(Scope.parse(service.on[host.keyvalue])), host.host)
