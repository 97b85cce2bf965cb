"""A compute product: computers in zones, on which the applications of hosts listen."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from downwind.terms import Scope
from downwind.world.form.schema import Provider
from downwind.world.net.addresses import Site
from downwind.world.net.listener import Door, Doors
from downwind.world.systems.gate import HungUp, nothing
from downwind.world.systems.httppart import HttpPart, Inner
from downwind.world.systems.pages import computer_page
from downwind.world.systems.tls import by_name


class Zone(HttpPart):
    """The computers of one zone, or of a region that has no zones."""

    system = "compute"

    def __init__(self, site: Site, provider: Provider) -> None:
        super().__init__(site.scope, site.addresses)
        self._broken = (provider, site.product)

    async def error(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """What the zone says instead of the application, or None."""
        try:
            return computer_page(*self._broken) if await self.gate.fails(request) else None
        except HungUp:
            return nothing()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A host's application, and the zones in which it runs."""

    host: str
    app: web.Application
    context: ssl.SSLContext
    zones: frozenset[Scope]


class Computers:
    """The zones of one provider, and the applications that run in them.

    Zones have addresses of their own, so each is opened once, for all that run in it: one of them
    may run in a whole region, and another in one zone of it.
    """

    def __init__(self, zones: Sequence[Zone], tenants: Sequence[Tenant]) -> None:
        self._zones = tuple(zones)
        self._tenants = tuple(tenants)
        self._by_door: dict[Door, tuple[Zone, frozenset[str]]] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, doors: Doors) -> None:
        """Start the applications, and listen in every zone in which one runs."""
        root = web.Application(middlewares=[self._guard])
        for tenant in self._tenants:
            root.add_domain(tenant.host, tenant.app)
        self._runner = web.AppRunner(root, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        for zone in self._zones:
            contexts = {t.host: t.context for t in self._tenants if zone.scope in t.zones}
            if not contexts:
                continue
            await zone.open(doors, server, by_name(contexts))
            for door in zone.gate.doors():
                self._by_door[door] = (zone, frozenset(contexts))

    async def stop(self) -> None:
        """End the applications."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Inner) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            return nothing()
        host, port = transport.get_extra_info("sockname")[:2]
        if (host, port) not in self._by_door:
            return await handler(request)
        zone, here = self._by_door[host, port]
        error = await zone.error(request)
        if error is not None:
            return error
        if request.host.partition(":")[0].lower() not in here:
            raise web.HTTPNotFound
        return await handler(request)
