"""How software within the world reaches other hosts: its resolver, its dial map, its roots."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import dns.rcode
import dns.rdatatype
from aiohttp.abc import AbstractResolver, ResolveResult

from downwind.world.net.addresses import RESOLVER
from downwind.world.net.exchange import NoAnswer, ask_server
from downwind.world.net.listener import Door
from downwind.world.net.platform import HttpReply, ScenarioClock, Unreachable
from downwind.world.net.zone import to_name

LookUp = Callable[[str], Awaitable[Sequence[str]]]
"""Host name -> addresses of the world; raises Unreachable."""

_DNS_WAIT = 5.0
_HTTP_WAIT = 10.0
_KEEP_ALIVE = 30.0


class Stub:
    """Asks the world's resolver, and remembers for as long as the TTL says."""

    def __init__(self, clock: ScenarioClock, dial: Mapping[str, Mapping[str, Door]]) -> None:
        self._clock = clock
        self._dial = dial
        self._known: dict[str, tuple[tuple[str, ...], float]] = {}

    async def look_up(self, host: str) -> Sequence[str]:
        """The addresses of a host; raises Unreachable."""
        known = self._known.get(host)
        if known is not None and known[1] > self._clock.now():
            return known[0]
        self._known.pop(host, None)
        addresses, ttl = await self._ask(host)
        self._known[host] = (addresses, self._clock.now() + ttl)
        return addresses

    async def _ask(self, host: str) -> tuple[tuple[str, ...], int]:
        try:
            async with asyncio.timeout(self._clock.timeout(_DNS_WAIT)):
                reply = await ask_server(
                    self._dial, RESOLVER.v4, to_name(host), dns.rdatatype.A, recursive=True
                )
        except TimeoutError as error:
            raise Unreachable(f"{host}: the resolver did not answer") from error
        except NoAnswer as error:
            raise Unreachable(f"{host}: {error}") from error
        if reply.rcode() != dns.rcode.NOERROR:
            raise Unreachable(f"{host}: {dns.rcode.to_text(reply.rcode())}")
        sets = [rrset for rrset in reply.answer if rrset.rdtype == dns.rdatatype.A]
        if not sets:
            raise Unreachable(f"{host}: the name has no address")
        ttl = min(rrset.ttl for rrset in reply.answer)
        return tuple(record.address for record in sets[-1]), ttl


class _DialResolver(AbstractResolver):
    """Turns a host into loopback doors for aiohttp."""

    def __init__(self, look_up: LookUp, dial: Mapping[str, Mapping[str, Door]]) -> None:
        self._look_up = look_up
        self._dial = dial

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """The doors behind the host's addresses."""
        try:
            addresses = await self._look_up(host)
        except Unreachable as error:
            raise OSError(str(error)) from error
        doors = [self._dial.get(ip, {}).get(f"tcp/{port}") for ip in addresses]
        found = [
            ResolveResult(
                hostname=host,
                host=door[0],
                port=door[1],
                family=10 if ":" in door[0] else 2,
                proto=0,
                flags=0,
            )
            for door in doors
            if door is not None
        ]
        if not found:
            raise OSError(f"{host}: nothing listens at its addresses")
        return found

    async def close(self) -> None:
        """Nothing is held open."""


def new_session(
    look_up: LookUp, dial: Mapping[str, Mapping[str, Door]], context: ssl.SSLContext
) -> aiohttp.ClientSession:
    """A client session for the world; connections are used again."""
    connector = aiohttp.TCPConnector(
        resolver=_DialResolver(look_up, dial),
        use_dns_cache=False,
        ssl=context,
        limit=0,
        keepalive_timeout=_KEEP_ALIVE,
    )
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    )


class WorldHttp:
    """The HTTP client of an application.

    Connections are used again only while the name leads to the same addresses: one that is moved
    is dialled anew.
    """

    def __init__(
        self,
        clock: ScenarioClock,
        stub: Stub,
        dial: Mapping[str, Mapping[str, Door]],
        context: ssl.SSLContext,
    ) -> None:
        self._clock = clock
        self._stub = stub
        self._dial = dial
        self._context = context
        self._sessions: dict[tuple[str, ...], aiohttp.ClientSession] = {}

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, addresses: Sequence[str]) -> aiohttp.ClientSession:
        key = tuple(sorted(addresses))
        if key not in self._sessions:
            self._sessions[key] = new_session(self._stub.look_up, self._dial, self._context)
        return self._sessions[key]

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        """Send a request and read the answer; raises Unreachable. `timeout` is scenario time."""
        host = url.split("/")[2].split(":")[0]
        # Ask each time, as far as the TTL allows: an open connection does not hide a lost name.
        session = self._session(await self._stub.look_up(host))
        wait = self._clock.timeout(_HTTP_WAIT if timeout is None else timeout)
        try:
            async with asyncio.timeout(wait):
                async with session.request(
                    method, url, json=json, headers=headers, allow_redirects=False
                ) as reply:
                    return HttpReply(reply.status, dict(reply.headers), await reply.read())
        except TimeoutError as error:
            raise Unreachable(f"{host}: no answer") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{host}: {error}") from error
