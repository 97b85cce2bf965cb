"""Where names lead: asked of the network's resolvers, and kept until the answer's TTL ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from downwind.observe.dialer import Dialer, has_route
from downwind.observe.failures import DialRefused, DnsFailed
from downwind.observe.names import is_address
from downwind.observe.network import Network
from downwind.observe.resolve import Addressing, Resolver

LONGEST = 300.0
"""Seconds for which an answer is kept at most: a watcher wants to see a change."""
_SHORTEST = 1.0
_FAILURE = 5.0
"""Seconds for which a failure is kept (RFC 9520): a thousand probes of a host ask once."""
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Known:
    """Where a name leads."""

    addresses: tuple[str, ...]
    """Of both families, by turns, without those of a family that has no route from here."""
    dns: dict[str, Any] | None
    """The rcode and the extended errors; none for an address."""
    left_out: tuple[str, ...] = ()
    """Addresses that nothing here leads to."""
    reason: str = ""
    """Why there is no address."""


class Directory:
    """The addresses of one network's names. Close it when nobody asks any more."""

    def __init__(self, network: Network, dialer: Dialer, longest: float = LONGEST) -> None:
        self._network = network
        self._dialer = dialer
        self._longest = longest
        self._kept: dict[str, tuple[float, Known]] = {}
        self._asking: dict[str, asyncio.Task[Known]] = {}

    def known(self, host: str) -> Known | None:
        """What is known by now, failures too; None where it has to be asked."""
        kept = self._kept.get(host)
        return None if kept is None or kept[0] <= self._now() else kept[1]

    async def look_up(self, host: str) -> Known:
        """Where this name or address leads; whoever asks the same at once shares the answer."""
        task = self._asking.get(host)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._look_up(host))
            self._asking[host] = task
            task.add_done_callback(lambda _: self._asking.pop(host, None))
        return await asyncio.shield(task)

    async def find(self, host: str) -> Known:
        """As known, or else looked up; raises DnsFailed where there is no address."""
        known = self.known(host) or await self.look_up(host)
        if known.reason:
            raise DnsFailed(known.reason, where=host, detail=known.dns)
        return known

    async def close(self) -> None:
        """Ends the questions that nobody waits for any more."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _now(self) -> float:
        """Seconds of the network's clock, which no change of the machine's time moves."""
        return asyncio.get_running_loop().time() * self._network.clock.speed

    async def _look_up(self, host: str) -> Known:
        if is_address(host):
            known = Known((host,), None)
            self._keep(host, known, self._longest)
            return known
        resolver = Resolver(self._network, self._dialer)
        try:
            a, aaaa = await resolver.addresses_soon(host)
        finally:
            await resolver.close()
        known = self._known(host, a, aaaa)
        lasts = _FAILURE if known.reason else min(self._longest, _lasts(a, aaaa))
        self._keep(host, known, lasts)
        return known

    def _keep(self, host: str, known: Known, lasts: float) -> None:
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[host] = (self._now() + lasts, known)

    def _known(self, host: str, a: Addressing, aaaa: Addressing) -> Known:
        told = aaaa if aaaa.addresses and not a.addresses else a
        dns = {"rcode": told.rcode, "ede": told.ede}
        found = _by_turns(a.addresses, aaaa.addresses)
        if not found:
            why = a.finding if a.rcode != "NOERROR" else aaaa.finding
            return Known((), dns, reason=f"{host}: {getattr(why, 'reason', 'no address')}")
        there, not_there = sorted_out(found, self._leads_there)
        return Known(there, dns, not_there)

    def _leads_there(self, ip: str) -> bool:
        """Whether this machine has a route: without one, nothing is learnt of the other side."""
        if self._network.dial is not None:
            return True
        try:
            return has_route(self._dialer.route(ip, "udp", 53))
        except DialRefused:
            return True


def sorted_out(
    found: Sequence[str], leads_there: Callable[[str], bool]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses to go to, and those that are left out; where none is reached, none is left out."""
    there = tuple(ip for ip in found if leads_there(ip))
    if not there:
        return tuple(found), ()
    return there, tuple(ip for ip in found if ip not in there)


def _by_turns(a: Sequence[str], aaaa: Sequence[str]) -> tuple[str, ...]:
    both = chain.from_iterable(zip_longest(a, aaaa))
    return tuple(address for address in both if address is not None)


def _lasts(a: Addressing, aaaa: Addressing) -> float:
    """The shortest TTL on the way to an address, in seconds."""
    ttls = [link.ttl for each in (a, aaaa) for link in each.links]
    for each in (a, aaaa):
        value = getattr(each.finding, "value", None)
        if value is not None:
            ttls.append(int(value["ttl"]))
    return max(_SHORTEST, float(min(ttls, default=0)))
