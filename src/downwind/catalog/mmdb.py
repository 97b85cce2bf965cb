"""Reads MaxMind databases (MaxMind DB File Format Specification 2.0): an address to a record."""

import ipaddress
import mmap
import struct
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_METADATA_WITHIN = 131_072
_SEPARATOR = 16
_DEEPEST = 16
_MOST_VALUES = 10_000
"""In one record; pointers to pointers could unfold a small file into the whole memory."""

_POINTER, _TEXT, _DOUBLE, _BYTES, _MAP, _INT32, _ARRAY, _BOOL, _FLOAT = 1, 2, 3, 4, 7, 8, 11, 14, 15
_UNSIGNED = frozenset({5, 6, 9, 10})
_POINTER_BASES = (0, 2048, 526_336, 0)


class NotMaxMind(ValueError):
    """The file is no MaxMind database, or a damaged one."""


class MaxMindFile:
    """A database that is read where it lies: a look-up touches a few pages of it."""

    def __init__(self, file: Path) -> None:
        """Open it; raises OSError or NotMaxMind."""
        with file.open("rb") as opened:
            try:
                self._raw = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise NotMaxMind("it is empty") from error
        at = self._raw.rfind(_MARKER, max(0, len(self._raw) - _METADATA_WITHIN))
        if at < 0:
            raise NotMaxMind("it has no MaxMind metadata")
        self._data = 0
        about = self._value(at + len(_MARKER), base=at + len(_MARKER))
        try:
            self._nodes = int(about["node_count"])
            self._size = int(about["record_size"])
            self._version = int(about["ip_version"])
        except (KeyError, TypeError, ValueError) as error:
            raise NotMaxMind(f"its metadata lack {error}") from error
        tree = self._nodes * self._size // 4
        if self._size not in (24, 28, 32) or tree + _SEPARATOR > at:
            raise NotMaxMind("its metadata do not fit its length")
        self._data = tree + _SEPARATOR

    def record(self, address: str) -> Any:
        """What is written for the address; None where nothing is. Raises NotMaxMind."""
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        if parsed.version > self._version:
            return None
        bits = 128 if self._version == 6 else 32
        node, number = 0, int(parsed)
        for place in range(bits - 1, -1, -1):
            node = self._child(node, (number >> place) & 1)
            if node >= self._nodes:
                break
        if node <= self._nodes:
            return None
        return self._value(node - self._nodes - _SEPARATOR + self._data, base=self._data)

    def _child(self, node: int, bit: int) -> int:
        if self._size == 28:
            at = node * 7
            middle = self._byte(at + 3)
            high = middle & 0x0F if bit else middle >> 4
            return high << 24 | self._unsigned(at + 4 * bit, 3)
        width = self._size // 8
        return self._unsigned(node * 2 * width + bit * width, width)

    def _value(self, at: int, *, base: int) -> Any:
        self._values = 0
        return self._decode(at, base, 0)[0]

    def _decode(self, at: int, base: int, depth: int) -> tuple[Any, int]:
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            raise NotMaxMind("its records are nested too deeply")
        control = self._byte(at)
        kind, at = control >> 5, at + 1
        if kind == _POINTER:
            target, at = self._pointer(control, at)
            return self._decode(base + target, base, depth + 1)[0], at
        if kind == 0:
            kind, at = self._byte(at) + 7, at + 1
        length, at = self._length(control & 0x1F, at)
        if kind == _MAP:
            return self._pairs(length, at, base, depth)
        if kind == _ARRAY:
            items = []
            for _ in range(length):
                item, at = self._decode(at, base, depth + 1)
                items.append(item)
            return items, at
        if kind == _BOOL:
            return bool(length), at
        return self._plain(kind, at, length), at + length

    def _pairs(self, length: int, at: int, base: int, depth: int) -> tuple[dict[Any, Any], int]:
        pairs: dict[Any, Any] = {}
        for _ in range(length):
            key, at = self._decode(at, base, depth + 1)
            if not isinstance(key, str):
                raise NotMaxMind("a key of a record is no text")
            pairs[key], at = self._decode(at, base, depth + 1)
        return pairs, at

    def _plain(self, kind: int, at: int, length: int) -> Any:
        raw = self._bytes(at, length)
        if kind == _TEXT:
            return raw.decode("utf-8", "replace")
        if kind in _UNSIGNED:
            return int.from_bytes(raw)
        if kind == _INT32:
            # Shorter ones are padded with zeros in front, so only a full one can be negative.
            return int.from_bytes(raw, signed=length == 4)
        if kind == _DOUBLE and length == 8:
            return struct.unpack(">d", raw)[0]
        if kind == _FLOAT and length == 4:
            return struct.unpack(">f", raw)[0]
        if kind == _BYTES:
            return raw
        raise NotMaxMind(f"a record is of the unknown type {kind}")

    def _pointer(self, control: int, at: int) -> tuple[int, int]:
        width = (control >> 3 & 3) + 1
        high = 0 if width == 4 else control & 7
        value = high << 8 * width | self._unsigned(at, width)
        return value + _POINTER_BASES[width - 1], at + width

    def _length(self, short: int, at: int) -> tuple[int, int]:
        if short < 29:
            return short, at
        width = short - 28
        return self._unsigned(at, width) + (29, 285, 65_821)[width - 1], at + width

    def _byte(self, at: int) -> int:
        return self._unsigned(at, 1)

    def _unsigned(self, at: int, width: int) -> int:
        return int.from_bytes(self._bytes(at, width))

    def _bytes(self, at: int, length: int) -> bytes:
        raw = self._raw[at : at + length]
        if at < 0 or len(raw) < length:
            raise NotMaxMind("it ends too early")
        return raw
