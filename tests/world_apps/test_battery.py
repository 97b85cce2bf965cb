"""A balcony battery follows its cloud's schedule, and a rule of its own where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from downwind.world.apps.battery import battery, schedule
from downwind.world.apps.forecast import (
    HOURS,
    LOAD_PRIOR,
    SOLAR_PRIOR,
    forecast,
    hour_of,
    schedule_of,
)

from .place import CONFIG, START, LoopbackHttp, MemoryStore, Place, running, serving
from .refusals import Bad, check_refused

CLOUD = "cloud.battery.test"
UNIT = replace(CONFIG, settings={"device": "balcony-7", "capacity_wh": 1000})
NOON = START - START % 86_400 + 12 * 3600
SUNNY = {"solar_watts": 700, "load_watts": 200}
DARK = {"solar_watts": 0, "load_watts": 300}
WANTED = {"device": "balcony-7", "capacity_wh": 1000, "charge_wh": 500, "at": NOON}
READING = {"device": "balcony-7", "at": NOON, "solar_watts": 700, "load_watts": 200}


@asynccontextmanager
async def home(folder: Path, store: MemoryStore) -> AsyncIterator[tuple[Place, LoopbackHttp]]:
    """A battery and its cloud, both on real sockets, at noon."""
    http = LoopbackHttp()
    (folder / "cloud").mkdir()
    async with (
        running(schedule, folder / "cloud", store) as cloud,
        running(battery, folder, None, UNIT, http=http) as unit,
    ):
        http.ports[CLOUD] = cloud.port
        unit.clock.at = NOON
        yield unit, http


async def test_a_battery_follows_the_schedule_of_its_cloud(tmp_path: Path) -> None:
    store = MemoryStore()
    async with home(tmp_path, store) as (unit, _):
        said = await unit.call("POST", "/steer", SUNNY)
    assert said.status == 200
    assert set(said.json) == {"doing", "watts", "by", "charge_wh"}
    assert (said.json["by"], said.json["doing"], said.json["charge_wh"]) == (
        "schedule",
        "charge",
        500.0,
    )
    assert len(store.tables["readings"]) == 1


@pytest.mark.parametrize("what", ["cloud", "database"])
async def test_a_battery_goes_on_by_its_own_rule_without_its_cloud(
    what: str, tmp_path: Path
) -> None:
    store = MemoryStore()
    async with home(tmp_path, store) as (unit, http):
        if what == "cloud":
            http.ports.clear()
        store.reachable = what != "database"
        charged = await unit.call("POST", "/steer", SUNNY)
        used = await unit.call("POST", "/steer", DARK)
    rule = {"by": "rule", "charge_wh": 500.0}
    assert charged.json == {"doing": "charge", "watts": 500.0} | rule
    assert used.json == {"doing": "discharge", "watts": 300.0} | rule


@pytest.mark.parametrize(
    "hours", [b"", b"[]", b'{"hours": "all"}', b'{"hours": [{"hour": 12, "watts": NaN}]}', b"[" * 9]
)
async def test_a_schedule_that_makes_no_sense_is_no_schedule(hours: bytes, tmp_path: Path) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.Response(status=201 if request.path == "/readings" else 200, body=hours)

    http, cloud = LoopbackHttp(), web.Application()
    cloud.router.add_post("/{path}", say)
    async with (
        serving(cloud) as http.ports[CLOUD],
        running(battery, tmp_path, None, UNIT, http=http) as unit,
    ):
        assert (await unit.call("POST", "/steer", SUNNY)).json["by"] == "rule"


async def test_a_battery_does_not_wait_long_for_a_cloud_that_never_answers(tmp_path: Path) -> None:
    asked, over = asyncio.Event(), asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        asked.set()
        await over.wait()
        return web.Response()

    http, cloud = LoopbackHttp(), web.Application()
    http.speed = 100.0
    cloud.router.add_post("/readings", never)
    async with (
        serving(cloud) as http.ports[CLOUD],
        running(battery, tmp_path, None, UNIT, http=http) as unit,
        asyncio.timeout(2),
    ):
        said = await unit.call("POST", "/steer", SUNNY)
        over.set()
    assert asked.is_set()
    assert (said.status, said.json["by"]) == (200, "rule")


async def test_a_battery_fills_as_time_passes_and_stops_when_it_is_full(tmp_path: Path) -> None:
    async with running(battery, tmp_path, None, UNIT, http=LoopbackHttp()) as unit:
        await unit.call("POST", "/steer", SUNNY)
        unit.clock.at += 1800
        half = (await unit.call("GET", "/state")).json
        assert (half["doing"], half["charge_wh"]) == ("charge", 750.0)
        unit.clock.at += 7200
        full = (await unit.call("GET", "/state")).json
        assert (full["doing"], full["watts"], full["charge_wh"]) == ("idle", 0.0, 1000.0)
        assert (await unit.call("POST", "/steer", SUNNY)).json["doing"] == "idle"
        assert (await unit.call("POST", "/steer", DARK)).json["doing"] == "discharge"
        unit.clock.at += 5 * 3600
        assert (await unit.call("GET", "/state")).json["charge_wh"] == 0.0
        assert (await unit.call("POST", "/steer", DARK)).json["doing"] == "idle"


async def test_a_battery_knows_how_full_it_is_after_a_new_start(tmp_path: Path) -> None:
    async with running(battery, tmp_path, None, UNIT, http=LoopbackHttp()) as unit:
        await unit.call("POST", "/steer", SUNNY)
    async with running(battery, tmp_path, None, UNIT, http=LoopbackHttp()) as unit:
        unit.clock.at += 3600
        shown = (await unit.call("GET", "/state")).json
    assert (shown["device"], shown["by"], shown["charge_wh"]) == ("balcony-7", "rule", 1000.0)


async def test_a_schedule_has_each_hour_of_the_day_once_from_this_one_on(tmp_path: Path) -> None:
    async with running(schedule, tmp_path) as cloud:
        said = await cloud.call("POST", "/schedules", WANTED)
    assert said.status == 200
    assert (said.json["device"], said.json["by"], said.json["readings"]) == (
        "balcony-7",
        "model",
        0,
    )
    hours = [one["hour"] for one in said.json["hours"]]
    assert hours == [*range(12, 24), *range(12)]


async def test_what_was_read_changes_the_schedule_of_that_device_alone(tmp_path: Path) -> None:
    async with running(schedule, tmp_path) as cloud:
        before = (await cloud.call("POST", "/schedules", WANTED)).json
        for day in range(3):
            reading = READING | {"at": NOON - day * 86_400, "solar_watts": 0, "load_watts": 400}
            assert (await cloud.call("POST", "/readings", reading)).status == 201
        after = (await cloud.call("POST", "/schedules", WANTED)).json
        other = (await cloud.call("POST", "/schedules", WANTED | {"device": "other"})).json
    assert before["hours"][0]["watts"] > 0 > after["hours"][0]["watts"]
    assert after["readings"] == 3
    assert other["hours"] == before["hours"]


async def test_the_cloud_cannot_plan_without_its_database(tmp_path: Path) -> None:
    store = MemoryStore()
    store.reachable = False
    async with running(schedule, tmp_path, store) as cloud:
        assert (await cloud.call("POST", "/readings", READING)).status == 503
        assert (await cloud.call("POST", "/schedules", WANTED)).status == 503
        assert (await cloud.call("GET", "/health")).status == 503


def test_without_readings_the_forecast_is_the_prior() -> None:
    assert forecast([], SOLAR_PRIOR) == pytest.approx(SOLAR_PRIOR)
    assert forecast([], LOAD_PRIOR) == pytest.approx(LOAD_PRIOR)


def test_a_bright_morning_lets_expect_a_bright_afternoon() -> None:
    bright = [(hour, 2 * SOLAR_PRIOR[hour]) for hour in range(6, 12)] * 4
    assert forecast(bright, SOLAR_PRIOR)[14] > 1.4 * SOLAR_PRIOR[14]


def test_many_readings_of_an_hour_outweigh_the_prior() -> None:
    days = [(hour, 100.0 + hour) for hour in range(HOURS)] * 60
    found = forecast(days, LOAD_PRIOR)
    assert found == pytest.approx([100.0 + hour for hour in range(HOURS)], rel=0.05)


WATTS = st.floats(0, 100_000)
DAY = st.lists(WATTS, min_size=HOURS, max_size=HOURS)


@given(
    solar=DAY,
    load=DAY,
    at=st.floats(0, 4e9),
    capacity=st.floats(0.1, 1e6),
    share=st.floats(0, 1),
)
def test_a_schedule_never_leaves_the_battery_and_never_fights_the_need(
    solar: list[float], load: list[float], at: float, capacity: float, share: float
) -> None:
    charge = capacity * share
    hours = schedule_of(solar, load, at=at, capacity_wh=capacity, charge_wh=charge)
    assert sorted(one.hour for one in hours) == list(range(HOURS))
    assert hours[0].hour == hour_of(at)
    length = 1 - at % 3600 / 3600
    for one in hours:
        charge += one.watts * length
        length = 1.0
        assert -1e-4 <= charge <= capacity + 1e-4
        net = solar[one.hour] - load[one.hour]
        assert min(net, 0) - 1e-9 <= one.watts <= max(net, 0) + 1e-9


@given(
    readings=st.lists(st.tuples(st.integers(0, HOURS - 1), WATTS), max_size=80),
    prior=st.sampled_from([SOLAR_PRIOR, LOAD_PRIOR]),
)
def test_a_forecast_has_24_hours_none_below_zero(
    readings: list[tuple[int, float]], prior: tuple[float, ...]
) -> None:
    found = forecast(readings, prior)
    assert len(found) == HOURS
    assert min(found) >= 0


SCHEDULE_TABLE = [
    Bad("POST", "/readings", b"{", 400, "EOF"),
    Bad("POST", "/readings", READING | {"device": "a/b"}, 422, "device"),
    Bad("POST", "/readings", READING | {"at": -1}, 422, "at"),
    Bad("POST", "/readings", READING | {"solar_watts": -1}, 422, "solar_watts"),
    Bad("POST", "/readings", READING | {"load_watts": "300"}, 422, "load_watts"),
    Bad("POST", "/readings", READING | {"load_watts": float("nan")}, 422, "load_watts"),
    Bad("POST", "/readings", READING | {"load_watts": float("inf")}, 422, "load_watts"),
    Bad("POST", "/readings", READING | {"more": 1}, 422, "more"),
    Bad("POST", "/schedules", WANTED | {"capacity_wh": 0}, 422, "capacity_wh"),
    Bad("POST", "/schedules", WANTED | {"charge_wh": 1001}, 422, "charge_wh"),
    Bad("POST", "/schedules", WANTED | {"at": 1e300}, 422, "at"),
    Bad("POST", "/schedules", b"x" * 70_000, 413, "POST /schedules"),
    Bad("GET", "/schedules", None, 405, "GET /schedules"),
]
BATTERY_TABLE = [
    Bad("POST", "/steer", b"", 400, "EOF"),
    Bad("POST", "/steer", {}, 422, "solar_watts"),
    Bad("POST", "/steer", SUNNY | {"solar_watts": float("nan")}, 422, "solar_watts"),
    Bad("POST", "/steer", SUNNY | {"load_watts": True}, 422, "load_watts"),
    Bad("POST", "/steer", SUNNY | {"charge_wh": 1}, 422, "charge_wh"),
    Bad("GET", "/steer", None, 405, "GET /steer"),
    Bad("GET", "/nowhere", None, 404, "GET /nowhere"),
]


@pytest.mark.parametrize("bad", SCHEDULE_TABLE)
async def test_a_bad_request_to_the_cloud_is_refused(bad: Bad, tmp_path: Path) -> None:
    async with running(schedule, tmp_path) as place:
        await check_refused(place, bad)


@pytest.mark.parametrize("bad", BATTERY_TABLE)
async def test_a_bad_request_to_a_battery_is_refused(bad: Bad, tmp_path: Path) -> None:
    async with running(battery, tmp_path, None, UNIT, http=LoopbackHttp()) as place:
        await check_refused(place, bad)
