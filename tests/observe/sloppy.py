"""Answers that are not as the standard has them, and which curl reads all the same."""

from __future__ import annotations

import gzip

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = b"Content-Length: 5\r\n"
BODY = b"\r\nhello"
PACKED = gzip.compress(b"hello", mtime=0)


def _with(*fields: bytes) -> bytes:
    return OK + b"".join(field + b"\r\n" for field in fields) + FIVE + BODY


def _length(said: bytes) -> bytes:
    return OK + b"Content-Length: " + said + b"\r\n" + BODY


def _status(line: bytes) -> bytes:
    return line + b"\r\n" + FIVE + BODY


def _coded(coding: bytes, body: bytes) -> bytes:
    return OK + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + body


def _chunks(body: bytes) -> bytes:
    return _coded(b"chunked", body)


CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"

# What each is about, and what the server sends. All of them mean 200 and "hello".
SLOPPY = {
    "a folded header": _with(b"X: a", b"  folded"),
    "a header folded by a tab": _with(b"X: a", b"\tfolded"),
    "lines that end with LF": b"HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello",
    "some lines that end with LF": b"HTTP/1.1 200 OK\r\nContent-Length: 5\nX: y\r\n\nhello",
    "CR within a value": _with(b"X: a\rb"),
    "CR CR LF": _with(b"X: a\r"),
    "no space behind the colon": _with(b"X:a"),
    "space before the colon": OK + b"Content-Length : 5\r\n" + BODY,
    "a tab before the colon": OK + b"Content-Length\t:\t5\r\n" + BODY,
    "space within a name": _with(b"A b: c"),
    "a name of UTF-8": _with("X-Ünï: ä".encode()),
    "a name in brackets": _with(b"X(1): a"),
    "no name": _with(b": v"),
    "a value of Latin-1": _with(b"X: caf\xe9"),
    "control characters": _with(b"X: a\x01b\x7f"),
    "a header of 90 kB": _with(b"Content-Security-Policy: " + b"x" * 90_000),
    "cookies of 250 kB": _with(*(b"Set-Cookie: c%d=%s" % (n, b"x" * 180) for n in range(1250))),
    "5,000 headers": _with(*(b"X-%d: y" % n for n in range(5000))),
    "no reason": _status(b"HTTP/1.1 200"),
    "two spaces before the status": _status(b"HTTP/1.1  200 OK"),
    "no space behind the status": _status(b"HTTP/1.1 200OK"),
    "a version in small letters": _status(b"http/1.1 200 OK"),
    "HTTP/2 in words": _status(b"HTTP/2 200"),
    "HTTP/1.0": _status(b"HTTP/1.0 200 OK"),
    "a reason of UTF-8 with CR": _status("HTTP/1.1 200 Öké\rK".encode()),
    "identity as transfer coding": OK + b"Transfer-Encoding: identity\r\n" + FIVE + BODY,
    "identity without a length": OK + b"Transfer-Encoding: identity\r\n" + BODY,
    "no transfer coding": OK + b"Transfer-Encoding: \r\n" + FIVE + BODY,
    "Chunked": _coded(b"Chunked", CHUNKED),
    "chunked twice": _coded(b"chunked\r\nTransfer-Encoding: chunked", CHUNKED),
    "identity, chunked": _coded(b"identity, chunked", CHUNKED),
    "chunked and a length": _coded(b"chunked\r\nContent-Length: 3", CHUNKED),
    "chunks of HTTP/1.0": _coded(b"chunked", CHUNKED).replace(b"1.1", b"1.0"),
    "chunks packed in transit": _coded(
        b"gzip, chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(PACKED), PACKED)
    ),
    "packed in transit": _coded(b"gzip", PACKED),
    "chunk extensions": _chunks(b'5;a=b;c="d"\r\nhello\r\n0;x\r\n\r\n'),
    "chunk sizes with spaces": _chunks(b"5  ; a\r\nhello\r\n0 \r\n\r\n"),
    "chunk sizes and words": _chunks(b"5xyz\r\nhello\r\n0\r\n\r\n"),
    "chunk lines that end with LF": _chunks(b"5\nhello\n0\n\n"),
    "chunk sizes with zeros": _chunks(b"00000005\r\nhello\r\n000\r\n\r\n"),
    "a chunk extension of 9 kB": _chunks(b"5;" + b"x" * 9000 + b"\r\nhello\r\n0\r\n\r\n"),
    "trailers": _chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n"),
    "trailers that end with LF": _chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\n\n"),
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + FIVE + BODY,
    "an interim answer with LF": b"HTTP/1.1 100 Continue\n\n" + OK + FIVE + BODY,
    "ten early hints": b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" * 10 + OK + FIVE + BODY,
    "no length": OK + BODY,
    "no length of HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + BODY,
    "more than the length": OK + FIVE + BODY + b"and more",
    "the length twice": OK + FIVE + FIVE + BODY,
    "the length as a list": _length(b"5, 5"),
    "two lengths, the last is right": OK + b"Content-Length: 7\r\n" + FIVE + BODY,
    "a length with a plus": _length(b"+5"),
    "a length and a word": _length(b"5 bytes"),
    "a length with a fraction": _length(b"5.0"),
    "a length with zeros": _length(b"0" * 20 + b"5"),
    "a length beyond all numbers": _length(b"9" * 20),
    "packed, and it is not": _with(b"Content-Encoding: gzip"),
    "a charset as content coding": _with(b"Content-Encoding: UTF-8"),
}

# Beyond curl: what browsers read, and where nothing is missing.
BEYOND_CURL = {
    "a line without a colon": _with(b"no colon here"),
    "a fold before any header": _with(b" folded"),
    "an empty line before the status": b"\r\n" + OK + FIVE + BODY,
    "no line behind the last chunk": _chunks(b"5\r\nhello\r\n0\r\n"),
    "chunk sizes with very many zeros": _chunks(b"0" * 20 + b"5\r\nhello\r\n0\r\n\r\n"),
}

# What neither takes for an answer.
BROKEN = {
    "nothing": b"",
    "words": b"hello",
    "HTTP/0.9 that goes on": b"hello\r\n\r\nworld",
    "another protocol": b"ICY 200 OK\r\n\r\nhello",
    "no status": b"HTTP/1.1 OK\r\n\r\nhello",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\nhello",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\nhello",
    "NUL in a value": _with(b"X: a\0b"),
    "NUL in a name": _with(b"X\0: a"),
    "less than the length": OK + b"Content-Length: 50\r\n" + BODY,
    "no last chunk": _chunks(b"5\r\nhello\r\n"),
    "half a chunk": _chunks(b"5\r\nhel"),
    "a chunk longer than it says": _chunks(b"5\r\nhello!!\r\n0\r\n\r\n"),
    "a chunk size that is none": _chunks(b"zz\r\nhello\r\n0\r\n\r\n"),
    "an unknown transfer coding": _coded(b"foo", b"hello"),
    "a length that is none": _length(b"five"),
    "no length where one is told": _length(b""),
    "a length below zero": _length(b"-1"),
    "headers of 1 MB": _with(b"X: " + b"x" * 1_000_000),
}
