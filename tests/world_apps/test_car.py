"""A car obeys its maker's cloud, and opens by its card whatever the cloud does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web

from downwind.world.apps.car import car, fleet
from downwind.world.net.platform import Account

from .place import CONFIG, LoopbackHttp, MemoryStore, Place, running, serving
from .refusals import Bad, check_refused

HOST = "car.tesla.test"
KEY = "amber-lantern"
FLEET = replace(
    CONFIG,
    settings={"cars": {"model-3": HOST, "model-y": "other.tesla.test"}, "key": KEY},
    accounts=(
        Account("ada", "feather-river", {"cars": ["model-3"]}),
        Account("grace", "copper-kettle", {"cars": ["model-y"]}),
        Account("driver*", "morning-paper"),
    ),
)
CAR = replace(CONFIG, settings={"cards": ["card-1", "card-2"], "key": KEY})
WITH_KEY = {"x-fleet-key": KEY}


@dataclass(frozen=True, slots=True)
class Garage:
    """A car, its maker's cloud, and the way between them."""

    cloud: Place
    car: Place
    http: LoopbackHttp
    store: MemoryStore
    token: str


@asynccontextmanager
async def garage(folder: Path) -> AsyncIterator[Garage]:
    http, store = LoopbackHttp(), MemoryStore()
    (folder / "cloud").mkdir()
    async with (
        running(car, folder, None, CAR) as vehicle,
        running(fleet, folder / "cloud", store, FLEET, http=http) as cloud,
    ):
        http.ports[HOST] = vehicle.port
        token = await cloud.sign_in("ada", "feather-river")
        yield Garage(cloud, vehicle, http, store, token)


