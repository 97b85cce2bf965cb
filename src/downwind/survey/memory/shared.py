"""What many names share is looked up once; whoever asks meanwhile waits for the same answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

FAILED_FOR = 300.0
"""RFC 9520, 3.2: a failure is kept for five minutes at most, then it may be tried again."""


class Shared(Generic[Value]):
    """A bounded cache of lookups by key; the least recently used are forgotten first."""

    def __init__(
        self, most: int, *, failed: Callable[[Value], bool], clock: Callable[[], float]
    ) -> None:
        self._most = most
        self._failed = failed
        self._clock = clock
        self._entries: OrderedDict[str, tuple[asyncio.Future[Value], float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, look: Callable[[], Awaitable[Value]]) -> asyncio.Future[Value]:
        """The lookup of this key, started by the first who asks."""
        entry = self._entries.get(key)
        if entry is not None and not self._stale(*entry):
            self._entries.move_to_end(key)
            return entry[0]
        task = asyncio.ensure_future(look())
        self._entries[key] = (task, self._clock())
        self._entries.move_to_end(key)
        self._forget()
        return task

    async def close(self) -> None:
        """Ends the lookups that are still under way."""
        tasks = [task for task, _ in self._entries.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._entries.clear()

    def _stale(self, task: asyncio.Future[Value], began: float) -> bool:
        if not task.done() or self._clock() - began < FAILED_FOR:
            return False
        return task.cancelled() or task.exception() is not None or self._failed(task.result())

    def _forget(self) -> None:
        """Drop the oldest that are done; those under way are wanted by somebody."""
        for _ in range(len(self._entries) - self._most):
            key, entry = self._entries.popitem(last=False)
            if not entry[0].done():
                self._entries[key] = entry
