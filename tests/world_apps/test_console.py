"""Customers of a provider log in behind a human check, and lead their names where they want."""

from __future__ import annotations

import asyncio
import importlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from dns.rdatatype import RdataType

from downwind.model import Step
from downwind.observe import Network, run_journey
from downwind.terms import Seen
from downwind.world.apps.challenge import LEAST_SCORE, TOKEN_LASTS, challenge
from downwind.world.apps.console import console
from downwind.world.net.addresses import Address
from downwind.world.net.dialing import Stub, WorldHttp
from downwind.world.net.listener import Door
from downwind.world.net.platform import App, HostConfig, Switchboard, Unreachable
from downwind.world.net.zone import new_zone, to_name
from downwind.world.systems.switchboard import EdgeSwitchboard, Line

from .place import BASE, CONFIG, MemoryStore, Place, TestClock, running

CHECK = "198.18.0.82"
CHECK_NAME = "challenge.app.test"
EDGE = Address("198.18.1.1", "2001:db8:1::1")
OWN = Address("198.18.2.1", "2001:db8:2::1")
API_TOKEN = "api-token-of-app-test"
ADA = {"user": "ada", "password": "feather-river"}


class Names(Stub):
    """Names that a test can take away."""

    def __init__(self, clock: TestClock) -> None:
        super().__init__(clock, {})
        self.known = {CHECK_NAME: (CHECK,)}

    async def look_up(self, host: str) -> Sequence[str]:
        if host not in self.known:
            raise Unreachable(f"{host}: NXDOMAIN")
        return self.known[host]


def board_of_two() -> EdgeSwitchboard:
    """The names of two customers of an edge."""
    zone = new_zone("shop.test", ["ns1.app.test"], ttl=60, negative_ttl=60)
    lines = {host: Line(zone, host, 60, (EDGE,), (OWN,)) for host in ("shop.test", "www.shop.test")}
    board = EdgeSwitchboard(lines)
    board.lead("shop.test", past_edge=False)
    board.lead("www.shop.test", past_edge=True)
    return board


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A console, the human check that it asks, and the way between them."""

    console: Place
    check: Place
    names: Names
    board: EdgeSwitchboard
    store: MemoryStore

    def addresses(self, host: str) -> list[str]:
        """What the name's zone says."""
        found = self.board.lines[host].zone.find(to_name(host), RdataType.A)
        return [] if found is None else [record.address for record in found]

    async def token(self) -> str:
        said = await self.check.call("GET", "/challenge")
        assert said.status == 200, said
        return str(said.json["token"])

    async def log_in(self, token: str, **more: str) -> Any:
        return await self.console.call("POST", "/log-in", ADA | {"challenge": token} | more)

    def network(self) -> Network:
        handout = self.console.handout()
        handout["dial"][CHECK] = {"tcp/80": ["127.0.0.1", self.check.port]}
        return Network.from_handout(handout)


def config_of(**words: Any) -> HostConfig:
    return HostConfig("console.test", "app.test", words, accounts=CONFIG.accounts)


def console_with(board: Switchboard | None) -> App:
    return lambda config, platform: console(config, replace(platform, switchboard=board))


@asynccontextmanager
async def checking(folder: Path, app: App = challenge) -> AsyncIterator[Place]:
    async with running(app, folder, MemoryStore()) as place:
        yield place


@asynccontextmanager
async def standing(folder: Path, app: App = challenge) -> AsyncIterator[Dashboard]:
    async with AsyncExitStack() as stack:
        check = await stack.enter_async_context(checking(folder, app))
        names, board, store = Names(check.clock), board_of_two(), MemoryStore()
        dial: dict[str, dict[str, Door]] = {CHECK: {"tcp/80": ("127.0.0.1", check.port)}}
        config = config_of(challenge=f"http://{CHECK_NAME}", api_token=API_TOKEN)
        http = WorldHttp(check.clock, names, dial, ssl.create_default_context())
        stack.push_async_callback(http.close)
        place = await stack.enter_async_context(
            running(console_with(board), folder, store, config, http=http)
        )
        yield Dashboard(place, check, names, board, store)


@pytest.fixture
async def dashboard(tmp_path: Path) -> AsyncIterator[Dashboard]:
    async with standing(tmp_path) as started:
        yield started


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Place]:
    """A console without settings, and without an edge."""
    async with running(console_with(None), tmp_path, None, config_of()) as started:
        yield started


