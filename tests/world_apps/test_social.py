"""A social network does its job, for each user, on either kind of storage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from .place import MemoryStore, Place, running

FEW_OF_A_CROWD = 5


@pytest.fixture(params=["file", "database"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    store = MemoryStore() if request.param == "database" else None
    async with running("social", tmp_path, store) as started:
        yield started


async def texts(place: Place, token: str, path: str = "/feed") -> list[str]:
    said = await place.call("GET", path, token=token)
    assert said.status == 200, said
    return [str(item["text"]) for item in said.json.get("posts", said.json.get("messages"))]


async def test_a_feed_holds_the_posts_of_those_one_follows_newest_first(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    grace = await place.sign_in("grace", "copper-kettle")
    eve = await place.sign_in("eve", "night-owl")
    for token, text in ((ada, "one"), (grace, "two"), (eve, "noise"), (grace, "three")):
        place.clock.at += 1
        said = await place.call("POST", "/posts", {"text": text}, token=token)
        assert said.status == 201

    assert await texts(place, ada) == ["three", "two", "one", "grace is here.", "ada was here"]
    assert await texts(place, eve) == ["noise", "eve is here."]
    assert await texts(place, ada, "/feed?limit=2") == ["three", "two"]


async def test_posts_of_one_instant_keep_their_order(place: Place) -> None:
    eve = await place.sign_in("eve", "night-owl")
    for number in range(12):
        await place.call("POST", "/posts", {"text": str(number)}, token=eve)

    assert (await texts(place, eve))[:12] == [str(n) for n in reversed(range(12))]


async def test_following_and_unfollowing_changes_the_feed(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    eve = await place.sign_in("eve", "night-owl")
    await place.call("POST", "/posts", {"text": "hear me"}, token=eve)

    assert "hear me" not in await texts(place, ada)
    followed = await place.call("PUT", "/follows/eve", token=ada)
    assert followed.json["follows"] == ["grace", "eve"]
    assert "hear me" in await texts(place, ada)
    await place.call("DELETE", "/follows/eve", token=ada)
    assert "hear me" not in await texts(place, ada)


async def test_direct_messages_are_seen_by_the_two_and_nobody_else(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    grace = await place.sign_in("grace", "copper-kettle")
    eve = await place.sign_in("eve", "night-owl")
    assert (
        await place.call("POST", "/direct/grace", {"text": "for grace"}, token=ada)
    ).status == 201
    assert (await place.call("POST", "/direct/ada", {"text": "for ada"}, token=grace)).status == 201

    assert await texts(place, ada, "/direct/grace") == ["for ada", "for grace"]
    assert await texts(place, grace, "/direct/ada") == ["for ada", "for grace"]
    for other in ("ada", "grace", "eve"):
        assert await texts(place, eve, f"/direct/{other}") == []
    assert not {"for ada", "for grace"} & set(await texts(place, ada))


async def test_everyone_of_a_crowd_has_an_account_and_a_feed_of_the_named_ones(
    place: Place,
) -> None:
    async def visit(number: int) -> list[str]:
        token = await place.sign_in(f"reader{number}", "morning-paper")
        await place.call("POST", "/posts", {"text": f"by reader{number}"}, token=token)
        return await texts(place, token)

    feeds = await asyncio.gather(*(visit(number) for number in range(FEW_OF_A_CROWD)))

    for number, feed in enumerate(feeds):
        assert feed[0] == f"by reader{number}"
        assert {"ada was here", "grace is here.", "eve is here."} <= set(feed)
        assert len(feed) == 4


async def test_a_crowd_that_signs_in_at_once_costs_one_hash(place: Place) -> None:
    async def sign_in(number: int, password: str) -> int:
        body = {"user": f"reader{number}", "password": password}
        return (await place.call("POST", "/sign-in", body)).status

    async def cost(visitors: int, password: str) -> float:
        began = time.process_time()
        await asyncio.gather(*(sign_in(number, password) for number in range(visitors)))
        return time.process_time() - began

    await sign_in(0, "wrong")
    one = min([await cost(1, f"wrong {number}") for number in range(3)])
    assert await cost(60, "morning-paper") < 30 * one


@pytest.mark.parametrize("user", ["reader", "readerx", "reader1x", "reader1234567", "reader*"])
async def test_what_only_looks_like_one_of_the_crowd_cannot_sign_in(
    place: Place, user: str
) -> None:
    body = {"user": user, "password": "morning-paper"}
    assert (await place.call("POST", "/sign-in", body)).status in (401, 422)


async def test_a_token_ends_after_its_time(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    place.clock.at += 29 * 86_400
    assert (await place.call("GET", "/feed", token=ada)).status == 200
    place.clock.at += 2 * 86_400
    said = await place.call("GET", "/feed", token=ada)
    assert (said.status, said.json["reason"]) == (401, "the token has expired")


async def test_a_token_cannot_be_made_over_to_another_user(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    _, expires, seal = ada.rsplit(".", 2)
    for forged in (f"grace.{expires}.{seal}", f"ada.{expires}9.{seal}", f"ada.{expires}.", "a.b.c"):
        said = await place.call("GET", "/feed", token=forged)
        assert (said.status, said.json["error"]) == (401, "not signed in")


async def test_the_page_loads_the_hosts_resources_and_escapes_them(place: Place) -> None:
    said = await place.call("GET", "/")
    head, body = said.text.split("</head>")

    assert said.headers["Content-Type"].startswith("text/html")
    assert '<script src="https://tags.test/t.js"></script>' in head
    assert '<link rel="stylesheet" href="https://style.test/&quot;&gt;&lt;script&gt;.css">' in body
    assert '<img src="https://pictures.test/" alt="">' in body


async def test_data_survives_a_new_start(tmp_path: Path) -> None:
    async with running("social", tmp_path) as place:
        token = await place.sign_in("eve", "night-owl")
        await place.call("POST", "/posts", {"text": "still here"}, token=token)
    async with running("social", tmp_path) as place:
        assert await texts(place, token) == ["still here", "eve is here."]


async def test_without_its_database_the_application_says_so_and_comes_back(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("social", tmp_path, store) as place:
        token = await place.sign_in("ada", "feather-river")
        store.reachable = False
        wanted: list[tuple[str, str, Any]] = [
            ("GET", "/feed", None),
            ("POST", "/posts", {"text": "t"}),
            ("POST", "/sign-in", {"user": "ada", "password": "feather-river"}),
            ("GET", "/direct/grace", None),
        ]
        for method, path, body in wanted:
            said = await place.call(method, path, body, token=token)
            assert (said.status, said.json["error"]) == (503, "storage unavailable")
            assert "storage unavailable" in said.json["reason"]
        assert (await place.call("GET", "/")).status == 200
        store.reachable = True
        assert (await place.call("GET", "/feed", token=token)).status == 200
        assert not list(tmp_path.iterdir())


async def test_passwords_are_nowhere_in_storage(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("social", tmp_path, store) as place:
        await place.sign_in("ada", "feather-river")
    everything = str(store.tables)
    assert "scrypt" in everything
    for account in ("feather-river", "copper-kettle", "night-owl", "morning-paper"):
        assert account not in everything
