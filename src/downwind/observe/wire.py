"""HTTP/1.1 off the wire: a request's bytes, an answer's body, and what it says once unpacked.

What curl reads is read; everything that a server can make long has a cap.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.observe.failures import HttpFailed
from downwind.observe.head import Head, Incoming, read_line

BODY_CAP = 2_000_000
_READ = 65_536
_TRAILERS_CAP = 65_536
_CHUNK = re.compile(rb"0*([0-9A-Fa-f]{1,15})(?![0-9A-Fa-f])[^\n]*\n\Z")
_PACKED = ("gzip", "x-gzip", "deflate")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CHARSET = re.compile(r"\bcharset\s*=\s*[\"']?([\w.-]+)", re.IGNORECASE)
_META = re.compile(r"<meta\s[^>]*\bcharset\s*=\s*[\"']?([\w.-]+)", re.IGNORECASE)
_PRESCAN = 1024
"""Bytes of a page in which it may name its charset (HTML, 13.2.3.2)."""


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
    unread: bool = False
    """The body is in a coding that is not read here: it says neither that it holds something nor
    that it lacks it."""

    def text(self) -> str:
        """The body as text by its own charset; what does not fit is replaced."""
        for mark, charset in _MARKS:
            if self.body.startswith(mark):
                return self.body.decode(charset, errors="replace")
        found = _CHARSET.search(self.headers.get("content-type", "")) or _META.search(
            self.body[:_PRESCAN].decode("latin-1")
        )
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


async def read_body(reader: Incoming, head: Head, method: str, cap: int, into: bytearray) -> bool:
    """Read the body into `into`, at most `cap` bytes; True where it is whole and framed.

    What was read stays in `into` when a time-out or a broken frame ends the reading.
    """
    if method == "HEAD" or head.status == 304:
        return True
    if head.status == 204:  # some servers send one all the same, and it would begin the next answer
        return head.headers.get("content-length", "0") == "0" and not _codings(
            head, "transfer-encoding"
        )
    codings = _codings(head, "transfer-encoding")
    unknown = [coding for coding in codings if coding not in ("chunked", *_PACKED)]
    if unknown:
        raise HttpFailed(f"transfer coding {unknown[0][:40]!r}, which was not asked for")
    if "chunked" in codings:
        whole = await _read_chunks(reader, cap, into)
        # RFC 9112, 6.3: both framings at once may be an attack; do not go on with this connection.
        return whole and "content-length" not in head.headers
    length = head.headers.get("content-length")
    if length is None:
        await _read_to_end(reader, cap, into)
        return False
    return await _read_exactly(reader, int(length), cap, into)


def _codings(head: Head, header: str) -> Sequence[str]:
    """In the order in which they were applied; `identity` is none."""
    said = head.headers.get(header, "").lower().split(",")
    return [coding for each in said if (coding := each.strip()) not in ("", "identity")]


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
        line = await read_line(reader, "chunk header")
        found = _CHUNK.match(line)
        if found is None:
            raise HttpFailed(f"malformed chunk header {line[:40]!r}")
        size = int(found[1], 16)
        if size == 0:
            return await _skip_trailers(reader)
        if not await _read_exactly(reader, size, cap, into):
            return False
        if (await read_line(reader, "chunk")).rstrip(b"\r\n"):
            raise HttpFailed("a chunk does not end where it says")


async def _skip_trailers(reader: Incoming) -> bool:
    """True where they end as they should; the body is whole also where the connection ends."""
    left = _TRAILERS_CAP
    while left > 0:
        try:
            line = await read_line(reader, "trailers")
        except HttpFailed:
            return False
        if not line.rstrip(b"\r\n"):
            return True
        left -= len(line)
    raise HttpFailed(f"trailers longer than {_TRAILERS_CAP} bytes")


def decode_body(body: bytes, head: Head, cap: int) -> tuple[bytes, tuple[str, ...], bool]:
    """Undo codings that came although they were not asked for, up to the cap.

    The body, what is wrong with it, and whether it is in a coding that is not read here.
    """
    packed = [c for c in _codings(head, "transfer-encoding") if c in _PACKED]
    for coding in (*packed, *reversed(_codings(head, "content-encoding"))):
        if coding not in _PACKED:
            told = f"content coding {coding[:40]!r}, which was not asked for"
            return body, (told,), _is_packed(coding)
        inflate = zlib.decompressobj(wbits=47)
        try:
            body = inflate.decompress(body, cap)
        except zlib.error:
            return body, (f"content coding {coding!r}, which it is not",), False
        if inflate.unconsumed_tail:
            told = f"content coding {coding!r}: more than {cap} bytes once unpacked"
            return body, (told,), False
    return body, (), False


def _is_packed(coding: str) -> bool:
    """Codings of RFC 9110 and later; other words (utf-8) are mistakes for something else."""
    return coding in ("br", "zstd", "compress", "x-compress", "dcb", "dcz")


def make_reply(
    head: Head, body: bytearray, cut: str, whole: bool, cap: int, url: str, address: str
) -> Reply:
    """What came: `cut` says why the body ended early, `whole` whether its length was told."""
    plain, faults, unread = decode_body(bytes(body[:cap]), head, cap)
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
        unread=unread,
    )
