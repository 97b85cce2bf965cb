"""A map that is called off leaves no mapper behind."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from downwind.jobs.map import map_walled
from downwind.world.net.clock import WorldClock


def _mappers() -> set[int]:
    """The children of this process that map."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and b"downwind.jobs.mapper" in line:
            found.add(int(folder.name))
    return found


@pytest.mark.timeout(30)
async def test_a_cancelled_map_ends_its_process(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        handout = {
            "vantage": "nowhere",
            "resolvers": ["198.18.0.53"],
            "dial": {"198.18.0.53": {"udp/53": ["127.0.0.1", port]}},
            "trust": [],
            "allowed": ["198.18.0.0/15"],
            "clock": WorldClock.starting(0.0, 1.0).handout(),
        }
        silent.setblocking(False)
        mapping = asyncio.create_task(
            map_walled(["x.test"], handout, tmp_path / "log", budget=25.0, confine=False)
        )
        loop = asyncio.get_running_loop()
        asked = asyncio.create_task(loop.sock_recv(silent, 512))
        await asyncio.wait([asked, mapping], return_when=asyncio.FIRST_COMPLETED)
        assert asked.done(), mapping.exception()
        assert len(_mappers()) == 1
        mapping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await mapping
        assert _mappers() == set()
