"""Whoever answers sloppily is up: what curl reads, a probe and a journey read as well.

What curl makes of each answer tells against_curl.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from downwind.observe import HttpFailed
from downwind.observe.probes import HttpProbe, Prober
from downwind.observe.session import Session
from downwind.terms import Seen

from .sloppy import BEYOND_CURL, BROKEN, OK, SLOPPY
from .tinynet import TinyInternet, usual

IP = "198.18.2.80"
READ = {**SLOPPY, **BEYOND_CURL}


@asynccontextmanager
async def answering(folder: Path, answers: Mapping[str, bytes]) -> AsyncIterator[TinyInternet]:
    """http://x.test/N gives the N-th answer, and the connection ends with it."""
    listed = list(answers.values())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(listed[int(head.split()[1][1:])])
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with TinyInternet(folder) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 80, serve)
        yield net


async def probed(folder: Path, answers: Mapping[str, bytes], **how: str) -> dict[str, str]:
    """Why each probe failed; empty where it did not."""
    found = {}
    async with answering(folder, answers) as net:
        prober = Prober(net.network())
        for number, name in enumerate(answers):
            record = await prober.probe("x", HttpProbe(f"http://x.test/{number}", **how))  # type: ignore[arg-type]
            assert isinstance(record.finding, Seen), (name, record.finding)
            found[name] = str(record.finding.value["steps"][0]["reason"])
        await prober.close()
    return found


async def test_a_probe_takes_a_sloppy_answer_for_an_answer(tmp_path: Path) -> None:
    found = await probed(tmp_path, READ)
    assert {name: why for name, why in found.items() if why} == {}


async def test_a_probe_finds_in_a_sloppy_answer_what_it_looks_for(tmp_path: Path) -> None:
    found = await probed(tmp_path, READ, contains="hello")
    assert {name: why for name, why in found.items() if why} == {}


async def test_what_is_no_answer_is_a_fault(tmp_path: Path) -> None:
    found = await probed(tmp_path, BROKEN)
    assert [name for name, why in found.items() if not why] == []


async def test_a_journey_reads_a_sloppy_answer(tmp_path: Path) -> None:
    wrong = {}
    async with answering(tmp_path, READ) as net, Session(net.network()) as session:
        for number, name in enumerate(READ):
            try:
                reply = await session.request("GET", f"http://x.test/{number}")
            except HttpFailed as failed:
                wrong[name] = failed.reason
                continue
            if (reply.status, reply.body) != (200, b"hello"):
                wrong[name] = f"{reply.status} {reply.body[:40]!r}"
    assert wrong == {}


async def test_a_journey_goes_on_over_a_connection_that_is_still_sound(tmp_path: Path) -> None:
    """What leaves a doubt about where an answer ends, ends the connection too."""
    sound = OK + b"X: a\r\n  b\r\nContent-Length: 2\n\r\nok"
    doubtful = OK + b"Content-Length: 3\r\nContent-Length: 2\r\n\r\nok"
    empty = b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1]
                writer.write({b"/sound": sound, b"/empty": empty}.get(path, doubtful))
                await writer.drain()

        await net.stream(IP, 80, serve)
        async with Session(net.network()) as session:
            for path in ("sound", "sound", "doubtful", "sound"):
                assert (await session.request("GET", f"http://x.test/{path}")).body == b"ok"
            assert net.connections == 2
            assert (await session.request("GET", "http://x.test/empty")).body == b""
            assert (await session.request("POST", "http://x.test/sound")).body == b"ok"
        assert net.connections == 3
