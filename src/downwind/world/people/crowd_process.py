"""The crowd as a process of its own, as its parent sees it: counts come out as it acts."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from downwind.world.child import end_child, start_child
from downwind.world.form.schema import WorldFile

RATE = 50.0
"""Actions a real second: in a replay of 45 s each of 2,000 users acts once."""
_SECONDS_TO_LEAVE = 5.0


@dataclass(frozen=True, slots=True)
class Talk:
    """What users did at one place where failures are talked about."""

    tried: int
    failed: int
    """The place itself did not take it."""
    blamed: Mapping[str, int]
    """Provider -> how many who got through blame it. They do not know; many are wrong."""


@dataclass(frozen=True, slots=True)
class CrowdCount:
    """What the users did in one interval."""

    at: float
    """Seconds since 1970-01-01 UTC on the world's clock."""
    tried: Mapping[str, int]
    """Attempts by capability."""
    failed: Mapping[str, int]
    talk: Mapping[str, Talk]
    """By the service where users talk; that counts in none of its capabilities."""

    def by_service(self) -> dict[str, tuple[int, int]]:
        """(tried, failed) of each service."""
        found: dict[str, tuple[int, int]] = {}
        for key, tried in self.tried.items():
            service = key.rpartition("/")[0]
            before = found.get(service, (0, 0))
            found[service] = (before[0] + tried, before[1] + self.failed[key])
        return found


class CrowdProcess:
    """A running crowd; `counts` yields until it leaves."""

    def __init__(self, process: asyncio.subprocess.Process | None) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def start(
        cls, handout: Mapping[str, Any], world: WorldFile, *, users: int, every: float
    ) -> "AsyncIterator[CrowdProcess]":
        """Let users of the world's services loose; without users there is no process."""
        if users == 0:
            yield cls(None)
            return
        arguments = ["--users", str(users), "--rate", str(RATE), "--every", str(every)]
        process = await start_child("downwind.world.people.crowd", ["--handout", "-", *arguments])
        try:
            assert process.stdin is not None
            services = [s.model_dump(mode="json", by_alias=True) for s in world.services]
            told = {**handout, "services": services, "rumours": world.rumours}
            process.stdin.write(json.dumps(told).encode() + b"\n")
            await process.stdin.drain()
            yield cls(process)
        finally:
            await end_child(process, _SECONDS_TO_LEAVE)

    async def counts(self) -> AsyncIterator[CrowdCount]:
        """The counts of each interval, as they come."""
        if self._process is None:
            return
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if told.get("done"):
                return
            counts = told["capabilities"]
            yield CrowdCount(
                at=float(told["at"]),
                tried={key: count["tried"] for key, count in counts.items()},
                failed={key: count["failed"] for key, count in counts.items()},
                talk={place: Talk(**count) for place, count in told["talk"].items()},
            )
