"""HTTP/1.1 is read for what it means, and everything that can be long has a cap."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from downwind.observe import HttpFailed, Reply
from downwind.observe.head import Head, read_head
from downwind.observe.wire import decode_body, read_body, request_bytes


def _reader(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=65_536)
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def _read(data: bytes, *, method: str = "GET", cap: int = 1000) -> tuple[Head, bytes, bool]:
    reader, body = _reader(data), bytearray()
    head = await read_head(reader)
    whole = await read_body(reader, head, method, cap, body)
    return head, bytes(body), whole


async def test_a_body_of_a_given_length_is_read() -> None:
    head, body, whole = await _read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello...")
    assert (head.status, body, whole, head.persistent) == (200, b"hello", True, True)


async def test_a_chunked_body_is_read_with_its_trailers() -> None:
    chunks = b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n"
    _, body, whole = await _read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert (body, whole) == (b"hello!", True)


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    _, body, whole = await _read(b"HTTP/1.0 200 OK\r\n\r\nhello")
    assert (body, whole) == (b"hello", False)


async def test_interim_answers_are_passed_over() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    head, _, _ = await _read(hint + b"HTTP/1.1 204 No Content\r\n\r\n")
    assert head.status == 204


async def test_cookies_leave_their_names_only() -> None:
    head, _, _ = await _read(
        b"HTTP/1.1 204 No\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nX: 1\r\nx: 2\r\n\r\n"
    )
    assert head.cookies == ("a", "b")
    assert head.headers["x"] == "1, 2"


async def test_a_header_is_read_for_what_it_means() -> None:
    """RFC 9112: a fold is a space (5.2), and so is a CR alone (2.2)."""
    head, _, _ = await _read(
        b"HTTP/1.1 204 No\r\nX: a\r\n  folded\r\n\ttwice\r\nno colon\r\n after it\r\n"
        b"Y : b\rc\nA b: d\r\n\r\n"
    )
    assert dict(head.headers) == {"x": "a folded twice", "y": "b c"}


async def test_the_cap_ends_a_long_body() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    _, body, whole = await _read(data)
    assert (len(body), whole) == (1000, False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 099 No\r\n\r\n",
        b"HTTP/1.1 2000 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: br, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 20 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 200_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 20_000,
    ],
)
async def test_a_malformed_answer_is_a_failure_of_http(data: bytes) -> None:
    with pytest.raises(HttpFailed):
        await _read(data)


async def test_both_framings_at_once_end_the_connection() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
    _, _, reusable = await _read(data)
    assert reusable is False


def test_a_packed_body_is_unpacked_up_to_the_cap() -> None:
    head = Head(200, {"content-encoding": "gzip"}, (), True)
    assert decode_body(gzip.compress(b"hello"), head, 100) == (b"hello", (), False)
    plain, problems, _ = decode_body(gzip.compress(b"x" * 10_000_000), head, 1000)
    assert len(plain) == 1000
    assert "more than 1000 bytes once unpacked" in problems[0]


@pytest.mark.parametrize("coding", ["gzip", "br", "nonsense"])
def test_a_coding_that_cannot_be_undone_is_told(coding: str) -> None:
    head = Head(200, {"content-encoding": coding}, (), True)
    body, problems, unread = decode_body(b"plain", head, 100)
    assert (body, unread) == (b"plain", coding == "br")
    assert coding in problems[0]


def test_a_header_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ValueError, match="line break"):
        request_bytes("GET", "/", {"X": "a\r\nEvil: 1"}, b"")


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"caf\xe9", "text/html; charset=latin-1", "café"),
        ("café".encode("utf-16"), "text/html", "café"),
        ("café".encode("utf-8-sig"), "text/html", "café"),
        (b"caf\xff", "text/html", "caf�"),
        (b"cafe", "text/html; charset=no-such", "cafe"),
        ("café".encode("utf-16-be"), "text/html; charset=utf-16-be", "café"),
        (b"\xfe\xff" + "café".encode("utf-16-be"), "text/html", "café"),
        (b"<meta charset='latin-1'>caf\xe9", "text/html", "<meta charset='latin-1'>café"),
        (b"<meta charset=latin-1>\xc3\xa9", "text/html; charset=utf-8", "<meta charset=latin-1>é"),
        (b'{"charset=utf-16": 1}', "application/json", '{"charset=utf-16": 1}'),
    ],
)
def test_text_is_read_by_its_own_charset(body: bytes, kind: str, text: str) -> None:
    assert Reply(200, {"content-type": kind}, body).text() == text


def test_json_nested_without_end_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        Reply(200, {}, b"[" * 200_000).json()
