"""A snapshot: named parts of the watcher's state, and the place in the log up to which they hold.

    DWSNAP1 LENGTH CRC32          of the head, in ASCII, one line
    {"at": .., "position": [segment, offset], "parts": [[name, size, crc32], ...]}
    the parts, one after the other

It is there whole or not at all, and the one before it is kept until the next: a snapshot that
cannot be read costs a longer replay, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence.segments import sync_directory, write_whole
from downwind.watch.history.position import Position

MAGIC = b"DWSNAP1"
NEWEST, BEFORE = "snapshot", "snapshot.before"
_HEAD = 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was known at a place of the log."""

    at: float
    position: Position
    parts: Mapping[str, bytes]


def write_snapshot(directory: Path, snapshot: Snapshot) -> None:
    """Put it on disk, whole or not at all; raises OSError, and then the old ones stand."""
    fresh = directory / f"{NEWEST}.new"
    try:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_whole(fd, _written(snapshot), 0)
            os.fsync(fd)
        finally:
            os.close(fd)
        with contextlib.suppress(FileNotFoundError):
            (directory / NEWEST).rename(directory / BEFORE)
        fresh.rename(directory / NEWEST)
        sync_directory(directory)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def oldest_place(directory: Path) -> Position | None:
    """Where the older of the two snapshots ends: a restart may read on from there."""
    places = []
    for name in (NEWEST, BEFORE):
        with contextlib.suppress(OSError, ValueError):
            places.append(_read((directory / name).read_bytes()).position)
    return min(places, default=None)


def read_snapshot(directory: Path) -> Snapshot | None:
    """The newest snapshot that can be read, or None; a broken one is told and passed over."""
    for name in (NEWEST, BEFORE):
        try:
            return _read((directory / name).read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            _log.warning("%s: the snapshot cannot be read: %s", directory / name, error)
    return None


def _written(snapshot: Snapshot) -> bytes:
    parts = [[name, len(data), zlib.crc32(data)] for name, data in snapshot.parts.items()]
    place = [snapshot.position.segment, snapshot.position.offset]
    head = json.dumps({"at": snapshot.at, "position": place, "parts": parts}).encode("ascii")
    first = b"%s %d %d\n" % (MAGIC, len(head), zlib.crc32(head))
    return b"".join((first, head, *snapshot.parts.values()))


def _read(data: bytes) -> Snapshot:
    first, _, rest = data.partition(b"\n")
    magic, length, checksum = first.split(b" ")
    if magic != MAGIC or not 0 < int(length) <= _HEAD:
        raise ValueError("this is no snapshot of this version")
    head, rest = rest[: int(length)], rest[int(length) :]
    if zlib.crc32(head) != int(checksum):
        raise ValueError("its head fails its checksum")
    told = json.loads(head)
    parts = {}
    for name, size, checksum in told["parts"]:
        part, rest = rest[:size], rest[size:]
        if len(part) != size or zlib.crc32(part) != checksum:
            raise ValueError(f"its part {name!r:.40} fails its checksum")
        parts[str(name)] = part
    segment, offset = told["position"]
    return Snapshot(float(told["at"]), Position(int(segment), int(offset)), parts)