async def test_who_passed_the_check_logs_in_and_leads_a_name_past_the_edge(
    dashboard: Dashboard,
) -> None:
    said = await dashboard.log_in(await dashboard.token())
    assert (said.status, said.json["user"]) == (200, "ada")
    token, path = said.json["token"], "/records/shop.test"
    ask = dashboard.console.call
    assert (await ask("GET", path, token=token)).json == {
        "host": "shop.test",
        "through_edge": True,
    }
    for through in (False, True):
        said = await ask("PUT", path, {"through_edge": through}, token=token)
        assert (said.status, said.json["through_edge"]) == (200, through)
        assert dashboard.addresses("shop.test") == [(EDGE if through else OWN).v4]
        assert dashboard.addresses("www.shop.test") == [OWN.v4]
    said = await ask("GET", "/records/WWW.Shop.test", token=token)
    assert said.json == {"host": "www.shop.test", "through_edge": False}


async def test_a_token_of_the_check_is_good_once(dashboard: Dashboard) -> None:
    token = await dashboard.token()
    assert (await dashboard.log_in(token)).status == 200
    said = await dashboard.log_in(token)
    assert (said.status, said.json["error"]) == (403, "challenge failed")


async def test_a_wrong_password_uses_the_token_up(dashboard: Dashboard) -> None:
    token = await dashboard.token()
    assert (await dashboard.log_in(token, password="wrong")).status == 401
    assert (await dashboard.log_in(token)).status == 403


@pytest.mark.parametrize("token", ["", "made-up", "a&token=b", "é", "../verify"])
async def test_a_token_that_the_check_does_not_know_is_refused(
    dashboard: Dashboard, token: str
) -> None:
    await dashboard.token()
    said = await dashboard.log_in(token)
    assert (said.status, said.json["error"]) == (403, "challenge failed")


async def test_no_token_in_the_body_is_no_token(dashboard: Dashboard) -> None:
    said = await dashboard.console.call("POST", "/log-in", ADA)
    assert (said.status, said.json["error"]) == (403, "challenge failed")


async def test_a_token_of_the_check_expires(dashboard: Dashboard) -> None:
    first, second = await dashboard.token(), await dashboard.token()
    dashboard.check.clock.at += TOKEN_LASTS
    assert (await dashboard.log_in(first)).status == 200
    dashboard.check.clock.at += 1
    assert (await dashboard.log_in(second)).status == 403


async def test_nobody_logs_in_where_the_check_has_no_name(dashboard: Dashboard) -> None:
    token = await dashboard.token()
    known = dict(dashboard.names.known)
    dashboard.names.known.clear()
    said = await dashboard.log_in(token)
    assert (said.status, said.json["error"]) == (503, "challenge unavailable")
    dashboard.names.known.update(known)
    assert (await dashboard.log_in(token)).status == 200


def answering(status: int, body: bytes) -> App:
    async def say(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    app = web.Application()
    app.router.add_get("/verify", say)
    return lambda _, __: app


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, b"<h1>Internal server error</h1>", 503),
        (503, b'{"ok": true}', 503),
        (403, b'{"ok": true}', 403),
        (404, b"", 403),
        (200, b'{"ok": false}', 403),
        (200, b'{"ok": 1}', 403),
        (200, b"[" * 5000, 403),
        (200, b"[]", 403),
        (200, b"\xff", 403),
        (200, b'{"ok": true}', 200),
    ],
)
async def test_only_a_clear_yes_of_the_check_lets_in(
    tmp_path: Path, status: int, body: bytes, expected: int
) -> None:
    async with standing(tmp_path, answering(status, body)) as dashboard:
        assert (await dashboard.log_in("token")).status == expected


async def test_while_nobody_can_log_in_the_api_goes_on(dashboard: Dashboard) -> None:
    session = (await dashboard.log_in(await dashboard.token())).json["token"]
    await dashboard.check.client.close()
    dashboard.names.known.clear()
    assert (await dashboard.log_in("token")).status == 503
    for token in (API_TOKEN, session):
        for through in (False, True):
            body = {"through_edge": through}
            said = await dashboard.console.call("PUT", "/records/shop.test", body, token=token)
            assert (said.status, said.json["through_edge"]) == (200, through)


