"""A snapshot passes nothing over, a clock that is set costs nothing, and each chore is its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import pytest

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog, read
from downwind.jobs.watching import Watcher, WatchOptions, watching
from downwind.jobs.watching.house import House
from downwind.jobs.watching.parts import Parts
from downwind.model import Model
from downwind.observe import Network
from downwind.observe.network import Clock
from downwind.questions.hidden import Decision, Hidden, decision_to_json
from downwind.terms import DownwindError, Evidence, Seen
from downwind.watch.alerts import Outbox
from downwind.watch.history import (
    Book,
    GroupKeeper,
    Rollups,
    Telling,
    WatchStore,
    restore,
    state_of,
)
from downwind.watch.live.keeping import recall
from downwind.watch.live.state import NEED
from downwind.watch.vantages import Inbox
from tests.watch.live.play import BEGAN, Play, model_of, probe, shops

DAY = 86_400.0
MODEL = model_of(shops(2, "fastly"))


@dataclass(frozen=True)
class SetClock(Clock):
    """A clock that is set by whoever likes."""

    times: list[float] = field(default_factory=lambda: [BEGAN])

    def now(self) -> float:
        return self.times[-1]


@dataclass
class SlowKeeper:
    """Keeps at once, and says so later."""

    store: WatchStore
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, records: Sequence[Evidence]) -> bool:
        kept = self.store.keep(records)
        await self.go_on.wait()
        return kept


@dataclass
class Home:
    """A house with a real store, and nobody who probes."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    segment_bytes: int = 64 * 1024 * 1024
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = WatchStore(self.folder, self.clock.now, segment_bytes=self.segment_bytes)
        self.live = Play(MODEL).live
        self.keeper = SlowKeeper(self.store)
        self.outbox = Outbox(["pager"])
        telling = Telling(self.outbox)
        self.restored = restore(
            self.store,
            telling,
            BEGAN,
            hear=self.live.hear,
            recall=lambda parts: recall(self.live, parts),
        )
        quick = GroupKeeper(self.store)
        decided = self.restored.decided
        self.book = Book(decided, telling, quick.keep, self.clock.now, heard=self.live.hear)
        network = replace(Network.real(), clock=self.clock)
        options = WatchOptions(MODEL, network, Catalog.load([]), self.folder, told=self.told.append)
        unused = cast(Any, None)
        parts = Parts(
            self.store,
            cast(GroupKeeper, self.keeper),
            self.book,
            deliverer=unused,
            schedule=unused,
            reading=unused,
            inbox=Inbox(self.clock.now),
            confirmations=unused,
            registrations=unused,
        )
        self.house = House(options, self.live, parts)

    @property
    def titles(self) -> list[str]:
        return [change.title for change in self.live.changes]


def _change(title: str, at: float = BEGAN) -> Evidence:
    value = {"title": title, "service": "*", "by": "", "url": ""}
    return Evidence("*", "change.deploy", Seen(value), at, "here")


