"""What a real server lets in, what it refuses, and what reaches the hub."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from downwind.show.web import Access
from downwind.show.web.operations import LARGE, SMALL
from downwind.watch.picture import ChangeSeen
from tests.show.web.hub import ACTOR, PARIS, READER, TOKENS, MemoryHub, asked, bearer
from tests.show.web.pictures import NOON, outage_picture

CLOSED = Access(TOKENS, open_reads=False)
ID = "2025-11-18-cloudflare-proxy"


async def _post(
    hub: MemoryHub, path: str, secret: str | None, **sent: Any
) -> tuple[int, dict[str, Any]]:
    headers = bearer(secret) if secret else {}
    async with asked(hub) as client, client.post(path, headers=headers, **sent) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("secret", "status"),
    [(None, 401), ("no-such-secret-0123456789", 401), (READER, 403), (PARIS, 403), (ACTOR, 200)],
)
async def test_a_write_needs_a_token_that_may_act(secret: str | None, status: int) -> None:
    hub = MemoryHub()
    found, told = await _post(hub, "/api/v1/deploys", secret, json={"service": "shop"})
    assert found == status
    if status == 200:
        assert told == {"id": "deploy-1"}
    else:
        assert set(told) == {"what", "where", "todo"}
        assert told["where"] == "authorization"
        assert hub.told == []


async def test_a_password_that_a_browser_sends_by_itself_reads_and_does_not_write() -> None:
    hub = MemoryHub(outage_picture())
    auth = {"Authorization": aiohttp.encode_basic_auth("me", ACTOR)}
    async with asked(hub, CLOSED, auth) as client:
        async with client.get("/") as page:
            assert page.status == 200
        async with client.post(f"/api/v1/incidents/{ID}/close", json={}) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert hub.told == []


async def test_beyond_loopback_reading_needs_a_token_and_health_does_not() -> None:
    async with asked(MemoryHub(), CLOSED) as client:
        for path in ("/", "/metrics", "/api/v1/picture", "/badge/incident.svg", "/events"):
            async with client.get(path) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"].startswith("Basic")
        for path in ("/healthz", "/readyz"):
            async with client.get(path) as answer:
                assert await answer.json() == {"ok": True, "reason": ""}
        async with client.get("/metrics", headers=bearer(READER)) as answer:
            assert answer.status == 200


async def test_what_is_told_reaches_the_hub_with_who_told_it() -> None:
    hub = MemoryHub(outage_picture())
    async with asked(hub, headers=bearer(ACTOR)) as client:
        for path, body in (
            ("deploys", {"service": "shop", "title": "v42", "url": "https://ci.test/42"}),
            ("deploys", {"service": "*", "by": "bo", "at": NOON - 60}),
            ("maintenance", {"service": "chat", "until": NOON + 3600, "title": "disks"}),
            (f"incidents/{ID}/acknowledge", {"note": "on it"}),
            (f"incidents/{ID}/comment", {"note": "calling them", "by": "bo"}),
            (f"incidents/{ID}/close", {}),
            ("needs/n1/accept", {"note": "true"}),
            ("needs/n1/reject", {}),
            ("maintenance/1763470800-chat%2Fdo-2/cancel", {"note": "not today"}),
        ):
            async with client.post(f"/api/v1/{path}", json=body) as answer:
                assert answer.status == 200, await answer.text()
    link = {"url": "https://ci.test/42"}
    assert hub.told == [
        ("deploy", "ana", {"service": "shop", "title": "v42", "by": "ana", "at": NOON + 5, **link}),
        ("deploy", "ana", {"service": "*", "title": "", "by": "bo", "at": NOON - 60, "url": ""}),
        ("maintenance", "ana", {"service": "chat", "title": "disks", "by": "ana", "url": "",
                                "at": NOON + 5, "until": NOON + 3600}),
        ("acknowledge", "ana", ID, "ana", "on it"),
        ("comment", "ana", ID, "bo", "calling them"),
        ("close", "ana", ID, "ana", ""),
        ("need", "ana", "n1", True, "ana", "true"),
        ("need", "ana", "n1", False, "ana", ""),
        ("cancel", "ana", "1763470800-chat/do-2", "ana", "not today"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("access", "secret", "status", "name", "rights"),
    [
        (Access(TOKENS), None, 200, "", ["read"]),
        (Access(TOKENS), "no-such-secret-0123456789", 200, "", ["read"]),
        (Access(TOKENS), ACTOR, 200, "ana", ["act", "read"]),
        (Access(TOKENS), PARIS, 200, "paris", ["read", "report"]),
        (CLOSED, READER, 200, "reader", ["read"]),
        (CLOSED, None, 401, None, None),
        (CLOSED, PARIS, 403, None, None),
    ],
)
async def test_whoever_asks_is_told_what_the_token_may(
    access: Access, secret: str | None, status: int, name: str | None, rights: list[str] | None
) -> None:
    headers = bearer(secret) if secret else {}
    async with (
        asked(MemoryHub(), access, headers) as client,
        client.get("/api/v1/token") as answer,
    ):
        told = await answer.json()
    assert (answer.status, told.get("name"), told.get("rights")) == (status, name, rights)


async def test_maintenance_is_listed_while_it_is_planned_or_under_way() -> None:
    hub = MemoryHub()
    over = ChangeSeen("0-news", "maintenance", NOON - 90, "news", until=NOON - 60)
    hub.shown = replace(hub.shown, changes=(*hub.shown.changes, over))
    async with asked(hub) as client, client.get("/api/v1/maintenance") as answer:
        told = await answer.json()
    assert [each["id"] for each in told["windows"]] == ["1763470800-chat/do-2"]


async def test_a_vantage_fetches_its_orders_and_gets_a_receipt() -> None:
    hub = MemoryHub()
    async with asked(hub) as client:
        async with client.get("/api/v1/orders", headers=bearer(PARIS)) as answer:
            assert (await answer.json())["vantage"] == "paris"
        for name, status in (("paris", 200), ("oslo", 403)):
            asks = f"/api/v1/orders?vantage={name}"
            async with client.get(asks, headers=bearer(PARIS)) as answer:
                assert answer.status == status
        async with client.post("/api/v1/evidence", headers=bearer(PARIS), data=b"\x1f\x8b") as sent:
            assert await sent.json() == {
                "accepted": 2, "duplicates": 1, "at": NOON + 5,
                "refused": [{"record": 3, "reason": "it is no probe"}],
            }  # fmt: skip
        for data, status in ((b"in the name of another", 403), (b"unpacks to too much", 413)):
            async with client.post("/api/v1/evidence", headers=bearer(PARIS), data=data) as sent:
                assert sent.status == status
        for secret in (ACTOR, READER):
            async with client.post("/api/v1/evidence", headers=bearer(secret), data=b"x") as sent:
                assert sent.status == 403
    assert hub.told == [("evidence", "paris", b"\x1f\x8b")]


BAD_BODIES = (
    ("deploys", "{", "body"),
    ("deploys", "[]", "body"),
    ("deploys", "{}", "service"),
    ("deploys", '{"service": ""}', "service"),
    ("deploys", '{"service": "x", "service2": 1}', "service2"),
    ("deploys", '{"service": "x", "at": "yesterday"}', "at"),
    ("deploys", '{"service": "x", "at": -1}', "at"),
    ("deploys", '{"service": "x", "at": NaN}', "at"),
    ("deploys", '{"service": "x", "at": 1e300}', "at"),
    ("deploys", '{"service": "x", "url": "javascript:alert(1)"}', "url"),
    ("deploys", '{"service": "x", "title": "' + "t" * 501 + '"}', "title"),
    ("deploys", "\xff", "body"),
    ("deploys", "[" * 20_000, "body"),
    ("maintenance", '{"service": "x", "until": 5}', "until"),
    ("maintenance", '{"service": "x", "at": 10, "until": 5}', "until"),
    ("maintenance", '{"service": "x", "until": 9e9}', "until"),
    (f"incidents/{ID}/comment", '{"note": ""}', "note"),
    (f"incidents/{ID}/close", '{"note": 3}', "note"),
)


async def test_a_bad_body_is_refused_with_the_place_and_nothing_is_kept() -> None:
    hub = MemoryHub(outage_picture())
    headers = {**bearer(ACTOR), "Content-Type": "application/json"}
    async with asked(hub, headers=headers) as client:
        for path, body, where in BAD_BODIES:
            async with client.post(f"/api/v1/{path}", data=body.encode("latin-1")) as answer:
                told = await answer.json()
                assert (answer.status, told["where"]) == (400, where), (path, body[:80], told)
                assert told["todo"], (path, body[:80])
    assert hub.told == []


async def test_a_body_that_a_form_could_send_is_not_taken() -> None:
    hub = MemoryHub()
    async with asked(hub) as client:
        for media in ("text/plain", "application/x-www-form-urlencoded", ""):
            headers = {**bearer(ACTOR), "Content-Type": media}
            sent = client.post("/api/v1/deploys", headers=headers, data=b'{"service": "x"}')
            async with sent as answer:
                assert answer.status == 415
    assert hub.told == []


@pytest.mark.parametrize(
    ("path", "secret", "most"),
    [("/api/v1/deploys", ACTOR, SMALL), ("/api/v1/evidence", PARIS, LARGE)],
)
@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in chunks"])
async def test_a_body_that_is_too_large_is_refused(
    path: str, secret: str, most: int, told: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(most // 65536 + 2):
            yield bytes(65536)

    hub = MemoryHub()
    data = io.BytesIO(bytes(most + 1)) if told else chunks()
    headers = {**bearer(secret), "Content-Type": "application/json"}
    async with asked(hub) as client, client.post(path, headers=headers, data=data) as answer:
        assert answer.status == 413
        assert (await answer.json())["todo"] == "Send less at once."
    assert hub.told == []


async def test_an_incident_or_need_that_is_not_there_is_not_found() -> None:
    hub = MemoryHub(outage_picture())
    async with asked(hub, headers=bearer(ACTOR)) as client:
        for path in ("incidents/no/close", "incidents/no/acknowledge", "needs/no/accept"):
            async with client.post(f"/api/v1/{path}", json={}) as answer:
                assert answer.status == 404
                assert "'no'" in (await answer.json())["what"]
        for path in ("/incidents/no", "/api/v1/incidents/no", "/static/app.py", "/nothing",
                     "/static/..%2Fapp.py"):  # fmt: skip
            async with client.get(path) as answer:
                assert answer.status == 404
                told = await answer.json()
                assert set(told) == {"what", "where", "todo"}
                assert told["todo"], path
        async with client.post("/", json={}) as answer:
            assert answer.status == 405


async def test_a_full_disk_is_told_so_that_it_is_sent_again() -> None:
    hub = MemoryHub(full=True)
    async with (
        asked(hub, headers=bearer(ACTOR)) as client,
        client.post("/api/v1/deploys", json={"service": "shop"}) as answer,
    ):
        told = await answer.json()
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert (told["what"], told["todo"]) == ("the disk is full.", "Make room.")


async def test_targets_can_be_asked_for_by_state_and_in_parts() -> None:
    async with asked(MemoryHub(outage_picture())) as client:
        async with client.get("/api/v1/targets?state=down&limit=5&offset=12") as answer:
            told = await answer.json()
        assert told["total"] == 14
        assert [each["key"] for each in told["targets"]] == ["shop/do-12", "news/do-13"]
        async with client.get("/api/v1/targets?state=up&service=chat") as answer:
            assert {e["service"] for e in (await answer.json())["targets"]} == {"chat"}
        async with client.get("/api/v1/incidents?phase=closed") as answer:
            assert [e["id"] for e in (await answer.json())["incidents"]] == ["2025-11-17-own-news"]
        for wrong in (
            "state=gone",
            "limit=-1",
            "limit=x",
            "limit=99999",
            "stat=up",
            "offset=%D9%A1",
        ):
            async with client.get(f"/api/v1/targets?{wrong}") as answer:
                assert answer.status == 400, wrong
                assert (await answer.json())["todo"], wrong


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.test", 421), ("evil.test:80", 421), ("a b", 421), ("localhost:1", 200)],
)
async def test_a_page_of_another_name_that_was_pointed_here_gets_nothing(
    host: str, status: int
) -> None:
    async with asked(MemoryHub()) as client:
        for path in ("/", "/healthz", "/api/v1/picture", "/nothing"):
            async with client.get(path, headers={"Host": host}) as answer:
                assert answer.status == (404 if path == "/nothing" and status == 200 else status)


@pytest.mark.parametrize("head", ["", "Host: localhost\r\nHost: evil.test\r\n"])
async def test_a_request_with_no_host_or_two_is_malformed(head: str) -> None:
    async with asked(MemoryHub()) as client:
        url = client._base_url
        assert url is not None
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(f"GET /api/v1/picture HTTP/1.1\r\n{head}\r\n".encode())
        first = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert b" 400 " in first


async def test_every_answer_is_fenced_in() -> None:
    async with asked(MemoryHub()) as client:
        for path in ("/", "/nothing", "/api/v1/picture", "/badge/incident.svg"):
            async with client.get(path, headers={"Origin": "https://evil.test"}) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "script-src 'self'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert not [name for name in answer.headers if name.startswith("Access-Control")]
                assert "Server" not in answer.headers


async def test_a_picture_with_numbers_that_json_lacks_is_still_json() -> None:
    hub = MemoryHub()
    odd = replace(hub.shown.watcher, lag=float("inf"))
    hub.shown = replace(hub.shown, watcher=odd)
    async with asked(hub) as client, client.get("/api/v1/picture") as answer:
        assert json.loads(await answer.text())["watcher"]["lag"] is None
