"""Probes start on time on real sockets; lateness is told; a cancelled schedule leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from downwind.model.types import Step
from downwind.observe import Clock
from downwind.observe.failures import Crowded
from downwind.observe.probes import HttpProbe, TcpProbe
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.agenda import Order, Target
from downwind.watch.probing import Probing, Walk, most_together, places
from downwind.watch.schedule import Schedule

from ..observe.tinynet import TinyInternet, page, usual

IP = "198.18.2.80"


def _clock(speed: float = 10.0) -> Clock:
    return Clock(scenario=1000.0, monotonic=time.monotonic(), speed=speed, floor=0.05)


def _evidence(order: Order) -> Evidence:
    value = {"ok": True, "state": "up", "steps": []}
    return Evidence(order.target.name, "probe.http", Seen(value), 0.0, order.vantage)


async def _run_for(schedule: Schedule, seconds: float, heard: Callable[..., object]) -> None:
    """Real seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await schedule.run(heard)


async def _run_until(
    schedule: Schedule, enough: Callable[[], bool], heard: Callable[[Order, Evidence], object]
) -> None:
    """Until enough was heard, however loaded the machine is."""
    over = asyncio.Event()

    def hear(order: Order, evidence: Evidence) -> None:
        heard(order, evidence)
        if enough():
            over.set()

    running = asyncio.create_task(schedule.run(hear))
    async with asyncio.timeout(60):
        await over.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_every_target_is_heard_at_its_interval() -> None:
    async def perform(order: Order) -> Evidence:
        return _evidence(order)

    targets = [Target(f"t{n}", None, 3.0, 1.0) for n in range(40)]
    schedule = Schedule(targets, _clock(), perform, vantages=("a", "b"))
    heard: dict[tuple[str, str], int] = dict.fromkeys(
        ((f"t{n}", vantage) for n in range(40) for vantage in "ab"), 0
    )

    def count(_: Order, evidence: Evidence) -> None:
        heard[(evidence.subject, evidence.vantage)] += 1

    await _run_until(schedule, lambda: min(heard.values()) >= 3, count)
    assert len(heard) == len(schedule) == 80
    assert max(heard.values()) <= 5 + schedule.counts().skipped
    told = schedule.counts()
    assert told.started == told.ended >= sum(heard.values())
    assert (told.defects, told.under_way, told.waiting) == (0, 0, 0)
    lag = schedule.lag()
    assert 0 <= lag.median <= lag.p99 <= lag.worst


async def test_a_probe_that_still_runs_is_not_started_again() -> None:
    under_way, most = 0, 0

    async def perform(order: Order) -> Evidence:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.25)
        under_way -= 1
        return _evidence(order)

    schedule = Schedule([Target("t", None, 1.0, 0.5)], _clock(), perform)
    await _run_for(schedule, 0.95, lambda *_: None)
    told = schedule.counts()
    assert most == 1
    assert told.started <= 4
    assert told.skipped >= 3


async def test_too_much_work_is_told_as_lag_and_not_piled_up() -> None:
    async def perform(order: Order) -> Evidence:
        await asyncio.sleep(0.1)
        return _evidence(order)

    targets = [Target(f"t{n}", None, 2.0, 1.0) for n in range(40)]
    schedule = Schedule(targets, _clock(), perform, together=4)
    lags: list[float] = []
    task = asyncio.create_task(schedule.run(lambda *_: lags.append(schedule.lag().waiting)))
    await asyncio.sleep(0.9)
    told = schedule.counts()
    assert told.under_way == 4
    assert told.under_way + told.waiting <= 40
    assert told.skipped > 0
    assert schedule.lag().worst > 0.5
    assert max(lags) > 0.5
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_confirmation_goes_before_what_waits() -> None:
    order_of: list[tuple[str, bool]] = []
    asked = False

    async def perform(order: Order) -> Evidence:
        order_of.append((order.target.name, order.extra))
        await asyncio.sleep(0.01)
        return _evidence(order)

    def heard(order: Order, _: Evidence) -> None:
        nonlocal asked
        if not asked and schedule.counts().waiting > 20:
            asked = True
            assert schedule.ask("t0", "here", address=IP)
            order_of.append(("asked", True))

    targets = [Target(f"t{n}", None, 0.5, 0.4) for n in range(60)]
    schedule = Schedule(targets, _clock(), perform, together=1)
    await _run_for(schedule, 0.5, heard)
    at = order_of.index(("asked", True))
    assert ("t0", True) in order_of[at + 1 : at + 4], "at most what had started went before it"
    assert schedule.counts().extra == 1


