"""Phones exchange messages through a real server, and notice a server that cheats."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.model import Step
from downwind.observe import Network, Reply, Session, run_journey
from downwind.terms import Seen
from downwind.world.people.e2e import MessageDriver, exchange
from downwind.world.people.olm import Device, NotGenuine
from downwind.world.people.phone import Phone, ServiceRefused

from .place import BASE, MemoryStore, Place, running

PASSWORDS = {"ada": "feather-river", "grace": "copper-kettle"}
MESSAGE = Step(do="message", url=BASE, sender="ada", to="grace", text="nobody listens ${nonce}")


@dataclass(frozen=True, slots=True)
class Line:
    """Two phones, the server between them, and a way into its data."""

    place: Place
    store: MemoryStore
    session: Session
    ada: Phone
    grace: Phone

    @property
    def mailbox(self) -> dict[str, str]:
        return self.store.tables.setdefault("mailbox", {})

    def alter(self, **changes: Any) -> None:
        """What a server can do to the mail that it keeps."""
        for key, value in self.mailbox.items():
            self.mailbox[key] = json.dumps(json.loads(value) | changes)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    store = MemoryStore()
    async with running("messenger", tmp_path, store) as place, place.session() as session:
        ada, grace = (Phone(BASE, user, password) for user, password in PASSWORDS.items())
        await ada.make_ready(session)
        await grace.make_ready(session)
        yield Line(place, store, session, ada, grace)


async def said_to(phone: Phone, session: Session) -> list[str]:
    assert await phone.fetch(session) == []
    texts = [letter.text.decode() for letter in phone.inbox]
    phone.inbox.clear()
    return texts


async def test_two_phones_talk_in_both_directions(line: Line) -> None:
    for number in range(20):
        await line.ada.send(line.session, "grace", f"a{number}".encode())
        await line.grace.send(line.session, "ada", f"g{number}".encode())
    assert await said_to(line.grace, line.session) == [f"a{n}" for n in range(20)]
    assert await said_to(line.ada, line.session) == [f"g{n}" for n in range(20)]
    await line.ada.send(line.session, "grace", b"and again")
    assert await said_to(line.grace, line.session) == ["and again"]


async def test_mail_that_the_server_delivers_out_of_order_is_read(line: Line) -> None:
    for number in range(30):
        await line.ada.send(line.session, "grace", str(number).encode())
    values = list(line.mailbox.values())
    for key, value in zip(line.mailbox, reversed(values), strict=True):
        line.mailbox[key] = value
    assert await said_to(line.grace, line.session) == [str(n) for n in reversed(range(30))]


async def test_many_write_to_one(line: Line) -> None:
    async def write(number: int) -> None:
        phone = Phone(BASE, f"reader{number}", "morning-paper")
        await phone.make_ready(line.session)
        await phone.send(line.session, "grace", f"from {number}".encode())

    for number in range(15):
        await write(number)
    assert await said_to(line.grace, line.session) == [f"from {n}" for n in range(15)]


async def test_all_devices_of_a_user_can_read_a_message(line: Line) -> None:
    second = Phone(BASE, "grace", PASSWORDS["grace"])
    await second.make_ready(line.session)
    await line.ada.send(line.session, "grace", b"to all")
    assert await said_to(line.grace, line.session) == ["to all"]
    assert await said_to(second, line.session) == ["to all"]


async def test_one_time_keys_are_filled_up_again(line: Line) -> None:
    for number in range(30):
        phone = Phone(BASE, f"reader{number}", "morning-paper")
        await phone.make_ready(line.session)
        await phone.send(line.session, "grace", b"x")
        if number % 10 == 9:
            assert len(await said_to(line.grace, line.session)) == 10


async def test_an_altered_message_is_noticed(line: Line) -> None:
    await line.ada.send(line.session, "grace", b"pay ten")
    sealed = json.loads(next(iter(line.mailbox.values())))["ciphertext"]
    middle = len(sealed) // 2
    other = "A" if sealed[middle] != "A" else "B"
    line.alter(ciphertext=sealed[:middle] + other + sealed[middle + 1 :])
    refused = await line.grace.fetch(line.session)
    assert len(refused) == 1
    assert not line.grace.inbox


async def test_a_message_under_another_senders_name_is_noticed(line: Line) -> None:
    eve = Phone(BASE, "eve", "night-owl")
    await eve.make_ready(line.session)
    await eve.send(line.session, "grace", b"it is ada")
    line.alter(sender="ada", sender_device=line.ada.device.name)
    refused = await line.grace.fetch(line.session)
    assert "ada does not decrypt" in str(refused[0])


async def test_a_message_that_the_server_made_up_is_noticed(line: Line) -> None:
    line.grace.device.trust(line.ada.device.identity)
    forger = Device("ada", line.ada.device.name)
    said = await line.place.call(
        "GET", "/keys/grace", token=await line.place.sign_in("ada", PASSWORDS["ada"])
    )
    forger.open_session(said.json["devices"][0])
    forged = forger.encrypt("grace", line.grace.device.name, b"it is ada")
    box = f"grace/{line.grace.device.name}/0"
    line.mailbox[box] = json.dumps({"id": "0", "sender": "ada", "at": 0.0} | forged)
    refused = await line.grace.fetch(line.session)
    assert len(refused) == 1
    assert not line.grace.inbox


async def test_a_message_that_the_server_delivers_twice_is_noticed(line: Line) -> None:
    await line.ada.send(line.session, "grace", b"once")
    kept = dict(line.mailbox)
    assert await said_to(line.grace, line.session) == ["once"]
    line.mailbox.update(kept)
    assert len(await line.grace.fetch(line.session)) == 1


async def test_keys_that_the_server_put_in_place_of_a_known_users_are_noticed(line: Line) -> None:
    line.ada.device.trust(line.grace.device.identity)
    name = line.grace.device.name
    own = Device("grace", name)
    keys = own.make_one_time_keys(3)
    line.store.tables["devices"][f"grace/{name}"] = json.dumps(own.identity.to_json())
    line.store.tables["one-time-keys"][f"grace/{name}"] = json.dumps(keys)
    with pytest.raises(NotGenuine, match="another identity now"):
        await line.ada.send(line.session, "grace", b"secret", name)


@dataclass(frozen=True, slots=True)
class Between:
    """A transport that answers some requests itself, or does something after them."""

    session: Session
    method: str
    part: str
    instead: bytes | None = None
    after: Callable[[], object] = bool

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        met = method == self.method and self.part in url
        if met and self.instead is not None:
            return Reply(200, {}, self.instead)
        reply = await self.session.request(method, url, json=json, headers=headers)
        if met:
            self.after()
        return reply


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (b"", 0),
        (b"<html>", 0),
        (b"\xff", 0),
        (b"[" * 100_000, 0),
        (b"7", 0),
        (b'{"messages": 7, "one_time_keys": "x"}', 0),
        (b'{"messages": [7, null], "more": "yes"}', 0),
        (b'{"messages": [{}]}', 1),
        (b'{"messages": [{"sender": 1}, {"sender": "ada"}]}', 2),
    ],
)
async def test_a_mailbox_of_nonsense_is_told(line: Line, said: bytes, refused: int) -> None:
    between = Between(line.session, "GET", "/mailbox/", instead=said)
    try:
        found = await line.grace.fetch(between)
    except ServiceRefused as refusal:
        # No user 1 and no device of that name: the server has no keys for such a sender.
        found = [NotGenuine(str(refusal))] * refused
    assert len(found) == refused
    assert not line.grace.inbox


async def test_a_mailbox_that_always_has_more_comes_to_an_end(line: Line) -> None:
    between = Between(line.session, "GET", "/mailbox/", instead=b'{"more": true}')
    assert await line.grace.fetch(between) == []


async def test_a_lost_message_is_told(line: Line) -> None:
    between = Between(line.session, "POST", "/mailbox/", after=lambda: line.mailbox.clear())
    with pytest.raises(NotGenuine, match="did not arrive"):
        await exchange(between, line.ada, line.grace, "hello")
    await exchange(line.session, line.ada, line.grace, "hello again")


async def test_phones_come_back_when_the_server_was_set_up_anew(line: Line) -> None:
    await exchange(line.session, line.ada, line.grace, "before")
    line.store.tables.clear()
    await line.store.put("accounts", "none", None)
    async with running("messenger", line.place.folder, line.store) as anew, anew.session() as way:
        await exchange(way, line.ada, line.grace, "after")


async def test_exchanges_at_the_same_time_do_not_take_each_others_messages(line: Line) -> None:
    await asyncio.gather(
        *(exchange(line.session, line.ada, line.grace, f"number {n}") for n in range(20))
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.text(max_size=300), min_size=1, max_size=4))
def test_any_text_survives_the_way_through_the_server(texts: list[str], tmp_path: Path) -> None:
    async def talk() -> None:
        store = MemoryStore()
        async with running("messenger", tmp_path, store) as place, place.session() as session:
            ada, grace = (Phone(BASE, user, word) for user, word in PASSWORDS.items())
            for text in texts:
                await exchange(session, ada, grace, text)
                await exchange(session, grace, ada, text)

    asyncio.run(talk())


async def walk(network: Network, driver: MessageDriver, **more: str) -> dict[str, Any]:
    found = await run_journey(
        "app.test/message",
        [MESSAGE],
        network,
        drivers={"message": driver},
        variables={**PASSWORDS, **more},
    )
    assert isinstance(found.finding, Seen)
    return dict(found.finding.value)


async def test_the_journey_step_sends_and_compares(tmp_path: Path) -> None:
    async with running("messenger", tmp_path) as place:
        driver = MessageDriver()
        for _ in range(3):
            found = await walk(place.network(), driver)
            assert found["state"] == "up", found
        other = await walk(place.network(), MessageDriver())
        assert other["state"] == "up", other
        assert "nobody listens" not in json.dumps(found)


async def test_watchers_with_devices_of_the_same_account_do_not_disturb_each_other(
    tmp_path: Path,
) -> None:
    async with running("messenger", tmp_path) as place:
        drivers = [MessageDriver() for _ in range(5)]
        for _ in range(3):
            found = await asyncio.gather(*(walk(place.network(), d) for d in drivers))
            assert {f["state"] for f in found} == {"up"}


async def test_the_journey_step_fails_at_the_layer_that_fails(tmp_path: Path) -> None:
    store, driver = MemoryStore(), MessageDriver()
    async with running("messenger", tmp_path, store) as place:
        network = place.network()
        wrong = (await walk(network, MessageDriver(), grace="wrong"))["steps"][0]
        assert (wrong["layer"], wrong["status"]) == ("expect", 401)

        assert (await walk(network, driver))["ok"]
        store.reachable = False
        mute = (await walk(network, driver))["steps"][0]
        assert (mute["layer"], mute["status"]) == ("http", 503)
        assert "storage unavailable" in mute["body"]
        store.reachable = True
        assert (await walk(network, driver))["ok"]
    gone = (await walk(network, driver))["steps"][0]
    assert (gone["ok"], gone["layer"]) == (False, "dial")


async def test_the_journey_step_fails_at_expect_where_the_text_differs(tmp_path: Path) -> None:
    class Cheat(MemoryStore):
        async def list(self, table: str, *args: Any, **named: Any) -> list[tuple[str, Any]]:
            found = await super().list(table, *args, **named)
            if table != "mailbox":
                return found
            return [(k, v | {"ciphertext": v["ciphertext"][:-4] + "AAAA"}) for k, v in found]

    async with running("messenger", tmp_path, Cheat()) as place:
        step = (await walk(place.network(), MessageDriver()))["steps"][0]
    assert (step["ok"], step["layer"]) == (False, "expect")
    assert "does not decrypt" in step["reason"]
