"""A crowd of users acts evenly, at its pace, and counts what it meets."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import UsageError
from downwind.world.people.crowd import crowd
from downwind.world.people.users import Crowd

from .place import BASE, MemoryStore, Place, running

AUTHORIZED = {"Authorization": "Bearer ${token}"}
SIGN_IN = {
    "do": "post",
    "url": f"{BASE}/sign-in",
    "json": {"user": "${user}", "password": "${password}"},
    "save": {"token": "token"},
}
FEED = {"do": "get", "url": f"{BASE}/feed", "headers": AUTHORIZED}
POST = {
    "do": "post",
    "url": f"{BASE}/posts",
    "json": {"text": "${user} ${nonce}"},
    "headers": AUTHORIZED,
    "expect": {"status": 201},
}
SOFT = {"do": "get", "url": f"{BASE}/nothing", "strength": "soft"}
SOCIAL = {
    "name": "x.test",
    "title": "what a world file says besides is left aside",
    "accounts": [{"user": "reader*", "password": "morning-paper"}],
    "capabilities": [
        {"id": "feed", "journey": [SIGN_IN, FEED]},
        {"id": "post", "journey": [SIGN_IN, POST]},
    ],
}
TALK = {
    "do": "message",
    "url": f"{BASE}/",
    "sender": "${user}",
    "to": "${friend}",
    "text": "hi ${nonce}",
}
MESSENGER = {
    "name": "signal.test",
    "accounts": [{"user": "reader*", "password": "morning-paper"}],
    "capabilities": [{"id": "message", "journey": [TALK]}],
}


async def let_loose(
    place: Place,
    service: Mapping[str, Any],
    *,
    users: int,
    seconds: float = 15.0,
    enough: float = math.inf,
    rate: float = 200.0,
) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
    """A crowd that leaves after a time, or after enough actions."""
    lines: list[Mapping[str, Any]] = []
    stop = asyncio.Event()

    def report(line: Mapping[str, Any]) -> None:
        lines.append(line)
        done = [count["tried"] for told in lines for count in told["capabilities"].values()]
        if sum(done) >= enough:
            stop.set()

    asyncio.get_running_loop().call_later(seconds, stop.set)
    handout = place.handout() | {"services": [service]}
    total = await crowd(
        handout, users=users, rate=rate, seed=1, every=6.0, report=report, stop=stop
    )
    return lines, total


async def test_every_user_acts_and_every_action_is_counted(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("social", tmp_path, store) as place:
        lines, total = await let_loose(place, SOCIAL, users=40, enough=130)
    feed, post = (total["capabilities"][f"x.test/{name}"] for name in ("feed", "post"))

    assert feed["failed"] == post["failed"] == 0
    assert feed["by"] == post["by"] == {}
    assert feed["users"] == post["users"] == 40
    for name in ("tried", "failed"):
        told = Counter[str]()
        for line in lines:
            told.update({key: count[name] for key, count in line["capabilities"].items()})
        assert told == Counter({"x.test/feed": feed[name], "x.test/post": post[name]})
    # An action whose answer was under way at the end is not counted.
    posted = len([key for key in store.tables["posts"] if key.startswith("reader")])
    assert post["tried"] <= posted <= post["tried"] + 32


async def test_a_crowd_exchanges_encrypted_messages(tmp_path: Path) -> None:
    async with running("messenger", tmp_path, MemoryStore()) as place:
        _, total = await let_loose(place, MESSENGER, users=12, enough=45, rate=60.0)
    talked = total["capabilities"]["signal.test/message"]
    assert talked["users"] == 12
    assert talked["failed"] == 0, talked


async def test_failures_are_counted_by_layer_and_status(tmp_path: Path) -> None:
    store = MemoryStore()
    soft = {"name": "x.test", "capabilities": [{"id": "soft", "journey": [SOFT]}]}
    async with running("social", tmp_path, store) as place:
        store.reachable = False
        _, mute = await let_loose(place, SOCIAL, users=4, seconds=0.4)
        _, less = await let_loose(place, soft, users=4, seconds=0.4)
    _, gone = await let_loose(place, SOCIAL, users=4, seconds=0.4)

    for total, by in ((mute, "http 503"), (gone, "dial")):
        for counts in total["capabilities"].values():
            assert counts["tried"] > 0
            assert counts["by"] == {by: counts["failed"]} == {by: counts["tried"]}
    counts = less["capabilities"]["x.test/soft"]
    assert (counts["failed"], counts["degraded"]) == (0, counts["tried"])
    assert counts["by"] == {"expect 404": counts["tried"]}


async def test_a_user_whose_token_is_refused_signs_in_again(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running("social", tmp_path, store) as place:
        people = Crowd.of([SOCIAL], 1, seed=1)
        action = next(people.actions())
        async with place.session() as session:
            assert (await people.act(action, session)).by == ()
            place.clock.at += 40 * 86_400
            assert (await people.act(action, session)).by == ("expect 401",)
            assert (await people.act(action, session)).by == ()


async def test_the_pace_is_never_above_the_rate(tmp_path: Path) -> None:
    async with running("social", tmp_path) as place:
        _, total = await let_loose(place, SOCIAL, users=50, seconds=1.0, rate=30.0)
    tried = sum(count["tried"] for count in total["capabilities"].values())
    assert 10 <= tried <= 31


@given(
    users=st.integers(1, 60),
    services=st.integers(1, 4),
    rounds=st.integers(1, 3),
    seed=st.integers(),
)
@settings(max_examples=40, deadline=None)
def test_in_each_round_every_user_acts_once(
    users: int, services: int, rounds: int, seed: int
) -> None:
    told = [SOCIAL | {"name": f"s{n}.test"} for n in range(services)]
    people = Crowd.of(told, users, seed)
    actions = people.actions()
    orders = []
    for _ in range(rounds):
        acted = list(itertools.islice(actions, users))
        names = [(a.user.service.name, a.user.variables["user"]) for a in acted]
        assert len(set(names)) == users
        orders.append([(name, a.key) for name, a in zip(names, acted, strict=True)])
    again = Crowd.of(told, users, seed).actions()
    assert [a.key for a in itertools.islice(again, users)] == [key for _, key in orders[0]]
    sizes = Counter(name for (name, _), _ in orders[0])
    assert max(sizes.values()) - min(sizes[f"s{n}.test"] for n in range(services)) <= 1


def test_a_service_of_weight_0_has_no_users() -> None:
    console = SOCIAL | {"name": "console.test", "weight": 0, "dealt": False}
    people = Crowd.of([console, SOCIAL], 5, seed=1)
    assert {user.service.name for user in people.users} == {"x.test"}
    assert [user.variables["user"] for user in people.users] == [f"reader{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ([], "No service has a capability"),
        ([{"name": "x.test"}], "No service has a capability"),
        ([SOCIAL | {"weight": 0}], "a weight above 0"),
        ([{}], r"0\.name"),
        ([{"name": "x.test", "capabilities": [{"id": "a", "jorney": []}]}], "jorney"),
    ],
)
def test_a_crowd_without_a_journey_is_refused(services: list[Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Crowd.of(services, 5, seed=1)


COMMAND = [sys.executable, "-m", "downwind.world.people.crowd"]


async def test_the_process_prints_counts_and_leaves_when_its_input_ends(tmp_path: Path) -> None:
    async with running("social", tmp_path) as place:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("--handout", "-", "--users", "30", "--rate", "100", "--every", "12"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        handout = place.handout() | {"services": [SOCIAL]}
        process.stdin.write(json.dumps(handout).encode() + b"\n")
        await process.stdin.drain()
        first = json.loads(await process.stdout.readline())
        began = time.monotonic()
        process.stdin.close()
        rest, errors = await process.communicate()
    last = json.loads(rest.splitlines()[-1])
    assert process.returncode == 0, errors
    assert errors == b""
    assert time.monotonic() - began < 5
    assert {"at", "capabilities", "talk"} == set(first)
    assert last["done"] is True


@pytest.mark.parametrize(
    ("by", "handout", "said"),
    [
        ("input", "", "not JSON"),
        ("input", '{"services": []}', "not a whole handout"),
        ("file", "[]", "holds no services"),
        ("file", "[" * 100_000, "not JSON"),
    ],
)
def test_the_process_refuses_what_is_no_handout(
    tmp_path: Path, by: str, handout: str, said: str
) -> None:
    file = tmp_path / "handout.json"
    file.write_text(handout)
    where, told = (str(file), "") if by == "file" else ("-", handout)
    done = subprocess.run(
        [*COMMAND, "--handout", where], input=told, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_process_leaves_after_its_time(tmp_path: Path) -> None:
    file = tmp_path / "handout.json"
    async with running("social", tmp_path) as place:
        file.write_text(json.dumps(place.handout() | {"services": [SOCIAL]}))
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("--handout", str(file), "--users", "5", "--seconds", "0.5"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.read(), 20)
        assert await process.wait() == 0
        assert process.stdin is not None
        process.stdin.close()
    assert json.loads(said.splitlines()[-1])["done"] is True
