"""HTTP probes on real sockets: what counts as an answer, and hostile servers end in time."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from downwind.observe.probes import HttpProbe, Prober
from downwind.terms import Evidence, Seen, Unanswered

from ..tinynet import TinyInternet, page, plain_answering, usual

IP, IP6 = "198.18.2.80", "2001:db8:2::80"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def step(evidence: Evidence) -> dict[str, Any]:
    """The one step, in a journey's form throughout."""
    assert isinstance(evidence.finding, Seen), evidence.finding
    value = evidence.finding.value
    assert set(value) == {"ok", "state", "steps"}
    (only,) = value["steps"]
    assert value["ok"] is only["ok"]
    assert value["state"] == ("up" if only["ok"] else "down")
    wanted = "step do url host strength ok layer reason status headers cookies body dns address"
    assert set(only) >= {*wanted.split(), "milliseconds", "passed"}
    return dict(only)


async def ask(
    net: TinyInternet, url: str = "http://x.test/", *, timeout: float = 10.0, **how: Any
) -> Evidence:
    address, turn = how.pop("address", None), how.pop("turn", 0)
    prober = Prober(net.network())
    try:
        return await prober.probe(
            "x/front", HttpProbe(url, **how), address=address, turn=turn, timeout=timeout
        )
    finally:
        await prober.close()


async def answered(folder: Path, status: str, *headers: str, body: str = "hi", **how: Any) -> Any:
    async with TinyInternet(folder) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page(body, status, *headers))
        return step(await ask(net, **how))


async def test_a_healthy_answer_is_told_in_few_words(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hello", "200 OK", "Server: tiny", "Set-Cookie: sid=hush"))
        evidence = await ask(net, "http://x.test/a?token=hush")
        head = net.heads[0].decode()
    told = step(evidence)
    assert (evidence.kind, evidence.subject, evidence.vantage) == ("probe.http", "x/front", "test")
    assert told["ok"] is True
    assert told["status"] == 200
    assert told["passed"] == ["dns", "dial"]
    assert told["address"] == IP
    assert told["dns"] == {"rcode": "NOERROR", "ede": []}
    assert (told["headers"], told["cookies"], told["body"]) == ({}, [], "")
    assert "hush" not in str(evidence)
    assert head.startswith("GET /a?token=hush HTTP/1.1\r\n")
    assert "connection: close" in head.lower()


@pytest.mark.parametrize("status", [200, 204, 301, 304])
async def test_2xx_and_3xx_are_fine_when_nothing_is_said(tmp_path: Path, status: int) -> None:
    assert (await answered(tmp_path, f"{status} Said", "Location: /"))["ok"] is True


@pytest.mark.parametrize("status", [401, 403, 405, 429])
@pytest.mark.parametrize("expected", [(), (200,)])
async def test_a_server_that_declines_is_there(
    tmp_path: Path, status: int, expected: tuple[int, ...]
) -> None:
    told = await answered(tmp_path, f"{status} No", statuses=expected, contains="welcome")
    assert told["ok"] is True
    assert told["answered"] is True
    assert told["status"] == status
    assert told["reason"] == ""


@pytest.mark.parametrize(
    ("status", "layer"), [(400, "expect"), (404, "expect"), (500, "http"), (522, "http")]
)
async def test_other_statuses_fail_and_keep_what_a_signature_needs(
    tmp_path: Path, status: int, layer: str
) -> None:
    told = await answered(
        tmp_path, f"{status} Bad", "Server: cloudflare", "Set-Cookie: a=hush", body="error code"
    )
    assert (told["ok"], told["layer"]) == (False, layer)
    assert told["reason"] == f"status {status} where 2xx or 3xx was expected"
    assert told["headers"]["server"] == "cloudflare"
    assert told["body"] == "error code"
    assert told["cookies"] == ["a"]
    assert "answered" not in told
    assert "hush" not in str(told)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"statuses": (404,)}, "status 200 where 404 was expected"),
        ({"contains": "bye"}, "the body does not hold 'bye'"),
        ({"lacks": "hello"}, "the body holds 'hello'"),
        ({"statuses": (200, 404), "contains": "hello", "lacks": "bye"}, ""),
        ({"contains": "hello", "cap": 5}, ""),
        ({"contains": "hello", "cap": 4}, "the body does not hold 'hello'"),
    ],
)
async def test_the_body_and_the_status_are_as_expected(
    tmp_path: Path, how: dict[str, Any], reason: str
) -> None:
    told = await answered(tmp_path, "200 OK", body="hello", **how)
    assert told["reason"] == reason
    assert told["ok"] is (reason == "")


