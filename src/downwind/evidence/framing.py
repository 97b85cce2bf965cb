"""The bytes of a segment: its header, its records, and the marks that say what is safely on disk.

    segment  a header, then records and marks
    header   20 bytes: magic, version u32, number of the segment u32, CRC-32 of the 16 bytes before
    record   length u32, CRC-32 u32 of the length and the payload, payload (JSON in ASCII)
    mark     0xFFFFFFFF, CRC-32 u32 of that and of the mark's own offset as u64

Integers are little-endian. A mark is written after an fsync: all that lies before it was on disk
by then. So a broken frame with a mark behind it is damage, and neither a killed process nor a power
cut explains it. A payload holds neither a NUL nor a byte above 0x7F, so no frame can hide in one,
and the next whole frame behind a broken one is found by searching.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAGIC = b"\x89DWLOG\r\n"
VERSION = 1
HEADER_BYTES = 20
FRAME_BYTES = 8
LARGEST_PAYLOAD = 16 * 1024 * 1024

_TWO = struct.Struct("<II")
_ONE = struct.Struct("<I")
_OFFSET = struct.Struct("<Q")
_MARK = b"\xff\xff\xff\xff"
_MARK_LENGTH = 0xFFFFFFFF
_OPENING = b'{"at":'


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole record, or a mark where there is no payload."""

    size: int
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Broken:
    """No whole frame begins here."""

    why: str
    needs: int = 0
    """How many bytes the frame would take, where it merely ends too early; else 0."""


def header(number: int) -> bytes:
    """The first bytes of the segment of this number."""
    start = MAGIC + _TWO.pack(VERSION, number)
    return start + _ONE.pack(zlib.crc32(start))


def header_fault(data: bytes, number: int) -> str | None:
    """What is wrong with a segment that begins with these bytes, or None."""
    if not data:
        return "The file is empty."
    if not data.startswith(MAGIC[: len(data)]):
        return "This is not a segment of an evidence log."
    if len(data) < HEADER_BYTES:
        return "The header of the segment is cut short."
    version, told = _TWO.unpack_from(data, len(MAGIC))
    if zlib.crc32(data[: HEADER_BYTES - 4]) != _ONE.unpack_from(data, HEADER_BYTES - 4)[0]:
        return "The header of the segment fails its checksum."
    if version != VERSION:
        return f"The segment is of version {version}; this Downwind reads version {VERSION}."
    if told != number:
        return f"The segment says that it is number {told}, and its name says {number}."
    return None


def record(payload: bytes) -> bytes:
    """The frame of one record."""
    length = _ONE.pack(len(payload))
    return length + _ONE.pack(zlib.crc32(payload, zlib.crc32(length))) + payload


def mark(offset: int) -> bytes:
    """The mark that stands at this offset of its segment."""
    return _MARK + _ONE.pack(zlib.crc32(_OFFSET.pack(offset), zlib.crc32(_MARK)))


def parse(data: bytes, start: int, offset: int) -> Frame | Broken:
    """The frame at data[start:], which lies at `offset` of its segment."""
    left = len(data) - start
    if left < FRAME_BYTES:
        return Broken("The file ends inside the head of a record.", FRAME_BYTES)
    length, checksum = _TWO.unpack_from(data, start)
    if length == _MARK_LENGTH:
        if data[start : start + FRAME_BYTES] == mark(offset):
            return Frame(FRAME_BYTES, None)
        return Broken("A mark fails its checksum.")
    if not 0 < length <= LARGEST_PAYLOAD:
        return Broken(f"A record claims to be {length} bytes long.")
    size = FRAME_BYTES + length
    if left < size:
        return Broken("The file ends inside a record.", size)
    payload = data[start + FRAME_BYTES : start + size]
    if zlib.crc32(payload, zlib.crc32(data[start : start + 4])) != checksum:
        return Broken("A record fails its checksum.")
    return Frame(size, payload)


def has_mark(data: bytes, offset: int) -> bool:
    """Whether a mark lies anywhere in data, which begins at `offset` of its segment."""
    at = data.find(_MARK)
    while at >= 0:
        if data[at : at + FRAME_BYTES] == mark(offset + at):
            return True
        at = data.find(_MARK, at + 1)
    return False


def has_record(data: bytes) -> bool:
    """Whether a whole record lies anywhere in data."""
    at = data.find(_OPENING)
    while at >= 0:
        start = at - FRAME_BYTES
        # The length is below 2^24, so its highest byte is a NUL, which no payload holds.
        if start >= 0 and data[start + 3] == 0 and isinstance(parse(data, start, 0), Frame):
            return True
        at = data.find(_OPENING, at + 1)
    return False
