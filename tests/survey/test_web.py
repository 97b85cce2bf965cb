"""A handshake and a front page for each name, over one connection, and politely."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from downwind.observe.manners.limits import Manners
from downwind.survey.limits.pace import Limits
from downwind.terms import Seen, Unanswered
from tests.observe.tinynet import Serving, TinyInternet, page, usual

from .look import FAST, look

_BOTH = ("tls", "http")


async def _shop(net: TinyInternet, *serving: Serving) -> None:
    """x.test and www.x.test at 198.18.2.80."""
    await usual(net)
    await net.resolver()
    for each in serving:
        tls = net.certificate("x.test", "*.x.test", "x.edge.cdn.test")
        await net.web("198.18.2.80", each, tls=tls)


async def test_a_name_gets_a_certificate_and_a_page_over_one_connection(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, page("<title>Shop</title><script src='https://cdn.ads.test/a.js'>"))
        before = net.connections
        seen = await look(net.network(), "x.test", looked_at=_BOTH)
        assert net.connections == before + 1
    assert seen.value("tls.certificate", "x.test")["names"][0] == "x.test"
    assert seen.value("tls.certificate", "x.test")["verified"] is True
    value = seen.value("http.page", "https://x.test/")
    assert (value["status"], value["title"], value["address"]) == (200, "Shop", "198.18.2.80")
    (script,) = seen.value("page.resources", "https://x.test/")["resources"]
    assert script["host"] == "cdn.ads.test"
    assert seen.place("http.page", "https://x.test/") < seen.place("survey.name", "x.test")


async def test_tls_alone_asks_for_no_page(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, page("shop"))
        seen = await look(net.network(), "x.test", looked_at=("tls",))
        assert net.heads == []
    assert seen.value("tls.certificate", "x.test")["verified"] is True
    assert seen.subjects("http.page") == set()


async def test_a_certificate_that_is_refused_is_recorded_all_the_same(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await net.web("198.18.2.80", page("shop"), tls=net.certificate("other.test"))
        seen = await look(net.network(), "x.test", looked_at=_BOTH)
    assert seen.value("tls.certificate", "x.test")["verified"] is False
    finding = seen.finding("http.page", "https://x.test/")
    assert isinstance(finding, Unanswered)
    assert finding.detail["layer"] == "tls"


async def test_where_there_is_no_tls_the_page_comes_without(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await net.web("198.18.2.80", page("<title>Plain</title>"))
        seen = await look(net.network(), "x.test", looked_at=_BOTH)
    assert isinstance(seen.finding("tls.certificate", "x.test"), Unanswered)
    assert seen.value("http.page", "http://x.test/")["title"] == "Plain"
    unknown = seen.value("survey.name", "x.test")["unknown"]
    assert "http.page" not in unknown
    assert "tls.certificate" in unknown


async def test_a_redirect_leads_to_a_host_that_is_looked_at_too(tmp_path: Path) -> None:
    async def to_www(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        if b"Host: x.test\r\n" in head:
            writer.write(
                b"HTTP/1.1 301 Moved\r\nLocation: https://www.x.test/\r\nContent-Length: 0\r\n\r\n"
            )
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, to_www)
        seen = await look(net.network(), "x.test", looked_at=_BOTH)
    assert seen.value("http.page", "https://x.test/")["final_url"] == "https://www.x.test/"
    assert seen.value("dns.cname", "www.x.test")["target"] == "x.edge.cdn.test"
    assert seen.value("dns.zone_of", "x.edge.cdn.test") == {"zone": "cdn.test"}


async def test_a_name_without_an_address_is_not_knocked_at(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "none.test", looked_at=_BOTH)
    assert seen.subjects("tls.certificate") == set()
    assert seen.subjects("http.page") == set()


async def test_no_more_than_two_are_at_one_address_at_a_time(tmp_path: Path) -> None:
    at_once = most = 0

    async def counting(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, counting)
        zones = net.authorities["198.18.1.1"].zones
        template = zones["x.test"]
        names = [f"n{n}.x.test" for n in range(8)]
        a = next(r for r in template if r.rdtype == "A" and r.owner == "x.test")
        zones["x.test"] += [type(a)(name, "A", a.data) for name in names]
        seen = await look(net.network(), *names, looked_at=_BOTH)
    pages = [seen.finding("http.page", f"https://{name}/") for name in names]
    assert all(isinstance(each, Seen) for each in pages)
    assert most <= 2


async def test_the_rates_of_an_address_and_of_all_are_kept(tmp_path: Path) -> None:
    slow = Limits(queries=10_000, server_queries=10_000, address_requests=10.0)
    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, page("shop"))
        began = time.monotonic()
        await look(net.network(), "x.test", "www.x.test", looked_at=("tls",), limits=slow)
        quick = time.monotonic() - began
        zones = net.authorities["198.18.1.1"].zones
        names = [f"n{n}.x.test" for n in range(10)]
        record = type(zones["x.test"][0])
        zones["x.test"] += [record(name, "A", "198.18.2.80") for name in names]
        began = time.monotonic()
        await look(net.network(), *names, looked_at=("tls",), limits=slow)
        # Two may go at once, and eight more at ten a second.
        assert time.monotonic() - began >= 0.75
    assert quick < 5


async def test_a_host_that_asks_for_patience_is_left_alone(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net, "shop CNAME www.x.test")
        await net.resolver()
        tls = net.certificate("x.test", "*.x.test")
        await net.web("198.18.2.80", page("", "429 Slow Down", "Retry-After: 60"), tls=tls)
        network = net.network()
        from downwind.survey.looker import Looker

        looker = Looker(network, FAST, lambda _: None, _BOTH)
        await looker.name("x.test", {"line": 1, "labels": {}})
        first = len(net.heads)
        again = await looker.name("x.test", {"line": 2, "labels": {}})
        await looker.close()
    assert (first, len(net.heads)) == (1, 1)
    assert again.value is not None
    assert "Retry-After: 60" in again.value["unknown"]["http.page"]


async def test_two_requests_to_one_host_are_a_second_apart(tmp_path: Path) -> None:
    at: list[float] = []

    async def around(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        at.append(time.monotonic())
        path = b"/home" if b"GET / " in head else b""
        if path:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /home\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with TinyInternet(tmp_path, speed=1) as net:
        await _shop(net, around)
        network = net.network(manners={"host_wait": 0.3})
        assert network.manners == Manners(
            host_wait=0.3, at_once=2, network_at_once=0, rate=0.0, server_wait=0.0, robots=False
        )
        await look(network, "x.test", looked_at=_BOTH)
    assert len(at) == 2
    assert at[1] - at[0] >= 0.29


@pytest.mark.parametrize("kind", ["dial", "silent"])
async def test_what_could_not_be_reached_is_unknown_with_the_layer(
    tmp_path: Path, kind: str
) -> None:
    async def silent(_: asyncio.StreamReader, __: asyncio.StreamWriter, ___: bytes) -> None:
        await asyncio.sleep(30)

    async with TinyInternet(tmp_path, speed=60) as net:
        await usual(net)
        await net.resolver()
        if kind == "silent":
            await net.web("198.18.2.80", silent, tls=net.certificate("x.test"))
        seen = await look(net.network(), "x.test", looked_at=_BOTH)
    finding = seen.finding("http.page", "https://x.test/")
    assert isinstance(finding, Unanswered)
    assert finding.detail["layer"] == ("http" if kind == "silent" else "dial")
