"""Reads an evidence log from any process, at any time, also while it is written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from downwind.evidence import framing
from downwind.evidence.framing import Broken, Frame
from downwind.evidence.records import from_payload, payload_id
from downwind.evidence.segments import LOCK, damaged, last_number, segment_path, trouble
from downwind.terms import Evidence, LogDamaged, UsageError

_CHUNK = 1024 * 1024
_STUCK = 3


class SegmentReader:
    """One segment, read frame by frame; what it has read over it never reads again."""

    def __init__(self, directory: Path, number: int) -> None:
        self.path = segment_path(directory, number)
        self.offset = framing.HEADER_BYTES
        """Where the next frame begins."""
        self.broken: Broken | None = None
        """Why no whole frame begins there, or None at a clean end."""
        self.marked = False
        """Whether the last frame was a mark."""
        try:
            self._fd = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise damaged(self.path, 0, "The segment is missing, and later ones exist.") from error
        except OSError as error:
            raise trouble(error, self.path, "could not be read") from error
        try:
            fault = framing.header_fault(self._pread(framing.HEADER_BYTES, 0), number)
            if fault:
                raise damaged(self.path, 0, fault)
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def payloads(self) -> Iterator[tuple[int, bytes]]:
        """The records from here on, each with its offset, up to the end or a broken frame."""
        self.broken = None
        while data := self._pread(_CHUNK, self.offset):
            start = self.offset
            frame = framing.parse(data, 0, start)
            if isinstance(frame, Broken) and frame.needs > len(data):
                data = self._pread(frame.needs, start)
                frame = framing.parse(data, 0, start)
            while isinstance(frame, Frame):
                at, self.offset = self.offset, self.offset + frame.size
                self.marked = frame.payload is None
                if frame.payload is not None:
                    yield at, frame.payload
                frame = framing.parse(data, self.offset - start, self.offset)
            if self.offset == start:
                self.broken = frame
                return
        if os.fstat(self._fd).st_size < self.offset:
            raise damaged(self.path, self.offset, "The file became shorter while it was read.")

    def acknowledged_behind(self) -> bool:
        """Whether the broken frame was on disk once, and whole: a mark lies behind it."""
        return framing.has_mark(self._rest(), self.offset)

    def goes_on_behind(self) -> bool:
        """Whether anything whole lies behind the broken frame."""
        rest = self._rest()
        return framing.has_mark(rest, self.offset) or framing.has_record(rest)

    def damage(self) -> LogDamaged:
        """The damage at the broken frame."""
        why = self.broken.why if self.broken else "The end of the segment is missing."
        return damaged(self.path, self.offset, why)

    def _rest(self) -> bytes:
        return self._pread(os.fstat(self._fd).st_size, self.offset)

    def _pread(self, length: int, offset: int) -> bytes:
        """Up to length bytes; fewer only at the end of the file."""
        parts: list[bytes] = []
        while length > 0:
            try:
                part = os.pread(self._fd, length, offset)
            except OSError as error:
                raise trouble(error, self.path, "could not be read") from error
            if not part:
                break
            parts.append(part)
            length, offset = length - len(part), offset + len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def pause() -> bool:
    """Wait a little for more to be written, and say that reading goes on."""
    time.sleep(0.05)
    return True


def read(
    directory: Path,
    *,
    follow: bool = False,
    wait: Callable[[], bool] = pause,
    kinds: Collection[str] = (),
    wanted: Callable[[bytes], bool] | None = None,
) -> Iterator[tuple[str, Evidence]]:
    """What the log holds, oldest first, each with its id; the same evidence may come twice.

    With `kinds` only records of these come, which takes a tenth of the time where they are few;
    with `wanted` only those of which it wants the canonical text.

    A record that is not whole yet at the very end ends the reading quietly; anything broken before
    the end raises LogDamaged. With `follow` the reading goes on as the log grows: at the end `wait`
    is called, and reading stops when it returns False. What has not been synced yet is read too: it
    outlives the death of its writer, though perhaps not a power cut.
    """
    while last_number(directory) == 0:
        if not follow:
            return _nothing_there(directory)
        if not wait():
            return
    number = 1
    while True:
        with SegmentReader(directory, number) as segment:
            while True:
                # Asked before reading: a segment is complete once a later one exists.
                sealed = last_number(directory) > number
                yield from _records(segment, kinds, wanted)
                if sealed:
                    break
                if last_number(directory) == number and not (follow and wait()):
                    return
            if segment.broken or not segment.marked:
                raise segment.damage()
        number += 1


def _nothing_there(directory: Path) -> None:
    if not (directory / LOCK).exists():
        raise UsageError(
            "There is no evidence log here.",
            where=str(directory),
            todo="Name the folder that was given as --store; a watch keeps its map in `map` there.",
        )


def _records(
    segment: SegmentReader, kinds: Collection[str], wanted: Callable[[bytes], bool] | None
) -> Iterator[tuple[str, Evidence]]:
    """The records up to the end; raises LogDamaged where more lies behind what is broken."""
    stuck, before = 0, -1
    # Only a first look: what a stranger wrote may hold one of these too.
    marks = [f'"kind":"{kind}"'.encode("ascii") for kind in kinds]
    while True:
        for offset, payload in segment.payloads():
            if marks and not any(mark in payload for mark in marks):
                continue
            if wanted is not None and not wanted(payload):
                continue
            record = _evidence(segment, offset, payload)
            if not kinds or record.kind in kinds:
                yield payload_id(payload), record
        if segment.broken is None or not segment.goes_on_behind():
            return
        # A writer may have finished the frame meanwhile, or replaced half a record after a full
        # disk: only what stays broken is damage.
        stuck = stuck + 1 if segment.offset == before else 0
        before = segment.offset
        if stuck == _STUCK:
            raise segment.damage()


def _evidence(segment: SegmentReader, offset: int, payload: bytes) -> Evidence:
    try:
        return from_payload(payload)
    except LogDamaged as error:
        raise damaged(segment.path, offset, error.what) from error
