"""Carries out the hub's orders by the schedule of the live loop, and says what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from downwind.observe import Clock
from downwind.terms import Evidence, Unanswered
from downwind.watch import agenda
from downwind.watch.schedule import Schedule
from downwind.watch.vantages.orders import Order

_PATIENCE = 1.5
"""A probe that takes so many times its time-out is ended from outside."""


class Prober(Protocol):
    """Carries out one order, and says what was seen; it should not raise."""

    async def __call__(self, order: Order) -> Evidence: ...


class Rounds:
    """Probes the orders until it is cancelled, and hands each result over."""

    def __init__(
        self,
        probe: Prober,
        clock: Clock,
        vantage: str,
        heard: Callable[[Evidence, bool], None],
        at_once: int,
    ) -> None:
        """`heard` gets each result, and whether it was asked for beside the rounds."""
        self._probe, self._clock, self._vantage, self._heard = probe, clock, vantage, heard
        self.schedule = Schedule((), clock, self._perform, vantages=(vantage,), together=at_once)

    def set(self, orders: Iterable[Order]) -> None:
        """From now on these; those that stay keep their times."""
        self.schedule.replace(
            agenda.Target(order.target, order, order.interval, order.timeout) for order in orders
        )

    def ask(self, target: str) -> None:
        """One more probe of it, now; nothing where it is not among the orders."""
        self.schedule.ask(target, self._vantage)

    async def run(self) -> None:
        """Probe until cancelled; no probe outlives it."""
        await self.schedule.run(lambda due, evidence: self._heard(evidence, due.extra))

    async def _perform(self, due: agenda.Order) -> Evidence:
        order: Order = due.target.what
        at = self._clock.now()
        try:
            async with asyncio.timeout(self._clock.timeout(order.timeout * _PATIENCE)):
                return await self._probe(order)
        except TimeoutError:
            reason = f"the probe did not end within {order.timeout:g} s"
        except Exception as error:
            # A defect of the probe, or a target that found one: it is told, and the rest goes on.
            reason = f"the probe failed: {type(error).__name__}: {error!s:.200}"
        return Evidence(order.target, f"probe.{order.kind}", Unanswered(reason), at, self._vantage)
