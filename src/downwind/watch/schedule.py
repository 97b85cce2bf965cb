"""Starts thousands of probes on time, and tells how late it is where it is not."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from downwind.observe import Clock
from downwind.terms import Evidence
from downwind.watch.agenda import Agenda, Order, Target

Performing = Callable[[Order], Awaitable[Evidence]]
"""Does one probe; expected not to raise (Probing)."""
Hearing = Callable[[Order, Evidence], object]

_STARTS_KEPT = 10_000
_TOO_LATE = 2.0
"""Real seconds after which a regular probe waits for its next turn."""
_SHORTEST_NAP = 0.002
"""Real seconds: what is due within the same two milliseconds starts together."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How late probes started, in seconds of the network's clock, of the latest 10,000."""

    median: float
    p99: float
    worst: float
    waiting: float
    """The age of the longest that is due and has not started."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the schedule did since it began."""

    started: int
    ended: int
    extra: int
    """Of those started, how many were asked for."""
    skipped: int
    """Left out: the one before had not ended, or it was too late for them."""
    defects: int
    """Probes that raised an error instead of telling one: a fault of this program."""
    under_way: int
    waiting: int


class Schedule:
    """Probes of many targets from one or more vantages, each at its interval."""

    def __init__(
        self,
        targets: Iterable[Target],
        clock: Clock,
        perform: Performing,
        *,
        vantages: Sequence[str] = ("here",),
        seed: int = 0,
        together: int = 4096,
    ) -> None:
        """At most `together` probes are under way at once; what was asked for goes first."""
        self._clock = clock
        self._perform = perform
        self._seed = seed
        self._together = together
        self._base = (clock.now(), time.monotonic())
        self._agenda = Agenda(
            targets, vantages, now=self._base[0], seed=seed, too_late=_TOO_LATE * clock.speed
        )
        self._asked: deque[Order] = deque()
        self._regular: deque[Order] = deque()
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._lags: deque[float] = deque(maxlen=_STARTS_KEPT)
        self._started = self._ended = self._extra = self._defects = 0
        self.defect = ""
        """The latest error of a probe that raised one."""
        self._heard: Hearing | None = None
        self._over: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Targets times vantages."""
        return len(self._agenda)

    async def run(self, heard: Hearing) -> None:
        """Probe until cancelled; `heard` gets each order with its evidence, at once.

        What `heard` raises ends the run and is raised here. Nothing is left under way.
        """
        loop = asyncio.get_running_loop()
        self._heard, self._over = heard, loop.create_future()
        try:
            self._wake()
            await self._over
        finally:
            await self._stop()

    def ask(
        self, name: str, vantage: str, due: float | None = None, address: str | None = None
    ) -> bool:
        """One more probe, at `due` by the network's clock or now; False where not taken on."""
        now = self._now()
        at = now if due is None else now + (due - self._clock.now())
        taken = self._agenda.ask(name, vantage, at, address)
        if taken:
            self._set_timer()
        return taken

    def pause(self, name: str) -> bool:
        """No regular probes of this target until resumed; False where there is none."""
        return self._agenda.pause(name)

    def resume(self, name: str) -> bool:
        return self._agenda.pause(name, False)

    def replace(self, targets: Iterable[Target]) -> None:
        """From now on these targets; those that stay keep their rhythm."""
        self._agenda.replace(targets, self._now())
        self._set_timer()

    def lag(self) -> Lag:
        lags = sorted(self._lags) or [0.0]
        first = [queue[0].due for queue in (self._asked, self._regular) if queue]
        waiting = self._now() - min(first) if first else 0.0
        many = len(lags)
        return Lag(lags[many // 2], lags[min(many - 1, many * 99 // 100)], lags[-1], waiting)

    def counts(self) -> Counts:
        return Counts(
            started=self._started,
            ended=self._ended,
            extra=self._extra,
            skipped=self._agenda.skipped,
            defects=self._defects,
            under_way=len(self._tasks),
            waiting=len(self._asked) + len(self._regular),
        )

    def _now(self) -> float:
        """The network's clock, without the leaps that the machine's own time may make."""
        began, at = self._base
        return began + (time.monotonic() - at) * self._clock.speed

    def _wake(self) -> None:
        for order in self._agenda.take(self._now()):
            (self._asked if order.extra else self._regular).append(order)
        self._start_some()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._agenda.next_due()
        if due is None or self._over is None or self._over.done():
            return
        nap = max(_SHORTEST_NAP, self._clock.wall(due - self._now()))
        self._timer = asyncio.get_running_loop().call_later(nap, self._wake)

    def _start_some(self) -> None:
        while len(self._tasks) < self._together and (self._asked or self._regular):
            order = (self._asked or self._regular).popleft()
            self._lags.append(self._now() - order.due)
            self._started += 1
            self._extra += order.extra
            task = asyncio.get_running_loop().create_task(self._one(order))
            self._tasks.add(task)

    async def _one(self, order: Order) -> None:
        try:
            evidence = await self._perform(order)
        except Exception as error:
            self._defects += 1
            self.defect = f"{type(error).__name__}: {error}"
        else:
            self._tell(order, evidence)
        finally:
            self._tasks.discard(asyncio.current_task())
            self._ended += 1
            self._agenda.done(order)
            if self._asked or self._regular:
                self._start_some()

    def _tell(self, order: Order, evidence: Evidence) -> None:
        over = self._over
        if self._heard is None or over is None or over.done():
            return
        try:
            self._heard(order, evidence)
        except Exception as error:
            over.set_exception(error)

    async def _stop(self) -> None:
        over, self._over = self._over, None
        if self._timer is not None:
            self._timer.cancel()
        if over is not None and not over.done():
            over.cancel()
        self._asked.clear()
        self._regular.clear()
        tasks = [task for task in self._tasks if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before its first step does not say that it ended.
        self._tasks.clear()
        self._ended = self._started
        self._agenda.release()
