"""Strangers' machines are treated politely by default; each limit is held on real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from downwind import __version__
from downwind.observe import Network, Session
from downwind.observe.manners.limits import ALONE, Manners, read_manners
from downwind.observe.manners.pace import Courtesy, _seconds
from downwind.observe.network import Clock, agent_of
from downwind.observe.wire import Reply
from downwind.terms import UsageError

from .look import look
from .tinydns import Query, ask_text, zone
from .tinynet import RESOLVER, Serving, TinyInternet, page, plain_answering, usual

IP = "198.18.2.80"


def _timed(times: list[float], serving: Serving) -> Serving:
    async def timed(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        times.append(time.monotonic())
        await serving(reader, writer, head)

    return timed


def _first_then(first: Serving, then: Serving) -> Serving:
    served = 0

    async def serving(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        nonlocal served
        served += 1
        await (first if served == 1 else then)(reader, writer, head)

    return serving


def _polite(net: TinyInternet, **limits: Any) -> Network:
    return net.network(manners=limits)


def test_strangers_are_treated_politely_unless_told_otherwise() -> None:
    assert Network((), None, None).manners == Manners(
        host_wait=1.0,
        at_once=2,
        network_at_once=2,
        rate=20.0,
        server_wait=0.1,
        longest_wait=30.0,
        robots=True,
    )


def test_an_emulated_internet_sets_its_own_limits() -> None:
    assert read_manners(None) == ALONE
    assert read_manners({"host_wait": 2, "robots": True}) == replace(
        ALONE, host_wait=2.0, robots=True
    )


@pytest.mark.parametrize("form", [{"speed": 1}, {"rate": -1}, {"rate": "fast"}, []])
def test_limits_that_are_none_are_refused(form: Any) -> None:
    handout: Mapping[str, Any] = {
        "vantage": "t",
        "resolvers": [],
        "dial": {},
        "trust": "",
        "allowed": [],
        "clock": {"scenario": 0, "monotonic": 0, "speed": 1},
    }
    if form == []:
        assert Network.from_handout(handout).manners == ALONE
        return
    with pytest.raises(UsageError, match="not a whole handout"):
        Network.from_handout({**handout, "manners": form})


async def test_a_host_gets_one_request_a_second_on_the_networks_clock(tmp_path: Path) -> None:
    times: list[float] = []
    async with TinyInternet(tmp_path, speed=5) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, _timed(times, page("hello")))
        names = [f"http://x.test/{n}" for n in range(4)]
        began = time.monotonic()
        await look(_polite(net, host_wait=1), *names)
    assert len(times) == 4
    assert times[-1] - began >= 0.6


async def test_all_together_get_so_many_requests_a_second(tmp_path: Path) -> None:
    courtesy = Courtesy(replace(ALONE, rate=20.0), Clock(speed=10, floor=0))
    began = time.monotonic()
    await asyncio.gather(*(courtesy.turn(f"h{n}.test") for n in range(60)))
    # 20 at once, and 40 more at 20 in each of the scenario's seconds, which last 0.1 s.
    assert 0.19 < time.monotonic() - began < 3


async def test_no_network_sees_more_than_two_at_once(tmp_path: Path) -> None:
    now, most = 0, 0

    async def counting(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        raise OSError

    names = [f"h{n}" for n in range(6)]
    async with TinyInternet(tmp_path) as net:
        await usual(net, *(f"h{n} A 198.18.7.{n}" for n in range(6)))
        await net.resolver()
        for n in range(6):
            await net.stream(f"198.18.7.{n}", 443, counting)
        await look(_polite(net, network_at_once=2), *(f"{name}.x.test" for name in names))
    assert most == 2


async def test_who_asks_for_patience_gets_it_and_is_asked_once_more(tmp_path: Path) -> None:
    times: list[float] = []
    busy = page("later", "429 Too Many Requests", "Retry-After: 3")
    async with TinyInternet(tmp_path, speed=10) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, _timed(times, _first_then(busy, page("hello"))))
        seen = await look(net.network(), "http://x.test/")
    assert seen.value("http.page", "http://x.test/")["status"] == 200
    assert times[1] - times[0] >= 0.29


async def test_who_asks_for_much_patience_is_left_alone(tmp_path: Path) -> None:
    times: list[float] = []
    busy = page("later", "503 Busy", "Retry-After: 3600")
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, _timed(times, busy))
        seen = await look(_polite(net, host_wait=3), "http://x.test/", "http://x.test/b")
    states = [seen.finding("http.page", f"http://x.test/{path}") for path in ("", "b")]
    assert len(times) == 1
    reasons = [getattr(state, "reason", "") for state in states]
    assert "not asked again: x.test answered 503, Retry-After: 3600" in reasons


@pytest.mark.parametrize(
    ("status", "asked", "again"),
    [
        (429, "5", True),
        (429, "31", False),
        (429, "", False),
        (503, "5", True),
        (503, "", False),
        (503, "soon", False),
        (429, "Thu, 01 Jan 1970 00:00:20 GMT", True),
        (429, "Thu, 01 Jan 1970 01:00:00 GMT", False),
        (429, "9" * 400, False),
        (429, "-1", False),
        (200, "5", False),
    ],
)
async def test_retry_after_is_a_number_or_a_date(status: int, asked: str, again: bool) -> None:
    courtesy = Courtesy(ALONE, Clock(scenario=0.0, monotonic=time.monotonic()))
    headers = {"retry-after": asked} if asked else {}
    assert courtesy.heard("x.test", Reply(status, headers, b"")) is again


async def test_a_name_server_is_not_asked_faster_than_its_wait(tmp_path: Path) -> None:
    times: list[float] = []
    zones = [f"z{n} NS ns9.x.test" for n in range(4)]
    async with TinyInternet(tmp_path, speed=5) as net:
        await usual(net, "ns9 A 198.18.1.9", *zones)
        served = [zone(f"z{n}.x.test", "@ NS ns9.x.test", "@ A 198.18.2.80") for n in range(4)]
        authority = await net.authority("198.18.1.9", *served)

        def timed(query: Query) -> Query:
            times.append(time.monotonic())
            return authority.answer(query)

        await net.name_server("198.18.1.9", plain_answering(timed))
        await net.resolver()
        began = time.monotonic()
        await look(_polite(net, server_wait=0.5), *(f"http://z{n}.x.test/" for n in range(4)))
    assert len(times) >= 8
    assert times[-1] - began >= 0.1 * (len(times) - 1)


async def test_a_question_that_failed_is_not_asked_again(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        net.recursion.fail["x.test"] = (22, "no reachable authority")
        answer = net.recursion.answer

        def listening(query: Query) -> Query:
            asked.append(ask_text(query))
            return answer(query)

        await net.name_server(RESOLVER, plain_answering(listening))
        await look(net.network(), "x.test", "http://x.test/a", "http://x.test/b")
    assert asked.count(("x.test", "A")) == 1
    assert len(asked) == len(set(asked))


async def test_a_mapping_says_who_it_is_and_keeps_no_cookie(tmp_path: Path) -> None:
    setting = page("hello", "200 OK", "Set-Cookie: id=1")
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, setting)
        network = replace(net.network(), agent=agent_of("https://ops.test/scans"))
        await look(network, "http://x.test/", "http://x.test/b")
    assert len(net.heads) == 2
    for head in net.heads:
        assert f"User-Agent: downwind/{__version__} (+https://ops.test/scans)\r\n".encode() in head
        assert head.startswith(b"GET ")
        assert b"cookie" not in head.lower()
        assert b"authorization" not in head.lower()


def test_a_contact_is_a_page_or_a_mailbox_and_stays_within_its_header() -> None:
    assert agent_of() == f"downwind/{__version__}"
    assert agent_of("ops@x.test") == f"downwind/{__version__} (contact=ops@x.test)"
    for wrong in ("a\r\nHost: b", "a)(b", "grüße@x.test"):
        with pytest.raises(UsageError, match="is no contact"):
            agent_of(wrong)


async def test_a_journey_of_ones_own_is_not_slowed(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hello"))
        began = time.monotonic()
        async with Session(_polite(net, host_wait=5)) as session:
            for _ in range(3):
                await session.request("GET", "http://x.test/")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 201500000000000000 07:28:00 GMT", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +99999999", None),
        ("soon", None),
        ("", None),
    ],
)
def test_whoever_asks_for_patience_in_no_known_way_is_not_understood(
    said: str, seconds: float | None
) -> None:
    assert _seconds(said, 1.7e9) == seconds
