"""The world of planes.yaml on its own sockets, with a clock that a test can put forward."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.observe import Network
from downwind.terms import Scope
from downwind.world.apps import APPS
from downwind.world.build import World
from downwind.world.form.load import load_world
from downwind.world.net.clock import WorldClock
from downwind.world.net.dialing import Stub, WorldHttp
from downwind.world.net.platform import HttpClient, Unreachable
from downwind.world.systems.controlplane import ControlPlane

from .conftest import START

PLANES = Path(__file__).parent / "planes.yaml"
_SPEED = 10.0
"""Scenario seconds in a second: what is asked within a second is asked within ten."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; status 0 where nobody answers, and why."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Planes:
    """The running world, and a client in it that keeps to the TTLs."""

    world: World
    clock: WorldClock
    http: HttpClient
    dial: Mapping[str, Any]

    async def ask(
        self, method: str, url: str, body: Any = None, *, account: str = "", token: str = ""
    ) -> Said:
        """One request, as an account of a provider or signed in by a token."""
        headers = {"x-account": account} if account else {}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        try:
            reply = await self.http.request(method, url, json=body, headers=headers)
        except Unreachable as error:
            return Said(0, {}, str(error).encode())
        named = {name.lower(): text for name, text in reply.headers.items()}
        return Said(reply.status, named, reply.body)

    async def status(self, method: str, url: str, body: Any = None, *, account: str = "") -> int:
        """The status of one request."""
        return (await self.ask(method, url, body, account=account)).status

    async def addresses(self, name: str) -> list[str]:
        """What the world's resolver says now."""
        return list(await Stub(self.clock, self.dial).look_up(name))

    async def break_(self, scope: str, mode: str, **words: Any) -> list[str]:
        """Break a scope; tells what is hit."""
        return await self.world.board.break_(Scope.parse(scope), mode, words)

    async def set(self, scope: str, **words: Any) -> None:
        """Change the words of a fault."""
        await self.world.board.set(Scope.parse(scope), words)

    async def mend(self, scope: str) -> None:
        """Take a fault away."""
        await self.world.board.mend(Scope.parse(scope))

    def later(self, seconds: float) -> None:
        """Put the clock forward."""
        self.clock.scenario += seconds

    async def renew_leases(self) -> None:
        """One turn of every control plane's workflow, which else comes once a scenario minute."""
        for part in self.world.board._parts:
            if isinstance(part, ControlPlane):
                await part.leases.renew()


@asynccontextmanager
async def running_planes(state: Path) -> AsyncIterator[Planes]:
    """Start the world; it ends with the block."""
    clock = WorldClock.starting(START, _SPEED)
    world = World(load_world(PLANES), state, clock, APPS)
    await world.start()
    try:
        handout = world.handout()
        dial = handout["dial"]
        trust = Network.from_handout(handout).verifying
        http = WorldHttp(clock, Stub(clock, dial), dial, trust)
        yield Planes(world, clock, http, dial)
        await http.close()
    finally:
        await world.stop()
        # A transport lets go of its socket in the next round of the loop.
        await asyncio.sleep(0)
