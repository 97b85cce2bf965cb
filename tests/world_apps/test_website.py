"""A web site that stands by: articles for caches, orders in storage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from .place import CONFIG, MemoryStore, Place, running


@pytest.fixture(params=["file", "database"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    store = MemoryStore() if request.param == "database" else None
    config = replace(CONFIG, settings={"articles": 3, "max_age": 60, "title": "A <Paper>"})
    async with running("website", tmp_path, store, config) as started:
        yield started


async def test_an_article_is_the_same_each_time_and_may_be_kept(place: Place) -> None:
    first, second = [await place.call("GET", "/articles/3") for _ in range(2)]
    assert first.status == 200
    assert first.json == second.json
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("number", ["0", "4", "-1", "x", "1.0", "٣", "9" * 500])
async def test_an_article_that_is_not_there_is_unknown(place: Place, number: str) -> None:
    said = await place.call("GET", f"/articles/{number}")
    assert (said.status, said.json["error"]) == (404, "unknown article")


async def test_an_order_is_stored_before_it_is_acknowledged(place: Place) -> None:
    taken = await place.call("POST", "/orders", {"item": "kettle", "quantity": 2})
    shown = await place.call("GET", f"/orders/{taken.json['order']}")
    assert taken.status == 201
    assert shown.json == taken.json
    assert shown.headers["Cache-Control"] == "no-store"


async def test_orders_survive_a_new_start(tmp_path: Path) -> None:
    async with running("website", tmp_path) as place:
        taken = await place.call("POST", "/orders", {"item": "kettle"})
    async with running("website", tmp_path) as place:
        assert (await place.call("GET", f"/orders/{taken.json['order']}")).json == taken.json


async def test_health_tells_whether_the_data_can_be_read(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("website", tmp_path, store) as place:
        assert (await place.call("GET", "/health")).json["ok"] is True
        store.reachable = False
        for path in ("/health", "/articles/1", "/orders/abc"):
            assert (await place.call("GET", path)).status == 503
        assert (await place.call("POST", "/orders", {"item": "kettle"})).status == 503


async def test_the_title_is_escaped(place: Place) -> None:
    assert "<title>A &lt;Paper&gt;</title>" in (await place.call("GET", "/")).text