async def test_the_app_unlocks_and_locks_the_car(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        for order, locked in (("unlock", False), ("lock", True)):
            said = await g.cloud.call("POST", f"/cars/model-3/{order}", token=g.token)
            assert said.status == 200, said
            state = (await g.car.call("GET", "/state")).json
            assert state == {"locked": locked, "by": "app", "limit": 80}
            assert said.json == {"order": said.json["order"], "car": "model-3"} | state


async def test_the_app_sets_how_far_the_car_charges(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        said = await g.cloud.call("PUT", "/cars/model-3/charging", {"limit": 65}, token=g.token)
        assert (said.status, said.json["limit"]) == (200, 65)
        shown = (await g.cloud.call("GET", "/cars/model-3", token=g.token)).json
    assert (shown["car"], shown["locked"], shown["limit"]) == ("model-3", True, 65)
    assert (shown["last_order"]["do"], shown["last_order"]["user"]) == ("charging", "ada")


async def test_a_car_opens_by_its_card_while_the_cloud_is_down(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        g.store.reachable = False
        assert (await g.cloud.call("POST", "/cars/model-3/unlock", token=g.token)).status == 503
        assert (await g.car.call("GET", "/state")).json["locked"] is True
        said = await g.car.call("POST", "/unlock", {"card": "card-2"})
        assert (said.status, said.json["locked"], said.json["by"]) == (200, False, "card")


async def test_an_order_is_stored_before_it_is_sent(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        g.http.ports.clear()
        said = await g.cloud.call("POST", "/cars/model-3/unlock", token=g.token)
        assert (said.status, said.json["error"]) == (504, "car unreachable")
        assert HOST in said.json["reason"]
        assert len(g.store.tables["orders"]) == 1
        assert (await g.cloud.call("GET", "/cars/model-3", token=g.token)).status == 504
        assert (await g.cloud.call("GET", "/health")).status == 200


async def test_a_car_with_another_key_does_not_obey(tmp_path: Path) -> None:
    other = replace(CAR, settings={"cards": [], "key": "another"})
    (tmp_path / "other").mkdir()
    async with garage(tmp_path) as g, running(car, tmp_path / "other", None, other) as stranger:
        g.http.ports[HOST] = stranger.port
        said = await g.cloud.call("POST", "/cars/model-3/unlock", token=g.token)
        assert (said.status, said.json["error"]) == (502, "car refuses")
        assert (await stranger.call("GET", "/state")).json["locked"] is True


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]"])
async def test_a_car_that_talks_nonsense_is_told_apart_from_the_cloud(
    body: bytes, tmp_path: Path
) -> None:
    async def say(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/state", say)
    async with garage(tmp_path) as g, serving(app) as g.http.ports[HOST]:
        said = await g.cloud.call("GET", "/cars/model-3", token=g.token)
        assert (said.status, said.json["error"]) == (502, "car refuses")


async def test_nobody_commands_the_car_of_another(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        grace = await g.cloud.sign_in("grace", "copper-kettle")
        said = await g.cloud.call("POST", "/cars/model-3/unlock", token=grace)
        assert said.status == 404
        driver = await g.cloud.sign_in("driver7", "morning-paper")
        assert (await g.cloud.call("POST", "/cars/model-3/lock", token=driver)).status == 200
        assert (await g.car.call("GET", "/state")).json["locked"] is True


async def test_a_car_without_a_key_obeys_nobody_from_afar(tmp_path: Path) -> None:
    async with running(car, tmp_path, None, replace(CAR, settings={"cards": ["c"]})) as place:
        for sent in ({}, {"x-fleet-key": ""}, WITH_KEY):
            assert (await place.call("POST", "/remote/unlock", extra=sent)).status == 403


async def test_a_key_that_is_no_text_is_a_wrong_key(tmp_path: Path) -> None:
    async with running(car, tmp_path, None, CAR) as place:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(b"POST /remote/unlock HTTP/1.0\r\nx-fleet-key: \xff\xfe\r\n\r\n")
        assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_car_keeps_its_state_over_a_new_start(tmp_path: Path) -> None:
    async with running(car, tmp_path, None, CAR) as place:
        await place.call("PUT", "/remote/charging", {"limit": 90}, extra=WITH_KEY)
        await place.call("POST", "/unlock", {"card": "card-1"})
    async with running(car, tmp_path, None, CAR) as place:
        state = (await place.call("GET", "/state")).json
    assert state == {"locked": False, "by": "card", "limit": 90}


CAR_TABLE = [
    Bad("POST", "/unlock", {"card": "card-3"}, 403, "card"),
    Bad("POST", "/unlock", {"card": "ü"}, 403, "card"),
    Bad("POST", "/unlock", {"card": ""}, 422, "card"),
    Bad("POST", "/unlock", {"card": ["card-1"]}, 422, "card"),
    Bad("POST", "/unlock", b"", 400, "EOF"),
    Bad("POST", "/remote/unlock", None, 403, "x-fleet-key"),
    Bad("POST", "/remote/lock", None, 403, "x-fleet-key", {"x-fleet-key": "wrong"}),
    Bad("PUT", "/remote/charging", {"limit": 80}, 403, "x-fleet-key"),
    Bad("PUT", "/remote/charging", {"limit": 49}, 422, "limit", WITH_KEY),
    Bad("PUT", "/remote/charging", {"limit": 101}, 422, "limit", WITH_KEY),
    Bad("PUT", "/remote/charging", {"limit": True}, 422, "limit", WITH_KEY),
    Bad("GET", "/remote/unlock", None, 405, "GET /remote/unlock"),
]
FLEET_TABLE = [
    Bad("POST", "/cars/model-3/unlock", None, 401, "Bearer"),
    Bad("POST", "/cars/model-3/lock", None, 401, "Bearer"),
    Bad("PUT", "/cars/model-3/charging", {"limit": 80}, 401, "Bearer"),
    Bad("GET", "/cars/model-3", None, 401, "Bearer"),
    Bad("POST", "/cars/model-y/unlock", None, 404, "no such car", signed_in=True),
    Bad("GET", "/cars/%ff%2f..", None, 404, "no such car", signed_in=True),
    Bad("PUT", "/cars/model-3/charging", {"limit": 49}, 422, "limit", signed_in=True),
    Bad("PUT", "/cars/model-3/charging", {"limit": 80.5}, 422, "limit", signed_in=True),
    Bad("PUT", "/cars/model-3/charging", b"{", 400, "EOF", signed_in=True),
    Bad("POST", "/cars/model-3/horn", None, 404, "horn", signed_in=True),
    Bad("POST", "/sign-in", {"user": "ada", "password": "x"}, 401, "wrong"),
]


@pytest.mark.parametrize("bad", CAR_TABLE)
async def test_a_bad_request_to_a_car_is_refused(bad: Bad, tmp_path: Path) -> None:
    async with running(car, tmp_path, None, CAR) as place:
        await check_refused(place, bad)
        assert (await place.call("GET", "/state")).json["locked"] is True


async def test_each_bad_request_to_the_fleet_is_refused(tmp_path: Path) -> None:
    async with garage(tmp_path) as g:
        for bad in FLEET_TABLE:
            await check_refused(g.cloud, bad, g.token)
        assert "orders" not in g.store.tables
