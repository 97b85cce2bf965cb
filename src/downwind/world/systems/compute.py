"""A compute product: computers in zones, on which the applications of hosts listen."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence

from aiohttp import web

from downwind.world.form.schema import Provider
from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
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


class Computers:
    """The zones of one region, and the applications that run in all of them."""

    def __init__(self, zones: Sequence[Zone], apps: Mapping[str, web.Application]) -> None:
        self._zones = tuple(zones)
        self._apps = dict(apps)
        self._by_port: dict[int, Zone] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, doors: Doors, contexts: Mapping[str, ssl.SSLContext]) -> None:
        """Start the applications, and listen in every zone."""
        root = web.Application(middlewares=[self._guard])
        for host, app in self._apps.items():
            root.add_domain(host, app)
        self._runner = web.AppRunner(root, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        context = by_name(contexts)
        for zone in self._zones:
            await zone.open(doors, server, context)
            for port in zone.gate.ports():
                self._by_port[port] = zone

    async def stop(self) -> None:
        """End the applications."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Inner) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            return nothing()
        zone = self._by_port.get(transport.get_extra_info("sockname")[1])
        error = await zone.error(request) if zone else None
        if error is not None:
            return error
        return await handler(request)
