"""A watcher that cannot look blames nobody: stopped, out of sockets, or without a resolver."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from downwind.model import Step
from downwind.observe.network import Network
from downwind.observe.probes import DnsProbe, HttpProbe
from downwind.observe.probes.kinds import Probe
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.agenda import Order, Target
from downwind.watch.probing import Probing, Walk, unresolved_by

from ..observe.tinynet import RESOLVER, TinyInternet, page, plain_answering, usual

IP = "198.18.2.80"
What = Walk | Probe


def _order(what: What, *, timeout: float = 10.0, turn: int = 0) -> Order:
    return Order(Target("x/front", what, 60.0, timeout), "test", 0.0, turn)


def _walk(url: str) -> Walk:
    return Walk((Step(url=url),))


def _reason(evidence: Evidence) -> str:
    assert isinstance(evidence.finding, Unanswered), evidence.finding
    return evidence.finding.reason


async def _asked(network: Network, what: What, **how: Any) -> Evidence:
    probing = Probing([network])
    try:
        return await probing(_order(what, **how))
    finally:
        await probing.close()


@pytest.mark.parametrize("what", [HttpProbe(f"http://{IP}/"), _walk(f"http://{IP}/")])
async def test_a_server_that_gave_up_while_the_watcher_was_stopped_is_not_blamed(
    tmp_path: Path, what: What
) -> None:
    """It closes after 0.3 s without a request; the time of the probe is not over yet."""

    async def impatient(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)

    async with TinyInternet(tmp_path, speed=1.0) as net:
        await net.stream(IP, 80, impatient)
        probing = Probing([net.network()])
        asking = asyncio.create_task(probing(_order(what, timeout=6.0)))
        await asyncio.sleep(0.1)
        time.sleep(2.5)  # noqa: ASYNC251 (as by SIGSTOP: more than a third of its time)
        stopped = await asking
        awake = await probing(_order(what, timeout=6.0))
        await probing.close()
    assert "this machine stood still for 2" in _reason(stopped)
    assert isinstance(awake.finding, Seen)
    assert awake.finding.value["ok"] is False


@pytest.mark.parametrize(
    "what",
    [
        HttpProbe("http://x.test/"),
        _walk("http://x.test/"),
        DnsProbe("x.test"),
        _walk(f"http://{IP}"),
    ],
)
async def test_without_files_to_open_nobody_is_blamed(
    tmp_path: Path, no_files_left: Callable[[], None], monkeypatch: pytest.MonkeyPatch, what: What
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hi"))
        network = net.network()
        no_files_left()
        evidence = await _asked(network, what)
        monkeypatch.undo()
    assert _reason(evidence) == "too many open files"


NAMED = [HttpProbe("http://x.test/"), _walk("http://x.test/"), DnsProbe("x.test")]


@pytest.mark.parametrize("what", NAMED)
async def test_a_resolver_that_says_nothing_is_ones_own_fault(tmp_path: Path, what: What) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lambda _: [])
        evidence = await _asked(net.network(), what)
    assert _reason(evidence) == f"one's own resolver answers nothing: {RESOLVER}"


@pytest.mark.parametrize("what", NAMED)
async def test_a_resolver_that_is_silent_on_one_name_is_not_at_fault(
    tmp_path: Path, what: What
) -> None:
    """As one is that waits for the name's own servers."""
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        others = plain_answering(net.recursion.answer)

        def answering(wire: bytes) -> Iterable[bytes]:
            return [] if b"\1x\4test" in wire else others(wire)

        await net.name_server(RESOLVER, answering)
        evidence = await _asked(net.network(), what)
    assert isinstance(evidence.finding, Seen)
    (step,) = evidence.finding.value["steps"]
    assert (step["ok"], step["layer"]) == (False, "dns")


async def test_a_name_server_that_is_silent_is_no_fault_of_the_resolver(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lambda _: [])
        await net.name_server("198.18.9.9", lambda _: [])
        evidence = await _asked(net.network(), DnsProbe("x.test", "SOA", server="198.18.9.9"))
    assert isinstance(evidence.finding, Seen)


def test_only_a_look_up_without_any_answer_is_put_to_the_resolvers() -> None:
    def value(**step: Any) -> dict[str, Any]:
        told = {
            "ok": False,
            "do": "get",
            "layer": "dns",
            "dns": None,
            "passed": [],
            "address": None,
        }
        return {"steps": [{"ok": True, "layer": None, "dns": None, "passed": ["dns"]}, told | step]}

    assert unresolved_by(value()) == ""
    assert unresolved_by(value(dns={"rcode": None})) == ""
    assert unresolved_by(value(dns={"rcode": "SERVFAIL"})) is None
    assert unresolved_by(value(layer="http")) is None
    assert unresolved_by(value(passed=["dns"])) is None
    assert unresolved_by(value(do="dns", address="192.0.2.53")) == "192.0.2.53"
    assert unresolved_by(value(do="dns", address="192.0.2.53", server="ns.x.test")) is None
    assert unresolved_by(value(do="dns", server="ns.x.test")) == "", "its own name was looked up"


