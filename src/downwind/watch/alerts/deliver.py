"""Sends what is in the outbox: each route by itself, so that a slow one holds up no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from downwind.terms import Evidence
from downwind.watch.alerts.outbox import Outbox
from downwind.watch.alerts.types import Alert, NotSent, Route

_logger = logging.getLogger(__name__)
_LOOK = 30.0
"""Seconds after which a route is looked at again in any case."""

Keep = Callable[[Sequence[Evidence]], Awaitable[object]]


class Clock(Protocol):
    """The clock by which a watcher lives."""

    def now(self) -> float: ...
    async def sleep(self, scenario_seconds: float) -> None: ...


@runtime_checkable
class Repeating(Protocol):
    """A route that must be told again and again of what stands."""

    @property
    def repeat(self) -> float: ...
    async def again(self, standing: Sequence[Alert]) -> None: ...


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """How a route fares."""

    name: str
    pending: int
    attempts: int
    """Failed attempts at the oldest pending alert; 0 where it works."""
    reason: str
    last_sent: float | None


class Deliverer:
    """Delivers alerts at least once, in the order of their incidents' events.

    `keep` puts records into the evidence log: a sending counts once it is logged, so what was sent
    and not logged before a kill is sent again.
    """

    def __init__(self, routes: Sequence[Route], outbox: Outbox, keep: Keep, clock: Clock) -> None:
        self._routes: Mapping[str, Route] = {route.name: route for route in routes}
        self._outbox = outbox
        self._keep = keep
        self._clock = clock
        self._woken = {name: asyncio.Event() for name in self._routes}
        self._last: dict[str, float] = {}

    def wake(self) -> None:
        """Something new is in the outbox."""
        for event in self._woken.values():
            event.set()

    def health(self) -> tuple[RouteHealth, ...]:
        pending = self._outbox.pending()
        found = []
        for name in self._routes:
            mine = [due for due in pending if due.route == name]
            oldest = mine[0] if mine else None
            attempts = oldest.attempts if oldest else 0
            reason = oldest.reason if oldest else ""
            found.append(RouteHealth(name, len(mine), attempts, reason, self._last.get(name)))
        return tuple(found)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for route in self._routes.values():
                tasks.create_task(self._serve(route), name=f"alerts {route.name}")
                if isinstance(route, Repeating):
                    tasks.create_task(self._repeat(route), name=f"alerts again {route.name}")

    async def drain(self) -> None:
        """Send once what is due now or held; for a watcher that ends."""
        routes = self._routes.values()
        await asyncio.gather(*(self._send_due(route, held=True) for route in routes))

    async def _serve(self, route: Route) -> None:
        woken = self._woken[route.name]
        while True:
            woken.clear()
            await self._send_due(route)
            wait = self._outbox.wait(route.name, self._clock.now())
            await self._pause(woken, min(_LOOK, wait) if wait is not None else _LOOK)

    async def _pause(self, woken: asyncio.Event, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(max(seconds, 0.01)))
        waking = asyncio.ensure_future(woken.wait())
        try:
            await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _send_due(self, route: Route, *, held: bool = False) -> None:
        while (due := self._outbox.due(route.name, self._clock.now(), held=held)) is not None:
            try:
                await route.send(due.alert)
            except NotSent as why:
                _logger.warning("The alert route %s failed: %s", route.name, why.reason)
                records = self._outbox.failed(due, self._clock.now(), why)
            except Exception as error:  # a route must not end the others
                _logger.exception("The alert route %s broke", route.name)
                broke = NotSent(f"it broke: {type(error).__name__}")
                records = self._outbox.failed(due, self._clock.now(), broke)
            else:
                self._last[route.name] = self._clock.now()
                records = self._outbox.sent(due, self._clock.now())
            if records:
                await self._keep(records)

    async def _repeat(self, route: Repeating) -> None:
        while True:
            await self._clock.sleep(route.repeat)
            try:
                await route.again(self._outbox.standing())
            except NotSent as why:
                _logger.warning("What stands could not be told again: %s", why.reason)
