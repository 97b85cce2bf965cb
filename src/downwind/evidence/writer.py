"""Writes an evidence log: one writer, append only, and what it acknowledged is on disk."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from downwind.evidence import framing
from downwind.evidence.reader import SegmentReader
from downwind.evidence.records import payload_id, to_payload
from downwind.evidence.segments import (
    LOCK,
    last_number,
    make_directory,
    make_segment,
    segment_path,
    sync_directory,
    trouble,
    write_some,
)
from downwind.terms import DownwindError, Evidence, UsageError

SEGMENT_BYTES = 64 * 1024 * 1024
_BATCH = 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The end of a record that an earlier writer did not finish, cut off on opening."""

    path: Path
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.path}: cut off {self.size} bytes of an unfinished record at {self.offset}."


class EvidenceLog:
    """The one writer of a log. Its methods may be called from several threads.

    A record is visible to readers when `append` returns, and acknowledged (it survives a kill and a
    power cut) when a later `sync` or `close` returns. A failed append leaves whole records only.
    """

    def __init__(self, directory: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.directory = directory
        self.trimmed: Trimmed | None = None
        """What was cut off on opening."""
        self._segment_bytes = segment_bytes
        self._guard = threading.RLock()
        self._closed = False
        self._failed = False
        self._doubtful = False  # part of a frame may lie behind _end
        self._clean = True  # all before _end is on disk, and a mark says so
        make_directory(directory)
        self._lock = _take_lock(directory)
        try:
            self._open_last()
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, evidence: Evidence) -> str:
        """Write one record; returns its id. It is acknowledged by the next sync, not before."""
        return self.append_many((evidence,))[0]

    def append_many(self, evidence: Iterable[Evidence]) -> tuple[str, ...]:
        """Write records in order; returns their ids.

        When it fails, the first few may be in the log: appending all of them again is right, since
        a record that comes twice has one id.
        """
        payloads = [to_payload(one) for one in evidence]
        frames = [_framed(payload) for payload in payloads]
        with self._guard:
            self._ready()
            self._append_frames(frames)
        return tuple(payload_id(payload) for payload in payloads)

    def sync(self) -> None:
        """Acknowledge: when this returns, everything appended before is on disk."""
        with self._guard:
            self._ready()
            if self._clean:
                return
            self._fsync()
            self._clean = True
            self._mark()

    def close(self) -> None:
        """Sync, and let the next writer in. Closing twice is no error."""
        with self._guard:
            if self._closed:
                return
            try:
                if not self._failed:
                    self.sync()
            finally:
                self._closed = True
                os.close(self._fd)
                os.close(self._lock)

    def _append_frames(self, frames: Sequence[bytes]) -> None:
        batch: list[bytes] = []
        size = 0
        for frame in frames:
            full = self._end + size + len(frame) > self._segment_bytes
            if batch and (full or size >= _BATCH):
                self._write(batch)
                batch, size = [], 0
            if full and self._end > framing.HEADER_BYTES:
                self._rotate()
            batch.append(frame)
            size += len(frame)
        if batch:
            self._write(batch)

    def _write(self, frames: Sequence[bytes]) -> None:
        done, error = write_some(self._fd, b"".join(frames), self._end)
        self._clean = False
        for frame in frames:
            if len(frame) > done:
                break
            # Readers may have seen every whole record by now: those stay.
            self._end += len(frame)
            done -= len(frame)
        if error is not None:
            self._doubtful = True
            with contextlib.suppress(OSError):
                self._trim()
            raise trouble(error, self._path, "could not be written") from error

    def _mark(self) -> None:
        """Say that all before is on disk. Without room for it, the next sync says it."""
        mark = framing.mark(self._end)
        _, error = write_some(self._fd, mark, self._end)
        if error is None:
            self._end += len(mark)
            return
        self._clean = False
        self._doubtful = True
        with contextlib.suppress(OSError):
            self._trim()

    def _rotate(self) -> None:
        self.sync()
        if not self._clean:
            raise DownwindError(
                "The evidence log could not be written: the disk is full.",
                where=str(self._path),
                todo="Nothing that was acknowledged is lost. Make room, and append again.",
            )
        # A later segment says that this one is complete: its last mark must be on disk first.
        self._fsync()
        try:
            fd = make_segment(self.directory, self._number + 1)
        except DownwindError:
            # Once the next one shows, readers have left this one: nothing may be added to it.
            self._failed = segment_path(self.directory, self._number + 1).exists()
            raise
        os.close(self._fd)
        self._start(fd, self._number + 1, framing.HEADER_BYTES, clean=True)

    def _fsync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            # Linux drops what it could not write and forgets the error, so a second fsync would
            # succeed for nothing: https://wiki.postgresql.org/wiki/Fsync_Errors
            self._failed = True
            raise trouble(error, self._path, "could not be brought to disk") from error

    def _trim(self) -> None:
        os.ftruncate(self._fd, self._end)
        self._doubtful = False

    def _ready(self) -> None:
        if self._closed:
            raise UsageError("The evidence log is closed.", where=str(self.directory))
        if self._failed:
            raise DownwindError(
                "The evidence log could not be brought to disk before, and takes no more.",
                where=str(self._path),
                todo="Open it again, and append again what was not acknowledged.",
            )
        if not self._doubtful:
            return
        try:
            self._trim()
        except OSError as error:
            raise trouble(error, self._path, "could not be cut back") from error

    @property
    def _path(self) -> Path:
        return segment_path(self.directory, self._number)

    def _start(self, fd: int, number: int, end: int, *, clean: bool) -> None:
        self._fd, self._number, self._end = fd, number, end
        self._clean, self._doubtful = clean, False

    def _open_last(self) -> None:
        number = last_number(self.directory)
        if number == 0:
            self._start(make_segment(self.directory, 1), 1, framing.HEADER_BYTES, clean=True)
            return
        end, marked = _find_end(self.directory, number)
        path = segment_path(self.directory, number)
        try:
            fd = os.open(path, os.O_RDWR)
        except OSError as error:
            raise trouble(error, path, "could not be opened") from error
        try:
            self._settle(fd, path, end)
        except BaseException:
            os.close(fd)
            raise
        self._start(fd, number, end, clean=marked)

    def _settle(self, fd: int, path: Path, end: int) -> None:
        """Cut off what was never finished, and bring to disk what a killed writer left."""
        try:
            size = os.fstat(fd).st_size
            if size > end:
                os.ftruncate(fd, end)
                self.trimmed = Trimmed(path, end, size - end)
                _log.warning("%s", self.trimmed)
            os.fsync(fd)
            sync_directory(self.directory)
        except OSError as error:
            raise trouble(error, path, "could not be opened") from error