async def test_no_snapshot_passes_over_what_is_on_disk_and_does_not_count_yet(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    taking = asyncio.create_task(home.house.take_in([_change("v1")]))
    await asyncio.sleep(0.05)
    snapshot = asyncio.create_task(home.house.snapshot())
    await asyncio.sleep(0.2)
    assert not snapshot.done()
    assert home.titles == []
    home.keeper.go_on.set()
    await asyncio.gather(taking, snapshot)
    home.store.close()
    again = Home(tmp_path)
    assert again.restored.snapshot_at is not None
    assert again.restored.replayed == 0
    assert again.titles == ["v1"]
    again.store.close()


async def test_who_gives_up_waiting_does_not_undo_what_is_on_disk(tmp_path: Path) -> None:
    home = Home(tmp_path)
    taking = asyncio.create_task(home.house.take_in([_change("v1")]))
    await asyncio.sleep(0.05)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    home.keeper.go_on.set()
    await home.house.snapshot()
    assert home.titles == ["v1"]
    home.store.close()
    again = Home(tmp_path)
    assert again.titles == ["v1"]
    again.store.close()


async def test_what_was_logged_before_the_snapshots_state_and_after_its_place_counts_once(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.keeper.go_on.set()
    place = home.store.place()
    assert place is not None
    await home.house.take_in([_change("v1"), _change("v2", BEGAN + 1)])
    parts = {**state_of(home.book.decided, home.outbox), **await home.house._others()}
    assert home.store.snapshot(parts, place)
    home.store.close()
    again = Home(tmp_path)
    assert (again.restored.unread, again.restored.replayed) == ("", 2)
    assert again.titles == ["v1", "v2"]
    again.store.close()


async def test_a_snapshot_of_another_version_is_told_and_the_log_gives_all_of_it(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.keeper.go_on.set()
    await home.house.take_in([_change("v1")])
    place = home.store.place()
    assert place is not None
    whole = {**await home.house._others(), "live": b'{"version": 1}'}

    async def others() -> dict[str, bytes]:
        return whole

    assert await home.book.snapshot(home.store, others)
    home.store.close()
    again = Home(tmp_path)
    assert "its version is 1, not 3" in again.restored.unread
    assert again.titles == ["v1"]
    again.store.close()


def _probes(days: Sequence[float]) -> list[Evidence]:
    draw = random.Random(3)
    return [probe("shop0.test/page", BEGAN - day * DAY + draw.random()) for day in days]


def _fill(folder: Path) -> None:
    with EvidenceLog(folder / "log", segment_bytes=5_000) as log:
        log.append_many(_probes([30] * 40 + [10] * 40))


def _rolled_up(folder: Path) -> Path:
    """The roll-up of the second segment."""
    Rollups(folder / "rollups").roll(folder / "log")
    return folder / "rollups" / "00000002.parquet"


async def _until(reached: Callable[[], bool]) -> None:
    for _ in range(1000):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


@pytest.mark.parametrize("leap", [0.0, 400 * DAY, -400 * DAY])
async def test_a_clock_that_is_set_makes_nothing_older_than_it_is(
    tmp_path: Path, leap: float
) -> None:
    _fill(tmp_path)
    home = Home(tmp_path, segment_bytes=5_000)
    await home.house.snapshot()
    home.clock.times.append(BEGAN + leap)
    await home.house.snapshot()
    assert home.house.sum_up_once(()) == ()
    left = [r.at for _, r in read(tmp_path / "log") if r.kind == "probe.http"]
    assert sum(at > BEGAN - 11 * DAY for at in left) == 40
    assert (sum(at < BEGAN - 11 * DAY for at in left) < 40) is (leap >= 0)
    home.store.close()


async def test_a_roll_up_that_is_broken_holds_up_neither_the_others_nor_the_letting_go(
    tmp_path: Path,
) -> None:
    _fill(tmp_path)
    home = Home(tmp_path, segment_bytes=5_000)
    await home.house.snapshot()
    await home.house.snapshot()
    broken = _rolled_up(tmp_path)
    broken.write_bytes(b"junk")
    (trouble,) = home.house.sum_up_once(())
    assert "00000002.parquet" in trouble
    left = [r.at for _, r in read(tmp_path / "log") if r.kind == "probe.http"]
    assert sum(at < BEGAN - 11 * DAY for at in left) < 40
    broken.unlink()
    assert home.house.sum_up_once(()) == ()
    home.store.close()


async def test_what_no_roll_up_can_be_made_of_does_not_keep_the_rest_from_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(tmp_path)
    home = Home(tmp_path, segment_bytes=5_000)
    await home.house.snapshot()
    await home.house.snapshot()
    _rolled_up(tmp_path)
    monkeypatch.setattr(Rollups, "roll", _no_room)
    assert home.house.sum_up_once(()) == ("no room",)
    left = [r.at for _, r in read(tmp_path / "log") if r.kind == "probe.http"]
    assert sum(at < BEGAN - 11 * DAY for at in left) < 40
    home.store.close()


def _no_room(*_: object) -> int:
    raise DownwindError("no room")


async def test_what_goes_wrong_is_told_until_it_goes_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("downwind.jobs.watching.house._SUM_UP_EVERY", 0.01)
    _fill(tmp_path)
    home = Home(tmp_path, segment_bytes=5_000)
    broken = _rolled_up(tmp_path)
    broken.write_bytes(b"junk")
    running = asyncio.create_task(home.house.sum_up(lambda: ()))
    await _until(lambda: home.house.trouble != "")
    assert home.house.trouble.startswith("what was seen could not be summed up: ")
    broken.unlink()
    await _until(lambda: home.house.trouble == "")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    home.store.close()


@asynccontextmanager
async def _watching(folder: Path) -> AsyncIterator[Watcher]:
    services = [
        {
            "name": name,
            "capabilities": [{"id": "page", "probes": [{"http": "http://127.0.0.1:9/"}]}],
        }
        for name in ("shop0.test", "shop1.test")
    ]
    watch = {"map_every": 0, "catalog_feeds": False}
    model = Model.model_validate({"services": services, "watch": watch})
    network = Network.real(allowed_private=(ip_network("127.0.0.0/8"),))
    async with watching(WatchOptions(model, network, Catalog.load([]), folder)) as watcher:
        yield watcher


async def test_an_accepted_need_is_a_need_after_a_restart_too(tmp_path: Path) -> None:
    members = ("shop0.test/page", "shop1.test/page")
    hidden = Hidden(members, "", 3, 3, 0.1, 0.01, 9.0, 0.9, ("i/1",), BEGAN)
    decision = decision_to_json(Decision(hidden, True, "ada", BEGAN))
    async with _watching(tmp_path) as watcher:
        assert hidden.node not in watcher.live.reach(members[0])
        await watcher.take_in([Evidence(hidden.id, NEED, Seen(decision), BEGAN, "here")])
    async with _watching(tmp_path) as watcher:
        assert hidden.node in watcher.live.reach(members[0])
        assert [each.standing for each in watcher.picture.needs] in ([], ["accepted"])
