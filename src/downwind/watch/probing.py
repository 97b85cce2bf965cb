"""Performs what the schedule orders: small probes and whole journeys, from each vantage."""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from downwind.evidence.redact import redact_url
from downwind.observe import Network, StepDriver, Timeouts, run_journey
from downwind.observe.dialer import NOT_ALLOWED, Gate, open_gate
from downwind.observe.failures import Crowded
from downwind.observe.probes import Prober
from downwind.observe.steps import Step
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.agenda import Order

AT_ONCE = 256
"""Probes at one address at once. An edge serves many capabilities: fewer would hide its fault."""
_FILES_SPARED = 256


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

    @property
    def vantages(self) -> tuple[str, ...]:
        return tuple(self._networks)

    def prober(self, vantage: str) -> Prober:
        return self._probers[vantage]

    async def __call__(self, order: Order) -> Evidence:
        """The order's evidence; it does not raise for what a network does."""
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

    async def close(self) -> None:
        for prober in self._probers.values():
            await prober.close()

    async def _walk(self, order: Order, walk: Walk) -> Evidence:
        target = order.target
        network = self._within(order.vantage, target.timeout)
        at = network.clock.now()
        variables = {**walk.variables, "nonce": f"{at:.0f}-{order.turn}"}
        try:
            async with asyncio.timeout(network.clock.timeout(target.timeout)):
                record = await run_journey(
                    target.name, walk.steps, network, drivers=self._drivers, variables=variables
                )
        except TimeoutError:
            value = _unfinished(walk.steps, target.timeout)
            return Evidence(target.name, "probe.journey", Seen(value), at, order.vantage)
        refused = _refused_here(record)
        return replace(record, finding=Unanswered(refused)) if refused else record

    def _within(self, vantage: str, budget: float) -> Network:
        """The network with a patience that fits the budget: a step says better what failed."""
        key = (vantage, budget)
        if key not in self._hurried:
            network = self._networks[vantage]
            self._hurried[key] = replace(network, timeouts=_fitting(network.timeouts, budget))
        return self._hurried[key]


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


def _unfinished(steps: tuple[Step, ...], budget: float) -> dict[str, Any]:
    """A journey that did not end in its time: the step at which it stood is not known."""
    url = redact_url(steps[0].url) if steps else ""
    step = {
        "step": 0,
        "do": "journey",
        "url": url,
        "host": "",
        "strength": "hard",
        "ok": False,
        "layer": "http",
        "reason": f"the journey did not end within {budget:g} s",
        "status": None,
        "headers": {},
        "cookies": [],
        "body": "",
        "dns": None,
        "address": None,
        "milliseconds": budget * 1000,
        "passed": [],
    }
    return {"ok": False, "state": "down", "steps": [step]}


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
