"""Starts a world in a process of its own, gives it orders, and ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.terms import WorldError
from downwind.world.child import end_child, start_child

_START_WAIT = 60.0
_ORDER_WAIT = 30.0
_END_WAIT = 10.0


@dataclass
class WorldProcess:
    """A world that runs, as its parent sees it."""

    handout: dict[str, Any]
    overlay: str
    names: list[str]
    process: asyncio.subprocess.Process
    _turn: asyncio.Lock
    _count: int = 0

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        world_file: Path,
        state: Path,
        *,
        deal: int | None = None,
        speed: float = 1.0,
        start: float | None = None,
    ) -> AsyncIterator[WorldProcess]:
        """Start a world; it ends with the block. Raises WorldError."""
        arguments = ["--world", str(world_file), "--state", str(state), "--speed", str(speed)]
        if deal is not None:
            arguments += ["--deal", str(deal)]
        if start is not None:
            arguments += ["--start", str(start)]
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (state / "world.log").open("ab") as log:
            process = await start_child("downwind.world.serve", arguments, log=log)
        try:
            ready = await _first_line(process, state)
            yield cls(ready["handout"], ready["overlay"], ready["names"], process, asyncio.Lock())
        finally:
            await end_child(process, _END_WAIT)

    async def tell(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Give an order and wait for its answer; raises WorldError where it is not obeyed."""
        async with self._turn:
            self._count += 1
            stdin = self.process.stdin
            assert stdin is not None
            try:
                stdin.write(json.dumps({**order, "id": self._count}).encode() + b"\n")
                await stdin.drain()
                answer = await _line(self.process, _ORDER_WAIT)
            except OSError as error:
                raise WorldError("the world has ended.") from error
        if not answer.get("ok"):
            raise WorldError(f"the world does not obey: {answer.get('error')}")
        return answer


async def _first_line(process: asyncio.subprocess.Process, state: Path) -> dict[str, Any]:
    ready = await _line(process, _START_WAIT)
    if ready.get("ready") is not True:
        raise WorldError(
            f"the world did not start: {ready.get('error')}", where=str(state / "world.log")
        )
    return ready


async def _line(process: asyncio.subprocess.Process, wait: float) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(wait):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise WorldError(f"the world said nothing for {wait:.0f} s.") from error
    if not line:
        raise WorldError("the world has ended.", todo="Its folder holds world.log.")
    answer = json.loads(line)
    assert isinstance(answer, dict)
    return answer
