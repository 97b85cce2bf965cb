"""The loop itself: what is seen is kept, then counted, then judged, then told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from downwind.evidence.hosts import host_of
from downwind.graph import Graph
from downwind.jobs.remap import remap
from downwind.jobs.watching.house import House
from downwind.jobs.watching.itself import Itself
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.observe.dialer import NOT_ALLOWED
from downwind.questions.hidden import Hidden, accepted_needs, with_hidden
from downwind.questions.suspects import Suspects
from downwind.terms import DownwindError, Evidence, Seen, Unanswered
from downwind.watch.agenda import Order
from downwind.watch.alerts import Heartbeat
from downwind.watch.feeds import Delay, Verdict, delays
from downwind.watch.history import Held
from downwind.watch.incidents import IncidentEvent
from downwind.watch.itself import VantageSeen, WatcherSeen
from downwind.watch.live.hidden import seen, suspected
from downwind.watch.live.routes import routes_seen
from downwind.watch.live.seen import Around, draw
from downwind.watch.live.state import LASTS, Live
from downwind.watch.live.targets import Targets
from downwind.watch.live.verdict import ask, observe
from downwind.watch.picture import Picture
from downwind.watch.selfcheck import with_watcher
from downwind.watch.vantages.spec import GLOBALPING

_TICK = 0.25
"""Real seconds between two looks at what came in."""
_SUSPECT_EVERY = 5.0
"""Real seconds between two looks whether an incident was closed."""
_SILENT = 5
"""Rounds without a word after which a vantage is not well."""
_LAST_ALERTS = 5.0
"""Real seconds that alerts have to go out when the watcher ends; the rest goes when it is back."""


class Watcher:
    """Runs until it is cancelled. `picture` is what it knows now."""

    def __init__(self, options: WatchOptions, live: Live, parts: Parts, itself: Itself) -> None:
        """`itself`: what the watcher stands on."""
        self.options = options
        self.live = live
        self.parts = parts
        self.started_at = self.now()
        self.told: Callable[[Sequence[IncidentEvent]], None] = _nobody
        self._seen: list[Evidence] = []
        self._came = asyncio.Event()
        self._changed = asyncio.Event()
        self._stands = itself
        self._trouble = ""
        """Why the map could not be renewed."""
        self.hidden: tuple[Hidden, ...] = ()
        """Suspected needs."""
        self.house = House(options, live, parts)
        self._targets = Targets()
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
        ]
        if settings.map_every > 0:
            tasks.append(self._remap_on())
        if parts.elsewhere is not None:
            tasks.append(parts.elsewhere.run(self._looked_elsewhere))
        if settings.heartbeat is not None:
            beat = Heartbeat(settings.heartbeat.url, settings.heartbeat.every)
            tasks.append(beat.run(self.options.network.clock, lambda: self.picture.watcher.healthy))
        try:
            async with asyncio.TaskGroup() as group:
                for task in tasks:
                    group.create_task(_as_coroutine(task))
        except ExceptionGroup as errors:
            if not self._over.done():
                self._over.set_exception(errors.exceptions[0])
            raise

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
        every = self.options.settings.every
        due, heard = self.now() + every, -1
        while True:
            await asyncio.sleep(_TICK)
            now = self.now()
            # A clock that was set back must not put it off.
            regular = now >= due or due - now > every
            if not regular and self.live.probes == heard:
                continue
            self._confirm()
            heard = self.live.probes
            await self.judge(regular=regular)
            if regular and self.parts.elsewhere:
                self.parts.elsewhere.again()
            if regular:
                due = max(due + every, now)

    async def judge(self, *, regular: bool) -> None:
        """One step: publish, ask who is at fault, let the incidents know, draw the picture."""
        view = self.live.look(self.now())
        question = ask(self.live, view)
        if question is not None or regular or self.parts.book.ledger.open():
            answer = await asyncio.to_thread(question.answer) if question else None
            observed = observe(self.live, view, answer, regular=regular)
            events = await self.parts.book.round(observed)
            if regular and answer is not None:
                own = {a.suspect for a in answer.attributions if a.verdict == "own"}
                self.live.rates = self.live.rates.after(own)
            if events:
                self._follow(events)
        self._draw()

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
        around = Around(
            started_at=self.started_at,
            ledger=self.parts.book.ledger,
            windows=tuple(self.parts.book.decided.maintenance.windows.values()),
            watcher=self._itself(),
            availability=self.house.availability,
            targets=self._targets,
            delays=self._delays(),
            vantages=self._vantages(),
            needs=seen(self.hidden, self.live.decisions),
        )
        self.picture = draw(self.live, self.options.model, self.now(), around)
        self._changed.set()
        self._changed = asyncio.Event()

    def _delays(self) -> tuple[Delay, ...]:
        """How long after our verdicts the providers' own pages spoke."""
        verdicts = [
            Verdict(each.id, each.cause.scope, each.since, each.opened_at, each.closed_at)
            for each in self.parts.book.ledger.incidents.values()
            if each.cause.scope is not None
        ]
        board = self.live.board
        return delays(verdicts, board.history(), self.now(), board.read_since())

    def _itself(self) -> WatcherSeen:
        disk, counts = self.parts.store.health(), self.parts.schedule.counts()
        lag = self.parts.schedule.lag()
        sights = self.live.sight()
        blind = bool(sights) and all(sights.values())
        hindered = self.live.hindered.get(self.options.settings.place.name)
        why = (hindered and hindered.words()) or "its own connectivity fails"
        reasons = [
            f"the disk takes nothing: {disk.reason}" if not disk.ok else "",
            f"a probe failed by our own defect: {self.parts.schedule.defect}"
            if counts.defects
            else "",
            self._trouble,
            self.house.trouble,
            hindered.words() if hindered else "",
        ]
        reason = "; ".join(each for each in reasons if each)
        return WatcherSeen(
            healthy=not reason,
            blind=blind,
            reason=why if blind else reason,
            unreportable=self._stands.silenced,
            lag=lag.p99,
            probes=counts.ended,
            skipped=counts.skipped,
            unsaved=disk.buffered,
            alerting=self._stands.routes.words,
            routes=routes_seen(self._stands.routes, self.parts.deliverer.health()),
        )

    def _vantages(self) -> tuple[VantageSeen, ...]:
        heard = {each.vantage: each for each in self.parts.inbox.heard()}
        found = []
        elsewhere = self.parts.elsewhere
        for spec in self.live.setting.vantages:
            if elsewhere and spec.name == GLOBALPING:
                at, why = self.live.heard_at.get(spec.name), elsewhere.trouble
                found.append(
                    VantageSeen(
                        spec.name, "", spec.provider, "", at, healthy=not why, reason=why,
                        on_demand=True,
                    )
                )  # fmt: skip
                continue
            told = heard.get(spec.name)
            at = self.live.heard_at.get(spec.name)
            silent = self.now() - (at or self.started_at) > _SILENT * self.options.settings.every
            found.append(
                VantageSeen(
                    name=spec.name,
                    network=spec.network,
                    provider=spec.provider,
                    region=spec.region,
                    heard_at=at,
                    buffered=told.head.waiting if told else 0,
                    offset=-(told.head.offset or 0.0) if told else 0.0,
                    healthy=not silent,
                    reason="nothing was heard of it for several rounds" if silent else "",
                )
            )
        return tuple(found)

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

    async def stand_on(self, graph: Graph) -> None:
        """From now on what the watched lean on is this, with the needs that people accepted."""
        whole = with_hidden(graph, accepted_needs(self.live.decisions))
        suspects = await asyncio.to_thread(Suspects.of, whole, LASTS)
        self.live.stand_on(whole, suspects)

    async def _remap_on(self) -> None:
        options = self.options
        clock, settings = options.network.clock, options.settings
        while True:
            await clock.sleep(settings.map_every)
            try:
                await self._remap_once()
                self._trouble = ""
            except (OSError, DownwindError) as error:
                self._trouble = f"the map could not be renewed: {error}"

    async def _remap_once(self) -> None:
        options, live = self.options, self.live
        mapped = await remap(
            options.model,
            options.network,
            options.catalog,
            options.directory / "map",
            live.setting.graph,
            budget=options.map_budget,
            beside=options.own_hosts(),
        )
        hosts = tuple(host_of(h.url) for h in live.board.health(self.now()))
        whole = with_watcher(mapped.graph, options.needs(hosts))
        await self.stand_on(whole)
        self._stands = await asyncio.to_thread(Itself.of, whole)
        told = [
            Evidence(
                change.node,
                "change.dependency",
                Seen(
                    {
                        "title": f"{change.label} {change.what}",
                        "service": change.capabilities[0].rpartition("/")[0],
                        "by": "",
                        "why": change.why,
                    }
                ),
                self.now(),
                options.network.vantage,
            )
            for change in mapped.changes
        ]
        await self.take_in(told)


async def _as_coroutine(task: Awaitable[object]) -> None:
    await task


def _nobody(_: Sequence[IncidentEvent]) -> None:
    """Nobody listens."""
