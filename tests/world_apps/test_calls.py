"""Two people talk over a relay that hears nothing, and notice a relay that cheats."""

from __future__ import annotations

import base64
import dataclasses
import importlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.model import Step
from downwind.observe import Network, Reply, Session, run_journey
from downwind.terms import Seen
from downwind.world.apps.relay import MAX_ROOM, ROOM_LASTS, relay
from downwind.world.net.platform import App
from downwind.world.people.calls import CallDriver, Line, call, converse, open_room
from downwind.world.people.e2e import MessageDriver, exchange
from downwind.world.people.olm import NotGenuine
from downwind.world.people.phone import Phone
from downwind.world.people.users import Crowd

from .place import BASE, MemoryStore, Place, running
from .test_secrecy import Tap, places

RELAY = "198.18.0.81"
VIA = f"http://{RELAY}"
PASSWORDS = {"ada": "feather-river", "grace": "copper-kettle"}
CALL = Step(do="call", url=BASE, via=f"{VIA}/", sender="ada", to="grace", text="hear me ${nonce}")
TEXT = "meet me at the lone pine at dawn"


@asynccontextmanager
async def relaying(folder: Path) -> AsyncIterator[Place]:
    async with running(relay, folder, MemoryStore()) as place:
        yield place


@pytest.fixture
async def room_for(tmp_path: Path) -> AsyncIterator[Place]:
    async with relaying(tmp_path) as place:
        yield place


@dataclass(frozen=True, slots=True)
class Exchange:
    """A messenger and a relay."""

    chat: Place
    relay: Place
    store: MemoryStore

    def network(self) -> Network:
        return Network.from_handout(self.handout())

    def handout(self) -> dict[str, Any]:
        handout = self.chat.handout()
        handout["dial"][RELAY] = {"tcp/80": ["127.0.0.1", self.relay.port]}
        return handout


@asynccontextmanager
async def exchanging(folder: Path) -> AsyncIterator[Exchange]:
    store = MemoryStore()
    async with running("messenger", folder, store) as chat, relaying(folder) as place:
        yield Exchange(chat, place, store)


def phones() -> tuple[Phone, Phone]:
    ada, grace = (Phone(BASE, user, password) for user, password in PASSWORDS.items())
    return ada, grace


async def walk(network: Network, driver: CallDriver, **more: str) -> dict[str, Any]:
    found = await run_journey(
        "app.test/call",
        [CALL],
        network,
        drivers={"call": driver},
        variables={**PASSWORDS, **more},
    )
    assert isinstance(found.finding, Seen)
    return dict(found.finding.value)


async def test_the_journey_step_calls_and_compares(tmp_path: Path) -> None:
    async with exchanging(tmp_path) as both:
        driver = CallDriver(MessageDriver())
        for _ in range(3):
            found = await walk(both.network(), driver)
            assert found["state"] == "up", found
    assert "hear me" not in json.dumps(found)


async def test_a_user_of_the_crowd_calls(tmp_path: Path) -> None:
    service = {
        "name": "app.test",
        "variables": {**PASSWORDS, "user": "ada"},
        "capabilities": [{"id": "call", "journey": [CALL.model_dump(exclude_defaults=True)]}],
    }
    async with exchanging(tmp_path) as both:
        people = Crowd.of([service], 1, 1)
        async with Session(both.network()) as session:
            outcome = await people.act(next(people.actions()), session)
            assert not outcome.failed, outcome
        async with both.chat.session() as session:
            outcome = await people.act(next(people.actions()), session)
            assert (outcome.failed, outcome.by) == (True, ("dial",))


async def test_a_call_is_eight_requests_to_the_relay_and_leaves_no_room(tmp_path: Path) -> None:
    async with exchanging(tmp_path) as both, Session(both.network()) as session:
        tap, (ada, grace) = Tap(session), phones()
        await exchange(tap, ada, grace, "before")
        tap.heard.clear()
        await call(tap, VIA, ada, grace, TEXT)
        at_relay = [said for said in tap.heard if RELAY in said]
        assert len(at_relay) == 8
        assert len(tap.heard) - len(at_relay) == 2
        room = at_relay[-1].split("/rooms/")[1][:32]
        assert (await both.relay.call("GET", f"/rooms/{room}/frames")).status == 404


