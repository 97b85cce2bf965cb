"""Many who keep records at once share one write and one fsync."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from downwind.terms import Evidence
from downwind.watch.history.store import WatchStore

_Waiting = tuple[Sequence[Evidence], "asyncio.Future[bool]"]


class GroupKeeper:
    """Keeps records in a thread, so that the loop does not wait for the disk.

    While one write is under way, what comes in waits for the next, all of it together.
    """

    def __init__(self, store: WatchStore) -> None:
        self._store = store
        self._waiting: dict[bool, list[_Waiting]] = {True: [], False: []}
        """Those that are held in memory where the disk takes none, and those that are not."""
        self._task: asyncio.Task[None] | None = None

    async def keep(self, records: Sequence[Evidence], *, held: bool = True) -> bool:
        """As WatchStore.keep: True once they are on disk, False where they are in memory, or with
        `held` False nowhere."""
        if not records:
            return True
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[held].append((records, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="keeper")
        # Whoever is cancelled meanwhile: the records are kept all the same, in their order.
        return await asyncio.shield(done)

    async def close(self) -> None:
        """Wait until all that came in is written."""
        if self._task is not None:
            await self._task

    async def _write(self) -> None:
        while any(self._waiting.values()):
            for held in (True, False):
                batch, self._waiting[held] = self._waiting[held], []
                if batch:
                    await self._write_one(batch, held)

    async def _write_one(self, batch: Sequence[_Waiting], held: bool) -> None:
        records = [record for some, _ in batch for record in some]
        try:
            kept = await asyncio.to_thread(self._store.keep, records, held=held)
        except Exception as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(kept)