async def test_a_journey_goes_to_another_address_each_time_and_tells_of_a_dead_one(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "many A 198.18.7.1", "many A 198.18.7.2", "many A 198.18.7.3")
        await net.resolver()
        for ip in ("198.18.7.1", "198.18.7.3"):
            await net.web(ip, page(ip))
        net.dial["198.18.7.2"] = {"tcp/80": ["127.0.0.1", 1]}
        probing = Probing([net.network()])
        found = [
            await probing(_order(_walk("http://many.x.test/"), turn=turn)) for turn in range(3)
        ]
        await probing.close()
    steps = [each.value["steps"][0] for each in found if each.value]
    assert [step["address"] for step in steps] == ["198.18.7.1", "198.18.7.3", "198.18.7.3"]
    assert [step["ok"] for step in steps] == [True, True, True]
    assert [step.get("dead") for step in steps] == [
        None,
        {"198.18.7.2": "dial: connection refused"},
        None,
    ]


async def test_silent_addresses_leave_time_for_the_one_that_answers(tmp_path: Path) -> None:
    """A backlog that is full takes no connection and refuses none."""
    async with TinyInternet(tmp_path, speed=1.0) as net:
        await usual(net, "many A 198.18.7.1", "many A 198.18.7.2", "many A 198.18.7.3")
        await net.resolver()
        await net.web("198.18.7.3", page("alive"))
        full = socket.create_server(("127.0.0.1", 0), backlog=0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        for ip in ("198.18.7.1", "198.18.7.2"):
            net.dial[ip] = {"tcp/80": list(full.getsockname())}
        evidence = await _asked(net.network(), _walk("http://many.x.test/"), timeout=8.0)
        for each in (*waiting, full):
            each.close()
    assert evidence.value is not None
    (step,) = evidence.value["steps"]
    assert (step["ok"], step["address"]) == (True, "198.18.7.3")
    assert len(step["dead"]) == 2


async def test_a_journey_that_is_cut_off_tells_the_step_at_which_it_stood(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("hi"))
        await net.stream("198.18.2.81", 80, silent)
        walk = Walk((Step(url=f"http://{IP}/"), Step(url="http://198.18.2.81/slow")))
        evidence = await _asked(net.network(), walk, timeout=5.0)
    assert evidence.value is not None
    assert [step["ok"] for step in evidence.value["steps"]] == [True, False]
    assert evidence.value["steps"][1]["url"] == "http://198.18.2.81/slow"


SIX = ("2001:db8::1", "2001:db9::1", "2001:dba::1")


async def _six(net: TinyInternet, what: Iterable[tuple[str, bool]]) -> list[Evidence]:
    """Probes of addresses, each of which takes connections or refuses them."""
    for ip, alive in what:
        if alive:
            await net.web(ip, page("hi"))
        else:
            net.dial[ip] = {"tcp/80": ["127.0.0.1", 1]}
    probing = Probing([net.network()])
    found = [await probing(_order(HttpProbe(f"http://[{ip}]/"))) for ip, _ in what]
    await probing.close()
    return found


async def test_where_ipv6_leads_nowhere_no_address_of_it_is_blamed(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        found = await _six(net, [(ip, False) for ip in SIX])
    assert [isinstance(each.finding, Seen) for each in found] == [True, True, False]
    assert _reason(found[2]).startswith("IPv6 leads nowhere from here")


@pytest.mark.parametrize(
    "what",
    [
        [("2001:db8::1", False), ("2001:db8::2", False), ("2001:db8:9::1", False)],
        [(SIX[0], False), (SIX[1], False), ("2001:dbb::1", True), (SIX[2], False)],
    ],
    ids=["one network", "one is reached"],
)
async def test_one_networks_ipv6_may_be_down_by_itself(
    tmp_path: Path, what: list[tuple[str, bool]]
) -> None:
    async with TinyInternet(tmp_path) as net:
        found = await _six(net, what)
    assert all(isinstance(each.finding, Seen) for each in found)


async def test_a_journey_by_another_family_does_not_tell_of_ones_own_lack(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "both A 198.18.7.1", *(f"both AAAA {ip}" for ip in SIX))
        await net.resolver()
        await net.web("198.18.7.1", page("hi"))
        for ip in SIX:
            net.dial[ip] = {"tcp/80": ["127.0.0.1", 1]}
        found = await _asked(net.network(), _walk("http://both.x.test/"), turn=1)
    assert found.value is not None
    (step,) = found.value["steps"]
    assert (step["ok"], step["address"]) == (True, "198.18.7.1")
    assert "dead" not in step


async def test_a_page_that_is_too_long_to_be_read_is_no_outage(tmp_path: Path) -> None:
    async def long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\nwelcome" + b"x" * 2_999_993
        )
        await writer.drain()

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 80, long)
        plain = await _asked(net.network(), _walk(f"http://{IP}/"))
        step = Step.model_validate({"url": f"http://{IP}/", "expect": {"contains": "bye"}})
        other = await _asked(net.network(), Walk((step,)))
    assert plain.value is not None
    assert other.value is not None
    assert plain.value["ok"] is True
    assert other.value["steps"][0]["reason"] == "the body does not hold 'bye'"


async def test_steps_that_are_slow_together_end_within_the_time(tmp_path: Path) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: bytes) -> None:
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async with TinyInternet(tmp_path, floor=0.05) as net:
        await net.web(IP, slow)
        walk = Walk(tuple(Step(url=f"http://{IP}/{n}") for n in range(5)))
        began = time.monotonic()
        evidence = await _asked(net.network(), walk, timeout=8.0)
        assert time.monotonic() - began < 1.2, "8 s are 0.8 s of this clock, five steps 1.5 s"
    assert evidence.value is not None
    steps = evidence.value["steps"]
    assert [step["ok"] for step in steps] == [True, True, False]
    assert steps[-1]["url"].endswith("/2")
