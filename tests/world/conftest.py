"""Starts a small world in a process of its own, and looks at it through its sockets only."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import dns.asyncquery
import dns.message
import pytest
import pytest_asyncio
from dns.message import Message

from downwind.observe.network import Network
from downwind.world.client import WorldProcess
from downwind.world.net.clock import WorldClock
from downwind.world.net.dialing import Stub, new_session

from .rows import Founding

SMALL = Path(__file__).parent / "small.yaml"
START = 1_763_463_600.0
RESOLVER = "198.18.0.53"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, or the error in its place."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Outside:
    """What one can do who has the handout and nothing else."""

    world: WorldProcess
    clock: WorldClock
    session: aiohttp.ClientSession

    async def ask(
        self, ip: str, name: str, rdtype: str, *, tcp: bool = False, recursive: bool = False
    ) -> Message:
        """Ask a server of the world directly."""
        query = dns.message.make_query(name, rdtype, use_edns=0)
        if not recursive:
            query.flags &= ~dns.flags.RD
        where, port = self.world.handout["dial"][ip]["tcp/53" if tcp else "udp/53"]
        send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
        return await send(query, where, timeout=3, port=port)

    async def resolve(self, name: str, rdtype: str = "A") -> Message:
        """Ask the world's resolver."""
        return await self.ask(RESOLVER, name, rdtype, recursive=True)

    async def get(self, url: str, method: str = "GET", **more: Any) -> Reply:
        """Ask for a URL, the way a browser does; status 0 where there is no answer."""
        try:
            async with self.session.request(method, url, allow_redirects=False, **more) as reply:
                headers = {name.lower(): text for name, text in reply.headers.items()}
                return Reply(reply.status, headers, await reply.text())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Reply(0, {}, f"{type(error).__name__}: {error}")

    async def tell(self, do: str, scope: str, mode: str = "", **more: Any) -> dict[str, Any]:
        """Give the world an order."""
        return await self.world.tell({"do": do, "scope": scope, "mode": mode, **more})


Starter = Callable[..., AbstractAsyncContextManager[Outside]]


@pytest.fixture
def start_world(tmp_path: Path) -> Starter:
    """Starts the small world: `async with start_world(speed=500) as outside`."""

    @asynccontextmanager
    async def start(speed: float = 1.0, file: Path = SMALL, **more: Any) -> AsyncIterator[Outside]:
        state = tmp_path / "state"
        async with WorldProcess.start(file, state, speed=speed, start=START, **more) as world:
            network = Network.from_handout(world.handout)
            told = world.handout["clock"]
            clock = WorldClock(told["scenario"], told["monotonic"], told["speed"])
            stub = Stub(clock, world.handout["dial"])
            session = new_session(stub.look_up, world.handout["dial"], network.verifying)
            async with session:
                yield Outside(world, clock, session)
        assert "Traceback" not in (state / "world.log").read_text()

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def founding_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Founding]:
    """The packaged world, running for all tests of a module."""
    async with Founding.start(tmp_path_factory.mktemp("founding")) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def founding(founding_world: Founding) -> AsyncIterator[Founding]:
    """The packaged world, whole again after each test."""
    yield founding_world
    await founding_world.make_whole()
