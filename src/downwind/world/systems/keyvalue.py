"""A key-value product: tables over HTTPS, behind a DNS name that automation keeps."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence

from aiohttp import web

from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
from downwind.world.net.platform import KeyValueUnavailable
from downwind.world.systems.automation import RecordKeeper
from downwind.world.systems.backing import Backing
from downwind.world.systems.faults import ActiveFault
from downwind.world.systems.gate import HungUp, nothing
from downwind.world.systems.httppart import HttpPart, Inner
from downwind.world.systems.policy import PolicyCheck, Unchecked

_MOST_LISTED = 10_000
_MOST_BYTES = 1 << 20


class KeyValue(HttpPart):
    """One region of a key-value product."""

    system = "keyvalue"

    def __init__(
        self, site: Site, keeper: RecordKeeper, backing: Backing, check: PolicyCheck | None = None
    ) -> None:
        super().__init__(site.scope, site.addresses)
        self._keeper = keeper
        self._backing = backing
        self._check = check
        self._runner: web.AppRunner | None = None
        self._emptied = False

    async def start(self, doors: Doors, context: ssl.SSLContext) -> None:
        """Listen at the product's address."""
        app = web.Application(middlewares=[self._guard], client_max_size=_MOST_BYTES)
        one = app.router.add_resource("/t/{table}/{key}")
        one.add_route("PUT", self._put)
        one.add_route("GET", self._get)
        one.add_route("DELETE", self._delete)
        app.router.add_get("/t/{table}", self._list)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        await self.open(doors, server, context)

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """Besides what any server does, its record can be emptied."""
        await super().feel(faults)
        emptied = any(fault.mode == "empty-record" for fault in faults)
        if emptied and not self._emptied:
            self._keeper.race()
        elif self._emptied and not emptied:
            self._keeper.repair()
        self._emptied = emptied

    async def stop(self) -> None:
        """Close the file and the connections."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._backing.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Inner) -> web.StreamResponse:
        try:
            if await self.gate.fails(request):
                return web.json_response({"error": "internal failure"}, status=500)
        except HungUp:
            return nothing()
        if not request.headers.get("x-account"):
            return web.json_response({"error": "no x-account header"}, status=401)
        try:
            if self._check is not None:
                await self._check.require()
            return await handler(request)
        except ConnectionResetError:
            return nothing()
        except (Unchecked, KeyValueUnavailable) as error:
            return web.json_response({"error": "unavailable", "reason": str(error)}, status=503)

    async def _put(self, request: web.Request) -> web.Response:
        try:
            value = (await request.json())["value"]
        except (ValueError, TypeError, KeyError):
            return web.json_response({"error": "the body is not {value: ...}"}, status=400)
        await self._backing.put(*_place(request), json.dumps(value))
        return web.json_response({})

    async def _get(self, request: web.Request) -> web.Response:
        found = await self._backing.get(*_place(request))
        if found is None:
            return web.json_response({"error": "no such key"}, status=404)
        return web.Response(text=found, content_type="application/json")

    async def _delete(self, request: web.Request) -> web.Response:
        await self._backing.delete(*_place(request))
        return web.json_response({})

    async def _list(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and 0 < len(limit) < 9):
            return web.json_response({"error": "limit is a number"}, status=400)
        rows = await self._backing.list(
            request.headers["x-account"],
            request.match_info["table"],
            request.query.get("prefix", ""),
            min(int(limit), _MOST_LISTED),
            newest_first=request.query.get("order") == "down",
        )
        items = ",".join(f'{{"key":{json.dumps(key)},"value":{value}}}' for key, value in rows)
        return web.Response(text=f'{{"items":[{items}]}}', content_type="application/json")


def _place(request: web.Request) -> tuple[str, str, str]:
    named = request.match_info
    return request.headers["x-account"], named["table"], named["key"]