async def test_without_a_check_user_and_password_are_enough(plain: Place) -> None:
    said = await plain.call("POST", "/log-in", ADA)
    assert said.status == 200
    token = said.json["token"]
    assert (await plain.call("PUT", "/notes/a", {"text": "x"}, token=token)).status == 200
    said = await plain.call("GET", "/records/shop.test", token=token)
    assert (said.status, said.json["error"]) == (503, "no edge")


async def test_a_note_is_read_back_as_it_was_kept(dashboard: Dashboard) -> None:
    ask = dashboard.console.call
    for text in ("fog at noon", "", "fünf 🌲 <b>"):
        said = await ask("PUT", "/notes/fog-1", {"text": text}, token=API_TOKEN)
        assert said.json == {"name": "fog-1", "text": text}
        assert (await ask("GET", "/notes/fog-1", token=API_TOKEN)).json == said.json
    assert (await ask("GET", "/notes/fog-2", token=API_TOKEN)).status == 404


async def test_a_journey_logs_in_and_reads_back_what_it_changed(dashboard: Dashboard) -> None:
    signed_in = {"Authorization": "Bearer ${token}"}
    note, said = f"{BASE}/notes/${{nonce}}", {"text": "was here ${nonce}"}
    steps = [
        Step(do="get", url=f"http://{CHECK}/challenge", save={"challenge": "token"}),
        Step.model_validate(
            {
                "do": "post",
                "url": f"{BASE}/log-in",
                "json": ADA | {"challenge": "${challenge}"},
                "save": {"token": "token"},
            }
        ),
        Step.model_validate({"do": "put", "url": note, "json": said, "headers": signed_in}),
        Step.model_validate({"url": note, "headers": signed_in, "expect": {"json": said}}),
    ]
    found = await run_journey("app.test/change", steps, dashboard.network())
    assert isinstance(found.finding, Seen)
    assert found.finding.value["state"] == "up", found


async def test_without_its_database_the_console_says_so(dashboard: Dashboard) -> None:
    dashboard.store.reachable = False
    said = await dashboard.log_in(await dashboard.token())
    assert (said.status, said.json["error"]) == (503, "storage unavailable")
    said = await dashboard.console.call("GET", "/notes/a", token=API_TOKEN)
    assert (said.status, said.json["error"]) == (503, "storage unavailable")


# method, path, body (JSON or raw bytes), token, status, part of the reason
TABLE: list[tuple[str, str, Any, str, int, str]] = [
    ("GET", "/log-in", None, "", 405, "GET /log-in"),
    ("POST", "/log-in", b"", "", 400, "EOF"),
    ("POST", "/log-in", [], "", 422, "the body"),
    ("POST", "/log-in", ADA | {"challenge": 7}, "", 422, "challenge"),
    ("POST", "/log-in", ADA | {"challenge": "x" * 201}, "", 422, "challenge"),
    ("POST", "/log-in", ADA | {"more": 1}, "", 422, "more"),
    ("POST", "/log-in", ADA | {"user": "../ada"}, "", 422, "user"),
    ("GET", "/records/shop.test", None, "", 401, "Bearer"),
    ("GET", "/records/shop.test", None, "wrong", 401, "not valid"),
    ("GET", "/records/shop.test", None, f"{API_TOKEN}x", 401, "not valid"),
    ("GET", "/records/shop.test", None, "ada.9999999999.AAAA", 401, "not valid"),
    ("GET", "/records/none.test", None, API_TOKEN, 404, "no customer"),
    ("GET", "/records/%ff", None, API_TOKEN, 404, "no customer"),
    ("PUT", "/records/shop.test", {"through_edge": False}, "", 401, "Bearer"),
    ("PUT", "/records/shop.test", {"through_edge": False}, "wrong", 401, "not valid"),
    ("PUT", "/records/none.test", {"through_edge": False}, API_TOKEN, 404, "no customer"),
    ("PUT", "/records/shop.test", {"through_edge": 0}, API_TOKEN, 422, "through_edge"),
    ("PUT", "/records/shop.test", {"through_edge": "no"}, API_TOKEN, 422, "through_edge"),
    ("PUT", "/records/shop.test", {}, API_TOKEN, 422, "through_edge"),
    ("PUT", "/records/shop.test", b"{", API_TOKEN, 400, "EOF"),
    ("DELETE", "/records/shop.test", None, API_TOKEN, 405, "DELETE /records"),
    ("PUT", "/notes/a", {"text": "x"}, "", 401, "Bearer"),
    ("PUT", "/notes/a", {"text": "x"}, "wrong", 401, "not valid"),
    ("GET", "/notes/a", None, "", 401, "Bearer"),
    ("GET", "/notes/none", None, API_TOKEN, 404, "no such note"),
    ("PUT", "/notes/A%2Fb", {"text": "x"}, API_TOKEN, 404, "note's name"),
    ("PUT", "/notes/%ff", {"text": "x"}, API_TOKEN, 404, "note's name"),
    ("PUT", f"/notes/{'a' * 81}", {"text": "x"}, API_TOKEN, 404, "note's name"),
    ("PUT", "/notes/a", {"text": "x" * 4001}, API_TOKEN, 422, "text"),
    ("PUT", "/notes/a", {"text": 7}, API_TOKEN, 422, "text"),
    ("PUT", "/notes/a", b"x" * 70_000, API_TOKEN, 413, "PUT /notes"),
]


