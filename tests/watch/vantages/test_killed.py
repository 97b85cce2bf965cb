"""A vantage that is killed at any instant sends what it had seen, each record once."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import defaultdict
from pathlib import Path

from downwind.evidence.log import EvidenceLog
from downwind.watch.vantages import Inbox, Order

from .hubserver import TOKEN, HubServer, logged

PROJECT = Path(__file__).resolve().parents[3]
ORDERS = tuple(Order(f"s{n}.test/use", "http", 1.0, 0.9) for n in range(60))


async def start(server: HubServer, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.watch.vantages.killable",
        server.url,
        TOKEN,
        str(folder),
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT}"},
    )


async def test_through_kills_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    rng = random.Random(7)
    with EvidenceLog(tmp_path / "hub") as log:
        async with HubServer(log, Inbox(now=time.time), ORDERS) as server:
            for _ in range(3):
                running = await start(server, tmp_path / "vantage")
                before = len(logged(tmp_path / "hub"))
                async with asyncio.timeout(30):
                    while len(logged(tmp_path / "hub")) < before + 5:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                server.loses = 2  # receipts that never arrive
                await asyncio.sleep(rng.uniform(0.2, 0.5))
                running.kill()
                await running.wait()
            server.loses = 0
            last = await start(server, tmp_path / "vantage")
            async with asyncio.timeout(30):
                while len(processes(tmp_path)) < 4:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            last.kill()
            await last.wait()

    for process, found in list(processes(tmp_path).items())[:3]:
        assert found == list(range(1, len(found) + 1)), process
        counted = int((tmp_path / f"count-{process}").read_text())
        assert len(found) in (counted - 1, counted)  # the last one may have been under way
    assert server.inbox.heard()[0].duplicates > 0


def processes(folder: Path) -> dict[str, list[int]]:
    """What came to the hub, by the process that saw it, oldest first: numbers from 1 on."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for record in logged(folder / "hub"):
        assert record.value is not None
        process, number = record.value["steps"][0]["body"].split()
        numbers[process].append(int(number))
    return numbers
