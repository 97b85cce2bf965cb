"""Brings evidence to disk in groups; a name counts as done when its own record is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from downwind.evidence.log import EvidenceLog
from downwind.terms import Evidence

_EVERY = 0.25
"""Seconds between two fsyncs."""
_MOST_WAITING = 20_000


class Keeper:
    """Holds evidence until the next group is written, in the order in which it came."""

    def __init__(self, log: EvidenceLog, heard: Callable[[Sequence[Evidence]], None]) -> None:
        self._log = log
        self._heard = heard
        self._waiting: list[Evidence] = []
        self._stopped = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def keep(self, evidence: Sequence[Evidence]) -> None:
        """Take evidence; it is on disk once `heard` was called with it."""
        self._waiting.extend(evidence)
        if len(self._waiting) >= _MOST_WAITING:
            self._room.clear()

    async def room(self) -> None:
        """Wait while the disk is behind."""
        await self._room.wait()

    async def run(self) -> None:
        """Write groups until `stop`; raises DownwindError where the disk takes no more."""
        while not self._stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _EVERY)
            await self.flush()

    def stop(self) -> None:
        """No more is coming: `run` writes what waits, and returns."""
        self._stopped.set()

    async def flush(self) -> None:
        """Write and sync all that waits; a group that is being written is written whole."""
        group, self._waiting = self._waiting, []
        if not group:
            return
        # In another thread: an fsync takes as long as the disk likes.
        writing = asyncio.ensure_future(asyncio.to_thread(self._write, group))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            self._heard(group)
            raise
        self._room.set()
        self._heard(group)

    def _write(self, group: Sequence[Evidence]) -> None:
        self._log.append_many(group)
        self._log.sync()
