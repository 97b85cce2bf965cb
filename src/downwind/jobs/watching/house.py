"""Keeps house: snapshots, a full disk, roll-ups, old probes, and what is about to end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.terms import DownwindError, Evidence
from downwind.watch.alerts import watcher_alert
from downwind.watch.detection import save
from downwind.watch.history import Held, Rollups, oldest_place, retain
from downwind.watch.live.endings import endings
from downwind.watch.live.keeping import PART, keep
from downwind.watch.live.state import Live
from downwind.watch.vantages.inbox import PART as INBOX

DETECTOR = "detector.npz"
_LOOK_EVERY = 5.0
"""Real seconds between two looks at the disk."""
_SNAPSHOT_EVERY = 60.0
"""Real seconds."""
_SUM_UP_EVERY = 3600.0
"""Real seconds between two roll-ups of what was sealed."""
_KEEP = 14 * 86_400.0
"""Seconds for which single probes are kept; what was decided is kept for good."""

T = TypeVar("T")


class House:
    """What is done beside the watching. Its loops run until they are cancelled."""

    def __init__(self, options: WatchOptions, live: Live, parts: Parts) -> None:
        self._options = options
        self._live = live
        self._parts = parts
        self._began = time.monotonic()
        self._started_at = self._now()
        self._disk_told = False
        self._under_way: set[asyncio.Task[Any]] = set()
        """What is being kept, and does not count yet."""
        self.availability: Mapping[str, float] = {}
        """Target -> the share of the last 24 hours in which it was not down."""
        self.trouble = ""
        """Why what was seen could not be summed up."""

    async def whole(self, keeping: Coroutine[Any, Any, T]) -> T:
        """Keep something and count it, to the end even where whoever waits gives up: no snapshot
        is taken of what is on disk and does not count yet."""
        task = asyncio.create_task(keeping)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(task)

    async def take_in(self, records: Sequence[Evidence]) -> None:
        """Records are kept, then they count."""

        async def taken() -> None:
            await self._parts.keeper.keep(records)
            for record in records:
                self._live.hear(record)

        await self.whole(taken())

    async def keep(self) -> None:
        """The disk, the snapshots, and what will end."""
        due = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            await asyncio.to_thread(self._parts.store.try_again)
            await self._tell_disk()
            if time.monotonic() >= due:
                due = time.monotonic() + _SNAPSHOT_EVERY
                await self.tell_endings()
                await self.snapshot()

    async def snapshot(self) -> None:
        """Keep the state of now, where the disk takes it."""
        file = self._options.directory / DETECTOR
        with contextlib.suppress(OSError):
            await asyncio.to_thread(save, self._live.detector, file)
        await self._parts.book.snapshot(self._parts.store, self._others)

    async def tell_endings(self) -> None:
        """Certificates and domains that end soon, or were renewed after that was told."""
        live, now = self._live, self._now()
        for told in endings(live.latest, live.domains, live.told, now):
            record = told.record(now, self._options.network.vantage)
            await self._parts.book.alert(told.alert(now), records=[record])
            self._options.told(told.text)

    async def sum_up(self, held: Callable[[], Sequence[Held]]) -> None:
        """Roll up what is sealed, and let go of old probes that are rolled up."""
        while True:
            troubles = await asyncio.to_thread(self.sum_up_once, held())
            why = "; ".join(dict.fromkeys(troubles))
            self.trouble = f"what was seen could not be summed up: {why}" if why else ""
            await asyncio.sleep(_SUM_UP_EVERY)

    def sum_up_once(self, held: Sequence[Held]) -> tuple[str, ...]:
        """Each part for itself; returns what went wrong."""
        rollups = Rollups(self._options.directory / "rollups")
        log = self._parts.store.log_directory
        parts: tuple[Callable[[], object], ...] = (
            lambda: rollups.roll(log),
            # What an earlier time rolled up may go, also where a full disk takes no more of it.
            lambda: self._let_go(rollups, held),
            rollups.merge,
            lambda: self._look_back(rollups),
        )
        return tuple(trouble for part in parts if (trouble := _tried(part)))

    async def _others(self) -> Mapping[str, bytes]:
        """The live state, once all that is on disk counts in it."""
        if self._under_way:
            await asyncio.wait(tuple(self._under_way))
        return {PART: keep(self._live), INBOX: self._parts.inbox.to_bytes()}

    async def _tell_disk(self) -> None:
        health = self._parts.store.health()
        if health.ok is not self._disk_told:
            return
        self._disk_told = not health.ok
        text = health.reason or "It takes what is seen again."
        title = "The watcher's disk takes nothing" if not health.ok else "The disk has room again"
        told = watcher_alert(self._now(), "disk-full", title, text, over=health.ok)
        await self._parts.book.alert(told)
        self._options.told(f"{title}: {text}")

    def _let_go(self, rollups: Rollups, held: Sequence[Held]) -> None:
        place = oldest_place(self._options.directory)
        if place is None:
            return
        log, before = self._parts.store.log_directory, min(self._now(), self._unmoved()) - _KEEP
        retain(log, before, held, rolled=rollups.rolled(), snapshot=place.segment)

    def _look_back(self, rollups: Rollups) -> None:
        now = self._now()
        self.availability = rollups.availability(now - 86_400.0, now)

    def _unmoved(self) -> float:
        """The time by a clock that nobody sets: what a clock set forward calls old stays."""
        ran = time.monotonic() - self._began
        return self._started_at + ran * self._options.network.clock.speed

    def _now(self) -> float:
        return self._options.network.clock.now()


def _tried(part: Callable[[], object]) -> str:
    """What went wrong; empty where nothing did."""
    try:
        part()
    except (OSError, DownwindError) as error:
        return str(error)
    return ""
