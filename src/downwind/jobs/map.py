"""Maps names: from here, or by a walled-off process that is given a handout and nothing else."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from downwind.evidence.log import EvidenceLog, read
from downwind.jobs.mapper import evidence_lines
from downwind.observe import Network, map_names
from downwind.observe.registration.bootstrap import RdapOptions, usual_cache
from downwind.terms import CannotMeasure, Evidence
from downwind.world.child import end_child, start_child

Records = list[tuple[str, Evidence]]
Heard = Callable[[Evidence], None]


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
    names: Sequence[str],
    network: Network,
    directory: Path,
    *,
    budget: float,
    heard: Heard,
    rdap: bool = False,
    hosts: Sequence[str] = (),
) -> Records:
    """Map from this process, and log everything before it counts.

    `rdap` asks registries too; of `hosts` everything is looked at but their pages.
    """
    records: Records = []
    registries = RdapOptions(cache=usual_cache()) if rdap else None
    with EvidenceLog(directory) as log:

        def keep(record: Evidence) -> None:
            records.append((log.append(record), record))
            heard(record)

        await map_names(
            names, network, budget=budget, on_evidence=keep, rdap=registries, hosts=hosts
        )
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
    """Map from another process that can read nothing but the code it runs; raises CannotMeasure.

    The process ends with the map, also where the map is cancelled or `heard` raises.
    """
    order = {
        "names": list(names),
        "handout": handout,
        "budget": budget,
        "confine": confine,
        "try_to_read": list(try_to_read),
    }
    with tempfile.TemporaryFile() as complaints:
        process = await start_child("downwind.jobs.mapper", (), log=complaints)
        try:
            await _give(process, order)
            with EvidenceLog(directory) as log:
                records, told = await _listen(process, log, heard)
                log.sync()
            code = await process.wait()
        finally:
            await end_child(process, 0.0)
        if code != 0 or not told.get("done"):
            raise CannotMeasure(f"the mapper ended early: {_last_line(complaints)}")
    return Mapped(records, tuple(told.get("walls", ())), told.get("tried", {}))


async def _give(process: asyncio.subprocess.Process, order: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    # One that is gone already tells why in its complaints.
    with suppress(ConnectionError):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()


async def _listen(
    process: asyncio.subprocess.Process, log: EvidenceLog, heard: Heard
) -> tuple[Records, dict[str, Any]]:
    """What it sees, logged before it counts, and what it tells of itself."""
    assert process.stdout is not None
    records: Records = []
    told: dict[str, Any] = {}
    async for line in process.stdout:
        record = evidence_lines(line.decode())
        if record is None:
            told |= json.loads(line)
            continue
        records.append((log.append(record), record))
        heard(record)
    return records, told


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
