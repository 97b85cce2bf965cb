"""The packaged world `founding`, used as its users use it, and broken for a while."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.model import Step
from downwind.observe import Network, Session, StepDriver, run_journey
from downwind.observe.failures import LayerFailed
from downwind.terms import Evidence, State
from downwind.world.client import WorldProcess
from downwind.world.form.load import load_world
from downwind.world.form.scenario import packaged
from downwind.world.form.schema import WorldFile, WorldService
from downwind.world.people.calls import CallDriver
from downwind.world.people.e2e import MessageDriver

SPEED = 60.0
_HURRY = 1_500.0
"""The speed at which time-to-lives and leases run out."""
_PATIENCE = 4.0
"""Real seconds for an answer: other tests share the machine."""
LEASE = 1_800.0
"""Scenario seconds in a hurry, of which a lease lasts 600, and in which it is renewed: the workflow
sleeps up to a real second from before the hurry, which is 1,500 of them."""
FAILURE_LASTS = 400.0
"""Scenario seconds: the resolver remembers a failure for a quarter of a real second, in a hurry
375 of them."""
_LAUNCHES = "builds.test/job"
_WARM_UPS = 3
NEGATIVE_TTL = 61.0
"""Scenario seconds after which no cache says any more that a name has no address."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An order to break something."""

    scope: str
    mode: str
    words: Mapping[str, Any]
    waits: float = 0.0
    """Scenario seconds until it shows, and until it no longer does."""


BOT_FILTER = Fault("cloudflare/proxy#fl2+bots", "feature-file", {"updated": 1.0})
KILL_SWITCH = Fault("cloudflare/proxy#fl1+waf", "killswitch", {})
EMPTY_RECORD = Fault("aws/dynamodb/us-east-1", "empty-record", {}, waits=NEGATIVE_TTL)
BLANK_POLICY = Fault("google-cloud/service-control", "blank-policy", {}, waits=31.0)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; status 0 where there was none, and why."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    layer: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Founding:
    """The running world, seen through its sockets only."""

    def __init__(self, process: WorldProcess, state: Path) -> None:
        self.file: WorldFile = load_world(packaged("worlds")["founding"])
        self.process = process
        self.state = state
        self.network = self._network_at(process.handout["clock"])
        messages = MessageDriver()
        self._drivers: Mapping[str, StepDriver] = {
            "message": messages,
            "call": CallDriver(messages),
        }
        self._touched = False

    @classmethod
    @asynccontextmanager
    async def start(cls, state: Path) -> AsyncIterator[Founding]:
        """Start the world; it ends with the block."""
        file = packaged("worlds")["founding"]
        async with WorldProcess.start(file, state, speed=SPEED, start=1_763_463_600.0) as process:
            founding = cls(process, state)
            await founding.warm_up()
            yield founding
        log = (state / "world.log").read_text()
        # Who leaves in the middle of a request is nobody's defect.
        assert log.count("Traceback") == log.count("ConnectionResetError: Connection lost"), log

    def service(self, name: str) -> WorldService:
        """A service of the file."""
        return next(service for service in self.file.services if service.name == name)

    def capabilities(self) -> list[str]:
        """Every capability of every service: x.test/feed."""
        return [f"{s.name}/{c.id}" for s in self.file.services for c in s.capabilities]

    async def walk(self, key: str, steps: Sequence[Step], **more: str) -> Evidence:
        """One user's walk through steps, with the variables of the service in `key`."""
        variables = {**self.service(key.partition("/")[0]).variables, **more}
        return await run_journey(
            key, steps, self.network, drivers=self._drivers, variables=variables
        )

    async def states(self, keys: Sequence[str]) -> dict[str, State]:
        """How each capability's journey ends now."""
        found = await asyncio.gather(*(self._look(key) for key in keys))
        return dict(zip(keys, found, strict=True))

    async def expect(self, states: Mapping[str, State]) -> None:
        """Fail where a capability's journey ends otherwise, and say which do."""
        found = await self.states(list(states))
        wrong = [
            f"{key} is {found[key]}, not {state}"
            for key, state in states.items()
            if found[key] is not state
        ]
        assert not wrong, wrong

    async def ask(
        self, method: str, url: str, body: Any = None, *, token: str = "", account: str = ""
    ) -> Said:
        """One request, signed in by a token, or as an account of a provider."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"x-account": account} if account else {}
        async with Session(self.network) as session:
            try:
                reply = await session.request(method, url, json=body, headers=headers)
            except LayerFailed as failed:
                return Said(0, {}, failed.reason.encode(), failed.layer)
        return Said(reply.status, reply.headers, reply.body)

    async def sign_in(self, base: str, user: str, password: str) -> str:
        """A session token of an application."""
        said = await self.ask("POST", f"{base}/sign-in", {"user": user, "password": password})
        assert said.status == 200, said
        return str(said.json["token"])

    async def tell(self, do: str, **words: Any) -> dict[str, Any]:
        """Give the world an order."""
        self._touched = True
        return await self.process.tell({"do": do, **words})

    async def warm_up(self) -> None:
        """Let every system do its first work: the slowest is the first sign-in at each."""
        for _ in range(_WARM_UPS):
            if set((await self.states(self.capabilities())).values()) == {State.UP}:
                return
            await self.network.clock.sleep(NEGATIVE_TTL)

    async def later(self, seconds: float) -> None:
        """Let scenario seconds pass, in a hurry."""
        await self._run_at(_HURRY)
        await self.network.clock.sleep(seconds)
        await self._run_at(SPEED)

    async def renew_leases(self) -> None:
        """Let every control plane have its turn, through which it may sleep in a hurry."""
        await self.network.clock.sleep(NEGATIVE_TTL)

    @asynccontextmanager
    async def outage(self, fault: Fault, during: Mapping[str, State]) -> AsyncIterator[None]:
        """Break something for the time of the block: all is up before and after, and as told
        when the block begins."""
        up = dict.fromkeys(during, State.UP)
        await self.expect(up)
        await self.tell("break", scope=fault.scope, mode=fault.mode, **fault.words)
        try:
            await self.later(fault.waits)
            await self.expect(during)
            yield
        finally:
            await self.tell("mend", scope=fault.scope)
        await self.later(fault.waits)
        await self.expect(up)

    async def make_whole(self) -> None:
        """Take away every fault, and wait until no cache remembers one."""
        if not self._touched:
            return
        for provider in self.file.providers:
            await self.process.tell({"do": "mend", "scope": provider.id})
        await self.later(NEGATIVE_TTL)
        if (await self.states([_LAUNCHES]))[_LAUNCHES] is not State.UP:
            await self.process.tell({"do": "tune", "recovery": 0})
            await self.later(LEASE)
        self._touched = False

    async def _look(self, key: str) -> State:
        name, _, wanted = key.partition("/")
        service = self.service(name)
        journey = next(c.journey for c in service.capabilities if c.id == wanted)
        found = await self.walk(key, journey)
        assert found.value is not None
        return State(found.value["state"])

    async def _run_at(self, speed: float) -> None:
        told = await self.process.tell({"do": "tune", "speed": speed})
        self.network = self._network_at(told["clock"])

    def _network_at(self, clock: Mapping[str, float]) -> Network:
        handout = {**self.process.handout, "clock": {**clock, "floor": _PATIENCE}}
        return Network.from_handout(handout)
