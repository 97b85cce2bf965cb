"""Lets go of old observations, and of nothing that was decided or done.

A sealed segment is written anew with only what is kept, and takes the place of the old one in one
step; its number stays, so readers and positions in later segments do not notice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence import framing
from downwind.evidence.reader import SegmentReader
from downwind.evidence.records import from_payload
from downwind.evidence.segments import (
    last_number,
    segment_path,
    sync_directory,
    trouble,
    write_whole,
)
from downwind.terms import Evidence
from downwind.watch.incidents import Incident

DROPPABLE = ("probe.", "feed.", "rdap.")
"""Kinds that may go: they were looked at again and again, and are rolled up."""
MARGIN = 900.0
"""Seconds before an incident's onset whose evidence is its own as well."""


@dataclass(frozen=True, slots=True)
class Held:
    """The evidence of one open incident, which stays."""

    since: float
    targets: frozenset[str]

    @classmethod
    def of(cls, incidents: Iterable[Incident]) -> tuple[Held, ...]:
        return tuple(
            cls(i.since - MARGIN, i.victims.union(i.saved, i.contradicts))
            for i in incidents
            if i.open
        )

    def has(self, record: Evidence) -> bool:
        if record.at < self.since:
            return False
        return record.subject in self.targets or record.kind == "feed.status"


@dataclass(frozen=True, slots=True)
class Retained:
    """What a cleaning did."""

    segments: int
    """Segments that were written anew."""
    records: int
    """Records let go."""
    freed: int
    """Bytes of disk."""


def retain(
    log: Path, before: float, held: Iterable[Held], *, rolled: int, snapshot: int
) -> Retained:
    """Let go of observations older than `before`, in segments that are rolled up.

    `rolled`: the last segment whose roll-up is on disk. `snapshot`: the segment in which the older
    of the two snapshots ends (oldest_place); it and all later ones stay as they are, since a
    restart reads them.
    """
    drop_unfinished(log, "*.clean")
    holds = tuple(held)
    done = Retained(0, 0, 0)
    for number in range(1, min(rolled, snapshot - 1, last_number(log) - 1) + 1):
        path = segment_path(log, number)
        if path.stat().st_size > framing.HEADER_BYTES + framing.FRAME_BYTES:
            gone, freed = _clean(log, number, before, holds)
            if gone:
                done = Retained(done.segments + 1, done.records + gone, done.freed + freed)
    return done


def drop_unfinished(directory: Path, names: str) -> None:
    """Take away what a killed process had begun to write; only the writer may do so."""
    for path in directory.glob(names):
        with suppress(OSError):
            path.unlink()


def _clean(log: Path, number: int, before: float, held: tuple[Held, ...]) -> tuple[int, int]:
    """Records and bytes let go of in one segment; (0, 0) where all of it stays."""
    kept: list[bytes] = []
    gone = 0
    with SegmentReader(log, number) as segment:
        for _, payload in segment.payloads():
            if _goes(payload, before, held):
                gone += 1
            else:
                kept.append(framing.record(payload))
        if segment.broken is not None or not segment.marked:
            raise segment.damage()
    if not gone:
        return 0, 0
    body = framing.header(number) + b"".join(kept)
    path = segment_path(log, number)
    size = path.stat().st_size
    _replace(path, body + framing.mark(len(body)))
    return gone, size - len(body) - framing.FRAME_BYTES


def _goes(payload: bytes, before: float, held: tuple[Held, ...]) -> bool:
    if not any(b'"kind":"%s' % kind.encode() in payload for kind in DROPPABLE):
        return False
    record = from_payload(payload)
    if not record.kind.startswith(DROPPABLE) or record.at >= before:
        return False
    return not any(hold.has(record) for hold in held)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".clean")
    try:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_whole(fd, data, 0)
            os.fsync(fd)
        finally:
            os.close(fd)
        fresh.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise trouble(error, path, "could not be cleaned") from error
