"""The clock of a scenario: it starts where the story does and may run faster than a wall clock."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

_LEAST_WAIT = 0.5


OBSERVERS_FLOOR = 1.0
"""Real seconds that an observer waits at least: on two busy cores a sign-in took up to 0.5 s."""


@dataclass(slots=True)
class WorldClock:
    """Scenario time as a line through one point of CLOCK_MONOTONIC, which processes share.

    Its speed may change; the time does not jump then.
    """

    scenario: float
    """Seconds since 1970-01-01 UTC in the scenario..."""
    monotonic: float
    """...when the machine's monotonic clock showed this."""
    speed: float = 1.0
    _retuned: asyncio.Event = field(default_factory=asyncio.Event, repr=False, compare=False)

    @classmethod
    def starting(cls, scenario: float, speed: float) -> WorldClock:
        """A clock that starts now."""
        return cls(scenario, time.monotonic(), speed)

    def now(self) -> float:
        """Scenario time, in seconds since 1970-01-01 UTC."""
        return self.scenario + (time.monotonic() - self.monotonic) * self.speed

    def retune(self, speed: float) -> None:
        """From now on so many scenario seconds pass in a second."""
        self.scenario, self.monotonic, self.speed = self.now(), time.monotonic(), speed
        self._retuned.set()
        self._retuned = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait for scenario seconds, also where the speed changes meanwhile."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left / self.speed):
                    await self._retuned.wait()

    def timeout(self, seconds: float) -> float:
        """Wall seconds to wait for an answer that may take scenario seconds; never too short."""
        return max(_LEAST_WAIT, seconds / self.speed)

    def handout(self) -> dict[str, float]:
        """What another process needs to read the same time."""
        return {
            "scenario": self.scenario,
            "monotonic": self.monotonic,
            "speed": self.speed,
            "floor": OBSERVERS_FLOOR,
        }