async def test_each_bad_request_gets_a_refusal_with_its_reason(dashboard: Dashboard) -> None:
    for method, path, body, token, status, reason in TABLE:
        raw = body if isinstance(body, bytes) else None
        said = await dashboard.console.call(
            method, path, None if raw is not None else body, token=token, raw=raw
        )
        assert said.status == status, (method, path, said)
        assert set(said.json) == {"error", "reason"}
        assert reason in said.json["reason"], (method, path, said)
    assert dashboard.addresses("shop.test") == [EDGE.v4]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer \xff", "Bearer a.1.\xff", API_TOKEN, f"Basic {API_TOKEN}"],
)
async def test_only_a_bearer_token_lets_in(dashboard: Dashboard, plain: Place, header: str) -> None:
    """A console without an API token has none that is empty."""
    for place in (dashboard.console, plain):
        url = f"http://127.0.0.1:{place.port}/records/shop.test"
        async with place.client.get(url, headers={"Authorization": header}) as reply:
            assert reply.status == 401


@pytest.mark.parametrize(
    ("score", "status"),
    [
        (None, 200),
        ("1.00", 200),
        (f"{LEAST_SCORE}", 200),
        (f"{LEAST_SCORE / 2}", 403),
        ("0.00", 403),
        ("-1", 403),
        ("nan", 403),
        ("human", 403),
        ("", 403),
    ],
)
async def test_whom_the_bot_filter_takes_for_a_robot_gets_no_token(
    tmp_path: Path, score: str | None, status: int
) -> None:
    async with checking(tmp_path) as place:
        url = f"http://127.0.0.1:{place.port}/challenge"
        headers = {} if score is None else {"x-bot-score": score}
        async with place.client.get(url, headers=headers) as reply:
            assert reply.status == status
            assert reply.headers["Cache-Control"] == "no-store"


async def test_of_many_who_verify_a_token_at_once_one_is_told_yes(tmp_path: Path) -> None:
    async with checking(tmp_path) as place:
        token = (await place.call("GET", "/challenge")).json["token"]
        answers = await asyncio.gather(
            *(place.call("GET", f"/verify?token={token}") for _ in range(10))
        )
        assert sorted(said.json["ok"] for said in answers) == [False] * 9 + [True]
        assert (await place.call("GET", "/verify")).json == {"ok": False}
        assert (await place.call("POST", "/challenge")).status == 405


async def test_the_oldest_token_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("downwind.world.apps.challenge")
    monkeypatch.setattr(module, "MAX_TOKENS", 3)
    async with checking(tmp_path) as place:
        tokens = [(await place.call("GET", "/challenge")).json["token"] for _ in range(4)]
        said = [(await place.call("GET", f"/verify?token={t}")).json["ok"] for t in tokens]
    assert said == [False, True, True, True]


async def test_the_front_pages_are_html(dashboard: Dashboard) -> None:
    for place in (dashboard.console, dashboard.check):
        said = await place.call("GET", "/")
        assert said.status == 200
        assert said.headers["Content-Type"].startswith("text/html")
