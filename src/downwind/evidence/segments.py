"""The files of a log: how segments are named, listed and made, and their troubles told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from downwind.evidence.framing import header
from downwind.terms import DownwindError, LogDamaged

LOCK = "writer.lock"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def segment_path(directory: Path, number: int) -> Path:
    """Where the segment of this number lies."""
    return directory / f"{number:08d}.log"


def last_number(directory: Path) -> int:
    """The highest number of a segment, 0 where there is none."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise trouble(error, directory, "could not be listed") from error
    stems = (name[:-4] for name in names if name.endswith(".log"))
    return max((int(s) for s in stems if len(s) >= 8 and s.isascii() and s.isdigit()), default=0)


def make_directory(directory: Path) -> None:
    """Make the directory of a log, so that it is still there after a power cut."""
    if directory.is_dir():
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        sync_directory(directory.parent)
    except OSError as error:
        raise trouble(error, directory, "could not be made") from error


def make_segment(directory: Path, number: int) -> int:
    """Make a segment, there with its whole header or not at all; returns it opened."""
    path = segment_path(directory, number)
    fresh = path.with_suffix(".new")
    try:
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise trouble(error, path, "could not be made") from error
    try:
        write_whole(fd, header(number), 0)
        os.fsync(fd)
        fresh.rename(path)
        # A new name is only on disk once its directory is: fsync(2).
        sync_directory(directory)
    except OSError as error:
        os.close(fd)
        fresh.unlink(missing_ok=True)
        raise trouble(error, path, "could not be made") from error
    return fd


def sync_directory(directory: Path) -> None:
    """Bring the names in a directory to disk."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_whole(fd: int, data: bytes, offset: int) -> None:
    """Write all of data at an offset, or raise OSError."""
    _, error = write_some(fd, data, offset)
    if error is not None:
        raise error


def write_some(fd: int, data: bytes, offset: int) -> tuple[int, OSError | None]:
    """Write as much of data as goes; returns how much went, and what stopped the rest."""
    view, done = memoryview(data), 0
    while done < len(data):
        try:
            done += os.pwrite(fd, view[done:], offset + done)
        except OSError as error:
            return done, error
    return done, None


def trouble(error: OSError, path: Path, what: str) -> DownwindError:
    """An error of the file system, told with the way out."""
    if error.errno in _FULL:
        return DownwindError(
            f"The evidence log {what}: the disk is full ({error.strerror}).",
            where=str(path),
            todo="Nothing that was acknowledged is lost. Make room, and append again.",
        )
    return DownwindError(f"The evidence log {what}: {error.strerror}.", where=str(path))


def damaged(path: Path, offset: int, why: str) -> LogDamaged:
    """A log that is broken before its end, with the file and the place in it."""
    return LogDamaged(
        why,
        where=f"{path} at byte {offset}",
        todo="What lies before can be read; restore the file from a copy, or move the log away.",
    )
