"""A process of this very package: lines go in and come out, and it ends when its input does."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import downwind

LONGEST_LINE = 1 << 26


async def start_child(
    module: str, arguments: Sequence[str], *, log: IO[bytes] | None = None
) -> asyncio.subprocess.Process:
    """Start a module of this package; what it complains of goes to `log`, or where ours does."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        limit=LONGEST_LINE,
        env=_environment(),
        # Ctrl-C is for the parent, which then ends the child.
        process_group=0,
    )


async def end_child(process: asyncio.subprocess.Process, wait: float) -> None:
    """End its input; a child that is still there after `wait` seconds is killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    # The child finds this very package, installed or not.
    root = str(Path(downwind.__file__).resolve().parent.parent)
    paths = [root, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
