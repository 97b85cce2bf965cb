"""The loop itself: what is seen is kept, then counted, then judged, then told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from downwind.jobs.watching.drawing import Drawing
from downwind.jobs.watching.footing import Footing
from downwind.jobs.watching.house import House
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.jobs.watching.remapping import Remapping
from downwind.observe.dialer import NOT_ALLOWED
from downwind.questions.hidden import Hidden
from downwind.terms import Evidence, Unanswered
from downwind.watch.agenda import Order
from downwind.watch.alerts import Heartbeat
from downwind.watch.history import Held
from downwind.watch.incidents import IncidentEvent
from downwind.watch.live.hidden import suspected
from downwind.watch.live.slowness import ask_slow, learn, observe_slow
from downwind.watch.live.state import Live, View
from downwind.watch.live.verdict import ask, observe
from downwind.watch.picture import Picture
from downwind.watch.pulse import Pulse
from downwind.watch.vantages.spec import GLOBALPING

_TICK = 0.25
"""Real seconds between two looks at what came in."""
_SUSPECT_EVERY = 5.0
"""Real seconds between two looks whether an incident was closed."""
_LAST_ALERTS = 5.0
"""Real seconds that alerts have to go out when the watcher ends; the rest goes when it is back."""


class Watcher:
    """Runs until it is cancelled. `picture` is what it knows now."""

    def __init__(self, options: WatchOptions, live: Live, parts: Parts, footing: Footing) -> None:
        """`footing`: what the watcher stands on at the start."""
        self.options = options
        self.live = live
        self.parts = parts
        self.started_at = self.now()
        self.told: Callable[[Sequence[IncidentEvent]], None] = _nobody
        self._seen: list[Evidence] = []
        self._came = asyncio.Event()
        self._changed = asyncio.Event()
        self.remapping = Remapping(options, live, footing)
        self.hidden: tuple[Hidden, ...] = ()
        """Suspected needs."""
        self.house = House(options, live, parts)
        self._pulse = Pulse()
        self._drawing = Drawing(options, live, parts, self.house, self.started_at)
        self._closed = True
        """An incident was closed since needs were last suspected."""
        self._refused = False
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.picture = Picture(at=self.started_at, started_at=self.started_at)

    def now(self) -> float:
        """The watcher's clock."""
        return self.options.network.clock.now()

    async def run(self) -> None:
        """All tasks together; what one of them raises ends them all."""
        parts, settings = self.parts, self.options.settings
        tasks: list[Awaitable[object]] = [
            parts.schedule.run(self._heard),
            self._take_in(),
            self._judge_on(),
            parts.reading.run(),
            parts.deliverer.run(),
            self._suspect_on(),
            self.house.keep(),
            self.house.sum_up(self._held),
            parts.registrations.run(self._registered),
            self.remapping.run(self.take_in),
        ]
        if parts.elsewhere is not None:
            tasks.append(parts.elsewhere.run(self._looked_elsewhere))
        if settings.heartbeat is not None:
            beat = Heartbeat(settings.heartbeat.url, settings.heartbeat.every)
            tasks.append(beat.run(self.options.network.clock, lambda: self.picture.watcher.healthy))
        self._pulse.start()
        try:
            async with asyncio.TaskGroup() as group:
                for task in tasks:
                    group.create_task(_as_coroutine(task))
        except ExceptionGroup as errors:
            if not self._over.done():
                self._over.set_exception(errors.exceptions[0])
            raise
        finally:
            self._pulse.stop()

    async def ended(self) -> None:
        """Returns when the loop has ended by itself, and raises what ended it."""
        await asyncio.shield(self._over)

    async def end(self) -> None:
        """Keep what came in last, and the state of now."""
        await self._take()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ALERTS):
                await self.parts.deliverer.drain()
        await self.house.snapshot()

    async def changed(self) -> None:
        """Returns when there is another picture than now."""
        await self._changed.wait()

    async def take_in(self, records: Sequence[Evidence]) -> None:
        """Records from elsewhere, such as deploys: kept, then counted."""
        await self.house.take_in(records)

    async def _looked_elsewhere(self, records: Sequence[Evidence]) -> None:
        self._seen += records
        self._came.set()

    async def _registered(self, record: Evidence) -> None:
        await self.take_in([record])

    def _heard(self, _: Order, record: Evidence) -> None:
        if isinstance(record.finding, Unanswered) and not self._refused:
            self._refused = record.finding.reason.endswith(NOT_ALLOWED)
            if self._refused:
                self.options.told(
                    f"{record.subject} is not probed: {record.finding.reason}. "
                    "--allow-private PREFIX allows it."
                )
        self._seen.append(record)
        self._came.set()

    async def _take_in(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            await self._take()
            await asyncio.sleep(_TICK / 5)  # so that many share one write

    async def _take(self) -> None:
        seen, self._seen = self._seen, []
        if not seen:
            return
        await self.take_in(seen)
        self._confirm()

    def _confirm(self) -> None:
        for wanted in self.live.wanted(self.now()):
            self._ask(wanted.target, wanted.vantage, wanted.due)

    def _ask(self, target: str, vantage: str, due: float | None = None) -> None:
        """One probe out of turn, by whoever probes from there."""
        if vantage == self.options.settings.place.name:
            self.parts.schedule.ask(target, vantage, due)
        elif self.parts.elsewhere and vantage == GLOBALPING:
            self.parts.elsewhere.ask(target)
        else:
            self.parts.confirmations.ask(vantage, target)

    async def _judge_on(self) -> None:
        """A round at each interval, and steps between them while something is in doubt."""
        every = self.options.network.clock.wall(self.options.settings.every)
        # By a clock that nobody sets: one that is set puts rounds neither off nor together.
        due, heard = time.monotonic() + every, -1
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            regular = now >= due
            self._confirm()
            if not regular and self.live.probes == heard:
                continue
            heard = self.live.probes
            await self.judge(regular=regular)
            if regular and self.parts.elsewhere:
                self.parts.elsewhere.again()
            if regular:
                due = max(due + every, now)

    async def judge(self, *, regular: bool) -> None:
        """One step: publish, ask who is at fault, let the incidents know, draw the picture.

        While this machine is too busy nothing is published, and nobody is blamed.
        """
        if not self._pulse.too_busy():
            await self._publish(regular=regular)
        self._draw()

    async def _publish(self, *, regular: bool) -> None:
        view = self.live.look(self.now())
        question = ask(self.live, view)
        if question is not None or regular or self.parts.book.ledger.open():
            answer = await asyncio.to_thread(question.answer) if question else None
            if self._pulse.too_busy():
                return
            observed = observe(self.live, view, answer, regular=regular)
            events = await self.parts.book.round(observed)
            if regular and answer is not None:
                own = {a.suspect for a in answer.attributions if a.verdict == "own"}
                self.live.rates = self.live.rates.after(own)
            if events:
                self._follow(events)
        if regular:
            await self._publish_slow(view)

    async def _publish_slow(self, view: View) -> None:
        """After who fails, so that it delays no word of those."""
        question = ask_slow(self.live, view)
        answer = await asyncio.to_thread(question.answer) if question else None
        events = await self.parts.book.round(observe_slow(self.live, view, answer))
        learn(self.live, answer)
        if events:
            self.told(events)

    def _follow(self, events: Sequence[IncidentEvent]) -> None:
        blamed = (incident.cause.scope for incident in self.parts.book.ledger.open())
        self.parts.reading.hurry({scope.provider for scope in blamed if scope})
        self._probe_further()
        self._closed = self._closed or any(event.kind == "closed" for event in events)
        self.told(events)

    def _probe_further(self) -> None:
        """What would tell the rivals apart is asked at once."""
        here = self.options.settings.place.name
        for incident in self.parts.book.ledger.open():
            for wanted in incident.separating:
                node, _, vantage = wanted.partition(" from ")
                for each in self.live.setting.watched:
                    if each.node == node:
                        self._ask(each.target.name, vantage or here)

    def _draw(self) -> None:
        busy = self._pulse.too_busy()
        self.picture = self._drawing.draw(self.remapping, self.hidden, busy)
        self._changed.set()
        self._changed = asyncio.Event()

    def _held(self) -> tuple[Held, ...]:
        return Held.of(self.parts.book.ledger.open())

    async def _suspect_on(self) -> None:
        while True:
            await asyncio.sleep(_SUSPECT_EVERY)
            if self._closed:
                self._closed = False
                await self.suspect()

    async def suspect(self) -> None:
        """Look for needs that nobody knows of in what fell together so far."""
        ledger, live = self.parts.book.ledger, self.live
        targets = [each.capability for each in live.setting.watched if each.capability]
        period = self.now() - min(
            (each.opened_at for each in ledger.incidents.values()), default=self.started_at
        )
        self.hidden = await asyncio.to_thread(
            suspected, ledger, targets, live.setting.suspects, live.decisions, period
        )


async def _as_coroutine(task: Awaitable[object]) -> None:
    await task


def _nobody(_: Sequence[IncidentEvent]) -> None:
    """Nobody listens."""
