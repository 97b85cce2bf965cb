"""TLS and TCP probes on real sockets."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from pathlib import Path
from typing import Any

import pytest

from downwind.observe import Network
from downwind.observe.probes import HttpProbe, Probe, Prober, TcpProbe, TlsProbe
from downwind.terms import Seen, Unanswered

from ..tinynet import TinyInternet, page, usual
from .test_http_probe import step

IP = "198.18.2.80"
DAY = 86_400.0


async def told(net: TinyInternet, probe: Probe, *, timeout: float = 10.0, **how: Any) -> Any:
    prober = Prober(net.network())
    try:
        return step(await prober.probe("x/front", probe, timeout=timeout, **how))
    finally:
        await prober.close()


async def _secure(net: TinyInternet, *names: str, **how: Any) -> None:
    await usual(net)
    await net.resolver()
    await net.web(IP, page("hi"), tls=net.certificate(*names, **how))


async def test_a_handshake_tells_until_when_the_certificate_lasts(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await _secure(net, "x.test", ends=20)
        found = await told(net, TlsProbe("x.test"))
        page_too = await told(net, HttpProbe("https://x.test/"))
    assert found["ok"] is True
    assert found["url"] == "tls://x.test:443"
    assert found["passed"] == ["dns", "dial", "tls"]
    assert abs(found["not_after"] - time.time() - 20 * DAY) < 60
    assert abs(found["not_before"] - time.time() + 10 * DAY) < 60
    for name in ("not_before", "not_after"):
        assert page_too[name] == found[name]
    assert (page_too["ok"], page_too["status"]) == (True, 200)
    assert page_too["passed"] == ["dns", "dial", "tls"]


@pytest.mark.parametrize(
    ("names", "how", "reason"),
    [
        (["x.test"], {"starts": -30, "ends": -1}, "certificate has expired"),
        (["x.test"], {"starts": 1, "ends": 9}, "certificate is not yet valid"),
        (["y.test"], {}, "Hostname mismatch, certificate is not valid for 'x.test'."),
        (["x.test"], {"self_signed": True}, "self-signed certificate"),
    ],
)
async def test_a_bad_certificate_fails_at_tls_and_says_what_it_is(
    tmp_path: Path, names: list[str], how: dict[str, Any], reason: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        await _secure(net, *names, **how)
        found = await told(net, TlsProbe("x.test"))
        page_too = await told(net, HttpProbe("https://x.test/"))
    assert (found["ok"], found["layer"], found["reason"]) == (False, "tls", reason)
    assert found["passed"] == ["dns", "dial"]
    assert abs(found["not_after"] - time.time() - how.get("ends", 60) * DAY) < 60
    assert found["not_before"] < found["not_after"]
    assert found["problems"]
    assert (page_too["layer"], page_too["reason"]) == ("tls", reason)


async def test_a_server_without_tls_fails_at_tls(tmp_path: Path) -> None:
    async def talks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 443, talks)
        found = await told(net, TlsProbe(IP))
    assert (found["layer"], found["reason"]) == ("tls", "no TLS handshake: wrong version number")


async def test_a_silent_handshake_ends_within_the_time(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.sleep(60)

    async def leaves(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(10_000)

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 443, silent)
        await net.stream(IP, 444, leaves)
        slow = await told(net, TlsProbe(IP), timeout=3.0)
        gone = await told(net, TlsProbe(IP, 444), timeout=3.0)
    assert (slow["layer"], slow["reason"]) == ("tls", "no TLS handshake within 3 s")
    assert slow["milliseconds"] < 2_000
    assert gone["reason"] == "no TLS handshake: the connection ended with the handshake"


async def test_no_session_is_resumed(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        context = net.certificate(IP)
        await net.web(IP, page("hi"), tls=context)
        for _ in range(3):
            assert (await told(net, HttpProbe(f"https://{IP}/")))["ok"] is True
        assert context.session_stats()["accept"] == 3
        assert context.session_stats()["hits"] == 0


async def test_a_large_answer_comes_whole_through_tls(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("x" * 200_000 + "end"), tls=net.certificate(IP))
        found = await told(net, HttpProbe(f"https://{IP}/", contains="end"))
    assert found["ok"] is True


async def test_a_connection_is_all_that_tcp_asks_for(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("hi"), port=25)
        net.dial[IP]["tcp/26"] = ["127.0.0.1", 1]
        there = await told(net, TcpProbe(IP, 25))
        gone = await told(net, TcpProbe(IP, 26))
        prober = Prober(net.network())
        beyond = await prober.probe("x", TcpProbe(IP, 27))
        await prober.close()
    assert (there["ok"], there["passed"], there["do"]) == (True, ["dns", "dial"], "tcp")
    assert (gone["ok"], gone["layer"], gone["reason"]) == (False, "dial", "connection refused")
    assert isinstance(beyond.finding, Unanswered)


async def test_both_families_of_this_machine_are_probed_where_they_are_allowed() -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    def network(*allowed: str) -> Network:
        prefixes = tuple(ipaddress.ip_network(each) for each in allowed)
        return Network(resolvers=(), dial=None, trust=None, allowed_private=prefixes)

    for host, url_host in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        server = await asyncio.start_server(hello, host, 0)
        port = server.sockets[0].getsockname()[1]
        probe = HttpProbe(f"http://{url_host}:{port}/")
        for prober, seen in (
            (Prober(network("127.0.0.0/8", "::1/128")), True),
            (Prober(network()), False),
        ):
            evidence = await prober.probe("x", probe)
            await prober.close()
            assert isinstance(evidence.finding, Seen if seen else Unanswered)
            assert not seen or step(evidence)["address"] == host
        server.close()
        await server.wait_closed()


async def test_a_refused_certificate_is_told_though_no_time_is_left_to_read_it(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path) as net:
        context = net.certificate("x.test", starts=-30, ends=-1)
        first = True

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal first
            if not first:
                await reader.read()
            first = False
            await writer.start_tls(context)

        await usual(net)
        await net.resolver()
        await net.stream(IP, 443, once)
        found = await told(net, TlsProbe("x.test"), timeout=3.0)
    assert (found["layer"], found["reason"]) == ("tls", "certificate has expired")
    assert "problems" not in found
