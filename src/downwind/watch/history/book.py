"""The one place where decisions are made and kept: a round's or a person's, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from downwind.terms import Evidence, UsageError
from downwind.watch.alerts import Alert
from downwind.watch.history.restore import (
    Decided,
    Decision,
    Telling,
    commit,
    decide,
    decide_by_hand,
    state_of,
)
from downwind.watch.history.store import WatchStore
from downwind.watch.incidents import (
    Incident,
    IncidentEvent,
    Ledger,
    Observed,
    Window,
    cancelled,
    window_to_evidence,
)

Keep = Callable[[Sequence[Evidence]], Awaitable[object]]
Parts = Callable[[], Awaitable[Mapping[str, bytes]]]


class Book:
    """What is decided, and nothing that is not kept: each step is logged before it counts.

    `keep` puts records on disk (GroupKeeper.keep); where the disk is full it holds them in memory,
    and the decision counts all the same.
    """

    def __init__(
        self,
        decided: Decided,
        telling: Telling,
        keep: Keep,
        now: Callable[[], float],
        wake: Callable[[], None] = lambda: None,
        heard: Callable[[Evidence], object] = lambda _: None,
    ) -> None:
        """`wake` is called when there is something to send (Deliverer.wake), `heard` with each
        record that was kept, before anything else is decided."""
        self.decided = decided
        self._telling = telling
        self._keep = keep
        self._now = now
        self._wake = wake
        self._heard = heard
        self._one = asyncio.Lock()

    @property
    def ledger(self) -> Ledger:
        return self.decided.incidents.ledger

    def incident(self, id: str) -> Incident | None:
        return self.ledger.incidents.get(id)

    async def round(self, observed: Observed) -> tuple[IncidentEvent, ...]:
        """What a round of verdicts tells; the events are on disk when it returns."""

        def step() -> Decision:
            found = self.decided.incidents.step(observed, self.decided.maintenance)
            return decide(self.decided, found, self._telling, observed.at)

        return (await self._whole(step)).events

    async def acknowledge(self, id: str, by: str, note: str = "") -> IncidentEvent:
        """Somebody looks after it; raises UsageError where it is unknown or closed."""
        return await self._by_hand(lambda at: self.ledger.acknowledge(at, id, by, note))

    async def comment(self, id: str, by: str, text: str) -> IncidentEvent:
        return await self._by_hand(lambda at: self.ledger.comment(at, id, by, text))

    async def note(self, id: str, text: str) -> IncidentEvent:
        """A remark of the watcher, such as a suspected need."""
        return await self._by_hand(lambda at: self.ledger.note(at, id, text))

    async def close(self, id: str, by: str, note: str = "") -> IncidentEvent:
        return await self._by_hand(lambda at: self.ledger.close(at, id, by, note))

    async def plan(self, window: Window) -> None:
        """A maintenance window becomes known, or takes the place of the one with its id."""
        await self.hear([window_to_evidence(window, self._now(), self._telling.vantage)])

    async def cancel(self, id: str, by: str, note: str = "") -> None:
        """A window is taken back; raises UsageError where there is none."""
        window = self.decided.maintenance.windows.get(id)
        if window is None:
            raise UsageError(f"There is no maintenance window {id!r:.120}.")
        await self.plan(cancelled(window, by, note))

    async def hear(self, records: Sequence[Evidence]) -> None:
        """Changes of one's own (change.*): kept, and the windows among them known from then on."""

        def heard() -> Decision:
            before, maintenance = self.decided, self.decided.maintenance
            for record in records:
                maintenance = maintenance.heard(record)
            return Decision(
                tuple(records), Decided(before.incidents, maintenance, before.alerted), ()
            )

        await self._whole(heard)

    async def alert(self, *alerts: Alert, records: Sequence[Evidence] = ()) -> None:
        """Alerts that are of no incident, such as those on the watcher itself; `records` are kept
        with them, and tell why."""

        def queued() -> Decision:
            waiting = self._telling.outbox.queued(alerts, self._now())
            return Decision((*waiting, *records), self.decided, ())

        await self._whole(queued)

    async def snapshot(self, store: WatchStore, parts: Parts | None = None) -> bool:
        """Keep the state of now; `parts` gives that of others, and what is on disk when it is
        called must have counted when it returns. False where it did not succeed."""
        async with self._one:
            place = await asyncio.to_thread(store.place)
            if place is None:
                return False
            others = await parts() if parts is not None else {}
            state = state_of(self.decided, self._telling.outbox) | dict(others)
            return await asyncio.to_thread(store.snapshot, state, place)

    async def _by_hand(self, act: Callable[[float], IncidentEvent]) -> IncidentEvent:
        def done() -> Decision:
            at = self._now()
            return decide_by_hand(self.decided, act(at), self._telling, at)

        return (await self._whole(done)).events[0]

    async def _whole(self, decision: Callable[[], Decision]) -> Decision:
        """Decide, keep and count as one: whoever waits may give up, what is begun is ended."""
        task = asyncio.create_task(self._alone(decision))
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(task)

    async def _alone(self, decision: Callable[[], Decision]) -> Decision:
        async with self._one:
            made = decision()
            if made.records:
                await self._keep(made.records)
            self.decided = commit(made, self._telling)
            for record in made.records:
                self._heard(record)
        if made.records:
            self._wake()
        return made