async def test_head_has_no_body_to_wait_for(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HEAD ")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
            await reader.read()

        await net.stream(IP, 80, serve)
        told = step(await ask(net, method="HEAD"))
    assert (told["ok"], told["do"]) == (True, "head")


async def _reads_head(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    await asyncio.sleep(60)


async def _drips_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: 1\r\n")
        await asyncio.sleep(0.01)


async def _floods_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: 1\r\n" * 1000)
        await writer.drain()


async def _drips_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nServer: slow\r\nContent-Length: 5000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.01)


async def _floods_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def _cuts_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    await writer.drain()
    writer.close()


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    made: socket.socket = writer.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"SSH-2.0-x\r\n\r\n")
    await writer.drain()


async def _bad_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reads_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (_silent, "no answer within 3 s"),
        (_drips_headers, "no answer within 3 s"),
        (_floods_headers, "headers longer than 307200 bytes or 10000 lines"),
        (_drips_body, "no end of the answer within 3 s"),
        (_cuts_body, "the connection was closed 5 bytes before the body's end"),
        (_hangs_up, "the connection was closed without an answer"),
        (_resets, "the connection broke: connection reset by peer"),
        (_garbage, "not HTTP: b'SSH-2.0-x'"),
        (_bad_chunks, "malformed chunk header b'zz\\r\\n'"),
    ],
)
async def test_a_hostile_server_ends_within_the_time(
    tmp_path: Path, serve: Serve, reason: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 80, serve)
        began = time.monotonic()
        told = step(await ask(net, timeout=3.0))
        assert time.monotonic() - began < 2.0, "3 s are 0.3 s of this clock"
    assert (told["ok"], told["layer"], told["reason"]) == (False, "http", reason)
    assert told["passed"] == ["dns", "dial"]


async def test_a_body_without_end_is_read_to_the_cap(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 80, _floods_body)
        told = step(await ask(net, cap=100_000))
    assert told["ok"] is True


async def test_what_came_of_a_slow_body_names_the_slow_one(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 80, _drips_body)
        told = step(await ask(net, timeout=3.0))
    assert told["status"] == 200
    assert told["headers"]["server"] == "slow"
    assert told["body"].startswith("xx")


