"""A connection for one probe reads as asyncio's own streams do, and holds little."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.observe.head import Incoming
from downwind.observe.probes.line import Line

IP = "198.18.2.80"


async def test_what_is_held_of_a_line_without_end_is_little() -> None:
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.setblocking(False)
    line = Line(ours, IP)
    flood = asyncio.create_task(asyncio.get_running_loop().sock_sendall(theirs, b"x" * 5_000_000))
    with pytest.raises(asyncio.LimitOverrunError):
        await line.readuntil(b"\n")
    assert len(await line.read(10_000_000)) < 150_000
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)
    line.close()
    theirs.close()


@given(
    text=st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n\r\n"]), max_size=12).map(b"".join),
    cuts=st.lists(st.integers(0, 30), max_size=6),
    end=st.sampled_from([b"\n", b"\r\n\r\n"]),
)
@settings(max_examples=60, deadline=None)
def test_pieces_make_the_same_blocks_as_the_whole(text: bytes, cuts: list[int], end: bytes) -> None:
    """Beside asyncio's own reader, which gets everything at once."""

    async def outcomes(reader: Incoming) -> list[bytes]:
        found: list[bytes] = []
        while True:
            try:
                found.append(await reader.readuntil(end))
            except asyncio.IncompleteReadError as error:
                return [*found, error.partial]

    async def both() -> tuple[list[bytes], list[bytes]]:
        whole = asyncio.StreamReader()
        whole.feed_data(text)
        whole.feed_eof()
        ours, theirs = socket.socketpair()
        for each in (ours, theirs):
            each.setblocking(False)
        line = Line(ours, IP)
        sending = asyncio.create_task(_in_pieces(theirs, text, cuts))
        try:
            return await outcomes(whole), await outcomes(line)
        finally:
            await sending
            line.close()

    expected, found = asyncio.run(both())
    assert found == expected


async def _in_pieces(to: socket.socket, text: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in [*sorted(cuts), len(text)]:
        if cut > at:
            await asyncio.get_running_loop().sock_sendall(to, text[at:cut])
            at = cut
            await asyncio.sleep(0)
    to.close()
