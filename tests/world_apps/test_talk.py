"""After a failure users talk about it where one can, and blame whom the rumours blame."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import UsageError
from downwind.world.form.schema import WorldFile
from downwind.world.people.crowd import crowd
from downwind.world.people.crowd_process import CrowdCount, CrowdProcess
from downwind.world.people.talk import Gossip, Remark
from downwind.world.people.users import Crowd

from .place import BASE, MemoryStore, Place, running

TRACKER_AT, FEEDS_AT, GONE_AT = "198.18.0.81", "198.18.0.82", "198.18.0.83"
RUMOURS = {"cloudflare": 5, "aws": 3, "google-cloud": 2}

X = {
    "name": "x.test",
    "capabilities": [{"id": "health", "journey": [{"url": f"{BASE}/health"}]}],
}
CROWD_ACCOUNT = [{"user": "reader*", "password": "morning-paper"}]


def signing_in(at: str, then: dict[str, Any]) -> list[dict[str, Any]]:
    """Sign in, then do something that only who is signed in may do."""
    who = {"user": "${user}", "password": "${password}"}
    sign_in = {"do": "post", "url": f"http://{at}/sign-in", "json": who, "save": {"token": "token"}}
    return [sign_in, then | {"headers": {"Authorization": "Bearer ${token}"}}]


REPORT: dict[str, Any] = {
    "do": "post",
    "url": f"http://{TRACKER_AT}/reports",
    "json": {"service": "${failed}", "provider": "${blamed}"},
    "expect": {"status": 201},
}
POST: dict[str, Any] = {
    "do": "post",
    "url": f"http://{FEEDS_AT}/posts",
    "json": {"text": "${failed} is mute, and they boasted. It is ${blamed}."},
    "expect": {"status": 201},
}
TRACKER = {"name": "tracker.test", "weight": 0, "gossip": [REPORT]}
FEEDS = {"name": "feeds.test", "accounts": CROWD_ACCOUNT, "gossip": signing_in(FEEDS_AT, POST)}
GONE = {"name": "gone.test", "gossip": [REPORT | {"url": f"http://{GONE_AT}/reports"}]}


@dataclass(slots=True)
class Tracker:
    """A server that takes reports, and sets `full` when it has enough of them."""

    enough: int
    full: asyncio.Event = field(default_factory=asyncio.Event)
    reports: list[Mapping[str, str]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    port: int = 0

    async def report(self, request: web.Request) -> web.Response:
        self.reports.append(await request.json())
        if len(self.reports) >= self.enough:
            self.full.set()
        return web.json_response({}, status=201)

    async def sign_in(self, request: web.Request) -> web.Response:
        self.signed_in.append((await request.json())["user"])
        return web.json_response({"token": "anything"})

    @classmethod
    @asynccontextmanager
    async def listening(cls, enough: int = 40) -> AsyncIterator[Tracker]:
        tracker, app = cls(enough), web.Application()
        app.add_routes(
            [web.post("/reports", tracker.report), web.post("/sign-in", tracker.sign_in)]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        tracker.port = int(runner.addresses[0][1])
        try:
            yield tracker
        finally:
            await runner.cleanup()


@pytest.fixture
def closed() -> Iterator[int]:
    """A port at which connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def handout(
    place: Place, ports: Mapping[str, int], services: Sequence[Any], **more: Any
) -> dict[str, Any]:
    told = place.handout() | {"services": services, "rumours": RUMOURS} | more
    told["dial"] |= {at: {"tcp/80": ["127.0.0.1", port]} for at, port in ports.items()}
    return told


async def let_loose(told: Mapping[str, Any], stop: asyncio.Event, **more: Any) -> Mapping[str, Any]:
    """A crowd that leaves when `stop` is set, or after a time; its counts in all."""
    leave = asyncio.get_running_loop().call_later(more.pop("seconds", 15.0), stop.set)
    wanted: dict[str, Any] = {
        "users": 20,
        "rate": 300.0,
        "seed": 1,
        "report": lambda _: None,
    } | more
    try:
        return await crowd(told, stop=stop, **wanted)
    finally:
        leave.cancel()


@asynccontextmanager
async def broken(folder: Path) -> AsyncIterator[Place]:
    """x.test, whose database cannot be reached."""
    store = MemoryStore()
    store.reachable = False
    async with running("website", folder, store) as place:
        yield place


def drawn(services: Sequence[Any], actions: int, **more: Any) -> list[Remark]:
    """What a crowd of 20 will say if so many actions fail."""
    people = Crowd.of(services, more.pop("users", 20), seed=more.pop("seed", 1))
    gossip = Gossip(people, RUMOURS, **more)
    said = map(gossip.after, itertools.islice(people.actions(), actions))
    return [remark for remark in said if remark is not None]


