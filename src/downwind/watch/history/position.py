"""A place in an evidence log, and reading on from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence.framing import HEADER_BYTES
from downwind.evidence.reader import SegmentReader
from downwind.evidence.records import from_payload
from downwind.evidence.segments import damaged, last_number, segment_path
from downwind.terms import Evidence, LogDamaged


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Everything before it has been read; the next record begins here."""

    segment: int = 1
    offset: int = HEADER_BYTES


START = Position()


def end_of(directory: Path) -> Position:
    """Where the next record goes. Only the log's writer may ask, after a sync."""
    number = last_number(directory)
    return Position(number, segment_path(directory, number).stat().st_size) if number else START


def read_since(
    directory: Path, position: Position, wanted: Callable[[bytes], bool] | None = None
) -> Iterator[tuple[Position, Evidence]]:
    """The records from a position on, each with the place behind it.

    With `wanted` only those come whose text it wants; the others are not even parsed.

    For the log's own process: opening the log has cut off what was never finished, so anything
    broken is damage, and raises LogDamaged. A position past the end gives nothing.
    """
    last = last_number(directory)
    for number in range(position.segment, last + 1):
        with SegmentReader(directory, number) as segment:
            if number == position.segment:
                segment.offset = position.offset
            for offset, payload in segment.payloads():
                if wanted is not None and not wanted(payload):
                    continue
                yield Position(number, segment.offset), _record(segment, offset, payload)
            if segment.broken is not None:
                raise segment.damage()


def _record(segment: SegmentReader, offset: int, payload: bytes) -> Evidence:
    try:
        return from_payload(payload)
    except LogDamaged as error:
        raise damaged(segment.path, offset, error.what) from error
