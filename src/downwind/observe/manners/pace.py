"""Waits its turn: one request a second to a host, two at once at an address, Retry-After kept."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol

from downwind.observe.failures import HttpFailed
from downwind.observe.manners.limits import Manners
from downwind.observe.network import Clock
from downwind.observe.wire import Reply

_ASKS_FOR_PATIENCE = (429, 503)
_UNSAID = 60.0
"""Seconds for which a host is left alone that says 429 (RFC 6585) and not for how long."""


class Pace(Protocol):
    """Whoever sends requests asks it when."""

    async def turn(self, host: str) -> None:
        """Return when a request may go to this host; raises HttpFailed where it may not."""

    def heard(self, host: str, reply: Reply) -> bool:
        """Take in an answer; True where it asks to come back later, and that is soon enough."""


class _Hurried:
    async def turn(self, host: str) -> None:
        """At once."""

    def heard(self, host: str, reply: Reply) -> bool:
        return False


hurried: Pace = _Hurried()
"""No waiting: for journeys through services of one's own."""


class Courtesy:
    """The pace of one mapping, shared by all that it sends."""

    def __init__(self, manners: Manners, clock: Clock) -> None:
        self._manners = manners
        self._clock = clock
        self._rooms: dict[str, asyncio.Semaphore] = {}
        self._next: dict[str, float] = {}
        """When the next may start, by host, by server, and "" for all together."""
        self._alone: dict[str, tuple[float, str]] = {}
        """Until when a host asked to be left alone, and in which words."""

    @asynccontextmanager
    async def gate(self, address: str) -> AsyncIterator[None]:
        """A place at an address and in its network."""
        network = self._room(_network(address), self._manners.network_at_once)
        place = self._room(address, self._manners.at_once)
        async with network, place:
            yield

    async def handshake(self) -> None:
        """Return when one more connection may be opened to anybody."""
        if self._manners.rate:
            await self._wait("", 1 / self._manners.rate, ahead=1.0)

    async def turn(self, host: str) -> None:
        await self._wait(f"host {host}", self._manners.host_wait)
        # What was under way may have been told to come back later in the meantime.
        while (left := self._patience(host)) > 0:
            await self._sleep(left)
            await self._wait(f"host {host}", self._manners.host_wait)
        await self.handshake()

    def _patience(self, host: str) -> float:
        """Seconds for which a host still asks to be left alone; raises HttpFailed for too many."""
        until, asked = self._alone.get(host, (0.0, ""))
        left = until - self._now()
        if left > self._manners.longest_wait:
            raise HttpFailed(f"not asked again: {host} {asked}", where=host)
        return left

    async def server_turn(self, address: str) -> None:
        """Return when a question may go directly to this address of a name server."""
        await self._wait(f"server {address}", self._manners.server_wait)

    def heard(self, host: str, reply: Reply) -> bool:
        if reply.status not in _ASKS_FOR_PATIENCE:
            return False
        asked = reply.headers.get("retry-after", "")
        wait = _seconds(asked, self._clock.now())
        if wait is None:
            if reply.status != 429:
                return False
            wait = _UNSAID
        said = f"Retry-After: {asked[:40]}" if asked else "without a Retry-After"
        self._alone[host] = (self._now() + wait, f"answered {reply.status}, {said}")
        return wait <= self._manners.longest_wait

    def _now(self) -> float:
        """Seconds of the network's clock, which no change of the machine's time moves."""
        return asyncio.get_running_loop().time() * self._clock.speed

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(self._clock.wall(seconds))

    async def _wait(self, key: str, interval: float, ahead: float = 0.0) -> None:
        """One start each interval; who was idle for `ahead` seconds may make up for them."""
        if interval <= 0:
            return
        now = self._now()
        earliest = max(self._next.get(key, 0.0), now - ahead)
        self._next[key] = earliest + interval
        if earliest > now:
            await self._sleep(earliest - now)

    def _room(self, key: str, size: int) -> AbstractAsyncContextManager[None]:
        if size <= 0:
            return nullcontext()
        return self._rooms.setdefault(key, asyncio.Semaphore(size))


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    length = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network(f"{found}/{length}", strict=False))


def _seconds(text: str, now: float) -> float | None:
    """Retry-After in seconds from now (RFC 9110, 10.2.3): a number, or a date."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now)