async def test_a_confirmation_is_done_at_its_time() -> None:
    starts: list[float] = []
    started = asyncio.Event()
    clock = _clock()

    async def perform(order: Order) -> Evidence:
        starts.append(clock.now())
        started.set()
        return _evidence(order)

    schedule = Schedule([Target("t", None, 10_000.0, 1.0)], clock, perform)
    task = asyncio.create_task(schedule.run(lambda *_: None))
    await asyncio.sleep(0)
    due = clock.now() + 2.0
    assert schedule.ask("t", "here", due)
    async with asyncio.timeout(30):
        await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert due - 0.01 <= starts[0] < due + 20.0, "a loaded machine may be late"


async def test_a_defect_of_a_probe_is_counted_and_the_rest_goes_on() -> None:
    async def perform(order: Order) -> Evidence:
        if order.target.name == "bad":
            raise KeyError("no such thing")
        return _evidence(order)

    targets = [Target(name, None, 1.0, 0.5) for name in ("bad", "good")]
    schedule = Schedule(targets, _clock(), perform)
    heard: list[str] = []
    await _run_for(schedule, 0.35, lambda o, e: heard.append(e.subject))
    assert set(heard) == {"good"}
    assert len(heard) >= 2
    assert schedule.counts().defects >= 2
    assert schedule.defect == "KeyError: 'no such thing'"


async def test_what_the_hearer_raises_ends_the_run_and_is_raised() -> None:
    async def perform(order: Order) -> Evidence:
        return _evidence(order)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    targets = [Target(f"t{n}", None, 1.0, 0.5) for n in range(10)]
    schedule = Schedule(targets, _clock(), perform)
    with pytest.raises(OSError, match="No space left"):
        await schedule.run(full)
    assert schedule.counts().under_way == 0


async def test_an_ended_schedule_may_run_again() -> None:
    async def perform(order: Order) -> Evidence:
        await asyncio.sleep(0.05)
        return _evidence(order)

    schedule = Schedule([Target(f"t{n}", None, 1.0, 0.5) for n in range(20)], _clock(), perform)
    heard: set[str] = set()
    for _ in range(2):
        heard.clear()
        await _run_until(schedule, lambda: len(heard) == 20, lambda o, e: heard.add(e.subject))


