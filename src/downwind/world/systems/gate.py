"""The door of an HTTP server: it lets requests in, fails a share of them, or lets them hang."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence

from aiohttp import web

from downwind.world.net.listener import Door, Listener, Manner
from downwind.world.systems.faults import ActiveFault


class HungUp(Exception):
    """The connection was cut; there is nobody to answer."""


class Spread:
    """Lets a share of requests fail, evenly spread."""

    def __init__(self) -> None:
        self._count = 0

    def fails(self, share: float) -> bool:
        """True where the next request is to fail."""
        self._count += 1
        return math.floor(self._count * share) > math.floor((self._count - 1) * share)


class Gate:
    """What every HTTP server of the world does about silent, refused and errors."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._manner: Manner = "open"
        self._share = 0.0
        self._spread = Spread()
        self._changed = asyncio.Event()

    def watch(self, listeners: Iterable[Listener]) -> None:
        """Close and open these with the gate."""
        self._listeners.extend(listeners)

    def doors(self) -> tuple[Door, ...]:
        """Where on loopback it watches."""
        return tuple(listener.door for listener in self._listeners)

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """The worst of several modes holds."""
        modes = {fault.mode for fault in faults}
        shares = [fault.share() for fault in faults if fault.mode == "errors"]
        self._share = max(shares, default=0.0)
        before = self._manner
        self._manner = "open"
        if "refused" in modes:
            self._manner = "refused"
        elif "silent" in modes:
            self._manner = "silent"
        if self._manner != before:
            self._changed.set()
            self._changed = asyncio.Event()
        for listener in self._listeners:
            await listener.become(self._manner)

    async def fails(self, request: web.BaseRequest) -> bool:
        """True where this request is to get an error; raises HungUp after a silence."""
        if self._manner != "open":
            # A connection from before the fault.
            if self._manner == "silent":
                await self._changed.wait()
            if request.transport is not None:
                request.transport.abort()
            raise HungUp
        return self._spread.fails(self._share)


def nothing() -> web.Response:
    """What is returned where the connection is gone."""
    return web.Response(status=500)


async def to_https(request: web.BaseRequest) -> web.Response:
    """Port 80: everything is on https."""
    place = f"https://{request.host}{request.rel_url}"
    return web.Response(status=301, headers={"Location": place})
