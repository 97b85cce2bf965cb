"""A hub for tests: the real inbox and orders behind a real server on loopback."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from downwind.evidence.log import EvidenceLog, read
from downwind.terms import Evidence
from downwind.watch.vantages import (
    BatchRefused,
    Inbox,
    Order,
    Orders,
    orders_to_json,
)
from downwind.watch.vantages.batch import LARGEST_BODY, Receipt
from downwind.watch.vantages.confirmations import Confirmations, asked_to_json

TOKEN = "s3cret-token"


@dataclass
class HubServer:
    """Answers as the hub does; what is wrong with it can be set."""

    log: EvidenceLog
    inbox: Inbox
    orders: tuple[Order, ...]
    context: ssl.SSLContext | None = None
    refuses: int = 0
    """So many requests from now on are answered 503."""
    takes: bool = True
    """False: evidence is answered 503, and orders are given."""
    loses: int = 0
    """So many receipts from now on are lost on the way."""
    largest: int = LARGEST_BODY
    confirmations: Confirmations = field(default_factory=lambda: Confirmations(time.time))
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0
    _runner: Any = None

    async def __aenter__(self) -> HubServer:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/api/v1/orders", self._orders)
        app.router.add_get("/api/v1/confirmations", self._confirmations)
        app.router.add_post("/api/v1/evidence", self._evidence)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def _trouble(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"what": "The token is not known."}, status=401)
        if self.refuses > 0:
            self.refuses -= 1
            return web.json_response({"what": "Not now."}, status=503)
        return None

    async def _orders(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        orders = Orders(request.query["vantage"], self.orders, self.inbox.now())
        return web.json_response(orders_to_json(orders))

    async def _confirmations(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        number, wait = int(request.query["since"]), float(request.query["wait"])
        return web.json_response(
            asked_to_json(await self.confirmations.after("paris", number, wait))
        )

    async def _evidence(self, request: web.Request) -> web.Response:
        trouble = self._trouble(request)
        if trouble is not None:
            return trouble
        if not self.takes:
            return web.json_response({"what": "Not now."}, status=503)
        # aiohttp undoes the content coding; the inbox takes both.
        body = await request.read()
        self.bodies.append(body)
        if len(body) > self.largest:
            return web.json_response({"what": "Too large."}, status=413)
        try:
            receipt = self.inbox.receive("paris", body, self._keep)
        except BatchRefused as error:
            return web.json_response({"what": error.what}, status=error.status)
        if self.loses > 0:
            self.loses -= 1
            transport = request.transport
            assert transport is not None
            transport.close()
        return web.json_response(receipt_to_json(receipt))

    def _keep(self, records: Sequence[Evidence]) -> None:
        self.log.append_many(records)
        self.log.sync()


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """The answer to a batch."""
    return {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "refused": [{"record": number, "reason": why} for number, why in receipt.refused],
        "at": receipt.at,
    }


def logged(folder: Path) -> list[Evidence]:
    """What the hub's log holds."""
    return [evidence for _, evidence in read(folder)]
