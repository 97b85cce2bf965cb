"""Registries are asked once a day for each domain, one after the other, as they wish it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from downwind.observe.network import Network
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.live.domains import Domains
from downwind.watch.registered import OwnDomains
from downwind.watch.registrations import AGAIN, APART, EVERY, RegistrationWatch
from tests.observe.tinynet import Serving, TinyInternet, page, usual

SPEED = 20_000.0
"""A day is 4.3 s."""
LISTED = "https://rdap.x.test/dns.json"
Answer = Callable[[str], Serving]


def registered(domain: str, ends: float = 2e9) -> Serving:
    told = {
        "objectClassName": "domain",
        "ldhName": domain,
        "events": [
            {
                "eventAction": "expiration",
                "eventDate": datetime.fromtimestamp(ends, UTC).isoformat(),
            }
        ],
    }
    return page(json.dumps(told))


class Registry:
    """IANA's list and a registry on loopback; it notes when it was asked for what."""

    def __init__(self, answer: Answer = registered) -> None:
        self.answer = answer
        self.asked: list[tuple[float, str]] = []
        self.network: Network | None = None

    async def open(self, folder: Path, net: TinyInternet) -> Network:
        await usual(net, "rdap A 198.18.9.1")
        await net.resolver()
        await net.web("198.18.9.1", self.serve, tls=net.certificate("rdap.x.test"))
        self.network = net.network()
        return self.network

    async def serve(self, reader: Any, writer: asyncio.StreamWriter, head: bytes) -> None:
        path = head.split(b" ")[1].decode()
        assert self.network is not None
        self.asked.append((self.network.clock.now(), path))
        if path == "/dns.json":
            listed = {"services": [[["test"], ["https://rdap.x.test/"]]]}
            await page(json.dumps(listed))(reader, writer, head)
        else:
            await self.answer(path.rpartition("/")[2])(reader, writer, head)

    def times(self, path: str) -> list[float]:
        return [at for at, asked in self.asked if asked == path]


async def _watch(
    registry: Registry,
    folder: Path,
    domains: tuple[str, ...],
    days: float,
    asked_at: Callable[[float], dict[str, float]] = lambda _: {},
) -> list[Evidence]:
    heard: list[Evidence] = []

    async def hear(record: Evidence) -> None:
        heard.append(record)

    async with TinyInternet(folder, speed=SPEED) as net:
        network = await registry.open(folder, net)
        options = RdapOptions(LISTED, folder / "list.json")
        known = asked_at(network.clock.now())
        watch = RegistrationWatch(domains, network, options, known, random=Random(1))
        running = asyncio.create_task(watch.run(hear))
        await network.clock.sleep(days * EVERY)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return heard


async def test_each_domain_is_asked_for_once_a_day_and_the_list_too(tmp_path: Path) -> None:
    registry = Registry()
    heard = await _watch(registry, tmp_path, ("x.test", "y.test", "z.test"), 1.6)
    assert [each.kind for each in heard] == ["rdap.domain"] * len(heard)
    assert {each.subject for each in heard[:3]} == {"x.test", "y.test", "z.test"}
    assert all(isinstance(each.finding, Seen) for each in heard)
    for domain in ("x.test", "y.test", "z.test"):
        first, second = registry.times(f"/domain/{domain}")
        assert 0.85 * EVERY < second - first < 1.3 * EVERY
    assert len(registry.times("/dns.json")) == 2
    every = sorted(at for at, path in registry.asked if path != "/dns.json")
    assert min(b - a for a, b in pairwise(every)) >= APART


async def test_what_was_asked_for_before_a_restart_waits_for_its_day(tmp_path: Path) -> None:
    registry = Registry()
    await _watch(
        registry,
        tmp_path,
        ("x.test", "y.test", "z.test"),
        0.7,
        lambda now: {"x.test": now - EVERY / 2, "y.test": now - 2 * EVERY, "z.test": now + EVERY},
    )
    began = min(at for at, _ in registry.asked)
    (x,) = registry.times("/domain/x.test")
    assert 0.4 * EVERY < x - began < 0.7 * EVERY
    # A look in the future was made by a clock that was wrong: it counts for nothing.
    for other in ("y.test", "z.test"):
        assert registry.times(f"/domain/{other}")[0] - began < 0.3 * EVERY


async def test_a_registry_that_gives_no_answer_is_asked_again_ever_more_rarely(
    tmp_path: Path,
) -> None:
    registry = Registry(lambda _: page("busy", "500 Oops"))
    heard = await _watch(registry, tmp_path, ("x.test",), 0.8)
    times = registry.times("/domain/x.test")
    gaps = [b - a for a, b in pairwise(times)]
    assert len(times) == 5
    for hours, gap in zip((1, 2, 4, 8), gaps, strict=True):
        assert 0.89 * hours * AGAIN < gap < 1.11 * hours * AGAIN + 3 * AGAIN
    assert all(isinstance(each.finding, Unanswered) for each in heard)


