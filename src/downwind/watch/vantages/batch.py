"""A batch of evidence on its way to the hub: gzipped lines, a head and then one record each.

    {"vantage": "paris", "sent_at": 1763463600.0, "offset_s": 0.02, "within_s": 0.01,
     "waiting": 120, "left_out_healthy": 0, "left_out_failing": 0}
    {"at": 1763463590.0, "finding": {...}, "kind": "probe.http", ...}

A record's line is its canonical text (docs/evidence.md), so its id follows from the line, and
whoever sends it cannot give it another.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from downwind.terms import UsageError

MOST_RECORDS = 2_000
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes as sent."""
LARGEST_PLAIN = 64 * 1024 * 1024
"""Bytes once unpacked: a small body may unpack to anything."""
_GZIP = b"\x1f\x8b"


class BatchRefused(UsageError):
    """A whole batch that is not taken."""

    status: ClassVar[int] = 400


class BatchTooLarge(BatchRefused):
    status = 413


class WrongVantage(BatchRefused):
    status = 403


@dataclass(frozen=True, slots=True)
class Head:
    """What a vantage says of itself. Times are seconds."""

    vantage: str
    sent_at: float
    """By its own clock, uncorrected."""
    offset: float | None = None
    """The hub's clock minus its own; None before it has measured."""
    within: float | None = None
    waiting: int = 0
    """Records that it still holds, this batch included."""
    left_out_healthy: int = 0
    """Healthy records that it dropped for want of room, since it began."""
    left_out_failing: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: every record is in one of the three."""

    accepted: int
    duplicates: int
    refused: tuple[tuple[int, str], ...]
    """The number of the record, from 1, and why it was not taken. It is not to be sent again."""
    at: float
    """The hub's clock."""


def pack(head: Head, records: Sequence[bytes]) -> bytes:
    """The body of a request: the head and these canonical texts, gzipped."""
    told: dict[str, Any] = {
        "vantage": head.vantage,
        "sent_at": head.sent_at,
        "offset_s": head.offset,
        "within_s": head.within,
        "waiting": head.waiting,
        "left_out_healthy": head.left_out_healthy,
        "left_out_failing": head.left_out_failing,
    }
    lines = [json.dumps(told, separators=(",", ":")).encode("ascii"), *records]
    # Level 1: most of the gain for a tenth of the work; no time in it, so the same is the same.
    return gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1, mtime=0)


def unpack(body: bytes) -> tuple[Head, tuple[bytes, ...]]:
    """The head and the lines of a body, gzipped or plain; raises BatchRefused."""
    if len(body) > LARGEST_BODY:
        raise BatchTooLarge(f"A batch may take {LARGEST_BODY} bytes, and this takes {len(body)}.")
    plain = _inflated(body) if body.startswith(_GZIP) else body
    first, *lines = plain.split(b"\n")
    records = tuple(line for line in lines if line.strip())
    if len(records) > MOST_RECORDS:
        raise BatchTooLarge(
            f"A batch may hold {MOST_RECORDS} records, and this holds {len(records)}."
        )
    return _head(first), records


def receipt_from_json(data: object) -> Receipt:
    """The receipt in an answer; raises ValueError where it holds none."""
    if not isinstance(data, Mapping) or not isinstance(data.get("refused"), list):
        raise ValueError("the answer is no receipt")
    refused = []
    for row in data["refused"]:
        if not isinstance(row, Mapping):
            raise ValueError("the answer is no receipt: refused")
        refused.append((_count(row.get("record"), "record"), str(row.get("reason", ""))[:300]))
    return Receipt(
        _count(data.get("accepted"), "accepted"),
        _count(data.get("duplicates"), "duplicates"),
        tuple(refused),
        _seconds(data.get("at"), "at"),
    )


def _inflated(body: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(body, LARGEST_PLAIN + 1)
    except zlib.error as error:
        raise BatchRefused(f"The batch is not gzip: {error}.") from error
    if len(plain) > LARGEST_PLAIN:
        raise BatchTooLarge(f"A batch may unpack to {LARGEST_PLAIN} bytes, and this does to more.")
    if not inflate.eof or inflate.unused_data:
        raise BatchRefused("The batch is not one whole gzip stream.")
    return plain


def _head(line: bytes) -> Head:
    try:
        data = json.loads(line)
        if not isinstance(data, dict) or not isinstance(data.get("vantage"), str):
            raise ValueError("it names no vantage")
        return Head(
            vantage=data["vantage"],
            sent_at=_seconds(data.get("sent_at"), "sent_at"),
            offset=_perhaps(data.get("offset_s"), "offset_s"),
            within=_perhaps(data.get("within_s"), "within_s"),
            waiting=_count(data.get("waiting", 0), "waiting"),
            left_out_healthy=_count(data.get("left_out_healthy", 0), "left_out_healthy"),
            left_out_failing=_count(data.get("left_out_failing", 0), "left_out_failing"),
        )
    except (ValueError, RecursionError) as error:
        raise BatchRefused(f"The first line is no head of a batch: {error!s:.200}.") from error


def _perhaps(value: object, name: str) -> float | None:
    return None if value is None else _seconds(value, name)


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!a:.40}, not a number")
    try:
        seconds = float(value)
    except OverflowError as error:
        raise ValueError(f"{name} is not finite") from error
    if not math.isfinite(seconds):
        raise ValueError(f"{name} is not finite")
    return seconds


def _count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError(f"{name} is {value!a:.40}, not a count")
    return value