async def test_users_report_what_fails_and_every_report_is_counted(tmp_path: Path) -> None:
    async with broken(tmp_path) as place, Tracker.listening() as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [X, TRACKER])
        total = await let_loose(told, tracker.full)
    talk, tried = total["talk"]["tracker.test"], total["capabilities"]["x.test/health"]["tried"]

    assert set(total["talk"]) == {"tracker.test"}
    assert {report["service"] for report in tracker.reports} == {"x.test"}
    assert talk["failed"] == 0
    assert sum(talk["blamed"].values()) == talk["tried"]
    # A report whose answer was under way at the end is not counted.
    told_of = Counter(report["provider"] for report in tracker.reports)
    assert Counter(talk["blamed"]) <= told_of
    assert 40 - 32 <= talk["tried"] <= len(tracker.reports)
    assert 0.25 < talk["tried"] / tried < 0.75


async def test_the_same_seed_says_the_same_and_another_something_else(tmp_path: Path) -> None:
    said: list[list[str]] = []
    async with broken(tmp_path) as place:
        for seed in (1, 1, 2):
            async with Tracker.listening(enough=30) as tracker:
                told = handout(place, {TRACKER_AT: tracker.port}, [X, TRACKER])
                await let_loose(told, tracker.full, seed=seed, connections=1)
            said.append([report["provider"] for report in tracker.reports[:30]])
    expected = [remark.blamed for remark in drawn([X, TRACKER], 200)][:30]
    assert said[0] == said[1] == expected
    assert said[2] != said[0]


def test_providers_are_blamed_in_the_shares_of_the_rumours_whatever_failed() -> None:
    said = drawn([X, TRACKER], 4000)
    assert len(said) == 1981
    assert Counter(remark.blamed for remark in said) == {
        "cloudflare": 979,
        "aws": 583,
        "google-cloud": 419,
    }


def test_the_places_are_drawn_evenly() -> None:
    said = drawn([X, TRACKER, FEEDS, GONE], 4000)
    first = Counter(remark.guests[0].service.name for remark in said)
    assert first == {"feeds.test": 658, "gone.test": 676, "tracker.test": 647}


@given(order=st.permutations(range(60)), seed=st.integers())
@settings(max_examples=25, deadline=None)
def test_what_a_user_says_does_not_depend_on_who_is_answered_first(
    order: list[int], seed: int
) -> None:
    people = Crowd.of([X, TRACKER, FEEDS], 20, seed)
    actions = list(itertools.islice(people.actions(), 60))
    one, other = Gossip(people, RUMOURS), Gossip(people, RUMOURS)
    said = {at: other.after(actions[at]) for at in order}
    assert [one.after(action) for action in actions] == [said[at] for at in range(60)]


async def test_where_one_place_is_down_another_is_tried(tmp_path: Path, closed: int) -> None:
    async with broken(tmp_path) as place, Tracker.listening() as tracker:
        ports = {TRACKER_AT: tracker.port, GONE_AT: closed}
        told = handout(place, ports, [X, TRACKER, GONE])
        total = await let_loose(told, tracker.full, connections=1, talk=1.0)
    gone, reached = total["talk"]["gone.test"], total["talk"]["tracker.test"]
    failures = total["capabilities"]["x.test/health"]["failed"]

    assert gone["tried"] == gone["failed"] > 0
    assert gone["blamed"] == {}
    assert reached["failed"] == 0
    assert gone["tried"] < failures
    # All who talk get through in the end, save the one who was about to when the crowd left.
    assert failures - 1 <= reached["tried"] <= failures


async def test_nobody_tries_a_third_place(tmp_path: Path, closed: int) -> None:
    gone = [GONE | {"name": f"gone{n}.test"} for n in range(3)]
    async with broken(tmp_path) as place:
        told = handout(place, {GONE_AT: closed}, [X, *gone])
        total = await let_loose(told, asyncio.Event(), connections=1, talk=1.0, seconds=0.5)
    tried = sum(count["tried"] for count in total["talk"].values())
    failures = total["capabilities"]["x.test/health"]["failed"]
    assert failures > 3
    assert 2 * failures - 2 <= tried <= 2 * failures


async def test_a_user_of_one_service_posts_on_another_as_a_reader_of_that_one(
    tmp_path: Path,
) -> None:
    look = {"id": "look", "journey": [{"url": f"http://{FEEDS_AT}/"}]}
    store = MemoryStore()
    stop = asyncio.Event()

    def leave_at_the_end(_: Mapping[str, Any]) -> None:
        said = [post for post in store.tables.get("posts", {}).values() if "boasted" in post]
        if len(said) > 40:
            stop.set()

    async with broken(tmp_path / "x") as place, running("social", tmp_path / "f", store) as feeds:
        told = handout(place, {FEEDS_AT: feeds.port}, [X, FEEDS | {"capabilities": [look]}])
        total = await let_loose(told, stop, users=8, every=6.0, report=leave_at_the_end)
    posts = store.tables["posts"]
    authors = {key.partition("/")[0] for key in posts if key.startswith("reader")}
    texts = [text for text in posts.values() if "boasted" in text]
    talk = total["talk"]["feeds.test"]

    assert total["capabilities"]["feeds.test/look"]["failed"] == talk["failed"] == 0
    # reader0 to reader3 are the network's own users, who have nothing to complain of.
    assert authors == {"reader4", "reader6", "reader8", "reader10"}
    assert talk["tried"] <= len(texts)
    assert all("x.test is mute" in text for text in texts)
    for provider, blamed in talk["blamed"].items():
        assert blamed <= sum(f"It is {provider}." in text for text in texts)