async def test_relay_and_messenger_hold_neither_the_text_nor_the_key(tmp_path: Path) -> None:
    async with exchanging(tmp_path) as both, Session(both.network()) as session:
        tap, (ada, grace) = Tap(session), phones()
        mine, invitation = await open_room(tap, VIA)
        arrived = await exchange(tap, ada, grace, invitation)
        theirs = Line.answer(VIA, arrived)
        await converse(tap, mine, theirs, TEXT)
        # The room is open still, and the relay can look at leisure.
        path = mine.room.removeprefix(VIA) + "/frames"
        held = [await both.relay.call("GET", path, token=end.token) for end in (mine, theirs)]
        assert [len(said.json["frames"]) for said in held] == [2, 2]
        sealed = b"".join(base64.b64decode(f) for said in held for f in said.json["frames"])
        said = "".join([*tap.heard, *(h.text for h in held), repr(both.store.tables)]).encode()
    assert mine.key == theirs.key
    key = base64.b64encode(mine.key).decode()
    middle = len(TEXT) // 2
    for secret in (TEXT, TEXT[:middle], TEXT[middle:], key, key.rstrip("=")):
        assert places(secret, tmp_path, said=said) == []
        assert places(secret, said=sealed) == []
    for raw in (mine.key, mine.key.hex().encode()):
        assert raw not in said + sealed
    # The same search finds the key where it lies, and frames that are only coded.
    assert places(key, said=arrived.encode()) == ["wire"]
    assert places(TEXT[:middle], said=base64.b64encode(TEXT[:middle].encode())) == ["wire"]


async def test_no_nonce_is_used_twice_in_a_call(room_for: Place) -> None:
    """Four times the same frame, and each looks different."""
    async with Session(_only(room_for)) as session:
        mine, invitation = await open_room(session, VIA)
        theirs = Line.answer(VIA, invitation)
        await converse(session, mine, theirs, "again again ")
        path = mine.room.removeprefix(VIA) + "/frames"
        held = [await room_for.call("GET", path, token=end.token) for end in (mine, theirs)]
    frames = [frame for said in held for frame in said.json["frames"]]
    assert len(frames) == len(set(frames)) == 4


@pytest.mark.parametrize("size", [0, 1, 2, 3, 8000])
async def test_the_length_of_a_text_does_not_matter(tmp_path: Path, size: int) -> None:
    async with exchanging(tmp_path) as both, Session(both.network()) as session:
        await call(session, VIA, *phones(), "x" * size)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=400))
async def test_any_text_is_heard_as_it_was_said(text: str, room_for: Place) -> None:
    async with Session(_only(room_for)) as session:
        mine, invitation = await open_room(session, VIA)
        await converse(session, mine, Line.answer(VIA, invitation), text)
        await mine.hang_up(session)


def _only(place: Place) -> Network:
    handout = place.handout()
    handout["dial"] = {RELAY: {"tcp/80": ["127.0.0.1", place.port]}}
    return Network.from_handout(handout)


@dataclass(frozen=True, slots=True)
class Crooked:
    """A way through a relay that does as it likes with the frames that it hands out."""

    session: Session
    change: Callable[[list[str], list[str]], list[str]]
    """Its frames, and those of the side that asks -> what it hands out."""
    posted: list[str]

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        reply = await self.session.request(method, url, json=json, headers=headers)
        if method == "POST" and json is not None:
            self.posted.append(json["sealed"])
        if method != "GET":
            return reply
        frames = self.change(reply.json()["frames"], self.posted)
        body = b'{"frames": [' + b",".join(b'"%s"' % f.encode() for f in frames) + b"]}"
        return dataclasses.replace(reply, body=body)


def _altered(frame: str) -> str:
    raw = bytearray(base64.b64decode(frame))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


CHEATS: dict[str, Callable[[list[str], list[str]], list[str]]] = {
    "alters": lambda frames, _: [_altered(frames[0]), *frames[1:]],
    "swaps": lambda frames, _: frames[::-1],
    "repeats": lambda frames, _: [frames[0], frames[0]],
    "keeps the last": lambda frames, _: frames[:-1],
    "keeps all": lambda _, __: [],
    "adds": lambda frames, _: [*frames, "AAAA"],
    "adds what is no frame": lambda frames, _: [*frames, "é"],
    "reflects": lambda frames, posted: frames if len(posted) < 4 else posted[:2],
}


@pytest.mark.parametrize("cheat", CHEATS)
async def test_a_relay_that_cheats_is_noticed(room_for: Place, cheat: str) -> None:
    async with Session(_only(room_for)) as session:
        mine, invitation = await open_room(session, VIA)
        theirs = Line.answer(VIA, invitation)
        with pytest.raises(NotGenuine):
            await converse(Crooked(session, CHEATS[cheat], []), mine, theirs, TEXT)
        # The same way without a cheat in it is open.
        again, invitation = await open_room(session, VIA)
        honest = Crooked(session, lambda frames, _: frames, [])
        await converse(honest, again, Line.answer(VIA, invitation), TEXT)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"room": "r", "token": "t", "key": "é"}', "7"])
