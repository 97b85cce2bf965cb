"""The loop holds its verdicts back while its machine is too busy, and keeps its rounds whatever
becomes of the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from downwind.catalog import Catalog
from downwind.jobs.watching import Watcher, WatchOptions, watching
from downwind.model import Model
from downwind.observe import Network
from downwind.observe.network import Clock
from downwind.terms import State
from downwind.watch.alerts.derive import severity_of
from downwind.watch.detection.latency import bin_of
from tests.jobs.watching.test_vantages import Door
from tests.observe.tinynet import TinyInternet, usual

pytestmark = pytest.mark.timeout(120)

PAGE = "x.test/page"
SERVICES = ("x.test", *(f"s{number}.x.test" for number in range(5)))
"""All on one page."""


@dataclass
class SlowDoor(Door):
    """A server that takes its time before it answers."""

    delay: float = 0.0
    """Real seconds."""

    async def serve(self, reader: Any, writer: asyncio.StreamWriter, head: bytes) -> None:
        await asyncio.sleep(self.delay)
        await super().serve(reader, writer, head)


@dataclass
class Ground:
    """One watch on one page of a server that a test breaks."""

    watcher: Watcher
    door: SlowDoor

    def state(self) -> State | None:
        return self.watcher.live.states().get(PAGE)

    async def until(self, condition: Callable[[], bool], seconds: float = 40.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def _ground(
    folder: Path, speed: float, clock_of: Callable[[Clock], Clock] = lambda clock: clock
) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        net = await stack.enter_async_context(TinyInternet(folder, speed=speed))
        await usual(net, "www2 A 198.18.8.1")
        await net.resolver()
        door = SlowDoor()
        await net.web("198.18.8.1", door.serve)
        probes = [{"http": "http://www2.x.test/"}]
        capabilities = [{"id": "page", "probes": probes}]
        services = [{"name": each, "capabilities": capabilities} for each in SERVICES]
        settings = {
            "map_every": 0,
            "timeout": 29,
            "catalog_feeds": False,
            "domains": {"ask": False},
        }
        model = Model.model_validate({"services": services, "watch": settings})
        network = Network.from_handout(net.handout())
        network = replace(network, clock=clock_of(network.clock))
        options = WatchOptions(model, network, Catalog.from_texts([]), folder / "watch")
        watcher = await stack.enter_async_context(watching(options))
        yield Ground(watcher, door)


async def _stall(seconds: float) -> None:
    """Other work takes this thread, but for a twentieth of a second now and then."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.6)  # noqa: ASYNC251 (the loop stands still)
        await asyncio.sleep(0.05)


async def test_while_the_machine_is_too_busy_nothing_is_published_and_nobody_is_blamed(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, speed=5.0) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        await _stall(5.0)
        ground.door.status = "500 Broken"
        await _stall(9.0)
        assert ground.watcher.live.latest[next(iter(ground.watcher.live.latest))].failing_since
        assert ground.state() is State.UP
        assert not ground.watcher.parts.book.ledger.incidents
        told = ground.watcher.picture.watcher
        assert (told.blind, told.healthy) == (True, False)
        assert told.reason.startswith("this machine is too busy: the watcher stood still for")
        await ground.until(lambda: bool(ground.watcher.parts.book.ledger.open()))
        assert ground.state() is State.DOWN
        assert not ground.watcher.picture.watcher.blind


async def test_a_server_that_answers_slowly_for_long_is_a_slow_incident_and_wakes_nobody(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, speed=30.0) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        # An hour of answers within ten milliseconds.
        ground.watcher.live.detector.histories[:, :, bin_of(0.01)] += 120
        ground.door.delay = 0.4
        await ground.until(lambda: bool(ground.watcher.parts.book.ledger.open()))
        assert set(ground.watcher.live.states().values()) == {State.UP}
        (incident,) = ground.watcher.parts.book.ledger.open()
        assert incident.slow
        assert incident.victims == {f"{each}/page" for each in SERVICES}
        assert severity_of(incident) == "warning"
        await ground.until(lambda: bool(ground.watcher.picture.running()))
        (told,) = ground.watcher.picture.running()
        assert (told.slow, told.phase) == (True, "open")


class SetClock(Clock):
    """A clock that a test sets."""

    ahead: ClassVar[list[float]] = [0.0]

    def now(self) -> float:
        return super().now() + self.ahead[0]


def _settable(clock: Clock) -> Clock:
    SetClock.ahead[0] = 0.0
    return SetClock(clock.scenario, clock.monotonic, clock.speed, clock.floor)


@pytest.mark.parametrize("step", [-3600.0, -100.0, 3600.0])
async def test_a_clock_that_is_set_puts_rounds_neither_off_nor_together(
    tmp_path: Path, step: float
) -> None:
    async with _ground(tmp_path, speed=60.0, clock_of=_settable) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        ground.door.status = "500 Broken"
        await ground.until(lambda: bool(ground.watcher.parts.book.ledger.open()))
        rounds = []
        judge = ground.watcher.judge

        async def counted(*, regular: bool) -> None:
            rounds.append(regular)
            await judge(regular=regular)

        ground.watcher.judge = counted  # type: ignore[method-assign]
        SetClock.ahead[0] = step
        ground.door.status = "200 OK"
        began = time.monotonic()
        await ground.until(lambda: not ground.watcher.parts.book.ledger.open())
        passed = (time.monotonic() - began) / 0.5
        assert 3 <= sum(rounds) <= passed + 1
        assert passed < 16, "half of it is what was heard before the clock was set"
