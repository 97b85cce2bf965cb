"""Pages are fetched as a browser would, and hostile ones end within their time."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from downwind.observe import Session
from downwind.observe.http import fetch_page, follow
from downwind.terms import Finding, Seen, Unanswered

from .look import look
from .tinynet import Serving, TinyInternet, page, usual

IP = "198.18.2.80"


def _scripted(write: Callable[[asyncio.StreamWriter], None]) -> Serving:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        write(writer)
        await writer.drain()

    return serving


def _redirects(to: dict[str, str]) -> Serving:
    """Redirects by path; anything else is a page."""

    async def serving(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        if path in to:
            await page("", "302 Found", f"Location: {to[path]}")(reader, writer, head)
        else:
            await page("<title>here</title>")(reader, writer, head)

    return serving


async def _fetch(net: TinyInternet, serving: Serving, url: str = "http://x.test/") -> Finding:
    await usual(net)
    await net.resolver()
    await net.web(IP, serving)
    began = time.monotonic()
    async with Session(net.network()) as session:
        found, _ = await fetch_page(session, url)
    assert time.monotonic() - began < 4
    return found


def _reason(finding: Finding) -> str:
    assert isinstance(finding, Unanswered), finding
    return finding.reason


async def test_a_page_is_told_without_its_secrets(tmp_path: Path) -> None:
    serving = page("<title> X </title>", "200 OK", "Set-Cookie: sid=hush; Path=/", "Server: tiny")
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, serving)
        head = net.heads[0].decode().lower()
    assert isinstance(finding, Seen)
    assert finding.value["status"] == 200
    assert finding.value["title"] == "X"
    assert finding.value["cookies"] == ["sid"]
    assert finding.value["headers"]["server"] == "tiny"
    assert "hush" not in str(finding.value)
    assert "user-agent: downwind/" in head
    assert "accept-encoding: identity" in head
    assert "cookie" not in head


async def test_redirects_are_followed_and_kept(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _redirects({"/": "/a?b=c", "/a?b=c": "http://x.test:80/d"}))
    assert isinstance(finding, Seen)
    assert finding.value["redirects"] == ["http://x.test/a?b=c", "http://x.test/d"]
    assert finding.value["final_url"] == "http://x.test/d"


async def test_a_redirect_loop_is_named(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _redirects({"/": "/a", "/a": "/"}))
    assert _reason(finding) == "redirect loop: http://x.test/ -> http://x.test/a -> http://x.test/"


async def test_redirects_without_end_have_an_end(tmp_path: Path) -> None:
    to = {f"/{n}": f"/{n + 1}" for n in range(50)} | {"/": "/0"}
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _redirects(to))
    assert _reason(finding) == "more than 20 redirects"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1/", "not on the dial map"),
        ("http://[::1]:22/", "not on the dial map"),
        ("http://198.18.77.77/", "not on the dial map"),
        ("http://0x7f.1/", "NXDOMAIN"),
        ("http://localhost/", "NXDOMAIN"),
        ("file:///etc/passwd", "neither http nor https"),
        ("http://[zz/", "no URL"),
        ("https:///", "names no host"),
    ],
)
async def test_a_redirect_goes_through_the_dialer_like_anything_else(
    tmp_path: Path, location: str, reason: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _redirects({"/": location}))
    assert reason in _reason(finding)


async def test_a_redirect_to_an_address_on_the_map_is_followed(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _redirects({"/": f"http://{IP}/b"}))
    assert isinstance(finding, Seen)
    assert finding.value["final_url"] == f"http://{IP}/b"


async def test_what_was_meant_for_one_host_is_not_shown_to_another(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, _redirects({"/": f"http://{IP}/b"}))
        async with Session(net.network()) as session:
            await follow(session, "http://x.test/", headers={"Authorization": "Bearer hush"})
    assert b"hush" in net.heads[0]
    assert b"hush" not in net.heads[1]


async def test_a_slow_drip_ends_with_what_had_come(tmp_path: Path) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<title>slow</title>")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.05)

    async with TinyInternet(tmp_path, speed=40) as net:
        finding = await _fetch(net, drip)
    assert isinstance(finding, Seen)
    assert finding.value["truncated"] is True
    assert finding.value["title"] == "slow"
    assert "did not end within 20 s" in finding.value["problems"][0]


async def test_headers_that_drip_have_an_end(tmp_path: Path) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.05)

    async with TinyInternet(tmp_path, speed=40) as net:
        finding = await _fetch(net, drip)
    assert "did not end within 20 s" in _reason(finding)


@pytest.mark.parametrize(
    "framing", ["", "Content-Length: 2000000000\r\n", "Transfer-Encoding: chunked\r\n"]
)
async def test_an_endless_body_is_cut_at_two_megabytes(tmp_path: Path, framing: str) -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode())
        piece = b"x" * 65_536
        while True:
            writer.write(b"10000\r\n" + piece + b"\r\n" if "chunked" in framing else piece)
            await writer.drain()

    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, endless)
    assert isinstance(finding, Seen)
    assert finding.value["body_bytes"] == 2_000_000
    assert finding.value["truncated"] is True
    assert finding.value["problems"] == ["body longer than 2000000 bytes"]


async def test_a_gzip_bomb_is_unpacked_to_the_cap_only(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000, 9)

    def write(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
        writer.write(head.encode() + bomb)

    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _scripted(write))
    assert isinstance(finding, Seen)
    assert finding.value["body_bytes"] == 2_000_000
    assert "once unpacked" in finding.value["problems"][0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"X-Flood: y\r\n" * 100_000, "headers longer than"),
        (b"\x16\x03\x01 garbage\r\n\r\n", "not HTTP"),
        (bytes(range(256)) * 1000, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\0\0: \r\n\r\n", "NUL in the header"),
    ],
)
async def test_garbage_ends_as_a_reason(tmp_path: Path, answer: bytes, reason: str) -> None:
    async with TinyInternet(tmp_path) as net:
        finding = await _fetch(net, _scripted(lambda writer: writer.write(answer)))
    assert reason in _reason(finding)


async def test_a_bare_name_without_https_is_fetched_over_http(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("<title>plain</title>"))
        seen = await look(net.network(), "x.test")
    assert seen.unanswered("http.page", "https://x.test/").detail["layer"] == "dial"
    assert seen.value("http.page", "http://x.test/")["title"] == "plain"


async def test_hosts_behind_a_redirect_are_mapped(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("", "301 Moved", "Location: https://www.x.test/"))
        await net.web(IP, page("there"), tls=net.certificate("www.x.test"))
        seen = await look(net.network(), "http://x.test/")
    assert seen.value("http.page", "http://x.test/")["final_url"] == "https://www.x.test/"
    assert seen.value("dns.cname", "www.x.test")["target"] == "x.edge.cdn.test"
    assert seen.value("tls.certificate", "www.x.test")["verified"] is True


async def test_third_party_hosts_are_mapped_but_not_their_pages(tmp_path: Path) -> None:
    html = '<head><script src="https://cdn.ads.test/a.js"></script></head>'
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page(html), tls=net.certificate("x.test"))
        await net.web("198.18.3.2", page("no"), tls=net.certificate("cdn.ads.test"))
        seen = await look(net.network(), "x.test")
    (resource,) = seen.value("page.resources", "https://x.test/")["resources"]
    assert (resource["host"], resource["strength"]) == ("cdn.ads.test", "hard")
    assert seen.value("dns.zone_of", "cdn.ads.test") == {"zone": "ads.test"}
    assert seen.value("tls.certificate", "cdn.ads.test")["verified"] is True
    assert seen.subjects("http.page") == {"https://x.test/"}


async def test_one_connection_serves_several_requests(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hello"), tls=net.certificate("x.test"))
        async with Session(net.network()) as session:
            before = net.connections
            for _ in range(3):
                await session.request("GET", "https://x.test/")
    assert net.connections == before + 1


async def test_a_kept_connection_that_the_server_closed_is_replaced(tmp_path: Path) -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        await page("hello")(reader, writer, head)
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")
        raise OSError

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, once)
        async with Session(net.network()) as session:
            for _ in range(2):
                assert (await session.request("GET", "http://x.test/")).body == b"hello"
    assert net.connections == 2
