"""A watch of 2,000 probes for an hour, through ten SIGKILLs and a full disk: is anything lost?

.venv/bin/python benchmarks/soak.py [--minutes 60] [--probes 2000] [--kills 10] [--json]

As root, since the disk that fills up is a small tmpfs. `downwind watch` probes a local web server
every 30 s; beside it a vantage of this program sends numbered observations over HTTP and notes
which were acknowledged. The watch is killed at even distances and started again; for a minute in
the middle the disk is full; one provider-like fault (a tenth of the capabilities answers 500) holds
over a kill, and its incident must be the same one afterwards. In the end the log is read: every
acknowledged observation must be in it, once. Memory is that of the watch by /proc, per life.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from downwind.evidence.log import read
from downwind.evidence.records import payload_id, to_payload
from downwind.terms import Evidence, Seen
from downwind.watch.vantages.batch import Head, pack

TOKEN = "a-token-for-the-soak-alone-0123456789"  # noqa: S105  # of a server on loopback
PORT = 8639
_DISK_MB = 600


class Site:
    """A web server; a tenth of its pages fail while `broken`."""

    def __init__(self) -> None:
        self.broken = False
        self.served = 0

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(b" ")[1].rsplit(b"/", 1)[1])
            status = b"500 No" if self.broken and number % 10 == 0 else b"200 OK"
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            )
            await writer.drain()
            self.served += 1
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Watch:
    """The watch under test, in lives that end by SIGKILL."""

    def __init__(self, model: Path, store: Path, log: Path) -> None:
        command = [sys.executable, "-m", "downwind", "watch", "--model", str(model)]
        command += ["--store", str(store), "--allow-private", "127.0.0.0/8"]
        self._command = [*command, "--listen", f"127.0.0.1:{PORT}"]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.memory: list[list[int]] = []
        self.back: list[float] = []

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out)  # noqa: S603
        self.memory.append([])

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def note_memory(self) -> None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise SystemExit(f"the watch ended by itself: {self._log.read_text()[-2000:]}")
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        for line in status.splitlines():
            if line.startswith("VmRSS"):
                self.memory[-1].append(int(line.split()[1]) // 1024)


class _Agent:
    """Sends observations, and remembers which were acknowledged."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._number = 0
        self.acknowledged: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.picture: dict[str, Any] = {}

    async def run(self) -> None:
        waiting: list[bytes] = []
        while True:
            await asyncio.sleep(0.5)
            if len(waiting) < 500:
                waiting += [self._record() for _ in range(5)]
            now = time.time()
            body = pack(Head("soak-agent", now, waiting=len(waiting)), waiting)
            try:
                headers = {"Authorization": f"Bearer {TOKEN}"}
                url = f"http://127.0.0.1:{PORT}/api/v1/evidence"
                async with self._session.post(url, data=body, headers=headers) as reply:
                    if reply.status == 200:
                        self.acknowledged.update(payload_id(record) for record in waiting)
                        waiting.clear()
                    else:
                        self.refused[str(reply.status)] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                self.refused[type(error).__name__] += 1

    async def look(self) -> dict[str, Any]:
        """The picture, as the API tells it; empty while nobody answers."""
        try:
            async with self._session.get(f"http://127.0.0.1:{PORT}/api/v1/picture") as reply:
                return dict(await reply.json())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return {}

    def _record(self) -> bytes:
        self._number += 1
        step = {"step": 0, "do": "get", "url": "http://127.0.0.1/", "host": "", "ok": True}
        step |= {"layer": None, "reason": "", "status": 200, "milliseconds": float(self._number)}
        value = {"ok": True, "state": "up", "steps": [step]}
        subject = f"s{self._number % 50}.test/page"
        record = Evidence(subject, "probe.http", Seen(value), time.time(), "soak-agent")
        return to_payload(record)