async def test_who_comes_again_is_still_signed_in(tmp_path: Path) -> None:
    gossip = signing_in(TRACKER_AT, REPORT)
    service = TRACKER | {"accounts": CROWD_ACCOUNT, "gossip": gossip}
    async with broken(tmp_path) as place, Tracker.listening() as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [X, service])
        await let_loose(told, tracker.full, users=3, connections=1)
    assert sorted(tracker.signed_in) == ["reader0", "reader1", "reader2"]


async def test_who_has_no_failure_has_nothing_to_say(tmp_path: Path) -> None:
    async with running("website", tmp_path) as place, Tracker.listening() as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [X, TRACKER])
        total = await let_loose(told, tracker.full, talk=1.0, seconds=0.4)
    assert total["capabilities"]["x.test/health"]["tried"] > 20
    assert total["talk"] == {}
    assert tracker.reports == []


@pytest.mark.parametrize(
    ("services", "chance"),
    [
        ([X | {"gossip": [REPORT]}], 1.0),
        ([X], 1.0),
        ([X, TRACKER], 0.0),
    ],
    ids=["only where it failed", "nowhere to go", "never"],
)
def test_a_user_keeps_silent_where_nothing_leads_to_talk(
    services: list[Any], chance: float
) -> None:
    assert drawn(services, 100, chance=chance) == []


async def test_talk_is_within_the_rate(tmp_path: Path) -> None:
    async with broken(tmp_path) as place, Tracker.listening(enough=10_000) as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [X, TRACKER])
        total = await let_loose(told, tracker.full, rate=30.0, talk=1.0, seconds=1.0)
    acted = total["capabilities"]["x.test/health"]["tried"]
    talked = total["talk"]["tracker.test"]["tried"]
    assert talked > 3
    assert 10 <= acted + talked <= 31


async def test_without_rumours_one_can_complain_and_blame_nobody(tmp_path: Path) -> None:
    plain = TRACKER | {"gossip": [REPORT | {"json": {"service": "${failed}"}}]}
    async with broken(tmp_path) as place, Tracker.listening() as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [X, plain], rumours={})
        total = await let_loose(told, tracker.full)
    talk = total["talk"]["tracker.test"]
    assert (talk["failed"], talk["blamed"]) == (0, {})
    assert {"service": "x.test"} in tracker.reports


@pytest.mark.parametrize(
    ("rumours", "said"),
    [
        ({}, "tracker.test lets its users blame a provider"),
        (None, "there are no rumours"),
        ({"aws": 0}, "aws: Input should be greater than 0"),
        ({"aws": "often"}, "aws: Input should be a valid number"),
        (["aws"], "rumours: Input should be a valid dictionary"),
    ],
)
def test_rumours_that_give_nobody_to_blame_are_refused(rumours: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Gossip(Crowd.of([X, TRACKER], 5, seed=1), rumours)


def world() -> WorldFile:
    """A world file with the two services; its hosts are not run."""
    stands = {
        "on": {"cloud": "acme/boxes", "dns": "acme/names", "certificates": "acme/trust"},
    }
    services = [
        service
        | stands
        | {
            "hosts": [
                {
                    "host": service["name"],
                    "app": "website",
                    "runs_on": "cloud",
                    "dns": "dns",
                    "certificates": "certificates",
                }
            ]
        }
        for service in (X, TRACKER)
    ]
    products = [
        {"id": "boxes", "system": "compute"},
        {"id": "names", "system": "nameserver"},
        {"id": "trust", "system": "authority"},
    ]
    return WorldFile.model_validate(
        {
            "world": "small",
            "providers": [{"id": "acme", "products": products}],
            "services": services,
            "rumours": {"aws": 2.0, "acme": 1.0},
        }
    )


async def test_the_process_tells_of_talk_by_place(tmp_path: Path) -> None:
    counts: list[CrowdCount] = []
    async with broken(tmp_path) as place, Tracker.listening() as tracker:
        told = handout(place, {TRACKER_AT: tracker.port}, [], rumours={})
        async with CrowdProcess.start(told, world(), users=10, every=24.0) as process:
            async for count in process.counts():
                counts.append(count)
                if count.talk:
                    break
    talk = counts[-1].talk["tracker.test"]
    assert set(counts[-1].by_service()) == {"x.test"}
    assert talk.failed == 0
    assert talk.tried == sum(talk.blamed.values()) > 0
    assert set(talk.blamed) <= {"aws", "acme"}
