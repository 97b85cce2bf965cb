"""The head of an answer, read as browsers and curl read it: what a sloppy server means by it.

Nothing is believed that is not in it, and everything that a server can make long has a cap.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from downwind.observe.failures import HttpFailed, Unread

# curl takes 300 KB of headers, and one of 100 KB (lib/http.h); cookies alone may take 100 KB.
HEAD_CAP = 300 * 1024
LINES_CAP = 10_000
_STATUS = re.compile(rb"HTTP/(1\.[01]|2(?:\.0)?) +([1-9]\d\d)(?!\d)", re.IGNORECASE)
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:(.*)", re.DOTALL)
_LENGTH = re.compile(r"\+?0*(\d+)")
_LONGEST_LENGTH = 15
"""Digits; a longer length says nothing."""
# RFC 9113, 6.5: a server that only speaks HTTP/2 begins with a SETTINGS frame on stream 0.
_HTTP2 = re.compile(rb"\x00..\x04\x00\x00\x00\x00\x00", re.DOTALL)
HTTP2_ONLY = "the server speaks HTTP/2 only, and this is a client of HTTP/1.1"


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
    """100 to 999: LinkedIn declines with 999."""
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined with a comma (RFC 9110, 5.3)."""
    cookies: tuple[str, ...]
    """Names only."""
    persistent: bool


async def read_line(reader: Incoming, what: str) -> bytes:
    """A line with its LF; raises HttpFailed where it does not end, or the connection does."""
    try:
        return await reader.readuntil(b"\n")
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
        raise _no_line(error, what) from error


def _no_line(
    error: asyncio.LimitOverrunError | asyncio.IncompleteReadError, what: str
) -> HttpFailed:
    if isinstance(error, asyncio.LimitOverrunError):
        return HttpFailed(f"{what}: one line is too long")
    if _HTTP2.match(error.partial):
        return Unread(HTTP2_ONLY)
    if not error.partial:
        return HttpFailed("the connection was closed without an answer")
    return HttpFailed(f"the connection was closed within the {what}")


async def read_head(reader: Incoming) -> Head:
    """The final head; interim ones (RFC 9110, 15.2) are passed over."""
    left = HEAD_CAP
    while True:
        lines, size = await _read_lines(reader, left)
        left -= size
        head = _parse(lines)
        if head.status >= 200:
            return head
        if head.status == 101:
            raise HttpFailed("it switched to another protocol, which was not asked for")


async def _read_lines(reader: Incoming, most: int) -> tuple[Sequence[bytes], int]:
    """The lines of a head without their ends, and how many bytes they took.

    A line may end with LF alone (RFC 9112, 2.2), and the connection in place of the empty line.
    """
    lines: list[bytes] = []
    size = 0
    try:
        while size <= most and len(lines) <= LINES_CAP:
            line = await reader.readuntil(b"\n")
            size += len(line)
            bare = line.rstrip(b"\r\n")
            if bare:
                if not lines:
                    _status(bare)  # whoever speaks something else need not be heard to the end
                lines.append(bare)
            elif lines:  # some servers leave an empty line behind the body before it
                return lines, size
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
        if lines and isinstance(error, asyncio.IncompleteReadError) and not error.partial:
            return lines, size
        raise _no_line(error, "headers") from error
    raise HttpFailed(f"headers longer than {HEAD_CAP} bytes or {LINES_CAP} lines")


def _status(line: bytes) -> re.Match[bytes]:
    """The status line: version and status; raises HttpFailed, or Unread where it is HTTP/2."""
    status = _STATUS.match(line)
    if status is not None:
        return status
    if _HTTP2.match(line):
        raise Unread(HTTP2_ONLY)
    raise HttpFailed(f"not HTTP: {line[:40]!r}")


def _parse(lines: Sequence[bytes]) -> Head:
    status = _status(lines[0])
    found = _fields(_unfolded(lines[1:]))
    cookies = [each.partition("=")[0].strip() for each in found.get("set-cookie", ())]
    headers = {name: ", ".join(values) for name, values in found.items()}
    sure = _settle_length(headers)
    wishes = headers.get("connection", "").lower()
    persistent = sure and status[1] == b"1.1" and "close" not in wishes
    return Head(int(status[2]), headers, tuple(dict.fromkeys(cookies)), persistent)


def _unfolded(lines: Sequence[bytes]) -> Iterable[bytes]:
    """Each header on one line (RFC 9112, 5.2); nearly always it is so already."""
    if not any(line[0] in b" \t" for line in lines):
        return lines
    headers: list[list[bytes]] = [[]]
    for line in lines:
        if line[0] in b" \t":
            headers[-1].append(line.strip(b" \t"))
        else:
            headers.append([line])
    return (b" ".join(parts) for parts in headers[1:])


def _fields(lines: Iterable[bytes]) -> dict[str, list[str]]:
    """Values by name. A line that is no header is passed over, as browsers do."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if b"\0" in line:
            raise HttpFailed(f"a NUL in the header {line[:40]!r}")
        header = _FIELD.match(line)
        if header is not None:
            name = header[1].decode("ascii").lower()
            found.setdefault(name, []).append(_text(header[2]))
    return found


def _text(value: bytes) -> str:
    return value.replace(b"\r", b" ").strip(b" \t").decode("utf-8", "replace")


def _settle_length(headers: dict[str, str]) -> bool:
    """Put one number in place of what was said of the length; False where there was more to it.

    Of several, the least: no more may come. One too long to be true says nothing.
    """
    said = headers.get("content-length")
    if said is None:
        return True
    lengths = {found[1] for part in said.split(",") if (found := _LENGTH.match(part.strip()))}
    if not lengths:
        raise HttpFailed(f"malformed content-length {said[:40]!r}")
    least = min(lengths, key=lambda digits: (len(digits), digits))
    if len(least) > _LONGEST_LENGTH:
        del headers["content-length"]
        return False
    headers["content-length"] = least
    return len(lengths) == 1