async def test_a_registry_that_says_retry_after_is_left_alone_as_long(tmp_path: Path) -> None:
    registry = Registry(lambda _: page("slow down", "429 Too Many", "Retry-After: 36000"))
    heard = await _watch(registry, tmp_path, ("x.test", "y.test"), 0.9)
    asked = sorted(at for at, path in registry.asked if path != "/dns.json")
    assert len(asked) >= 2
    assert all(b - a >= 36_000 for a, b in pairwise(asked))
    reasons = {each.finding.reason for each in heard if isinstance(each.finding, Unanswered)}
    assert reasons <= {
        "not asked again: rdap.x.test answered 429, Retry-After: 36000",
        "the registry answers with status 429",
    }
    assert len(reasons) == 2


async def test_a_suffix_without_a_server_is_unknown_and_its_registry_is_not_bothered(
    tmp_path: Path,
) -> None:
    registry = Registry()
    heard = await _watch(registry, tmp_path, ("x.elsewhere",), 0.3)
    (first, *_) = heard
    assert isinstance(first.finding, Unanswered)
    assert first.finding.reason == "IANA names no RDAP server for this suffix"
    assert [path for _, path in registry.asked] == ["/dns.json"]


async def test_without_domains_it_ends(tmp_path: Path) -> None:
    assert await _watch(Registry(), tmp_path, (), 0.05) == []


async def test_a_defect_of_ones_own_is_no_answer_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("downwind.observe.registration.ask.read_domain", lambda *_: 1 / 0)
    heard = await _watch(Registry(), tmp_path, ("x.test",), 0.1)
    (first, *_) = heard
    assert isinstance(first.finding, Unanswered)
    assert first.finding.reason == "Downwind failed to ask: ZeroDivisionError: division by zero"


def _dated(action: str, date: object) -> Serving:
    event = {"eventAction": action, "eventDate": date}
    return page(json.dumps({"objectClassName": "domain", "ldhName": "x.test", "events": [event]}))


async def _cut_off(_: Any, writer: asyncio.StreamWriter, __: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()


NO_DATE = "its registry does not say until when it is registered"
BAD: list[tuple[str, Serving, str]] = [
    ("none of it", page("no", "404 Not Found"), "the registry knows no such domain"),
    ("trouble", page("oops", "503 Away"), "the registry answers with status 503"),
    ("a page", page("<html>hello</html>"), "the registry's answer cannot be read: "),
    ("nothing", page(""), "the registry's answer cannot be read: "),
    (
        "too long",
        page(" " * 1_100_000 + "{}"),
        "the registry's answer is longer than 1,000,000 bytes",
    ),
    ("cut off", _cut_off, ""),
    ("a list", page("[]"), "the registry's answer cannot be read: it speaks of no domain"),
    (
        "another",
        registered("y.test"),
        "the registry's answer cannot be read: it speaks of 'y.test'",
    ),
    ("no dates", page('{"objectClassName": "domain"}'), NO_DATE),
    ("hidden", _dated("expiration", "REDACTED FOR PRIVACY"), NO_DATE),
    ("no month", _dated("expiration", "2027-13-01T00:00:00Z"), NO_DATE),
    ("a number", _dated("expiration", 1798859045), NO_DATE),
    ("far away", _dated("expiration", "99999-01-01T00:00:00Z"), NO_DATE),
    ("other dates", _dated("registration", "2020-01-01T00:00:00Z"), NO_DATE),
    ("a ring", page("", "302 Found", "Location: https://rdap.x.test/domain/x.test"), ""),
    ("inside", page("", "302 Found", "Location: http://127.0.0.1:1/"), ""),
]


@pytest.mark.parametrize(("answer", "reason"), [each[1:] for each in BAD], ids=[b[0] for b in BAD])
async def test_what_a_registry_does_not_say_is_unknown_with_the_reason(
    tmp_path: Path, answer: Serving, reason: str
) -> None:
    own = OwnDomains({"x.test/page": ("x.test",)})
    domains = Domains.of(own)
    heard = asyncio.Event()

    async def hear(record: Evidence) -> None:
        domains.hear(record)
        heard.set()

    async with TinyInternet(tmp_path, speed=200.0) as net:
        network = await Registry(lambda _: answer).open(tmp_path, net)
        watch = RegistrationWatch(own.asked(), network, RdapOptions(LISTED), {})
        running = asyncio.create_task(watch.run(hear))
        async with asyncio.timeout(20):
            await heard.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert domains.end("x.test/page") is None
    assert domains.unknown("x.test/page").startswith(f"x.test: {reason}")
    assert len(domains.unknown("x.test/page")) > len("x.test: ")
