"""Servers of Debian packages that tests talk to, each on a free port of loopback for so long."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest


def needs_program(name: str, package: str) -> pytest.MarkDecorator:
    """Skips where the program is missing, and says what brings it."""
    reason = f"there is no {name} on this machine (Debian package {package})"
    return pytest.mark.skipif(shutil.which(name) is None, reason=reason)


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@asynccontextmanager
async def running(name: str, arguments: Sequence[str], ready: str) -> AsyncIterator[None]:
    """Run it until left; it is up once the URL `ready` answers with 200, in 20 s at most."""
    path = shutil.which(name)
    assert path is not None
    process = await asyncio.create_subprocess_exec(
        path, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20), aiohttp.ClientSession() as client:
            while not await _answers(client, ready):
                assert process.returncode is None, await _last_words(process)
                await asyncio.sleep(0.1)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _last_words(process: asyncio.subprocess.Process) -> str:
    _, told = await process.communicate()
    return told.decode()[-2000:]
