"""A Downdetector counts what people report, and sees when it is more than usual."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from downwind.world.apps.tally import Minute, Tally
from downwind.world.apps.tracker import tracker

from .place import CONFIG, START, MemoryStore, Place, running
from .refusals import Bad, check_refused

FOLLOWS = replace(CONFIG, settings={"follows": ["x.test", "signal.test"]})
REPORT = {"service": "x.test"}
MINUTE = 60.0


@pytest.fixture(params=["file", "database"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    store = MemoryStore() if request.param == "database" else None
    async with running(tracker, tmp_path, store, FOLLOWS) as started:
        yield started


async def report(place: Place, times: int, service: str = "x.test", **more: str) -> None:
    told = [place.call("POST", "/reports", {"service": service, **more}) for _ in range(times)]
    assert {said.status for said in await asyncio.gather(*told)} <= {201}


async def summary(place: Place, service: str = "x.test") -> dict[str, Any]:
    said = await place.call("GET", "/services")
    assert said.status == 200, said
    shown: dict[str, dict[str, Any]] = {one["service"]: one for one in said.json["services"]}
    return shown[service]


async def quiet_hour(place: Place, reports_a_minute: int = 1) -> None:
    for _ in range(60):
        await report(place, reports_a_minute)
        place.clock.at += MINUTE


async def test_a_report_needs_no_sign_in_and_gets_a_number_of_its_own(place: Place) -> None:
    first, second = [await place.call("POST", "/reports", REPORT) for _ in range(2)]
    assert first.status == 201
    assert set(first.json) == {"report", "service", "at"}
    assert (first.json["service"], first.json["at"]) == ("x.test", START)
    assert first.json["report"] != second.json["report"]


async def test_reports_well_above_the_usual_are_trouble_of_that_service_alone(place: Place) -> None:
    await quiet_hour(place)
    assert (await summary(place))["trouble"] is False
    await report(place, 60)
    shown = await summary(place)
    assert shown["trouble"] is True
    assert shown["usual"] == pytest.approx(60, abs=2)
    assert (await summary(place, "signal.test"))["trouble"] is False


async def test_many_reports_are_no_trouble_where_they_are_usual(place: Place) -> None:
    for _ in range(20):
        await report(place, 12)
        place.clock.at += MINUTE
        assert (await summary(place))["trouble"] is False


async def test_a_long_outage_does_not_become_the_usual(place: Place) -> None:
    await quiet_hour(place)
    for _ in range(3 * 60):
        await report(place, 5)
        place.clock.at += MINUTE
    shown = await summary(place)
    assert shown["trouble"] is True
    assert shown["usual"] < 120
    place.clock.at += 15 * MINUTE
    assert (await summary(place))["trouble"] is False


async def test_the_last_hour_is_counted_and_older_reports_are_not(place: Place) -> None:
    await report(place, 3)
    place.clock.at += 59 * MINUTE
    await report(place, 1)
    assert (await summary(place))["reports"] == 4
    place.clock.at += MINUTE
    assert (await summary(place))["reports"] == 1


async def test_a_day_is_shown_in_quarters_of_an_hour(place: Place) -> None:
    await report(place, 2)
    place.clock.at += 20 * MINUTE
    await report(place, 1)
    bins = (await place.call("GET", "/services/x.test")).json["reports"]
    assert len(bins) == 96
    assert {b["from"] - a["from"] for a, b in itertools.pairwise(bins)} == {900}
    assert {one["from"]: one["count"] for one in bins if one["count"]} == {
        int(START // 900 * 900): 2,
        int((START + 20 * MINUTE) // 900 * 900): 1,
    }
    place.clock.at += 24 * 60 * MINUTE
    bins = (await place.call("GET", "/services/x.test")).json["reports"]
    assert sum(one["count"] for one in bins) == 0


async def test_whom_people_blame_is_counted_right_or_wrong(place: Place) -> None:
    await report(place, 2, blames="aws")
    await report(place, 3, blames="cloudflare", text="the feed <b>stays</b> empty")
    await report(place, 1)
    shown = (await place.call("GET", "/services/x.test")).json
    assert shown["blames"] == {"cloudflare": 3, "aws": 2}
    assert shown["texts"] == ["the feed <b>stays</b> empty"] * 3
    place.clock.at += 60 * MINUTE
    shown = (await place.call("GET", "/services/x.test")).json
    assert (shown["blames"], shown["texts"]) == ({}, [])


async def test_reports_survive_a_new_start(tmp_path: Path) -> None:
    async with running(tracker, tmp_path, None, FOLLOWS) as place:
        await quiet_hour(place)
        await report(place, 60, blames="aws")
        at, before = place.clock.at, await summary(place)
    async with running(tracker, tmp_path, None, FOLLOWS) as place:
        place.clock.at = at
        assert await summary(place) == before
        assert (await place.call("GET", "/services/x.test")).json["blames"] == {"aws": 60}


async def test_a_report_that_cannot_be_stored_is_refused_and_not_counted(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running(tracker, tmp_path, store, FOLLOWS) as place:
        await report(place, 2)
        store.reachable = False
        told = [place.call("POST", "/reports", REPORT) for _ in range(5)]
        assert {said.status for said in await asyncio.gather(*told)} == {503}
        assert (await place.call("GET", "/health")).status == 503
        assert (await summary(place))["reports"] == 2
        store.reachable = True
        await report(place, 1)
        assert (await summary(place))["reports"] == 3


class SlowStore(MemoryStore):
    """A database that takes a while for each value."""

    puts = 0

    async def put(self, table: str, key: str, value: Any) -> None:
        self.puts += 1
        await asyncio.sleep(0.05)
        await super().put(table, key, value)


async def test_a_flood_of_reports_is_written_together_and_none_is_lost(tmp_path: Path) -> None:
    store = SlowStore()
    async with running(tracker, tmp_path, store, FOLLOWS) as place:
        await report(place, 300)
        assert (await summary(place))["reports"] == 300
        assert store.puts < 30
    async with running(tracker, tmp_path, store, FOLLOWS) as place:
        assert (await summary(place))["reports"] == 300


def test_more_names_than_there_is_room_for_are_left_out() -> None:
    minute = Minute()
    for number in range(500):
        minute = minute.plus(Minute(1, {f"p{number}": 1}, ("said",)))
    assert (minute.count, len(minute.blames), len(minute.texts)) == (500, 100, 5)


def test_old_minutes_are_forgotten() -> None:
    tally = Tally(0, 10)
    for minute in range(10_000):
        tally.put(minute, Minute(1))
    assert tally.minute(0) == Minute()
    assert sum(one["count"] for one in tally.bins(10_000 * MINUTE - 1)) >= 24 * 60 - 15


TABLE = [
    Bad("POST", "/reports", b"{", 400, "EOF"),
    Bad("POST", "/reports", [], 422, "the body"),
    Bad("POST", "/reports", {}, 422, "service"),
    Bad("POST", "/reports", {"service": "nobody.test"}, 404, "nobody follows"),
    Bad("POST", "/reports", {"service": "x.test/0"}, 404, "nobody follows"),
    Bad("POST", "/reports", REPORT | {"blames": "../aws"}, 422, "blames"),
    Bad("POST", "/reports", REPORT | {"blames": 7}, 422, "blames"),
    Bad("POST", "/reports", REPORT | {"text": "x" * 501}, 422, "text"),
    Bad("POST", "/reports", REPORT | {"more": 1}, 422, "more"),
    Bad("POST", "/reports", b"x" * 70_000, 413, "POST /reports"),
    Bad("GET", "/services/nobody.test", None, 404, "nobody follows"),
    Bad("GET", "/services/%ff%00", None, 404, "nobody follows"),
    Bad("DELETE", "/services", None, 405, "DELETE /services"),
    Bad("GET", "/nowhere", None, 404, "GET /nowhere"),
]


@pytest.mark.parametrize("bad", TABLE)
async def test_a_bad_request_to_a_tracker_is_refused(bad: Bad, tmp_path: Path) -> None:
    async with running(tracker, tmp_path, None, FOLLOWS) as place:
        await check_refused(place, bad)
