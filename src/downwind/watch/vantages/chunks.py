"""The logs of an outbox: small evidence logs, numbered, each written once and read once."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.records import from_payload, to_payload
from downwind.evidence.segments import sync_directory, trouble
from downwind.terms import DownwindError, LogDamaged, UsageError

SEGMENT_BYTES = 1024**3
"""One segment for each log."""
OVERHEAD = 8 * 1024
"""Bytes that a log takes besides its records, in whole pages."""
FRAME = 8
_THIN = "-thin"
_NEW = "-new"


@dataclass(slots=True)
class Chunk:
    """One log of the outbox."""

    name: str
    size: int = OVERHEAD
    """Bytes on disk, about."""
    count: int = 0
    """Records in it."""
    failing: int = 0
    """Records in it that are not healthy."""

    @property
    def thin(self) -> bool:
        """True where its healthy records were dropped."""
        return self.name.endswith(_THIN)

    @property
    def number(self) -> int:
        return int(self.name[:8])

    def count_in(self, payload: bytes) -> None:
        """One more record is in it."""
        self.count += 1
        self.size += len(payload) + FRAME
        self.failing += not healthy(payload)


def healthy(payload: bytes) -> bool:
    """Whether the record says that its target was up."""
    found = json.loads(payload)["finding"]
    return bool(found["type"] == "seen" and found["value"].get("state") == "up")


def open_log(folder: Path, name: str) -> EvidenceLog:
    """The log of a chunk, to write to."""
    return EvidenceLog(folder / name, segment_bytes=SEGMENT_BYTES)


def payloads_of(folder: Path, name: str) -> tuple[list[bytes], bool]:
    """The records of a chunk, and whether all of it could be read; a damaged end is left out."""
    payloads: list[bytes] = []
    try:
        for _, evidence in read(folder / name):
            payloads.append(to_payload(evidence))
    except LogDamaged:
        return payloads, False
    return payloads, True


def remove(folder: Path, name: str) -> None:
    """Remove a chunk; what is left of one that was half removed goes when it is found again."""
    shutil.rmtree(folder / name, ignore_errors=True)


def write_thin(folder: Path, chunk: Chunk, kept: Sequence[bytes]) -> bool:
    """Put a chunk of these records in the place of one; False where even that had no room."""
    thin = Chunk(f"{chunk.name[:8]}{_THIN}")
    for payload in kept:
        thin.count_in(payload)
    if not _written(folder, f"{chunk.name[:8]}{_NEW}", kept):
        # No room for both: the old one goes first, which a kill just then would make final.
        remove(folder, chunk.name)
        if not _written(folder, f"{chunk.name[:8]}{_NEW}", kept):
            return False
    try:
        os.replace(folder / f"{chunk.name[:8]}{_NEW}", folder / thin.name)
        sync_directory(folder)
    except OSError as error:
        raise trouble(error, folder / thin.name, "could not be put in its place") from error
    remove(folder, chunk.name)
    chunk.name, chunk.size = thin.name, thin.size
    chunk.count, chunk.failing = thin.count, thin.failing
    return True


def _written(folder: Path, name: str, kept: Sequence[bytes]) -> bool:
    remove(folder, name)
    try:
        with open_log(folder, name) as log:
            log.append_many(from_payload(payload) for payload in kept)
    except DownwindError:
        remove(folder, name)
        return False
    return True


def found_chunks(folder: Path) -> Iterator[Chunk]:
    """The chunks that an earlier process left, oldest first; what it left half done is removed."""
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    for name in names:
        replaced = f"{name}{_THIN}" in names
        if name.endswith(_NEW) or replaced or not name[:8].isdigit():
            remove(folder, name)
            continue
        with contextlib.suppress(LogDamaged), open_log(folder, name):
            pass  # cuts off the end of a record that a killed process did not finish
        chunk = Chunk(name)
        for payload in payloads_of(folder, name)[0]:
            chunk.count_in(payload)
        yield chunk


def write_safely(path: Path, data: bytes) -> None:
    """Replace a small file, whole or not at all, also over a power cut; raises DownwindError."""
    new = path.with_name(f"{path.name}.new")
    try:
        with open(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        sync_directory(path.parent)
    except OSError as error:
        raise trouble(error, path, "could not be written") from error


def take_lock(folder: Path) -> int:
    """The descriptor that keeps others out of the folder until it is closed."""
    path = folder / "lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise trouble(error, path, "could not be opened") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise UsageError(
            "Another process writes this outbox.",
            where=str(folder),
            todo="Stop it, or give this vantage a folder of its own.",
        ) from error
    return fd
