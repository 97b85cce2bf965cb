"""Notices when this process stood still: stopped, suspended with its machine, or starved."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

_BEAT = 0.25
"""Real seconds between two beats."""
_LEAST = 0.25
"""Real seconds by which a beat must be late to count as a stand."""
_KEPT = 256
_WITHIN, _TOO_MUCH = 10.0, 3.0
"""Real seconds looked back, and of these the seconds of standing still after which nothing is
judged: what fails then may fail by this machine alone."""


def machine_time() -> tuple[float, ...]:
    """Real seconds by clocks of which one, at least, goes on whatever stops the others.

    CLOCK_MONOTONIC stands while a machine sleeps and CLOCK_BOOTTIME goes on; both may stand in a
    guest that is paused, whose wall clock is put right afterwards.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.monotonic(), time.clock_gettime(boot), time.time()


class Pulse:
    """Beats while it is started, and remembers the beats that came late."""

    def __init__(self, clocks: Callable[[], tuple[float, ...]] = machine_time) -> None:
        self._clocks = clocks
        self._last = clocks()
        self._stands: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        """When a stand was over, by the first clock, and its real seconds."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Beat from now on, in the running loop; a second start changes nothing."""
        if self._timer is None:
            self._last = self._clocks()
            self._next()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def now(self) -> float:
        """Real seconds by the first clock, to ask `stood` with."""
        return self._clocks()[0]

    def stood(self, since: float) -> float:
        """Real seconds for which this process stood still since then, all stands together."""
        if self._timer is not None:
            self._look()
        return sum(seconds for over, seconds in self._stands if over >= since)

    def too_busy(self) -> str:
        """Why nothing can be judged now: it stood still for too much of the last seconds; empty
        where it did not."""
        stood = self.stood(self.now() - _WITHIN)
        if stood < _TOO_MUCH:
            return ""
        return f"this machine is too busy: the watcher stood still for {stood:.0f} s just now"

    def _next(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_BEAT, self._beat)

    def _beat(self) -> None:
        self._look()
        self._next()

    def _look(self) -> None:
        """A clock that is set back tells of no stand; one that leaps ahead may."""
        now = self._clocks()
        gap = max(there - before for there, before in zip(now, self._last, strict=True))
        if gap - _BEAT > _LEAST:
            self._stands.append((now[0], gap - _BEAT))
        self._last = now