def _model(folder: Path, probes: int, port: int) -> Path:
    services = [
        {
            "name": f"s{n}.test",
            "capabilities": [
                {
                    "id": "page",
                    "probes": [{"http": f"http://127.0.0.1:{port}/{n}"}],
                    "declares": [
                        {"need": "edge", "any_of": ["soak-edge" if n % 10 == 0 else "soak-other"]}
                    ],
                }
            ],
        }
        for n in range(probes)
    ]
    watch = {
        "every": 30,
        "map_every": 0,
        "vantages": [{"name": "soak-agent"}],
        "tokens": [{"name": "soak-agent", "token": TOKEN}],
    }
    file = folder / "model.yaml"
    file.write_text(json.dumps({"services": services, "watch": watch}))
    return file


async def _soak(options: argparse.Namespace, folder: Path, disk: Path) -> dict[str, Any]:
    site = Site()
    server = await site.serve()
    model = _model(folder, options.probes, server.sockets[0].getsockname()[1])
    watch = _Watch(model, disk / "watch", folder / "watch.log")
    length = options.minutes * 60
    kills = sorted(
        (n + 0.5 + random.uniform(-0.2, 0.2)) * length / options.kills for n in range(options.kills)
    )
    full, fault = (
        (0.45 * length, 0.45 * length + min(60.0, length / 20)),
        (0.62 * length, 0.82 * length),
    )
    ballast = disk / "ballast"
    incidents: set[str] = set()
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        agent = _Agent(session)
        sending = asyncio.create_task(agent.run())
        watch.start()
        began, told_full, looked = time.monotonic(), False, 0
        while (now := time.monotonic() - began) < length:
            await asyncio.sleep(2.0)
            watch.note_memory()
            site.broken = fault[0] <= now < fault[1]
            if full[0] <= now < full[1] and not ballast.exists():
                _fill(ballast)
            elif now >= full[1] and ballast.exists():
                ballast.unlink()
            picture = await agent.look()
            looked += bool(picture)
            told_full |= "disk" in str(picture.get("watcher", {}).get("reason", ""))
            if site.broken:
                running = [i for i in picture.get("incidents", ()) if i["phase"] != "closed"]
                incidents |= {i["id"] for i in running}
            if kills and now >= kills[0]:
                kills.pop(0)
                watch.kill()
                killed = time.monotonic()
                watch.start()
                while not await agent.look():
                    await asyncio.sleep(0.2)
                    watch.note_memory()
                watch.back.append(time.monotonic() - killed)
        sending.cancel()
        code = watch.end()
    server.close()
    kept: Counter[str] = Counter(id for id, _ in read(disk / "watch" / "log"))
    return {
        "minutes": options.minutes,
        "served": site.served,
        "records": sum(kept.values()),
        "acknowledged": len(agent.acknowledged),
        "lost": len(agent.acknowledged - kept.keys()),
        "twice": sum(kept[id] > 1 for id in agent.acknowledged),
        "not_acknowledged": dict(agent.refused),
        "exit_code": code,
        "back_after_s": [round(each, 1) for each in watch.back],
        "told_of_the_full_disk": told_full,
        "incidents_during_the_fault": sorted(incidents),
        "memory_mb": [[life[len(life) // 4], max(life)] for life in watch.memory if len(life) > 8],
    }


def _fill(ballast: Path) -> None:
    with ballast.open("wb") as out:
        try:
            while True:
                out.write(bytes(1 << 20))
                out.flush()
        except OSError:
            pass


def main() -> None:
    """Run it and print what it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--probes", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("The full disk is a tmpfs, which takes root.")
    with tempfile.TemporaryDirectory(prefix="downwind-soak-") as name:
        folder = Path(name)
        disk = folder / "disk"
        disk.mkdir()
        size = f"size={_DISK_MB}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=True)  # noqa: S603, S607
        try:
            found = asyncio.run(_soak(options, folder, disk))
        finally:
            subprocess.run(["umount", str(disk)], check=False)  # noqa: S603, S607
    print(json.dumps(found, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