def test_an_invitation_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(NotGenuine, match="invitation"):
        Line.answer(VIA, text)


def answering(status: int, body: Any) -> App:
    """A relay that gives everyone the same answer."""

    async def say(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", say)
    return lambda _, __: app


@pytest.mark.parametrize(
    ("status", "body", "layer"),
    [
        (503, {"error": "down"}, "http"),
        (500, [], "http"),
        (429, {"error": "relay full", "reason": "too many"}, "expect"),
        (201, {"room": "r"}, "expect"),
        (201, ["room"], "expect"),
        (201, {"room": "r", "caller": "c", "callee": 7}, "expect"),
        (201, {"room": "r", "caller": "c", "callee": "d"}, "expect"),
    ],
)
async def test_a_relay_that_answers_otherwise_fails_the_step_with_its_reply(
    tmp_path: Path, status: int, body: Any, layer: str
) -> None:
    async with (
        running("messenger", tmp_path, MemoryStore()) as chat,
        running(answering(status, body), tmp_path, MemoryStore()) as place,
    ):
        network = Exchange(chat, place, MemoryStore()).network()
        step = (await walk(network, CallDriver(MessageDriver())))["steps"][0]
    assert (step["ok"], step["layer"], step["host"]) == (False, layer, RELAY)
    if status != 201:
        assert (step["status"], json.loads(step["body"])) == (status, body)


async def test_the_step_fails_at_the_layer_and_at_the_host_that_fails(tmp_path: Path) -> None:
    driver = CallDriver(MessageDriver())
    async with exchanging(tmp_path) as both:
        network = both.network()
        wrong = (await walk(network, CallDriver(MessageDriver()), grace="wrong"))["steps"][0]
        assert (wrong["layer"], wrong["status"]) == ("expect", 401)

        both.store.reachable = False
        mute = (await walk(network, driver))["steps"][0]
        assert (mute["layer"], mute["status"]) == ("http", 503)
        assert mute["host"] == BASE.removeprefix("http://")
        both.store.reachable = True
        assert (await walk(network, driver))["ok"]
    gone = (await walk(network, driver))["steps"][0]
    assert (gone["ok"], gone["layer"], gone["host"]) == (False, "dial", RELAY)


async def test_knowing_a_token_is_the_right_to_its_side(room_for: Place) -> None:
    made = (await room_for.call("POST", "/rooms")).json
    assert made["caller"] != made["callee"]
    frames = f"/rooms/{made['room']}/frames"
    for side, sealed in (("caller", "AAAA"), ("callee", "BBBB"), ("caller", "CCCC")):
        said = await room_for.call("POST", frames, {"sealed": sealed}, token=made[side])
        assert said.status == 201
    heard = {
        side: (await room_for.call("GET", frames, token=made[side])).json["frames"]
        for side in ("caller", "callee")
    }
    assert heard == {"caller": ["BBBB"], "callee": ["AAAA", "CCCC"]}


@pytest.mark.parametrize("side", ["caller", "callee"])
async def test_either_side_hangs_up_for_both(room_for: Place, side: str) -> None:
    made = (await room_for.call("POST", "/rooms")).json
    room = f"/rooms/{made['room']}"
    assert (await room_for.call("DELETE", room, token=made[side])).status == 200
    for method, path in (("GET", f"{room}/frames"), ("DELETE", room)):
        said = await room_for.call(method, path, token=made["caller"])
        assert (said.status, said.json["error"]) == (404, "unknown room")


async def test_a_room_that_is_silent_for_ten_minutes_is_gone(room_for: Place) -> None:
    silent, busy = [(await room_for.call("POST", "/rooms")).json for _ in range(2)]

    async def listen(made: Mapping[str, str]) -> int:
        path = f"/rooms/{made['room']}/frames"
        return (await room_for.call("GET", path, token=made["callee"])).status

    room_for.clock.at += ROOM_LASTS
    assert (await listen(silent), await listen(busy)) == (200, 200)
    frames = f"/rooms/{busy['room']}/frames"
    await room_for.call("POST", frames, {"sealed": "AAAA"}, token=busy["caller"])
    room_for.clock.at += 1
    assert (await listen(silent), await listen(busy)) == (404, 200)
    room_for.clock.at += ROOM_LASTS
    assert await listen(busy) == 404


async def test_a_room_has_an_end(room_for: Place) -> None:
    made = (await room_for.call("POST", "/rooms")).json
    frames = f"/rooms/{made['room']}/frames"
    for side in ("caller", "callee"):
        half = {"sealed": "A" * (MAX_ROOM // 2)}
        assert (await room_for.call("POST", frames, half, token=made[side])).status == 201
    said = await room_for.call("POST", frames, {"sealed": "A"}, token=made["caller"])
    assert (said.status, said.json["error"]) == (429, "room full")


async def test_a_relay_has_so_many_rooms_and_no_more(
    room_for: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("downwind.world.apps.relay")
    monkeypatch.setattr(module, "MAX_ROOMS", 3)
    made = [(await room_for.call("POST", "/rooms")).json for _ in range(3)]
    full = await room_for.call("POST", "/rooms")
    assert (full.status, full.json["error"]) == (429, "relay full")
    await room_for.call("DELETE", f"/rooms/{made[1]['room']}", token=made[1]["callee"])
    assert (await room_for.call("POST", "/rooms")).status == 201
    assert (await room_for.call("POST", "/rooms")).status == 429
    room_for.clock.at += ROOM_LASTS + 1
    assert (await room_for.call("POST", "/rooms")).status == 201


ROOM = "/rooms/{room}"
# method, path, body (JSON or raw bytes), token, status, part of the reason
TABLE: list[tuple[str, str, Any, str, int, str]] = [
    ("GET", "/rooms", None, "", 405, "GET /rooms"),
    ("PUT", ROOM, {}, "caller", 405, "PUT /rooms"),
    ("GET", f"{ROOM}/frames", None, "", 401, "Bearer"),
    ("GET", f"{ROOM}/frames", None, "no such token", 401, "does not open"),
    ("GET", f"{ROOM}/frames", None, "other", 401, "does not open"),
    ("POST", f"{ROOM}/frames", {"sealed": "AAAA"}, "other", 401, "does not open"),
    ("DELETE", ROOM, None, "other", 401, "does not open"),
    ("DELETE", ROOM, None, "", 401, "Bearer"),
    ("DELETE", "/rooms/%ff", None, "caller", 404, "no such room"),
    ("GET", "/rooms/none/frames", None, "caller", 404, "no such room"),
    ("POST", "/rooms/none/frames", {"sealed": "AAAA"}, "caller", 404, "no such room"),
    ("POST", f"{ROOM}/frames", b"", "caller", 400, "EOF"),
    ("POST", f"{ROOM}/frames", b"\xff", "caller", 400, "Invalid JSON"),
    ("POST", f"{ROOM}/frames", [], "caller", 422, "the body"),
    ("POST", f"{ROOM}/frames", {}, "caller", 422, "sealed"),
    ("POST", f"{ROOM}/frames", {"sealed": ""}, "caller", 422, "sealed"),
    ("POST", f"{ROOM}/frames", {"sealed": "é"}, "caller", 422, "sealed"),
    ("POST", f"{ROOM}/frames", {"sealed": "A" * (MAX_ROOM + 1)}, "caller", 422, "sealed"),
    ("POST", f"{ROOM}/frames", {"sealed": "AAAA", "more": 1}, "caller", 422, "more"),
    ("POST", f"{ROOM}/frames", b"x" * 70_000, "caller", 413, "POST /rooms"),
]


async def test_each_bad_request_gets_a_refusal_with_its_reason(room_for: Place) -> None:
    mine, other = [(await room_for.call("POST", "/rooms")).json for _ in range(2)]
    tokens = {"caller": mine["caller"], "other": other["caller"]}
    for method, path, body, token, status, reason in TABLE:
        raw = body if isinstance(body, bytes) else None
        said = await room_for.call(
            method,
            path.format(room=mine["room"]),
            None if raw is not None else body,
            token=tokens.get(token, token),
            raw=raw,
        )
        assert said.status == status, (method, path, said)
        assert set(said.json) == {"error", "reason"}
        assert reason in said.json["reason"], (method, path, said)


@pytest.mark.parametrize("header", ["Bearer \xff", "Basic abc", "Bearer", "", "Bearer  "])
async def test_no_header_makes_the_relay_fail(room_for: Place, header: str) -> None:
    made = (await room_for.call("POST", "/rooms")).json
    url = f"http://127.0.0.1:{room_for.port}/rooms/{made['room']}/frames"
    async with room_for.client.get(url, headers={"Authorization": header}) as reply:
        assert reply.status == 401


async def test_the_front_page_is_html(room_for: Place) -> None:
    said = await room_for.call("GET", "/")
    assert said.status == 200
    assert said.headers["Content-Type"].startswith("text/html")