def _find_end(directory: Path, number: int) -> tuple[int, bool]:
    """Where the last whole frame of a segment ends, and whether it is a mark."""
    with SegmentReader(directory, number) as segment:
        for _ in segment.payloads():
            pass
        if segment.broken and segment.acknowledged_behind():
            raise segment.damage()
        return segment.offset, segment.marked or segment.offset == framing.HEADER_BYTES


def _framed(payload: bytes) -> bytes:
    if len(payload) > framing.LARGEST_PAYLOAD:
        raise DownwindError(
            f"One record of evidence may take {framing.LARGEST_PAYLOAD} bytes, "
            f"and this takes {len(payload)}.",
            todo="Keep less of the raw reply.",
        )
    return framing.record(payload)


def _take_lock(directory: Path) -> int:
    path = directory / LOCK
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise trouble(error, path, "could not be opened") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
        os.close(fd)
        if not isinstance(error, BlockingIOError):
            raise trouble(error, path, "could not be locked") from error
        raise UsageError(
            f"Another process{f' ({holder})' if holder else ''} writes this evidence log.",
            where=str(directory),
            todo="Stop it, or give this one a directory of its own; reading needs no lock.",
        ) from error
    # Only a hint for the message above: the lock is what counts.
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"pid {os.getpid()}".encode("ascii"), 0)
    return fd
