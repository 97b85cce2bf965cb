"""An application on a real loopback socket, with accounts, and the ways to talk to it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
from aiohttp import web

from downwind.observe import Network, Session
from downwind.world.apps import APPS
from downwind.world.net.platform import (
    Account,
    App,
    HostConfig,
    HttpClient,
    HttpReply,
    KeyValueClient,
    KeyValueUnavailable,
    Platform,
    Resource,
    Unreachable,
)

ADDRESS = "198.18.0.80"
BASE = f"http://{ADDRESS}"
START = 1_763_463_600.0

CONFIG = HostConfig(
    host="app.test",
    service="app.test",
    accounts=(
        Account("ada", "feather-river", {"follows": ["grace"], "posts": ["ada was here"]}),
        Account("grace", "copper-kettle", {"follows": ["ada"]}),
        Account("eve", "night-owl", {"follows": []}),
        Account("reader*", "morning-paper"),
    ),
    resources=(
        Resource("tags.test", "script", blocking=True, path="/t.js"),
        Resource("style.test", "stylesheet", path='/"><script>.css'),
        Resource("pictures.test", "image"),
    ),
)


class TestClock:
    """A clock that a test can set."""

    speed = 1.0
    __test__ = False

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds

    def timeout(self, seconds: float) -> float:
        return seconds


class MemoryStore:
    """A database in memory that can be made unreachable."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {}
        self.reachable = True

    def _table(self, table: str) -> dict[str, str]:
        if not self.reachable:
            raise KeyValueUnavailable("the database of app.test does not answer")
        return self.tables.setdefault(table, {})

    async def put(self, table: str, key: str, value: Any) -> None:
        self._table(table)[key] = json.dumps(value)

    async def get(self, table: str, key: str) -> Any | None:
        found = self._table(table).get(key)
        return None if found is None else json.loads(found)

    async def delete(self, table: str, key: str) -> None:
        self._table(table).pop(key, None)

    async def list(
        self, table: str, prefix: str = "", *, limit: int = 100, newest_first: bool = False
    ) -> list[tuple[str, Any]]:
        rows = self._table(table)
        keys = sorted((k for k in rows if k.startswith(prefix)), reverse=newest_first)
        return [(key, json.loads(rows[key])) for key in keys[:limit]]


class NoHttp:
    """For applications that ask nobody."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        raise AssertionError(f"{method} {url}: this application asks nobody")


class LoopbackHttp:
    """Asks hosts of a test over real sockets; a host without a port cannot be reached."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.speed = 1.0

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        host, _, path = url.removeprefix("https://").partition("/")
        if host not in self.ports:
            raise Unreachable(f"{host}: the name has no address")
        wait = aiohttp.ClientTimeout(total=(5 if timeout is None else timeout) / self.speed)
        try:
            async with (
                aiohttp.ClientSession(timeout=wait) as client,
                client.request(
                    method,
                    f"http://127.0.0.1:{self.ports[host]}/{path}",
                    json=json,
                    headers=headers,
                ) as reply,
            ):
                return HttpReply(reply.status, dict(reply.headers), await reply.read())
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{host}: {error}") from error


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Place:
    """A running application."""

    client: aiohttp.ClientSession
    port: int
    clock: TestClock
    folder: Path

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        raw: bytes | None = None,
        extra: Mapping[str, str] = MappingProxyType({}),
    ) -> Said:
        headers = {"Authorization": f"Bearer {token}", **extra} if token else dict(extra)
        url = f"http://127.0.0.1:{self.port}{path}"
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        async with self.client.request(method, url, data=data, headers=headers) as reply:
            return Said(reply.status, reply.headers.copy(), await reply.text())

    async def sign_in(self, user: str, password: str) -> str:
        said = await self.call("POST", "/sign-in", {"user": user, "password": password})
        assert said.status == 200, said
        return str(said.json["token"])

    def handout(self) -> dict[str, Any]:
        return {
            "vantage": "test",
            "resolvers": ["198.18.0.53"],
            "dial": {ADDRESS: {"tcp/80": ["127.0.0.1", self.port]}},
            "trust": "",
            "allowed": ["198.18.0.0/15"],
            "clock": {"scenario": START, "monotonic": time.monotonic(), "speed": 60.0},
        }

    def network(self) -> Network:
        return Network.from_handout(self.handout())

    def session(self) -> Session:
        return Session(self.network())


@asynccontextmanager
async def running(
    kind: str | App,
    folder: Path,
    store: KeyValueClient | None = None,
    config: HostConfig = CONFIG,
    *,
    http: HttpClient | None = None,
    control: str | None = None,
) -> AsyncIterator[Place]:
    """Start the application of a kind; without a store it keeps its data in the folder."""
    clock = TestClock()
    make = APPS[kind] if isinstance(kind, str) else kind
    app = make(config, Platform(clock, folder, store, http or NoHttp(), control))
    async with serving(app) as port, aiohttp.ClientSession() as client:
        yield Place(client, port, clock, folder)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[int]:
    """Serve an application on loopback; gives the port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
