"""How an edge reaches its customers' origins: by the addresses that they gave it, in turn."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence

import aiohttp
from multidict import CIMultiDict

from downwind.world.net.dialing import new_session
from downwind.world.net.listener import Door
from downwind.world.net.platform import ScenarioClock

Fetched = tuple[int, CIMultiDict[str], bytes]
"""Status, headers and body."""

_WAIT = 10.0
_LEAST_WAIT = 0.8
_NOT_ADDED = ("user-agent", "content-type", "accept", "accept-encoding")


class Origins:
    """Connections to origins, used again; an address that does not connect goes to the end."""

    def __init__(
        self,
        addresses: Mapping[str, Sequence[str]],
        dial: Mapping[str, Mapping[str, Door]],
        context: ssl.SSLContext,
        clock: ScenarioClock,
    ) -> None:
        self._addresses = {host: list(listed) for host, listed in addresses.items()}
        self._clock = clock
        self.session = new_session(self._look_up, dial, context)

    async def fetch(
        self, method: str, host: str, path: str, headers: CIMultiDict[str], body: bytes | None
    ) -> Fetched:
        """The origin's answer; raises TimeoutError, OSError or aiohttp's ClientError."""
        addresses = self._addresses[host]
        wait = max(_LEAST_WAIT, _WAIT / self._clock.speed)
        each = aiohttp.ClientTimeout(total=None, sock_connect=wait / len(addresses))
        async with asyncio.timeout(wait):
            for _ in addresses:
                try:
                    return await self._send(method, host, path, headers, body, each)
                except aiohttp.ConnectionTimeoutError:
                    # Nothing was sent, so it may be tried elsewhere.
                    self._addresses[host] = [*self._addresses[host][1:], self._addresses[host][0]]
        raise TimeoutError

    async def _send(
        self,
        method: str,
        host: str,
        path: str,
        headers: CIMultiDict[str],
        body: bytes | None,
        timeout: aiohttp.ClientTimeout,
    ) -> Fetched:
        async with self.session.request(
            method,
            f"https://{host}{path}",
            headers=headers,
            data=body,
            allow_redirects=False,
            skip_auto_headers=_NOT_ADDED,
            timeout=timeout,
        ) as reply:
            return reply.status, CIMultiDict(reply.headers), await reply.read()

    async def _look_up(self, host: str) -> Sequence[str]:
        return self._addresses.get(host, ())
