"""Delivery over real sockets: failures, slow receivers, and a watcher that ends in between."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from downwind.terms import Evidence, State
from downwind.watch.alerts import (
    AlertmanagerRoute,
    Deliverer,
    Limits,
    Outbox,
    Route,
    WebhookRoute,
)
from downwind.watch.history import Book, GroupKeeper, Telling, WatchStore, restore
from downwind.watch.incidents import Observed, parts_of
from tests.watch.alerts.sinks import HttpSink, check_alertmanager, http_sink
from tests.watch.incidents.rounds import T0, Said, fault

SITES = tuple(f"s{n}.test/load" for n in range(6))


class Fast:
    """A clock that goes a hundred times as fast as this machine's."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def now(self) -> float:
        return T0 + (time.monotonic() - self.began) * 100

    async def sleep(self, scenario_seconds: float) -> None:
        await asyncio.sleep(scenario_seconds / 100)


class Watcher:
    """The parts of a watcher that alert, put together as its loop does it."""

    def __init__(self, directory: Path, routes: Sequence[Route]) -> None:
        self.clock = Fast()
        self.outbox = Outbox([r.name for r in routes], Limits(first_retry=5))
        telling = Telling(self.outbox)
        self.store = WatchStore(directory, self.clock.now)
        restored = restore(self.store, telling, self.clock.now())
        self.keeper = GroupKeeper(self.store)
        self.deliverer = Deliverer(routes, self.outbox, self.keep, self.clock)
        self.book = Book(
            restored.decided, telling, self.keeper.keep, self.clock.now, self.deliverer.wake
        )
        self.forgets = False

    async def keep(self, records: Sequence[Evidence]) -> bool:
        """With `forgets` it ends after it sent and before that is logged."""
        if self.forgets:
            await asyncio.Event().wait()
        return await self.keeper.keep(records)

    async def round(self, *faults: Said) -> None:
        failing = {t for f in faults for t in f.explains}
        states = {t: State.DOWN if t in failing else State.UP for t in SITES}
        await self.book.round(Observed(self.clock.now(), faults, states))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.deliverer.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.keeper.close()
            self.store.close()


async def until(sink: HttpSink, count: int) -> list[str]:
    """The ids that a sink got, once it got as many."""
    await sink.got_all(count)
    return [json.loads(body)["alert"]["id"].rpartition("/")[2] for body in sink.bodies]


def hook(name: str, sink: HttpSink, **more: float) -> WebhookRoute:
    return replace(WebhookRoute(name, sink.url, time.time), **more)  # type: ignore[arg-type]


async def test_a_receiver_that_fails_twice_gets_the_alert_the_third_time(tmp_path: Path) -> None:
    async with http_sink(500, 503) as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            assert await until(sink, 3) == ["1", "1", "1"]
            await asyncio.sleep(0.05)
            (health,) = watcher.deliverer.health()
    assert (health.pending, health.reason) == (0, "")
    assert health.last_sent is not None
    assert len(sink.bodies) == 3


async def test_a_slow_receiver_holds_up_no_other(tmp_path: Path) -> None:
    async with http_sink(3.0) as slow, http_sink() as quick:
        watcher = Watcher(tmp_path, [hook("slow", slow, timeout=3.5), hook("quick", quick)])
        async with watcher.running():
            began = time.monotonic()
            await watcher.round(fault("aws", SITES[:3]))
            await until(quick, 1)
            assert time.monotonic() - began < 2.5


async def test_what_was_not_sent_is_sent_after_a_restart(tmp_path: Path) -> None:
    async with http_sink(*[500] * 1000) as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            await until(sink, 2)
            assert watcher.deliverer.health()[0].reason == "127.0.0.1 answers with status 500"
        sink.plan.clear()
        sink.bodies.clear()
        again = Watcher(tmp_path, [hook("a", sink)])
        async with again.running():
            assert await until(sink, 1) == ["1"]


async def test_what_was_sent_is_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    async with http_sink() as sink:
        for life in range(3):
            watcher = Watcher(tmp_path, [hook("a", sink)])
            async with watcher.running():
                await watcher.round(fault("aws", SITES[:3]))
                await until(sink, 1)
                await asyncio.sleep(0.3)
                if life == 1:
                    assert await watcher.book.snapshot(watcher.store)
    assert len(sink.bodies) == 1


async def test_a_watcher_that_ends_before_the_sending_is_logged_sends_the_same_id_again(
    tmp_path: Path,
) -> None:
    async with http_sink() as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        watcher.forgets = True
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            await until(sink, 1)
        async with Watcher(tmp_path, [hook("a", sink)]).running():
            await until(sink, 2)
        first, second = (request.headers["X-Downwind-Delivery"] for request in sink.got)
        assert first == second


async def test_the_beginning_and_the_end_come_in_order(tmp_path: Path) -> None:
    async with http_sink() as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            await until(sink, 1)
            for _ in range(3):
                await watcher.round()
            await until(sink, 2)
    kinds = [json.loads(body)["alert"]["kind"] for body in sink.bodies]
    assert kinds == ["opened", "closed"]


async def test_alertmanager_is_told_again_what_stands_until_it_is_over(tmp_path: Path) -> None:
    async with http_sink() as sink:
        route = AlertmanagerRoute("am", sink.url, lambda: T0 + 9, repeat=10.0)
        watcher = Watcher(tmp_path, [route])
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            await sink.got_all(3)
            for _ in range(3):
                await watcher.round()
            await asyncio.sleep(0.7)
            told = len(sink.bodies)
            await asyncio.sleep(0.3)
            assert len(sink.bodies) == told
    for body in sink.bodies:
        check_alertmanager(json.loads(body))


async def test_a_route_that_breaks_ends_no_other(tmp_path: Path) -> None:
    class Broken:
        name = "broken"
        hosts = ()

        async def send(self, alert: object) -> None:
            raise RuntimeError("a plugin of somebody")

    async with http_sink() as sink:
        watcher = Watcher(tmp_path, [Broken(), hook("a", sink)])
        async with watcher.running():
            await watcher.round(fault("aws", SITES[:3]))
            await until(sink, 1)
            await asyncio.sleep(0.02)
            broken, _ = watcher.deliverer.health()
    assert broken.reason == "it broke: RuntimeError"


async def test_what_is_due_is_sent_once_more_when_a_watcher_ends(tmp_path: Path) -> None:
    async with http_sink() as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        await watcher.round(fault("aws", SITES[:3]))
        await watcher.deliverer.drain()
        assert len(sink.bodies) == 1
        await watcher.keeper.close()
        watcher.store.close()


async def test_nothing_is_sent_before_its_event_is_on_disk(tmp_path: Path) -> None:
    async with http_sink() as sink:
        watcher = Watcher(tmp_path, [hook("a", sink)])
        gate = asyncio.Event()

        async def slow(records: Sequence[Evidence]) -> bool:
            await gate.wait()
            return await watcher.keeper.keep(records)

        watcher.book._keep = slow
        async with watcher.running():
            deciding = asyncio.create_task(watcher.round(fault("aws", SITES[:3])))
            await asyncio.sleep(0.1)
            assert sink.bodies == []
            assert watcher.book.ledger.open() == ()
            gate.set()
            await deciding
            await until(sink, 1)
            (incident,) = watcher.book.ledger.open()
    assert parts_of(incident, T0).who == "aws"
