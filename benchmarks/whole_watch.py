"""`downwind watch` as a whole at 10,000 capabilities: a core's share, lag, and when it tells.

.venv/bin/python benchmarks/whole_watch.py [--probes 10000] [--calm 90] [--fault 120] [--json]

Every 30 s each capability is probed at a local web server; the watch has core 0 to itself, the
server core 1. After `--calm` seconds a tenth of the pages answers 500: all that stand on one edge.
CPU is that of the watch by /proc; lag and what was left out as it tells them itself; beside it, as
a bound, `benchmarks/probes.py` has the cost of the same probes without detection and telling.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from soak import Site

PORT = 8641
_TICKS = os.sysconf("SC_CLK_TCK")


def _model(file: Path, probes: int, port: int) -> Path:
    """Each page on an edge of its own choice and on one of 500 hosts."""
    services = [
        {
            "name": f"s{n}.test",
            "capabilities": [
                {
                    "id": "page",
                    "probes": [{"http": f"http://127.0.0.1:{port}/{n}"}],
                    "declares": [
                        {"need": "edge", "any_of": ["edge" if n % 10 == 0 else f"edge{n % 50}"]},
                        {"need": "host", "any_of": [f"host{n % 500}"]},
                    ],
                }
            ],
        }
        for n in range(probes)
    ]
    file.write_text(json.dumps({"services": services, "watch": {"every": 30, "map_every": 0}}))
    return file


def _cpu(pid: int) -> float:
    """Seconds of CPU so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


async def _picture(session: aiohttp.ClientSession) -> dict[str, Any]:
    """The picture, and how many seconds it took to come; empty while nobody answers."""
    began = time.monotonic()
    try:
        async with session.get(f"http://127.0.0.1:{PORT}/api/v1/picture") as reply:
            return {**await reply.json(), "took": time.monotonic() - began}
    except (aiohttp.ClientError, TimeoutError):
        return {}


async def _phase(
    session: aiohttp.ClientSession, pid: int, site: Site, seconds: float
) -> dict[str, Any]:
    """What the watch costs, how late it is and what it tells, over a time."""
    cpu, served, began = _cpu(pid), site.served, time.monotonic()
    told: dict[str, Any] = {}
    counted: dict[int, float] = {}
    lags, took = [0.0], [0.0]
    while (now := time.monotonic() - began) < seconds:
        await asyncio.sleep(1.0)
        picture = await _picture(session)
        if not picture:
            continue
        lags.append(picture["watcher"]["lag"])
        took.append(picture["took"])
        running = [each for each in picture["incidents"] if each["phase"] != "closed"]
        for each in running[:1]:
            if not told:
                told = {"named": each["scope"] or each["suspect"], "after_s": round(now, 1)}
            told["victims"] = len(each["victims"])
            counted.setdefault(len(each["victims"]), round(now, 1))
    if counted:
        told["last_counted_after_s"] = counted[max(counted)]
    lasted = time.monotonic() - began
    return {
        "core_share": round((_cpu(pid) - cpu) / lasted, 3),
        "probes_a_second": round((site.served - served) / lasted),
        "cpu_us_a_probe": round((_cpu(pid) - cpu) / max(1, site.served - served) * 1e6),
        "lag_p99_ms": round(max(lags) * 1000),
        "skipped": picture["watcher"]["skipped"],
        "memory_mb": _memory(pid),
        "picture_s": round(max(took), 2),
        **told,
    }


async def _watch(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    site = Site()
    server = await site.serve()
    port = server.sockets[0].getsockname()[1]
    model = _model(folder / "model.yaml", options.probes, port)
    command = [sys.executable, "-m", "downwind", "watch", "--model", str(model)]
    command += ["--store", str(folder / "store"), "--allow-private", "127.0.0.0/8"]
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [*command, "--listen", f"127.0.0.1:{PORT}"], stdout=log, stderr=log
        )
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(process.pid, {0})
        os.sched_setaffinity(0, {1})
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            while not await _picture(session):
                if process.poll() is not None:
                    raise SystemExit((folder / "log").read_text()[-2000:])
                await asyncio.sleep(0.5)
            found: dict[str, Any] = {"probes": options.probes}
            found["first_picture_after_s"] = round(time.monotonic() - began, 1)
            await _phase(session, process.pid, site, 35.0)  # each was probed once
            found["calm"] = await _phase(session, process.pid, site, options.calm)
            site.broken = True
            found["fault"] = await _phase(session, process.pid, site, options.fault)
    finally:
        process.terminate()
        process.wait(timeout=60)
        server.close()
    return found


def main() -> None:
    """Run it and print what it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--probes", type=int, default=10_000)
    parser.add_argument("--calm", type=float, default=90.0)
    parser.add_argument("--fault", type=float, default=120.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="downwind-watch-") as name:
        found = asyncio.run(_watch(options, Path(name)))
    print(json.dumps(found, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
