"""Performs what the schedule orders: small probes and whole journeys, from each vantage."""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from collections.abc import Container, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from downwind.observe import Network, StepDriver, Timeouts, run_journey
from downwind.observe.dialer import NOT_ALLOWED, Gate, open_gate
from downwind.observe.failures import Crowded, NoSocket
from downwind.observe.probes import Prober
from downwind.observe.steps import Step
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.agenda import Order
from downwind.watch.ipv6 import Ipv6, fails_by_ipv6, without_ipv6
from downwind.watch.pulse import Pulse

AT_ONCE = 256
"""Probes at one address at once. An edge serves many capabilities: fewer would hide its fault."""
OVER_HTTP = frozenset({"get", "post", "put", "delete"})
"""Steps that need no driver of their own."""
_FILES_SPARED = 256
_STILL, _LEAST_STILL = 3.0, 0.5
"""Real seconds of standing still, or else a third of its time if that is not too little, after
which a failed probe says nothing: an answer may have waited unread, a server lost patience."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A capability's journey, to be walked as a probe."""

    steps: tuple[Step, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


class Probing:
    """Performs orders. Close it after the schedule has ended."""

    def __init__(
        self,
        networks: Iterable[Network],
        *,
        drivers: Mapping[str, StepDriver] | None = None,
        at_once: int = AT_ONCE,
        loopback_at_once: int = 0,
    ) -> None:
        """One network for each vantage; 0 at once: no bound."""
        self._networks = {network.vantage: network for network in networks}
        self._drivers = dict(drivers or {})
        self._probers = {
            vantage: Prober(network, places(at_once, loopback_at_once))
            for vantage, network in self._networks.items()
        }
        self._hurried: dict[tuple[str, float], Network] = {}
        self._pulse = Pulse()
        self._ipv6 = {vantage: Ipv6() for vantage in self._networks}

    @property
    def vantages(self) -> tuple[str, ...]:
        return tuple(self._networks)

    def prober(self, vantage: str) -> Prober:
        return self._probers[vantage]

    async def __call__(self, order: Order) -> Evidence:
        """The order's evidence; it does not raise for what a network does.

        What this machine may be the cause of itself is Unanswered.
        """
        self._pulse.start()
        began = self._pulse.now()
        record = await self._perform(order)
        ours = await self._ours(order, record, began)
        if ours:
            return replace(record, finding=Unanswered(ours))
        if self._ipv6[order.vantage].lost and record.value is not None:
            return replace(record, finding=Seen(without_ipv6(record.value)))
        return record

    async def close(self) -> None:
        self._pulse.stop()
        for prober in self._probers.values():
            await prober.close()

    async def _perform(self, order: Order) -> Evidence:
        target = order.target
        if isinstance(target.what, Walk):
            return await self._walk(order, target.what)
        return await self._probers[order.vantage].probe(
            target.name,
            target.what,
            address=order.address,
            turn=order.turn,
            timeout=target.timeout,
        )

    async def _ours(self, order: Order, record: Evidence, began: float) -> str:
        """Why this machine may be the cause of what was seen; empty where it is not."""
        if not isinstance(record.finding, Seen):
            return ""
        ipv6, value = self._ipv6[order.vantage], record.finding.value
        ipv6.hear(value)
        if value["ok"]:
            return ""
        whole = self._networks[order.vantage].clock.timeout(order.target.timeout)
        stood = self._pulse.stood(began)
        if stood >= max(_LEAST_STILL, min(_STILL, whole / 3)):
            return f"this machine stood still for {stood:.1f} s"
        if ipv6.lost and fails_by_ipv6(value):
            return "IPv6 leads nowhere from here: unrelated networks take no connection"
        unresolved = unresolved_by(value)
        if unresolved is None:
            return ""
        try:
            silent = await self._probers[order.vantage].silent_resolvers(unresolved)
        except NoSocket as ours:
            return ours.reason
        return f"one's own resolver answers nothing: {silent}" if silent else ""

    async def _walk(self, order: Order, walk: Walk) -> Evidence:
        target = order.target
        network = self._within(order.vantage, target.timeout)
        undriven = undriven_by(walk.steps, self._drivers)
        if undriven:
            told = Unanswered(undriven)
            return Evidence(target.name, "probe.journey", told, network.clock.now(), order.vantage)
        variables = {**walk.variables, "nonce": f"{network.clock.now():.0f}-{order.turn}"}
        record = await run_journey(
            target.name,
            walk.steps,
            network,
            drivers=self._drivers,
            variables=variables,
            budget=target.timeout,
            turn=order.turn,
        )
        refused = _refused_here(record)
        return replace(record, finding=Unanswered(refused)) if refused else record

    def _within(self, vantage: str, budget: float) -> Network:
        """The network with a patience that fits the budget: a step says better what failed."""
        key = (vantage, budget)
        if key not in self._hurried:
            network = self._networks[vantage]
            self._hurried[key] = replace(network, timeouts=_fitting(network.timeouts, budget))
        return self._hurried[key]


def undriven_by(steps: Iterable[Step], drivers: Container[str]) -> str:
    """Why this place cannot walk the journey: no word on the target. Empty where it can."""
    lacks = sorted({s.do for s in steps if s.do not in OVER_HTTP and s.do not in drivers})
    return f"nothing here performs a step of {' or '.join(lacks)}" if lacks else ""


def _refused_here(record: Evidence) -> str:
    """Why this place may not walk the journey: no word on the target. Empty where it may."""
    steps = record.value["steps"] if record.value else ()
    reasons = (str(step["reason"]) for step in steps if not step["ok"])
    return next((reason for reason in reasons if reason.endswith(NOT_ALLOWED)), "")


def _fitting(usual: Timeouts, budget: float) -> Timeouts:
    most = 0.8 * budget
    return Timeouts(
        dns=min(usual.dns, most / 2),
        connect=min(usual.connect, most),
        tls=min(usual.tls, most),
        request=min(usual.request, most),
        step=min(usual.step, most / 3),  # a step has three times as long
    )


def unresolved_by(value: Mapping[str, Any]) -> str | None:
    """The resolver that may be why a probe failed: its address, or empty where all were asked.

    None where a resolver answered, or none was asked.
    """
    for step in value["steps"]:
        rcode = (step["dns"] or {}).get("rcode")
        if step["layer"] != "dns" or "dns" in step["passed"] or rcode:
            continue
        if step["do"] != "dns":
            return ""
        if "server" not in step or step["address"] is None:  # or else a name server was asked
            return str(step["address"] or "")
    return None


def places(at_once: int, loopback_at_once: int = 0) -> Gate:
    """A bound on how many probes are at one address at once; 0 is no bound.

    As many more may wait there. The next is Crowded: if all waited that go to a silent edge, no
    place would be left for those who go elsewhere.
    """
    rooms: dict[str, _Room] = {}

    def gate(ip: str) -> AbstractAsyncContextManager[object]:
        most = loopback_at_once if _is_loopback(ip) else at_once
        return _Place(rooms, ip, most) if most > 0 else open_gate(ip)

    return gate


@dataclass(slots=True)
class _Room:
    doors: asyncio.Semaphore
    inside: int = 0
    """Those who wait too; with the last of them the room goes."""


class _Place(AbstractAsyncContextManager[None]):
    """A place at one address, for one probe."""

    def __init__(self, rooms: dict[str, _Room], ip: str, most: int) -> None:
        self._rooms = rooms
        self._ip = ip
        self._most = most
        self._room = rooms.get(ip) or rooms.setdefault(ip, _Room(asyncio.Semaphore(most)))

    async def __aenter__(self) -> None:
        if self._room.inside >= 2 * self._most:
            raise Crowded(f"not asked: {self._most} probes are there already", where=self._ip)
        self._room.inside += 1
        try:
            await self._room.doors.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._room.doors.release()
        self._leave()

    def _leave(self) -> None:
        self._room.inside -= 1
        if not self._room.inside:
            self._rooms.pop(self._ip, None)


@lru_cache(maxsize=65_536)
def _is_loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def most_together() -> int:
    """Probes that may be under way at once with the files that this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(4096, soft - _FILES_SPARED))
