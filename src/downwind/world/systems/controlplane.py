"""The control plane of a region's computers: it launches machines, apart from those that run."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from downwind.world.form.owners import LEASE
from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
from downwind.world.net.platform import KeyValueClient, KeyValueUnavailable, ScenarioClock
from downwind.world.systems.httppart import HttpPart, new_server
from downwind.world.systems.policy import PolicyCheck, Unchecked

# Modelled on the public report of 2025-10-20: a workflow renews the leases of physical computers
# in a database; those that time out are established again in a queue that took hours to drain.
COMPUTERS = 1_000
_RENEW_EVERY = 60.0


@dataclass
class Leases:
    """The leases of the computers that can take a new machine."""

    store: KeyValueClient
    clock: ScenarioClock
    recovery: float
    """Scenario seconds in which the whole queue of lost leases is drained."""
    _renewed: float = 0.0
    _lost: bool = False
    _queued_at: float | None = None

    def __post_init__(self) -> None:
        self._renewed = self.clock.now()

    def waiting(self) -> int:
        """How many computers have no lease."""
        if self._lost:
            return COMPUTERS
        if self._queued_at is None:
            return 0
        left = 1 - (self.clock.now() - self._queued_at) / max(self.recovery, 1e-9)
        if left <= 0:
            self._queued_at = None
            return 0
        return max(1, round(COMPUTERS * left))

    async def renew(self) -> None:
        """One turn of the workflow."""
        now = self.clock.now()
        try:
            await self.store.put("leases", "all", {"computers": COMPUTERS, "at": now})
        except KeyValueUnavailable:
            self._lost = self._lost or now - self._renewed > LEASE
            return
        self._renewed = self.clock.now()
        if self._lost:
            self._lost, self._queued_at = False, self._renewed

    async def run(self) -> None:
        """Renew for ever."""
        while True:
            await self.renew()
            await self.clock.sleep(_RENEW_EVERY)


class ControlPlane(HttpPart):
    """`POST /machines` launches one, `DELETE /machines/{id}` ends it, `GET /machines` lists."""

    system = "controlplane"

    def __init__(self, site: Site, leases: Leases, check: PolicyCheck | None) -> None:
        super().__init__(site.scope, site.addresses)
        self.leases = leases
        self._check = check
        self._numbers = itertools.count(1)
        self._work: asyncio.Task[None] | None = None

    async def start(self, doors: Doors, context: ssl.SSLContext) -> None:
        """Listen, and begin to renew leases."""
        await self.open(doors, new_server(self._answer), context)
        self._work = asyncio.create_task(self.leases.run())

    async def stop(self) -> None:
        """End the workflow."""
        if self._work is not None:
            self._work.cancel()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if await self.gate.fails(request):
            return _say({"error": "internal failure"}, 500)
        account = request.headers.get("x-account", "")
        if not account:
            return _say({"error": "no x-account header"}, 401)
        try:
            if self._check is not None:
                await self._check.require()
            return await self._obey(request, account)
        except (Unchecked, KeyValueUnavailable) as error:
            return _say({"error": "unavailable", "reason": str(error)}, 503)

    async def _obey(self, request: web.BaseRequest, account: str) -> web.Response:
        parts = request.path.strip("/").split("/")
        store = self.leases.store
        if parts == ["machines"] and request.method == "POST":
            return await self._launch(account)
        if parts == ["machines"] and request.method == "GET":
            found = await store.list("machines", f"{account}/")
            return _say({"machines": [key.partition("/")[2] for key, _ in found]}, 200)
        if len(parts) == 2 and parts[0] == "machines" and request.method == "DELETE":
            await store.delete("machines", f"{account}/{parts[1]}")
            return _say({}, 200)
        return _say({"error": "no such order"}, 404)

    async def _launch(self, account: str) -> web.Response:
        waiting = self.leases.waiting()
        if waiting:
            reason = f"{waiting} of {COMPUTERS} computers wait for a lease"
            return _say({"error": "insufficient capacity", "reason": reason}, 503)
        machine = f"m-{next(self._numbers):08x}"
        at = self.leases.clock.now()
        await self.leases.store.put("machines", f"{account}/{machine}", {"at": at})
        return _say({"machine": machine}, 201)


def _say(value: dict[str, Any], status: int) -> web.Response:
    return web.Response(status=status, text=json.dumps(value), content_type="application/json")
