"""Maps names: from here, or by a walled-off process that is given a handout and nothing else."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.evidence.log import EvidenceLog, read
from downwind.jobs.mapper import evidence_lines
from downwind.observe import Network, map_names
from downwind.terms import CannotMeasure, Evidence

Records = list[tuple[str, Evidence]]
Heard = Callable[[Evidence], None]
_LINE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a walled-off mapper saw, and the walls round it."""

    records: Records
    walls: tuple[str, ...]
    tried: Mapping[str, str]
    """What came of its attempts to read files that it was told to try."""


def stored(directory: Path) -> Records:
    """All evidence of a store; empty where there is none yet."""
    return list(read(directory)) if directory.is_dir() else []


async def map_here(
    names: Sequence[str], network: Network, directory: Path, *, budget: float, heard: Heard
) -> Records:
    """Map from this process, and log everything before it counts."""
    records: Records = []
    with EvidenceLog(directory) as log:

        def keep(record: Evidence) -> None:
            records.append((log.append(record), record))
            heard(record)

        await map_names(names, network, budget=budget, on_evidence=keep)
        log.sync()
    return records


async def map_walled(
    names: Sequence[str],
    handout: Mapping[str, Any],
    directory: Path,
    *,
    budget: float,
    confine: bool = True,
    try_to_read: Sequence[str] = (),
    heard: Heard = lambda _: None,
) -> Mapped:
    """Map from another process that can read nothing but the code it runs; raises CannotMeasure."""
    order = {
        "names": list(names),
        "handout": handout,
        "budget": budget,
        "confine": confine,
        "try_to_read": list(try_to_read),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "downwind.jobs.mapper",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    await process.stdin.drain()
    records: Records = []
    told: dict[str, Any] = {}
    with EvidenceLog(directory) as log:
        async for line in process.stdout:
            record = evidence_lines(line.decode())
            if record is None:
                told |= json.loads(line)
                continue
            records.append((log.append(record), record))
            heard(record)
        log.sync()
    complaint = (await process.stderr.read()).decode(errors="replace").strip()
    if await process.wait() != 0 or not told.get("done"):
        last = complaint.splitlines()[-1] if complaint else "it said nothing"
        raise CannotMeasure(f"the mapper ended early: {last}")
    return Mapped(records, tuple(told.get("walls", ())), told.get("tried", {}))
