"""A sign of life: who waits for it elsewhere learns when the watcher falls silent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from downwind.watch.alerts.deliver import Clock
from downwind.watch.alerts.routes.http import request, route_host
from downwind.watch.alerts.types import NotSent

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Heartbeat:
    """Asks a URL every so often, only while all is well: silence is the alarm."""

    url: str = field(repr=False)
    every: float = 60.0
    """Seconds between two signs."""
    method: str = "GET"
    timeout: float = 10.0
    last: float | None = None
    """When it last got through."""
    reason: str = ""
    """Why it did not get through the last time; empty where it did, or was not to."""

    def __post_init__(self) -> None:
        route_host(self.url)

    @property
    def hosts(self) -> tuple[str, ...]:
        return (route_host(self.url),)

    async def run(self, clock: Clock, healthy: Callable[[], bool]) -> None:
        """Until cancelled."""
        while True:
            await self.beat(clock, healthy)
            await clock.sleep(self.every)

    async def beat(self, clock: Clock, healthy: Callable[[], bool]) -> bool:
        """One sign; False where it did not get through, or all is not well."""
        if not healthy():
            return False
        try:
            await request(self.method, self.url, b"", {}, timeout=self.timeout)
        except NotSent as why:
            if not self.reason:
                _logger.warning("The heartbeat does not get through: %s", why.reason)
            self.reason = why.reason
            return False
        self.last, self.reason = clock.now(), ""
        return True
