"""The pace among web servers: what `observe` keeps to for a map, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email.utils import parsedate_to_datetime

from downwind.observe.failures import HttpFailed
from downwind.observe.network import Network
from downwind.observe.wire import Reply
from downwind.survey.limits.pace import Bucket, Doors, Limits, network_of
from downwind.survey.memory.recent import Recent

_REMEMBERED = 20_000
_ASKS_FOR_PATIENCE = (429, 503)
_UNSAID = 60.0
"""Seconds for which a host is left alone that says 429 (RFC 6585) and not for how long."""
_LONGEST = 86_400.0


class WebManners:
    """When a request or a handshake may go; shared by all names of a survey."""

    def __init__(self, network: Network, limits: Limits, now: Callable[[], float]) -> None:
        kept = network.manners
        self._now = now
        self._host_wait = kept.host_wait
        self._bucket = Bucket(limits.requests)
        self._addresses = Doors(kept.at_once, limits.address_requests, now)
        self._networks = (
            Doors(kept.network_at_once, limits.network_requests, now)
            if kept.network_at_once
            else None
        )
        self._next: Recent[float] = Recent(_REMEMBERED)
        self._alone: Recent[tuple[float, str]] = Recent(_REMEMBERED)

    @asynccontextmanager
    async def gate(self, address: str) -> AsyncIterator[None]:
        """A place at an address and in its network."""
        if self._networks is None:
            async with self._addresses.through(address):
                yield
            return
        async with self._networks.through(network_of(address)), self._addresses.through(address):
            yield

    async def handshake(self) -> None:
        """Return when one more connection may be opened to anybody."""
        if wait := self._bucket.take(self._now()):
            await asyncio.sleep(wait)

    async def turn(self, host: str) -> None:
        """Return when a request may go to this host; raises HttpFailed where it may not."""
        now = self._now()
        until, asked = self._alone.get(host) or (0.0, "")
        if until > now:
            raise HttpFailed(f"not asked again: {host} {asked}", where=host)
        earliest = max(now, self._next.get(host) or 0.0)
        self._next.put(host, earliest + self._host_wait)
        if earliest > now:
            await asyncio.sleep(earliest - now)
        await self.handshake()

    def heard(self, host: str, reply: Reply) -> bool:
        """Leave a host alone that asks for it. A survey does not wait for anybody: False."""
        # Counted from the answer: between its turn and its start a request may have waited.
        self._next.put(host, self._now() + self._host_wait)
        if reply.status in _ASKS_FOR_PATIENCE:
            asked = reply.headers.get("retry-after", "")
            wait = _seconds(asked)
            if wait is not None or reply.status == 429:
                said = f"answered {reply.status}, Retry-After: {asked[:40] or 'not said'}"
                self._alone.put(host, (self._now() + (wait or _UNSAID), said))
        return False


class Visit:
    """One name's way through the gates: a place at one address at a time, kept while it is there.

    So whoever waits has no connection open, and nobody waits for a place while holding another.
    """

    def __init__(self, manners: WebManners) -> None:
        self._manners = manners
        self._held = AsyncExitStack()
        self._address = ""

    @asynccontextmanager
    async def gate(self, address: str) -> AsyncIterator[None]:
        """Pass with a place at this address; one elsewhere is given up first."""
        if address != self._address:
            await self.leave()
            await self._held.enter_async_context(self._manners.gate(address))
            self._address = address
        yield

    async def leave(self) -> None:
        """Give the place up."""
        self._address = ""
        await self._held.aclose()


def _seconds(text: str) -> float | None:
    """Retry-After as a number of seconds; a date counts as a day (RFC 9110, 10.2.3)."""
    if text.strip().isdecimal():
        return min(float(text.strip()[:9]), _LONGEST)
    try:
        parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return _LONGEST
