"""Server-sent events: whoever listens is told that there is another picture."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from downwind.show.web.hub import Hub

MOST_LISTENERS = 100
T = TypeVar("T")
_PING, _PAUSE = 15.0, 1.0
"""Seconds after which a silent stream shows that it lives, and the least between two pictures."""


@dataclass(slots=True)
class Listeners:
    """The streams of one server; closing it ends them all."""

    closing: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    @property
    def full(self) -> bool:
        return self.count >= MOST_LISTENERS

    async def stream(self, hub: Hub) -> AsyncIterator[str]:
        """The events of one listener, the picture of now first."""
        self.count += 1
        try:
            yield "retry: 3000\n\n"
            while not self.closing.is_set():
                told = hub.picture().at
                yield f"event: picture\ndata: {json.dumps({'at': told})}\n\n"
                async for ping in self._until_changed(hub, told):
                    yield ping
        finally:
            self.count -= 1

    async def _until_changed(self, hub: Hub, told: float) -> AsyncIterator[str]:
        """Signs of life until there is another picture than the one told, or the end."""
        await self._wait(asyncio.sleep(_PAUSE), _PAUSE + 1)
        while hub.picture().at == told and not self.closing.is_set():
            await self._wait(hub.changed(), _PING)
            if hub.picture().at == told:
                yield ": still here\n\n"

    async def unless_closing(self, what: Awaitable[T]) -> T | None:
        """What comes of it; None where the server ends before."""
        task, ends = asyncio.ensure_future(what), asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait({task, ends}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            ends.cancel()

    async def _wait(self, what: object, most: float) -> None:
        assert asyncio.iscoroutine(what)
        tasks = {asyncio.ensure_future(what), asyncio.ensure_future(self.closing.wait())}
        try:
            await asyncio.wait(tasks, timeout=most, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)
