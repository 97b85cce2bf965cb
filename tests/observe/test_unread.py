"""An answer in a protocol or a coding that is not read here is unknown: its server is not down."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from downwind.model import Expect, Step
from downwind.observe import Network, run_journey
from downwind.observe.names import host_name
from downwind.observe.probes import HttpProbe, Prober, TlsProbe
from downwind.terms import Evidence, Seen, Unanswered

from .tinynet import TinyInternet, page, usual

IP = "198.18.2.80"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
# Frames of RFC 9113: SETTINGS on stream 0, and GOAWAY with PROTOCOL_ERROR.
SETTINGS = bytes.fromhex("000006040000000000000300000064")
GOAWAY = bytes.fromhex("0000080700000000000000000000000001")
# RFC 8446, 6: a fatal alert, no_application_protocol (120).
REFUSED = bytes.fromhex("15030300020278")


async def probed(network: Network, probe: HttpProbe | TlsProbe) -> Evidence:
    prober = Prober(network)
    try:
        return await prober.probe("x", probe, address=IP, timeout=5.0)
    finally:
        await prober.close()


async def walked(network: Network, url: str, **expected: Any) -> Evidence:
    return await run_journey("x/use", [Step(url=url, expect=Expect(**expected))], network)


async def _speaks_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(SETTINGS)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(GOAWAY)
    await writer.drain()


async def _speaks_http2_after_asking(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(SETTINGS[:9] + b"\n" + GOAWAY)
    await writer.drain()


@pytest.mark.parametrize("serve", [_speaks_http2, _speaks_http2_after_asking])
async def test_a_server_of_http2_alone_is_unknown(tmp_path: Path, serve: Serve) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 443, serve, net.certificate("x.test"))
        record = await probed(net.network(), HttpProbe("https://x.test/"))
        walk = await walked(net.network(), "https://x.test/")
    for each in (record, walk):
        assert isinstance(each.finding, Unanswered)
        assert "HTTP/2 only" in each.finding.reason


async def test_a_server_that_refuses_the_protocol_in_the_handshake_is_unknown(
    tmp_path: Path,
) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(REFUSED)
        await writer.drain()

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 443, refuses)
        record = await probed(net.network(), HttpProbe("https://x.test/"))
        walk = await walked(net.network(), "https://x.test/")
    for each in (record, walk):
        assert isinstance(each.finding, Unanswered)
        assert "speaks no HTTP/1.1" in each.finding.reason


async def test_a_handshake_alone_offers_no_protocol(tmp_path: Path) -> None:
    """Servers of mail and the like refuse an offer of HTTP (nginx since 1.21.4)."""
    hellos: list[bytes] = []

    async def notes(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        hellos.append(await reader.read(10_000))

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 443, notes)
        await probed(net.network(), TlsProbe("x.test"))
        await probed(net.network(), HttpProbe("https://x.test/"))
    assert [b"http/1.1" in hello for hello in hellos] == [False, True]


@pytest.mark.parametrize("coding", ["br", "zstd"])
async def test_a_packed_body_that_was_not_asked_for_says_nothing_of_its_text(
    tmp_path: Path, coding: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("\x1b\x03packed", "200 OK", f"Content-Encoding: {coding}"))
        there = await probed(net.network(), HttpProbe("http://x.test/"))
        holds = await probed(net.network(), HttpProbe("http://x.test/", contains="hello"))
        lacks = await probed(net.network(), HttpProbe("http://x.test/", lacks="error"))
        plain = await walked(net.network(), "http://x.test/")
        walk = await walked(net.network(), "http://x.test/", contains="hello")
        json = await walked(net.network(), "http://x.test/", json={"a": 1})
    for seen in (there, plain):
        assert isinstance(seen.finding, Seen)
        assert seen.finding.value["ok"] is True
    for each in (holds, lacks, walk, json):
        assert isinstance(each.finding, Unanswered)
        assert f"content coding {coding!r}" in each.finding.reason


@pytest.mark.parametrize(
    ("version", "name"), [(ssl.TLSVersion.TLSv1_2, "TLS 1.2"), (ssl.TLSVersion.TLSv1_3, "TLS 1.3")]
)
async def test_a_server_of_one_tls_version_that_wants_the_name_is_read(
    tmp_path: Path, version: ssl.TLSVersion, name: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        context = net.certificate("x.test")
        context.minimum_version = context.maximum_version = version

        def wants_the_name(_: object, told: str | None, __: object) -> int | None:
            return None if told == "x.test" else int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)

        context.sni_callback = wants_the_name
        await net.web(IP, page("hello"), tls=context)
        record = await probed(net.network(), HttpProbe("https://x.test/", contains="hello"))
    assert isinstance(record.finding, Seen), name
    assert record.finding.value["ok"] is True


async def test_whom_this_machine_trusts_need_not_be_a_root(tmp_path: Path) -> None:
    """curl and Python 3.13 take any certificate of the trust store for an anchor."""
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hello"), tls=net.certificate("x.test"))
        middle = net.issuer.middle.public_bytes(Encoding.PEM).decode()
        record = await probed(net.network(trust=middle), HttpProbe("https://x.test/"))
        shaken = await probed(net.network(trust=middle), TlsProbe("x.test"))
    for each in (record, shaken):
        assert each.value is not None
        assert each.value["ok"] is True, each.value["steps"][0]["reason"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("bücher.test", "xn--bcher-kva.test"),
        ("BÜCHER.test.", "xn--bcher-kva.test"),
        ("faß.test", "xn--fa-hia.test"),  # IDNA 2003 made fass.test of it: another host
        ("日本。jp", "xn--wgv71a.jp"),
        ("i❤️.ws", "xn--i-7iq.ws"),  # a symbol, which IDNA 2008 leaves out and browsers do not
        ("my_host.test", "my_host.test"),
    ],
)
def test_a_name_of_another_script_is_the_host_that_browsers_go_to(written: str, name: str) -> None:
    assert host_name(written) == name


async def test_linkedins_999_is_a_server_that_declines_and_other_such_numbers_are_not_5xx(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("no", "999 Request denied"))
        await net.web("198.18.2.81", page("odd", "600 Odd"))
        declined = await probed(net.network(), HttpProbe("http://x.test/"))
        prober = Prober(net.network())
        odd = await prober.probe("x", HttpProbe("http://x.test/"), address="198.18.2.81")
        await prober.close()
    assert declined.value is not None
    assert odd.value is not None
    assert (declined.value["ok"], declined.value["steps"][0]["status"]) == (True, 999)
    assert (odd.value["ok"], odd.value["steps"][0]["layer"]) == (False, "expect")
