"""The data of DNS records and the names in it, read out of a whole message with checked bounds."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from socket import AF_INET6, inet_ntoa, inet_ntop
from typing import Any

A, NS, CNAME, SOA, MX, TXT, AAAA, OPT, DS, CAA = 1, 2, 5, 6, 15, 16, 28, 41, 43, 257
TYPES: Mapping[str, int] = {
    "A": A,
    "NS": NS,
    "CNAME": CNAME,
    "SOA": SOA,
    "MX": MX,
    "TXT": TXT,
    "AAAA": AAAA,
    "DS": DS,
    "CAA": CAA,
}

ROOT = "."
_SHORT = struct.Struct("!H")
_FIVE = struct.Struct("!IIIII")
_DS_HEAD = struct.Struct("!HBB")
_PLAIN = re.compile(rb"[a-z0-9_-]+\Z")
# RFC 1035, 5.1: these stand for themselves in a zone file only behind a backslash.
_ESCAPED = frozenset(b'"().;\\@$')
_LONGEST_NAME = 255
_LONGEST_LABEL = 63
_MOST_JUMPS = 128
"""A name has 127 labels at most, and one pointer before each would do."""


class WireError(ValueError):
    """These bytes are no DNS message; says why."""


class NameReader:
    """Reads the names of one message; a name that many records point to is read once."""

    __slots__ = ("_data", "_known")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._known: dict[int, tuple[str, int]] = {}

    def read(self, at: int) -> tuple[str, int]:
        """The name at an offset, and the offset behind it; raises WireError."""
        data = self._data
        # Nearly every owner is a pointer to a name that was read before.
        if at + 2 <= len(data) and data[at] >= 0xC0:
            known = self._known.get(((data[at] & 0x3F) << 8) | data[at + 1])
            if known is not None:
                return known[0], at + 2
        labels, end = self._labels(at)
        name = ".".join(labels) if labels else ROOT
        self._known[at] = (name, end)
        return name, end

    def skip(self, at: int) -> int:
        """The offset behind the name at an offset."""
        return self.read(at)[1]

    def _labels(self, at: int) -> tuple[list[str], int]:
        data, size = self._data, len(self._data)
        labels: list[str] = []
        end, lowest, octets, jumps = -1, at, 1, 0
        while True:
            if at >= size:
                raise WireError("ends inside a name")
            length = data[at]
            if length == 0:
                return labels, at + 1 if end < 0 else end
            if length >= 0xC0:
                if at + 2 > size:
                    raise WireError("ends inside a pointer")
                to = ((length & 0x3F) << 8) | data[at + 1]
                # Only ever backwards, so that no name goes round in circles.
                if to >= lowest:
                    raise WireError("a pointer does not lead backwards")
                jumps += 1
                if jumps > _MOST_JUMPS:
                    raise WireError("a name made of pointers")
                end = at + 2 if end < 0 else end
                at = lowest = to
                continue
            if length > _LONGEST_LABEL:
                raise WireError("a label of an unknown kind")
            octets += length + 1
            if octets > _LONGEST_NAME:
                raise WireError("a name of more than 255 octets")
            at += 1
            if at + length > size:
                raise WireError("ends inside a label")
            labels.append(_label(data[at : at + length]))
            at += length


def _label(raw: bytes) -> str:
    low = raw.lower()
    if _PLAIN.match(low):
        return low.decode("ascii")
    return "".join(map(_character, low))


def _character(octet: int) -> str:
    if octet in _ESCAPED:
        return "\\" + chr(octet)
    if 0x20 < octet < 0x7F:
        return chr(octet)
    return f"\\{octet:03d}"


@lru_cache(maxsize=4096)
def encode_name(name: str) -> bytes:
    """The name in wire form, uncompressed; raises ValueError where it is none."""
    if name == ROOT:
        return b"\0"
    labels = _unescape(name) if "\\" in name else [part.encode("ascii") for part in name.split(".")]
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError(f"{name[:80]!r} has a label that is empty or too long")
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    if len(wire) > _LONGEST_NAME:
        raise ValueError(f"{name[:80]!r} is longer than 255 octets")
    return wire


_PARTS = re.compile(r"\\(\d{3})|\\(\D)|([^\\.]+)|(\.)")


def _unescape(name: str) -> list[bytes]:
    labels, at = [bytearray()], 0
    while at < len(name):
        found = _PARTS.match(name, at)
        if found is None:
            raise ValueError(f"{name[:80]!r} ends in a backslash")
        at = found.end()
        number, escaped, plain, dot = found.groups()
        if dot:
            labels.append(bytearray())
        elif number:
            labels[-1] += bytes((int(number),))
        else:
            labels[-1] += (escaped or plain).encode("ascii")
    return [bytes(label) for label in labels]


def _address4(data: bytes, at: int, end: int, _: NameReader) -> str:
    if end - at != 4:
        raise WireError("an A record that is not 4 octets long")
    return inet_ntoa(data[at:end])


def _address6(data: bytes, at: int, end: int, _: NameReader) -> str:
    if end - at != 16:
        raise WireError("an AAAA record that is not 16 octets long")
    return inet_ntop(AF_INET6, data[at:end])


def _name(_: bytes, at: int, end: int, names: NameReader) -> str:
    name, behind = names.read(at)
    if behind != end:
        raise WireError("a name that does not fill its record")
    return name


def _mx(data: bytes, at: int, end: int, names: NameReader) -> tuple[int, str]:
    if end - at < 3:
        raise WireError("an MX record that is too short")
    return _SHORT.unpack_from(data, at)[0], _name(data, at + 2, end, names)


def _soa(data: bytes, at: int, end: int, names: NameReader) -> tuple[str, str, tuple[int, ...]]:
    primary, at = names.read(at)
    contact, at = names.read(at)
    if end - at != _FIVE.size:
        raise WireError("an SOA record of the wrong length")
    return primary, contact, _FIVE.unpack_from(data, at)


def _txt(data: bytes, at: int, end: int, _: NameReader) -> bytes:
    """The strings joined, as SPF and its like are read (RFC 7208, 3.3)."""
    parts = []
    while at < end:
        length = data[at]
        at += 1
        if at + length > end:
            raise WireError("a text longer than its record")
        parts.append(data[at : at + length])
        at += length
    if not parts:
        raise WireError("a TXT record without a text")
    return b"".join(parts)


def _ds(data: bytes, at: int, end: int, _: NameReader) -> tuple[int, int, int, str]:
    if end - at < 4:
        raise WireError("a DS record that is too short")
    tag, algorithm, digest = _DS_HEAD.unpack_from(data, at)
    return tag, algorithm, digest, data[at + 4 : end].hex()


def _caa(data: bytes, at: int, end: int, _: NameReader) -> tuple[int, str, str]:
    if end - at < 2:
        raise WireError("a CAA record that is too short")
    split = at + 2 + data[at + 1]
    # RFC 8659, 4.1: the tag has at least one letter, of ASCII letters and digits.
    tag = data[at + 2 : split]
    if split > end or not tag.isalnum():
        raise WireError("a CAA record with a broken tag")
    return data[at], tag.decode("ascii"), data[split:end].decode("utf-8", "backslashreplace")


READERS: Mapping[int, Callable[[bytes, int, int, NameReader], Any]] = {
    A: _address4,
    AAAA: _address6,
    NS: _name,
    CNAME: _name,
    MX: _mx,
    SOA: _soa,
    TXT: _txt,
    DS: _ds,
    CAA: _caa,
}
"""What the value of a record of each type is:
A, AAAA address; NS, CNAME host; MX (preference, host); SOA (primary, contact, five numbers);
TXT bytes; DS (key tag, algorithm, digest type, digest in hex); CAA (flags, tag, value)."""