async def test_a_cancelled_schedule_leaves_no_socket_and_no_task(tmp_path: Path) -> None:
    many = asyncio.Event()

    async def waits(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        if net.connections > 40:
            many.set()
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.stream(IP, 80, waits)
        network = net.network()
        probing = Probing([network])
        targets = [Target(f"t{n}", HttpProbe(f"http://x.test/{n}"), 80.0, 70.0) for n in range(600)]
        schedule = Schedule(targets, network.clock, probing, vantages=probing.vantages)
        sockets, tasks = _sockets(), len(asyncio.all_tasks())
        task = asyncio.create_task(schedule.run(lambda *_: None))
        async with asyncio.timeout(30):
            await many.wait()
        assert _sockets() >= sockets + 20
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await probing.close()
        assert time.monotonic() - began < 3.0, "they would have waited for seven seconds"
        await asyncio.sleep(0.1)
        assert task.cancelled()
        assert _sockets() <= sockets
        assert len(asyncio.all_tasks()) <= tasks


async def test_hundreds_of_probes_go_to_real_sockets(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1.0) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hi"))
        network = net.network()
        probing = Probing([network])
        targets = [Target(f"t{n}", HttpProbe("http://x.test/"), 2.0, 1.5) for n in range(300)]
        targets.append(Target("gone", TcpProbe("198.18.9.9", 80), 2.0, 1.0))
        schedule = Schedule(targets, network.clock, probing, vantages=("test",))
        fine: set[str] = set()
        unseen: set[str] = set()

        def hear(_: Order, evidence: Evidence) -> None:
            if evidence.value is None:
                unseen.add(evidence.subject)
            elif evidence.value["ok"]:
                fine.add(evidence.subject)

        await _run_until(schedule, lambda: len(fine) == 300 and bool(unseen), hear)
        await probing.close()
    assert unseen == {"gone"}, "what is not on the map of this internet was not looked at"


async def test_no_more_than_so_many_go_to_one_address_at_once() -> None:
    inside = {"198.18.0.1": 0, "198.18.0.2": 0, "127.0.0.1": 0}
    most = dict(inside)
    gate = places(3)
    crowded = []

    async def go(ip: str) -> None:
        try:
            place = gate(ip)
            await place.__aenter__()
        except Crowded:
            crowded.append(ip)
            return
        try:
            inside[ip] += 1
            most[ip] = max(most[ip], inside[ip])
            await asyncio.sleep(0.005)
            inside[ip] -= 1
        finally:
            await place.__aexit__(None, None, None)

    await asyncio.gather(*(go(ip) for ip in inside for _ in range(20)))
    assert most == {"198.18.0.1": 3, "198.18.0.2": 3, "127.0.0.1": 20}
    assert sorted(crowded) == ["198.18.0.1"] * 14 + ["198.18.0.2"] * 14, "three more may wait"
    limited = places(3, 2)
    async with limited("127.0.0.1"), limited("127.0.0.1"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02), limited("127.0.0.1"):
                pytest.fail("there were two already")
    async with limited("127.0.0.1"):
        pass


async def test_a_silent_edge_does_not_keep_probes_from_other_addresses(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page("hi"))
        await net.stream("198.18.2.81", 80, silent)
        network = net.network()
        probing = Probing([network], at_once=4)
        targets = [
            Target(f"slow{n}", HttpProbe(f"http://198.18.2.81/{n}"), 12.0, 10.0) for n in range(60)
        ]
        targets += [Target(f"fast{n}", HttpProbe(f"http://{IP}/{n}"), 5.0, 4.0) for n in range(20)]
        schedule = Schedule(targets, network.clock, probing, vantages=probing.vantages, together=16)
        fast: set[str] = set()
        slow: list[bool] = []
        refused: set[str] = set()

        def hear(_: Order, evidence: Evidence) -> None:
            if isinstance(evidence.finding, Unanswered):
                refused.add(evidence.finding.reason)
            elif isinstance(evidence.finding, Seen) and evidence.subject.startswith("slow"):
                slow.append(evidence.finding.value["ok"])
            elif isinstance(evidence.finding, Seen) and evidence.finding.value["ok"]:
                fast.add(evidence.subject)

        enough = lambda: len(fast) == 20 and bool(slow) and bool(refused)  # noqa: E731
        await _run_until(schedule, enough, hear)
        await probing.close()
    assert set(slow) == {False}
    assert refused == {"not asked: 4 probes are there already"}


async def test_a_journey_is_walked_within_its_time(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page("hi"))
        await net.stream("198.18.2.81", 80, silent)
        network = net.network()
        probing = Probing([network])
        fine = Walk((Step(url="http://x.test/${user}"),), {"user": "me"})
        slow = Walk((Step(url="http://198.18.2.81/"),))

        async def walk(what: Walk) -> Evidence:
            target = Target("x/front", what, 30.0, 5.0)
            return await probing(Order(target, "test", 0.0, 0))

        found, late = await walk(fine), await walk(slow)
        await probing.close()
    assert found.kind == late.kind == "probe.journey"
    assert found.value is not None
    assert found.value["ok"] is True
    assert b"GET /me " in net.heads[0]
    assert late.value is not None
    assert (late.value["state"], late.value["steps"][0]["layer"]) == ("down", "http")
    assert "within" in late.value["steps"][0]["reason"]


def test_no_more_probes_than_files_may_be_open() -> None:
    assert 16 <= most_together() <= 4096


def _sockets() -> int:
    links = [f"/proc/self/fd/{each}" for each in os.listdir("/proc/self/fd")]
    return sum(os.path.islink(x) and os.readlink(x).startswith("socket:") for x in links)


async def test_after_a_stand_the_schedule_goes_on_without_a_storm() -> None:
    """As by SIGSTOP and SIGCONT."""

    async def perform(order: Order) -> Evidence:
        return _evidence(order)

    targets = [Target(f"t{n}", None, 4.0, 1.0) for n in range(400)]
    schedule = Schedule(targets, _clock(1.0), perform)
    heard: list[float] = []
    running = asyncio.create_task(schedule.run(lambda *_: heard.append(time.monotonic())))
    await asyncio.sleep(0.3)
    time.sleep(3.5)  # noqa: ASYNC251 (nothing is started meanwhile)
    woke, before = time.monotonic(), len(heard)
    await asyncio.sleep(0.2)
    at_once = len(heard) - before
    await asyncio.sleep(4.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert at_once < 300, "those of the last 2 s, and not of 3.5 s"
    assert len({round(at - woke) for at in heard[before + at_once :]}) >= 4, "evenly from then on"
    assert schedule.counts().skipped > 50
