"""A mailbox server hands out keys once, and mail to whom it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from downwind.world.apps.messenger import MAX_DEVICES, MAX_MAILS
from downwind.world.people.olm import Device

from .place import MemoryStore, Place, running


@pytest.fixture(params=["file", "database"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    store = MemoryStore() if request.param == "database" else None
    async with running("messenger", tmp_path, store) as started:
        yield started


def keys_of(device: Device, count: int) -> dict[str, Any]:
    body: dict[str, Any] = {**device.identity.to_json()}
    del body["user"]
    return body | {"one_time_keys": device.make_one_time_keys(count)}


async def test_a_one_time_key_is_handed_out_once(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    grace = await place.sign_in("grace", "copper-kettle")
    made = keys_of(Device("grace", "g1"), 20)
    assert (await place.call("PUT", "/keys", made, token=grace)).json["one_time_keys"] == 20

    answers = await asyncio.gather(
        *(place.call("GET", "/keys/grace", token=ada) for _ in range(30))
    )

    claimed = [said.json["devices"][0]["one_time_key"] for said in answers]
    given = [key["id"] for key in claimed if key is not None]
    assert sorted(given) == sorted(made["one_time_keys"])
    assert claimed.count(None) == 10
    for key in claimed:
        if key is not None:
            assert made["one_time_keys"][key["id"]]["key"] == key["key"]


async def test_looking_at_an_identity_takes_no_key(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=grace)
    for _ in range(3):
        card = (await place.call("GET", "/keys/grace?claim=no", token=grace)).json["devices"][0]
        assert "one_time_key" not in card
    card = (await place.call("GET", "/keys/grace", token=grace)).json["devices"][0]
    assert card["one_time_key"] is not None


async def test_a_device_cannot_change_its_identity(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=grace)
    said = await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=grace)
    assert (said.status, said.json["error"]) == (409, "other identity")


async def test_nobody_can_publish_keys_for_another(place: Place) -> None:
    eve = await place.sign_in("eve", "night-owl")
    said = await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=eve)
    assert (said.status, said.json["error"]) == (422, "unfit request")


async def test_a_one_time_key_that_the_device_did_not_sign_is_refused(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    foreign = Device("grace", "g1").make_one_time_keys(1)
    body = keys_of(Device("grace", "g1"), 0) | {"one_time_keys": foreign}
    said = await place.call("PUT", "/keys", body, token=grace)
    assert said.status == 422
    assert "not signed by the device" in said.json["reason"]


async def test_a_device_has_no_end_of_keys(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    device = Device("grace", "g1")
    for _ in range(2):
        said = await place.call("PUT", "/keys", keys_of(device, 50), token=grace)
        assert said.status == 200
    said = await place.call("PUT", "/keys", keys_of(device, 1), token=grace)
    assert (said.status, said.json["error"]) == (409, "too many keys")


async def test_mail_waits_for_its_device_in_order_and_is_handed_out_once(place: Place) -> None:
    ada = await place.sign_in("ada", "feather-river")
    grace = await place.sign_in("grace", "copper-kettle")
    for name in ("g1", "g2"):
        await place.call("PUT", "/keys", keys_of(Device("grace", name), 1), token=grace)
    mail = {"device": "g1", "sender_device": "a1", "type": 1}
    for number in range(120):
        body = mail | {"ciphertext": f"{number:04d}"}
        assert (await place.call("POST", "/mailbox/grace", body, token=ada)).status == 201

    async def collect(device: str) -> tuple[list[str], bool]:
        said = await place.call("GET", f"/mailbox/grace?device={device}", token=grace)
        assert {m["sender"] for m in said.json["messages"]} <= {"ada"}
        return [m["ciphertext"] for m in said.json["messages"]], said.json["more"]

    assert await collect("g2") == ([], False)
    assert await collect("g1") == ([f"{n:04d}" for n in range(100)], True)
    assert await collect("g1") == ([f"{n:04d}" for n in range(100, 120)], False)
    assert await collect("g1") == ([], False)


async def test_mail_is_never_handed_out_twice_to_readers_at_the_same_time(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=grace)
    for number in range(30):
        body = {"device": "g1", "sender_device": "g1", "type": 1, "ciphertext": f"{number:04d}"}
        await place.call("POST", "/mailbox/grace", body, token=grace)
    answers = await asyncio.gather(
        *(place.call("GET", "/mailbox/grace?device=g1&limit=7", token=grace) for _ in range(8))
    )
    got = [m["ciphertext"] for said in answers for m in said.json["messages"]]
    assert sorted(got) == [f"{n:04d}" for n in range(30)]


async def test_a_mailbox_has_an_end(tmp_path: Path) -> None:
    async with running("messenger", tmp_path, MemoryStore()) as place:
        grace = await place.sign_in("grace", "copper-kettle")
        await place.call("PUT", "/keys", keys_of(Device("grace", "g1"), 1), token=grace)
        body = {"device": "g1", "sender_device": "g1", "type": 1, "ciphertext": "AAAA"}
        for _ in range(MAX_MAILS):
            await place.call("POST", "/mailbox/grace", body, token=grace)
        said = await place.call("POST", "/mailbox/grace", body, token=grace)
        assert (said.status, said.json["error"]) == (429, "mailbox full")


async def test_the_device_that_registered_longest_ago_gives_way(place: Place) -> None:
    grace = await place.sign_in("grace", "copper-kettle")
    for number in range(MAX_DEVICES + 2):
        place.clock.at += 1
        body = keys_of(Device("grace", f"g{number}"), 1)
        assert (await place.call("PUT", "/keys", body, token=grace)).status == 200
    said = await place.call("GET", "/keys/grace?claim=no", token=grace)
    names = {card["device"] for card in said.json["devices"]}
    assert names == {f"g{number}" for number in range(2, MAX_DEVICES + 2)}


async def test_without_its_database_the_messenger_is_mute_and_says_so(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("messenger", tmp_path, store) as place:
        token = await place.sign_in("grace", "copper-kettle")
        store.reachable = False
        said = await place.call("GET", "/keys/grace", token=token)
        assert (said.status, said.json["error"]) == (503, "storage unavailable")