async def test_each_address_of_a_name_has_its_turn_in_both_families(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        for ip in (IP, IP6):
            await net.web(ip, page(ip))
        asked = [await ask(net, "http://www.x.test/", turn=turn) for turn in range(4)]
        there = [step(each)["address"] for each in asked]
        chosen = step(await ask(net, "http://www.x.test/", address=IP6))
    assert there == [IP, IP6, IP, IP6]
    assert chosen["address"] == IP6
    assert chosen["passed"] == ["dial"], "no name was resolved for it"


async def test_one_dead_address_fails_in_its_turn_only(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("alive"))
        net.dial[IP6] = {"tcp/80": ["127.0.0.1", 1]}
        told = [step(await ask(net, "http://www.x.test/", turn=turn)) for turn in range(2)]
    assert [(each["ok"], each["layer"]) for each in told] == [(True, None), (False, "dial")]
    assert told[1]["reason"] == "connection refused"
    assert told[1]["address"] == IP6


async def test_a_name_that_is_not_there_fails_at_dns(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        told = step(await ask(net, "http://nobody.x.test/"))
    assert (told["layer"], told["reason"]) == ("dns", "nobody.x.test: NXDOMAIN")
    assert told["dns"]["rcode"] == "NXDOMAIN"
    assert (told["passed"], told["address"]) == ([], None)


async def test_silent_resolvers_end_within_the_time(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.0.53", lambda _: [])
        told = step(await ask(net, timeout=3.0))
    assert (told["layer"], told["reason"]) == ("dns", "x.test: no address within 1.8 s")


async def test_a_slow_answer_of_the_resolver_leaves_time_for_the_address(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        at_once = plain_answering(net.recursion.answer)

        def late(wire: bytes) -> list[bytes]:
            time.sleep(0.1)
            return list(at_once(wire))

        async def hesitates(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _reads_head(reader)
            await asyncio.sleep(0.1)
            writer.write(b"HTTP/1.1 204 None\r\n\r\n")
            await writer.drain()

        await net.name_server("198.18.0.53", late)
        await net.stream(IP, 80, hesitates)
        told = step(await ask(net, timeout=4.0))
    assert told["reason"] == ""
    assert told["status"] == 204


async def test_what_may_not_be_looked_at_is_unanswered_and_no_outage(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        evidence = await ask(net, "http://10.0.0.1/")
    assert isinstance(evidence.finding, Unanswered)
    assert "not on the dial map" in evidence.finding.reason


async def test_a_machine_without_sockets_blames_nobody(
    tmp_path: Path, no_files_left: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("hi"))
        network = net.network()
        no_files_left()
        prober = Prober(network)
        evidence = await prober.probe("x/front", HttpProbe("http://198.18.2.80/"))
        monkeypatch.undo()
        await prober.close()
    assert isinstance(evidence.finding, Unanswered)
    assert evidence.finding.reason == "too many open files"


async def test_a_defect_of_the_prober_blames_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("no such thing")

    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("hi"))
        monkeypatch.setattr("downwind.observe.probes.http._plain", broken)
        evidence = await ask(net, f"http://{IP}/")
    assert isinstance(evidence.finding, Unanswered)
    assert evidence.finding.reason == "a defect of this program: KeyError: 'no such thing'"


async def test_a_machine_too_busy_to_listen_blames_nobody(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 80, _silent)
        prober = Prober(net.network())
        asking = asyncio.create_task(prober.probe("x/front", HttpProbe(f"http://{IP}/")))
        await asyncio.sleep(0.1)
        time.sleep(1.5)  # noqa: ASYNC251 (the time, a second, is over meanwhile)
        evidence = await asking
        await prober.close()
    assert isinstance(evidence.finding, Unanswered)
    assert "this machine was busy" in evidence.finding.reason


async def test_a_machine_too_busy_to_hear_the_resolver_blames_nobody(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.0.53", lambda _: [])
        asking = asyncio.create_task(ask(net))
        await asyncio.sleep(0.1)
        time.sleep(1.5)  # noqa: ASYNC251 (of a second, 0.6 are for the name)
        evidence = await asking
    assert isinstance(evidence.finding, Unanswered)
    assert "this machine was busy" in evidence.finding.reason


async def test_name_and_address_together_keep_to_the_time(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1.0, floor=0.05) as net:
        await usual(net)
        at_once = plain_answering(net.recursion.answer)

        def late(wire: bytes) -> list[bytes]:
            time.sleep(0.25)  # for A, and for AAAA
            return list(at_once(wire))

        await net.name_server("198.18.0.53", late)
        await net.stream(IP, 80, _silent)
        told = step(await ask(net, timeout=1.0))
    assert told["layer"] == "http"
    assert told["milliseconds"] < 1_400


async def test_every_probe_has_a_connection_of_its_own(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hi"))
        prober = Prober(net.network())
        before = net.connections
        for _ in range(3):
            step(await prober.probe("x/front", HttpProbe("http://x.test/")))
        await prober.close()
        assert net.connections - before == 3


async def test_a_cancelled_probe_leaves_no_socket(tmp_path: Path) -> None:
    async def waits(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 80, waits)
        prober = Prober(net.network())
        before = _sockets()
        task = asyncio.create_task(prober.probe("x/front", HttpProbe(f"http://{IP}/")))
        await asyncio.sleep(0.05)
        assert _sockets() > before
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await prober.close()
        await asyncio.sleep(0.05)
        assert task.cancelled()
        assert _sockets() <= before


def _sockets() -> int:
    links = [f"/proc/self/fd/{each}" for each in os.listdir("/proc/self/fd")]
    return sum(os.path.islink(x) and os.readlink(x).startswith("socket:") for x in links)
