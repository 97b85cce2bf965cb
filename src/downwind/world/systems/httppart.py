"""What every part of a world that speaks HTTP has in common: its doors and how it fails."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from downwind.terms import Scope
from downwind.world.net.addresses import Address
from downwind.world.net.listener import Doors
from downwind.world.systems.faults import ActiveFault
from downwind.world.systems.gate import Gate, HungUp, nothing, to_https

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Inner = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""What a middleware passes a request on to."""


class HttpPart:
    """A site with a gate, on ports 443 and 80."""

    system = "compute"

    def __init__(self, scope: Scope, addresses: Sequence[Address]) -> None:
        self.scope = scope
        self.gate = Gate()
        self._addresses = tuple(addresses)

    async def open(self, doors: Doors, server: web.Server, context: ssl.SSLContext) -> None:
        """Listen at every address; plain HTTP leads to HTTPS."""
        plain = new_server(to_https)
        for address in self._addresses:
            self.gate.watch(await doors.open(address, 443, server, context))
            self.gate.watch(await doors.open(address, 80, plain))

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Behave as the faults want."""
        await self.gate.feel(faults)


def new_server(handler: Handler) -> web.Server:
    """A bare HTTP server, without an access log."""

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except HungUp:
            return nothing()

    return web.Server(serve, access_log=None)
