"""How much may be asked a second, and how much at once, of everybody and of each."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

_MOST_DOORS = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a survey, besides the network's manners; rates are a second."""

    queries: float = 500.0
    """To all resolvers and name servers together."""
    resolver_at_once: int = 500
    """Unanswered queries at one resolver."""
    server_at_once: int = 8
    """Unanswered queries at one name server that is asked directly."""
    server_queries: float = 50.0
    requests: float = 200.0
    """Handshakes and requests to all web servers together."""
    address_requests: float = 20.0
    """To one address; how many at once is said by the network's manners."""
    network_requests: float = 100.0
    """To one /24, or /48 of IPv6."""
    names_at_once: int = 500


class Bucket:
    """A token bucket: `take` says how long to wait until the next one may go."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, *, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = burst if burst is not None else max(1.0, rate / 20)
        self._tokens = self._burst
        self._at = 0.0

    def take(self, now: float) -> float:
        """Take one token, and the seconds until it is there; 0.0 where it is there already."""
        since, self._at = now - self._at, now
        self._tokens = min(self._burst, self._tokens + since * self._rate) - 1.0
        return 0.0 if self._tokens >= 0.0 else -self._tokens / self._rate

    def ready(self, now: float) -> float:
        """The seconds until a token is there; takes none."""
        tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        return 0.0 if tokens >= 1.0 else (1.0 - tokens) / self._rate


class _Door:
    """What one address or network lets through."""

    __slots__ = ("bucket", "room", "users")

    def __init__(self, at_once: int, rate: float) -> None:
        self.room = asyncio.Semaphore(at_once)
        self.bucket = Bucket(rate, burst=float(at_once))
        self.users = 0


class Doors:
    """One door for each key, so many through it at once and a second; forgets those not in use."""

    def __init__(self, at_once: int, rate: float, clock: Callable[[], float]) -> None:
        self._at_once = at_once
        self._rate = rate
        self._clock = clock
        self._doors: OrderedDict[str, _Door] = OrderedDict()

    @asynccontextmanager
    async def through(self, key: str) -> AsyncIterator[None]:
        """Pass when there is room and the rate allows it."""
        door = self._doors.get(key)
        if door is None:
            door = self._doors[key] = _Door(self._at_once, self._rate)
            self._forget()
        self._doors.move_to_end(key)
        door.users += 1
        try:
            async with door.room:
                wait = door.bucket.take(self._clock())
                if wait:
                    await asyncio.sleep(wait)
                yield
        finally:
            door.users -= 1

    def _forget(self) -> None:
        while len(self._doors) > _MOST_DOORS:
            key, door = next(iter(self._doors.items()))
            if door.users:
                self._doors.move_to_end(key)
                return
            del self._doors[key]


def network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: about what one operator runs."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    size = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network(f"{found}/{size}", strict=False))
