"""A watch that asks Globalping: its word counts as one voice, and only where something fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.log import read
from downwind.jobs.watching import Watcher, WatchOptions, watching
from downwind.model import Model
from downwind.observe import Endpoint, Network
from downwind.observe.globalping import Globalping
from downwind.terms import Evidence, State
from tests.jobs.watching.test_vantages import Door
from tests.observe.globalping.server import FakeGlobalping, http_result
from tests.observe.tinynet import TinyInternet, usual

pytestmark = pytest.mark.timeout(120)

PAGE = "x.test/page"
SERVICES = ("x.test", *(f"s{number}.x.test" for number in range(5)))
"""All on one page."""


@dataclass
class Ground:
    """One watch on one page, which Globalping sees too."""

    watcher: Watcher
    door: Door
    globalping: FakeGlobalping

    def state(self) -> State | None:
        return self.watcher.live.states().get(PAGE)

    def cut(self) -> None:
        """From here nothing leads to the page any more."""
        dial = self.watcher.options.network.dial
        assert dial is not None
        assert isinstance(dial.routes, dict)
        dial.routes["198.18.8.1", "tcp", 80] = Endpoint("127.0.0.1", 9)

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def rounds(self, many: int) -> None:
        await self.watcher.options.network.clock.sleep(many * 30.0)

    def logged(self) -> list[Evidence]:
        records = (record for _, record in read(self.watcher.parts.store.log_directory))
        return [each for each in records if each.vantage == "globalping"]


@asynccontextmanager
async def _ground(
    folder: Path, results: list[dict[str, Any]], **fake: Any
) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        globalping = FakeGlobalping(results, **fake)
        await stack.enter_async_context(globalping)
        net = await stack.enter_async_context(TinyInternet(folder, speed=30.0))
        await usual(net, "www2 A 198.18.8.1")
        await net.resolver()
        door = Door()
        await net.web("198.18.8.1", door.serve)
        net.dial["127.0.0.1"] = {f"tcp/{globalping.port}": ["127.0.0.1", globalping.port]}
        probes = [{"http": "http://www2.x.test/"}]
        services = [
            {"name": name, "capabilities": [{"id": "page", "probes": probes}]} for name in SERVICES
        ]
        settings = {
            "map_every": 0,
            "catalog_feeds": False,
            "domains": {"ask": False},
            "globalping": {"api": globalping.url},
        }
        model = Model.model_validate({"services": services, "watch": settings})
        network = Network.from_handout(net.handout())
        options = WatchOptions(model, network, Catalog.from_texts([]), folder / "watch")
        watcher = await stack.enter_async_context(watching(options))
        yield Ground(watcher, door, globalping)


async def test_while_all_is_well_nobody_is_asked(tmp_path: Path) -> None:
    async with _ground(tmp_path, [http_result(200)]) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        await ground.rounds(4)
        assert ground.globalping.requests == []


async def test_what_others_see_well_is_not_down_and_nobody_is_blamed_but_the_vantage(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, [http_result(200)]) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        ground.cut()
        await ground.until(lambda: len(ground.logged()) >= 3)
        await ground.rounds(8)
        assert ground.state() is not State.DOWN
        kinds = {each.cause.kind for each in ground.watcher.parts.book.ledger.incidents.values()}
        assert kinds == {"vantage"}


async def test_what_others_see_fail_too_is_down_and_their_word_is_kept_with_its_place(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, [http_result(500)]) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        ground.door.status = "500 Broken"
        await ground.until(lambda: ground.state() is State.DOWN)
        told = [each for each in ground.logged() if each.subject == PAGE]
        places = {str(each.value["place"]) for each in told if each.value}
        assert len(places) == 3
        assert all(place.startswith("globalping:") for place in places)
        await ground.until(lambda: bool(ground.watcher.parts.book.ledger.open()))


async def test_where_it_takes_no_more_the_own_vantage_decides_and_the_page_says_why(
    tmp_path: Path,
) -> None:
    async with _ground(tmp_path, [http_result(200)], remaining=0) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        ground.door.status = "500 Broken"
        await ground.until(lambda: ground.state() is State.DOWN)
        (told,) = [each for each in ground.watcher.picture.vantages if each.on_demand]
        assert not told.healthy
        assert told.reason


async def test_one_that_stays_down_is_asked_for_ever_more_seldom(tmp_path: Path) -> None:
    async with _ground(tmp_path, [http_result(500)]) as ground:
        await ground.until(lambda: ground.state() is State.UP)
        ground.door.status = "500 Broken"
        await ground.until(lambda: ground.state() is State.DOWN)
        await ground.rounds(8)
        # 4 minutes: asked for at 0, 1 and 3 minutes, and once more at most.
        of_this = [each for each in ground.logged() if each.subject == PAGE]
        assert 2 * 3 <= len(of_this) <= 4 * 3


async def test_an_answer_that_makes_us_stumble_ends_no_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _ground(tmp_path, [http_result(500)]) as ground:
        await ground.until(lambda: ground.state() is State.UP)

        async def stumble(*_: object, **__: object) -> None:
            raise KeyError("a defect")

        monkeypatch.setattr(Globalping, "look", stumble)
        ground.door.status = "500 Broken"
        await ground.until(lambda: ground.state() is State.DOWN)
        (told,) = [each for each in ground.watcher.picture.vantages if each.on_demand]
        assert told.reason == "our own defect: KeyError"
