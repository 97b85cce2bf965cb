"""HTTP/1.1 off the wire, strictly, with a cap on everything that a server can make long."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from downwind.observe.failures import HttpFailed

BODY_CAP = 2_000_000
_LINE_CAP = 4_096
_INTERIM_CAP = 8
_READ = 65_536
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?\Z")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*?)[ \t]*\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n\Z")
_LENGTH = re.compile(r"\d{1,15}\Z")


class Incoming(Protocol):
    """What a reply is read from; asyncio.StreamReader is one."""

    async def readuntil(self, separator: bytes = ..., /) -> bytes:
        """Raises LimitOverrunError past BUFFER bytes, IncompleteReadError at an early end."""

    async def read(self, n: int = ..., /) -> bytes:
        """At most `n` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined with a comma (RFC 9110, 5.3)."""
    cookies: tuple[str, ...]
    """Names only."""
    persistent: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()
    url: str = ""
    address: str = ""
    truncated: bool = False
    problems: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The body as text by its own charset; what does not fit is replaced."""
        for mark, charset in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16")):
            if self.body.startswith(mark):
                return self.body.decode(charset, errors="replace")
        found = re.search(r"charset=\"?([\w.-]+)", self.headers.get("content-type", ""), re.I)
        try:
            return self.body.decode(found[1] if found else "utf-8", errors="replace")
        except (LookupError, UnicodeError):
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request; raises ValueError where a header would break out of its line."""
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers.items():
        if any(mark in name + value for mark in "\r\n\0"):
            raise ValueError(f"header {name[:40]!r} holds a line break")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode("utf-8") + body


async def read_head(reader: Incoming) -> Head:
    """The final head; interim ones (RFC 9110, 15.2) are passed over."""
    for _ in range(_INTERIM_CAP):
        head = _parse_head(await _until(reader, b"\r\n\r\n", "headers"))
        if head.status >= 200:
            return head
        if head.status == 101:
            break
    raise HttpFailed("interim answers without a final one")


async def _until(reader: Incoming, end: bytes, what: str) -> bytes:
    try:
        return await reader.readuntil(end)
    except asyncio.LimitOverrunError as error:
        raise HttpFailed(f"{what} longer than {_READ} bytes") from error
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise HttpFailed("the connection was closed without an answer") from error
        raise HttpFailed(f"the connection was closed within the {what}") from error


def _parse_head(block: bytes) -> Head:
    status_line, *lines = block[:-4].split(b"\r\n")
    status = _STATUS.match(status_line)
    if status is None:
        raise HttpFailed(f"not HTTP: {status_line[:40]!r}")
    headers: dict[str, str] = {}
    cookies: list[str] = []
    lengths: set[str] = set()
    for line in lines:
        found = _FIELD.match(line)
        if found is None:
            raise HttpFailed(f"malformed header {line[:40]!r}")
        name, value = found[1].decode("ascii").lower(), found[2].decode("utf-8", "replace")
        if name == "set-cookie":
            cookies.append(value.partition("=")[0].strip())
        elif name == "content-length":
            lengths.update(part.strip() for part in value.split(","))
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if lengths:
        headers["content-length"] = _one_length(lengths)
    wishes = headers.get("connection", "").lower()
    persistent = status[1] == b"1" and "close" not in wishes
    return Head(int(status[2]), headers, tuple(dict.fromkeys(cookies)), persistent)


def _one_length(lengths: set[str]) -> str:
    length = next(iter(lengths))
    if len(lengths) > 1 or not _LENGTH.match(length):
        raise HttpFailed(f"contradictory or malformed content-length {sorted(lengths)[:3]}")
    return length


async def read_body(reader: Incoming, head: Head, method: str, cap: int, into: bytearray) -> bool:
    """Read the body into `into`, at most `cap` bytes; True where it is whole and framed.

    What was read stays in `into` when a time-out or a broken frame ends the reading.
    """
    if method == "HEAD" or head.status in (204, 304):
        return True
    coding = head.headers.get("transfer-encoding", "").lower()
    if coding:
        if coding != "chunked":
            raise HttpFailed(f"transfer coding {coding[:40]!r}, which was not asked for")
        whole = await _read_chunks(reader, cap, into)
        # RFC 9112, 6.3: both framings at once may be an attack; do not go on with this connection.
        return whole and "content-length" not in head.headers
    length = head.headers.get("content-length")
    if length is None:
        await _read_to_end(reader, cap, into)
        return False
    return await _read_exactly(reader, int(length), cap, into)


async def _read_exactly(reader: Incoming, length: int, cap: int, into: bytearray) -> bool:
    """Append `length` bytes; False where the cap ends it before."""
    left = length
    while left:
        room = cap - len(into)
        if room <= 0:
            return False
        piece = await reader.read(min(left, room, _READ))
        if not piece:
            raise HttpFailed(f"the connection was closed {left} bytes before the body's end")
        into += piece
        left -= len(piece)
    return True


async def _read_to_end(reader: Incoming, cap: int, into: bytearray) -> None:
    # One byte more than the cap tells a body that just fits from one that goes on.
    while len(into) <= cap:
        piece = await reader.read(min(_READ, cap + 1 - len(into)))
        if not piece:
            return
        into += piece


async def _read_chunks(reader: Incoming, cap: int, into: bytearray) -> bool:
    while True:
        line = await _until(reader, b"\n", "chunk header")
        found = _CHUNK.match(line) if len(line) <= _LINE_CAP else None
        if found is None:
            raise HttpFailed(f"malformed chunk header {line[:40]!r}")
        size = int(found[1], 16)
        if size == 0:
            return await _skip_trailers(reader)
        if not await _read_exactly(reader, size, cap, into):
            return False
        if await _until(reader, b"\n", "chunk") != b"\r\n":
            raise HttpFailed("a chunk does not end where it says")


async def _skip_trailers(reader: Incoming) -> bool:
    left = _READ
    while left > 0:
        line = await _until(reader, b"\n", "trailers")
        if line == b"\r\n":
            return True
        left -= len(line)
    raise HttpFailed(f"trailers longer than {_READ} bytes")


def decode_body(body: bytes, head: Head, cap: int) -> tuple[bytes, tuple[str, ...]]:
    """Undo a content coding that came although it was not asked for, up to the cap."""
    coding = head.headers.get("content-encoding", "identity").lower()
    if coding in ("", "identity"):
        return body, ()
    if coding not in ("gzip", "x-gzip", "deflate"):
        return body, (f"content coding {coding[:40]!r}, which was not asked for",)
    inflate = zlib.decompressobj(wbits=47)
    try:
        plain = inflate.decompress(body, cap)
    except zlib.error:
        return body, (f"content coding {coding!r}, which it is not",)
    if inflate.unconsumed_tail:
        return plain, (f"content coding {coding!r}: more than {cap} bytes once unpacked",)
    return plain, ()


def make_reply(
    head: Head, body: bytearray, cut: str, whole: bool, cap: int, url: str, address: str
) -> Reply:
    """What came: `cut` says why the body ended early, `whole` whether its length was told."""
    plain, faults = decode_body(bytes(body[:cap]), head, cap)
    length = int(head.headers.get("content-length", 0))
    if len(body) > cap or (len(body) == cap and not cut and (length > cap or not whole)):
        faults = (*faults, f"body longer than {cap} bytes")
    if cut:
        faults = (*faults, cut)
    return Reply(
        status=head.status,
        headers=head.headers,
        body=plain,
        cookies=head.cookies,
        url=url,
        address=address,
        truncated=bool(faults),
        problems=faults,
    )
