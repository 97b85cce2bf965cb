"""A mapping survives whatever it meets, within its budget, and says what it could not look at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from downwind.observe import map_names
from downwind.terms import Evidence, Unanswered

from .look import look
from .tinynet import RESOLVER, TinyInternet, page, usual

IP = "198.18.2.80"


def _noise(wire: bytes) -> Iterable[bytes]:
    return [bytes(range(256)), wire[:2] + b"\x80" * 600]


async def _garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _round in range(100):
        writer.write(bytes(range(256)) * 100)
        await writer.drain()


async def test_garbage_on_every_port_ends_as_findings(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        for ip in ("198.18.1.1", "198.18.1.2", "198.18.0.2", "198.18.0.1"):
            await net.name_server(ip, _noise)
        for port in (80, 443):
            await net.stream(IP, port, _garbage)
        seen = await look(net.network(), "x.test")
    assert seen.unanswered("http.page", "https://x.test/").detail["layer"] == "tls"
    assert "not HTTP" in seen.unanswered("http.page", "http://x.test/").reason
    assert seen.unanswered("tls.certificate", "x.test").detail["address"] == IP
    assert "garbage" in seen.unanswered("dns.server", "x.test@ns2.x.test").reason
    assert seen.value("dns.zone", "x.test")["name_servers"][0]["glue"] is None


async def test_a_resolver_of_noise_leaves_everything_unanswered(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, _noise)
        seen = await look(net.network(), "x.test")
    assert seen.evidence
    assert all(isinstance(each.finding, Unanswered) for each in seen.evidence)
    assert {"dns.a", "dns.aaaa", "dns.zone_of", "dns.mx", "http.page"} <= {
        each.kind for each in seen.evidence
    }


async def test_what_the_budget_cuts_off_is_unanswered_not_absent(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, floor=5) as net:
        await net.name_server(RESOLVER, lambda _: [])
        seen = await look(net.network(), "x.test", budget=0.5)
    assert seen.seconds < 1.0
    for kind in ("dns.a", "dns.aaaa", "dns.zone_of", "dns.mx", "dns.caa"):
        reason = seen.unanswered(kind, "x.test").reason
        assert reason == "the time budget of 0.5 s was spent before this was answered"
    assert seen.unanswered("page.resources", "https://x.test/")


async def test_a_budget_of_nothing_still_names_everything(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        seen = await look(net.network(), "x.test", "y.test", budget=0)
    assert seen.subjects("dns.a") == {"x.test", "y.test"}


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "x" * 300, "ftp://x.test/", "https://", "a b", "\0", "ü" * 70]
)
async def test_a_name_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.resolver()
        seen = await look(net.network(), name)
    assert all(isinstance(each.finding, Unanswered) for each in seen.evidence)
    assert len(seen.evidence) >= 2


async def test_names_are_written_one_way(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "X.Test.", "https://x.test")
    assert "X.Test." not in {each.subject for each in seen.evidence}
    assert len([each for each in seen.evidence if each.kind == "http.page"]) <= 2


async def test_evidence_says_when_and_from_where(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        began = time.time()
        seen = await look(net.network(vantage="tiny"), "x.test")
    assert {each.vantage for each in seen.evidence} == {"tiny"}
    assert all(began - 5 < each.at < began + 200 for each in seen.evidence)


async def test_a_full_disk_stops_the_mapping(tmp_path: Path) -> None:
    def full(_: Evidence) -> None:
        raise OSError("no space left")

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        with pytest.raises(OSError, match="no space left"):
            await map_names(["x.test"], net.network(), budget=5, on_evidence=full)


async def test_no_address_sees_more_than_two_at_once(tmp_path: Path) -> None:
    now, most = 0, 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        raise OSError

    names = [f"h{n}" for n in range(12)]
    async with TinyInternet(tmp_path) as net:
        await usual(net, *(f"{name} A 198.18.2.90" for name in names))
        await net.resolver()
        await net.stream("198.18.2.90", 443, counting)
        await look(net.network(), *(f"{name}.x.test" for name in names))
    assert most <= 2


async def test_the_same_internet_gives_the_same_evidence(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hello"), tls=net.certificate("x.test"))
        first = await look(net.network(), "x.test")
        second = await look(net.network(), "x.test")
    assert {(e.kind, e.subject, str(e.finding)) for e in first.evidence} == {
        (e.kind, e.subject, str(e.finding)) for e in second.evidence
    }
