"""Lives of a watcher that is killed, on a small internet on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import downwind
from tests.observe.tinynet import TinyInternet, page, usual

PROJECT = Path(__file__).parents[3]
PATHS = os.pathsep.join((str(Path(downwind.__file__).parents[1]), str(PROJECT)))
SPEED = 60.0
STATUS = "https://status.x.test/"
CATALOG = """
id: cloud
name: Cloud Company
owner: "Cloud Company, Inc."
products: [{id: workers, role: cloud, name: Workers}]
"""
_WAIT = 60.0
"""Real seconds for anything to happen."""


@dataclass
class Lives:
    """Starts watchers one after the other, each a process of its own, and kills them."""

    folder: Path
    net: TinyInternet
    process: asyncio.subprocess.Process
    model: dict[str, Any]
    handout: dict[str, Any]
    snapshot_every: float = 0.3
    lived: int = 0
    pid: int = 0
    asked: list[str] = field(default_factory=list)
    """What the registry was asked for."""
    incidents: list[dict[str, Any]] = field(default_factory=list)
    """What the status page says now."""

    async def begin(self, *, busy: bool = False) -> dict[str, Any]:
        """Start a life; what it knows from the one before."""
        order = {
            "directory": str(self.folder / "watch"),
            "model": self.model,
            "handout": self.handout,
            "catalog": [CATALOG],
            "seed": self.lived,
            "snapshot_every": self.snapshot_every,
            "busy": busy,
        }
        self.lived += 1
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.pid = (await self.said())["pid"]
        return await self.until(lambda told: "changes" in told)

    async def said(self) -> dict[str, Any]:
        """The next whole line; half a line of one that was killed is passed over."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_WAIT):
            line = await self.process.stdout.readline()
        assert line, "the watcher's parent has ended"
        try:
            return dict(json.loads(line))
        except ValueError:
            return dict(json.loads(line[line.rindex(b"{") :]))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first line that is wanted."""
        async with asyncio.timeout(_WAIT):
            while True:
                told = await self.said()
                assert "ended" not in told, "the watcher ended by itself"
                if wanted(told):
                    return told

    async def knows(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What the watcher knows, once that is wanted."""
        return await self.until(lambda told: "changes" in told and wanted(told))

    async def kill(self) -> list[dict[str, Any]]:
        """Kill it; what it still had said."""
        os.kill(self.pid, signal.SIGKILL)
        self.pid = 0
        told = []
        while "ended" not in (line := await self.said()):
            told.append(line)
        assert line["ended"] == signal.SIGKILL
        return told

    async def serve(self, reader: Any, writer: asyncio.StreamWriter, head: bytes) -> None:
        """IANA's list, the registry and the status page."""
        body = self._body(head.split(b" ")[1].decode())
        await page(json.dumps(body))(reader, writer, head)

    def _body(self, path: str) -> dict[str, Any]:
        if path == "/dns.json":
            return {"services": [[["test"], ["https://rdap.x.test/"]]]}
        if path.startswith("/domain/"):
            domain = path.rpartition("/")[2]
            self.asked.append(domain)
            return registration(domain, time.time() + 30 * 86_400)
        return {
            "page": {"id": "p", "url": STATUS, "updated_at": "2026-01-01T00:00:00Z"},
            "components": [],
            "incidents": self.incidents,
            "scheduled_maintenances": [],
            "status": {"indicator": "none", "description": ""},
        }


def registration(domain: str, ends: float) -> dict[str, Any]:
    """What a registry says (RFC 9083)."""
    date = datetime.fromtimestamp(ends, UTC).isoformat()
    return {
        "objectClassName": "domain",
        "ldhName": domain,
        "status": ["active"],
        "events": [{"eventAction": "expiration", "eventDate": date}],
    }


def posted(known: str, **more: Any) -> dict[str, Any]:
    """An open incident in the form of Statuspage."""
    return {
        "id": known,
        "name": f"Trouble {known}",
        "status": "investigating",
        "impact": "major",
        "created_at": "2026-01-01T00:00:00Z",
        "started_at": "2026-01-01T00:00:00Z",
        "shortlink": "",
        "incident_updates": [],
        "components": [],
        **more,
    }


@asynccontextmanager
async def lives(folder: Path, *, ends: float = 300.0, **watch: Any) -> AsyncIterator[Lives]:
    """A page with a certificate that ends in so many days, a registry, and a status page."""
    command = [sys.executable, "-m", "tests.jobs.watching.watcher_process"]
    async with TinyInternet(folder, speed=SPEED) as net:
        await usual(net, "www2 A 198.18.8.1", "rdap A 198.18.9.1", "status A 198.18.9.1")
        await net.resolver()
        await net.web("198.18.8.1", page("hello"), tls=net.certificate("www2.x.test", ends=ends))
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": PATHS},
            cwd=PROJECT,
            limit=10_000_000,
        )
        model = _model(watch)
        found = Lives(folder, net, process, model, {})
        door = net.certificate("rdap.x.test", "status.x.test")
        await net.web("198.18.9.1", found.serve, tls=door)
        found.handout = net.handout()
        try:
            yield found
        finally:
            if found.pid:
                with suppress(ProcessLookupError):
                    os.kill(found.pid, signal.SIGKILL)
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


def _model(watch: dict[str, Any]) -> dict[str, Any]:
    probes = [{"http": "https://www2.x.test/"}]
    settings = {
        "map_every": 0,
        "feeds_every": 60,
        "catalog_feeds": False,
        "domains": {"bootstrap": "https://rdap.x.test/dns.json"},
        "feeds": [{"provider": "cloud", "url": STATUS, "format": "statuspage"}],
    }
    return {
        "services": [{"name": "x.test", "capabilities": [{"id": "page", "probes": probes}]}],
        "watch": settings | watch,
    }
