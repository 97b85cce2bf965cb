"""Runs the app on uvicorn, within the loop that is there, until it is left."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from downwind.terms import UsageError

_GRACE = 5
"""Seconds that answers under way have when the server stops."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files with which the server shows who it is."""

    chain: Path
    key: Path


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: Starlette, host: str, port: int, certificate: Certificate | None = None
) -> AsyncIterator[str]:
    """Serve the app meanwhile; yields the URL, with the port that was taken where 0 was given.

    Raises UsageError where the port cannot be listened on.
    """
    held = listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=300,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE,
        h11_max_incomplete_event_size=32 << 10,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    server = _Server(config)
    taken = held.getsockname()[1]
    task = asyncio.create_task(server.serve([held]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise UsageError("the server did not start.", where=f"{host}:{port}")
            await asyncio.sleep(0.01)
        shown = f"[{host}]" if ":" in host else host
        yield f"{'https' if certificate else 'http'}://{shown}:{taken}"
    finally:
        app.state.listeners.closing.set()
        server.should_exit = True
        await task
        held.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises UsageError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, port))
        held.listen(256)
        held.setblocking(False)
    except OSError as error:
        held.close()
        todo = "Choose another port or address."
        raise UsageError(f"{error.strerror}.", where=f"{host}:{port}", todo=todo) from error
    return held
