"""Agents and their hub over real sockets: all confirm at once, one that is refused blames none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.log import read
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, watching
from downwind.jobs.watching.vantage import performing
from downwind.model import Model
from downwind.observe import Network
from downwind.show.web import build_app, check_bind, serving, tokens_of
from downwind.terms import Evidence, State, Unanswered
from downwind.watch.vantages import HubAddress, VantageOptions, run_vantage
from tests.observe.tinynet import TinyInternet, page, usual

pytestmark = pytest.mark.timeout(120)

PAGE = "x.test/page"
TOKENS = {"paris": "the-token-of-paris-123", "oslo": "the-token-of-oslo-12345"}
NETWORKS = {"here": "AS64500", "paris": "AS64501", "oslo": "AS64502"}


@dataclass
class Door:
    """A server, and when each request came."""

    status: str = "200 OK"
    times: list[float] = field(default_factory=list)

    async def serve(self, reader: Any, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.times.append(time.monotonic())
        await page("hello", self.status)(reader, writer, head)


@dataclass
class Ground:
    """A hub with agents; each sees the page through a door of its own."""

    watcher: Watcher
    doors: dict[str, Door]
    told: dict[str, list[str]]
    folder: Path

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def logged(self, vantage: str) -> list[Evidence]:
        found = (record for _, record in read(self.watcher.parts.store.log_directory))
        return [each for each in found if each.vantage == vantage and each.subject == PAGE]


@asynccontextmanager
async def _ground(
    folder: Path, *agents: str, every: float, speed: float, **capability: Any
) -> AsyncIterator[Ground]:
    doors = {name: Door() for name in ("here", *agents)}
    told: dict[str, list[str]] = {name: [] for name in doors}
    page_ = {"id": "page", "probes": [{"http": "http://www2.x.test/"}], **capability}
    places = [{"name": name, "network": NETWORKS[name]} for name in agents]
    settings = {
        "every": every,
        "map_every": 0,
        "catalog_feeds": False,
        "domains": {"ask": False},
        "place": {"network": NETWORKS["here"]},
        "vantages": places,
        "tokens": [{"name": name, "token": TOKENS[name]} for name in agents],
    }
    model = Model.model_validate(
        {"services": [{"name": "x.test", "capabilities": [page_]}], "watch": settings}
    )
    async with AsyncExitStack() as stack:
        net = await stack.enter_async_context(TinyInternet(folder, speed=speed))
        await usual(net, "www2 A 198.18.8.1")
        await net.resolver()
        for number, name in enumerate(doors, 1):
            await net.web(f"198.18.8.{number}", doors[name].serve)
        options = WatchOptions(
            model,
            Network.from_handout(net.handout()),
            Catalog.from_texts([]),
            folder / "watch",
            told=told["here"].append,
        )
        watcher = await stack.enter_async_context(watching(options))
        access = check_bind("127.0.0.1", tokens_of(options.settings.tokens, set(agents)))
        url = await stack.enter_async_context(
            serving(build_app(LiveHub(watcher), access), "127.0.0.1", 0)
        )
        for number, name in enumerate(agents, 2):
            dial = {**net.dial, "198.18.8.1": net.dial[f"198.18.8.{number}"]}
            network = Network.from_handout(net.handout(vantage=name, dial=dial))
            probe = await stack.enter_async_context(performing(network))
            chosen = VantageOptions(
                name=name,
                hub=HubAddress(url, TOKENS[name]),
                folder=folder / name,
                probe=probe,
                clock=network.clock,
                told=told[name].append,
            )
            task = asyncio.create_task(run_vantage(chosen))
            stack.push_async_callback(_ended, task)
        yield Ground(watcher, doors, told, folder)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_agent_confirms_within_three_seconds_though_its_interval_is_a_minute(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, "paris", every=60, speed=1.0) as ground:
        await ground.until(lambda: bool(ground.told["paris"]))
        for door in ground.doors.values():
            door.status = "500 Broken"
            door.times.clear()
        ground.watcher.parts.schedule.ask(PAGE, "here")
        paris = ground.doors["paris"].times
        await ground.until(lambda: bool(paris))
        failed = ground.doors["here"].times[0]
        assert paris[0] - failed < 3.0
        await ground.until(lambda: bool(ground.logged("paris")), 3.0)


async def test_an_agent_probes_again_at_each_step_of_a_confirmation(tmp_path: Path) -> None:
    speed, late = 4.0, 3.0
    async with _ground(tmp_path, "paris", every=600, speed=speed) as ground:
        await ground.until(lambda: bool(ground.told["paris"]))
        for door in ground.doors.values():
            door.status = "500 Broken"
            door.times.clear()
        ground.watcher.parts.schedule.ask(PAGE, "here")
        await ground.until(lambda: bool(ground.doors["here"].times))
        failed = ground.doors["here"].times[0]
        await asyncio.sleep((10.0 + late) / speed)
        after = [(each - failed) * speed for each in ground.doors["paris"].times]
        for step in (0.0, 5.0, 10.0):
            assert [each for each in after if step <= each < step + late], (step, after)


async def test_a_rate_limited_vantage_has_no_vote_and_the_target_is_up(tmp_path: Path) -> None:
    async with _ground(tmp_path, "paris", "oslo", every=30, speed=20.0) as ground:
        ground.doors["oslo"].status = "429 Too Many Requests"
        await ground.until(lambda: len(ground.logged("oslo")) >= 3)
        await ground.until(lambda: len(ground.logged("paris")) >= 3)
        await asyncio.sleep(1.0)
        picture = ground.watcher.picture
        assert {each.state for each in picture.targets if each.key == PAGE} == {State.UP}
        assert not picture.incidents
        seen = [record.value for record in ground.logged("oslo")]
        told = {(value["steps"][0]["status"], value["state"]) for value in seen if value}
        assert told == {(429, "up")}


async def test_what_no_place_can_perform_is_unknown_and_told_and_never_down(
    tmp_path: Path,
) -> None:
    journey = [
        {"do": "message", "url": "http://www2.x.test/", "sender": "a", "to": "b", "text": "c"}
    ]
    async with _ground(
        tmp_path, "paris", every=30, speed=20.0, journey=journey, probes=[]
    ) as ground:
        await ground.until(lambda: len(ground.logged("paris")) >= 2)
        await ground.until(lambda: len(ground.logged("here")) >= 2)
        await asyncio.sleep(0.5)
        for name in ("here", "paris"):
            for record in ground.logged(name):
                assert isinstance(record.finding, Unanswered)
                assert record.finding.reason == "nothing here performs a step of message"
        picture = ground.watcher.picture
        assert {each.state for each in picture.targets if each.key == PAGE} == {None}
        assert not picture.incidents
        unknown = f"{PAGE} stays unknown: nothing here performs a step of message."
        assert unknown in ground.told["here"]


async def test_an_agent_tells_when_it_is_ordered(tmp_path: Path) -> None:
    async with _ground(tmp_path, "paris", every=30, speed=20.0) as ground:
        await ground.until(lambda: bool(ground.told["paris"]))
        many = len(ground.watcher.live.setting.watched)
        assert ground.told["paris"][0].endswith(f" orders {many} targets.")
