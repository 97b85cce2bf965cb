"""Looking from elsewhere, over real sockets: what is asked, what it costs, what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from downwind.evidence.records import to_payload
from downwind.observe.globalping import (
    Avoid,
    Globalping,
    LimitReached,
    asked_for,
    vantage_of,
)
from downwind.observe.globalping.client import request_body
from downwind.terms import CannotMeasure, Unanswered, UsageError
from downwind.watch.vantages.form import form_fault

from .asked import CLOUDFLARE, HTTP, client, network, step
from .server import PROBES, FakeGlobalping


async def test_a_target_is_seen_from_several_places_outside_the_suspect() -> None:
    async with FakeGlobalping() as server:
        answers = await client(server).look(HTTP, CLOUDFLARE, count=4, seed=1)

    assert len(answers) == 4
    for answer in answers:
        assert answer.site.asn not in (13335, 14618, 7922)
        assert answer.evidence.vantage == vantage_of(answer.site)
        assert answer.evidence.kind == "probe.http"
        assert answer.evidence.subject == "x.test/feed"
        assert answer.evidence.value is not None
        assert (answer.evidence.value["ok"], answer.evidence.value["state"]) == (True, "up")
        assert form_fault(json.loads(to_payload(answer.evidence))["finding"]["value"]) == ""
        assert step(answer)["milliseconds"] == 325
        assert step(answer)["passed"] == ["dns", "dial", "tls"]
    assert len({answer.site.continent for answer in answers}) == 3


async def test_what_is_asked_is_what_the_schema_takes() -> None:
    async with FakeGlobalping() as server:
        await client(server).look(HTTP, Avoid(), count=1)

    (body,) = server.requests
    (place,) = body.pop("locations")
    assert place.keys() == {"asn", "country", "city", "limit"}
    assert body == {
        "type": "http",
        "target": "www.x.test",
        "measurementOptions": {
            "protocol": "HTTPS",
            "port": 443,
            "request": {"method": "GET", "path": "/feed", "query": "page=2"},
        },
    }
    assert server.tokens == [None]


async def test_a_token_is_sent_where_there_is_one() -> None:
    async with FakeGlobalping() as server:
        await client(server, token="t0ken").look(HTTP, Avoid(), count=1)

    assert server.tokens == ["Bearer t0ken"]


async def test_half_a_second_passes_between_two_questions_for_a_measurement() -> None:
    async with FakeGlobalping(polls=3) as server:
        await client(server).look(HTTP, Avoid(), count=1)

    assert len(server.times) == 4
    gaps = [after - before for before, after in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps) >= 0.5 / 50


async def test_one_that_does_not_end_is_unanswered() -> None:
    async with FakeGlobalping(polls=10**6) as server:
        answers = await client(server, patience=3.0).look(HTTP, Avoid(), count=2)

    for answer in answers:
        assert answer.evidence.finding == Unanswered(
            "Globalping's probe did not finish: in-progress"
        )


async def test_the_list_of_probes_is_asked_for_once_an_hour() -> None:
    async with FakeGlobalping() as server:
        ping = client(server)
        await ping.look(HTTP, Avoid(), count=1)
        await ping.look(HTTP, Avoid(), count=1, seed=9)

    assert (server.listed, len(server.requests)) == (1, 2)


async def test_an_answer_from_inside_the_suspect_is_left_out() -> None:
    async with FakeGlobalping(elsewhere=PROBES[4]) as server:
        assert await client(server).look(HTTP, CLOUDFLARE, count=2) == ()


async def test_where_no_probe_is_outside_the_suspect_nobody_is_asked() -> None:
    avoid = Avoid(asns=frozenset(p["location"]["asn"] for p in PROBES))
    async with FakeGlobalping() as server:
        with pytest.raises(CannotMeasure, match="no probe outside"):
            await client(server).look(HTTP, avoid)

    assert server.requests == []


async def test_what_is_not_left_is_not_asked_for() -> None:
    async with FakeGlobalping(remaining=3) as server:
        ping = client(server)
        await ping.look(HTTP, Avoid(), count=2)
        with pytest.raises(LimitReached) as caught:
            await ping.look(HTTP, Avoid(), count=2)

    assert len(server.requests) == 1
    assert caught.value.until > 1_003_000


async def test_credits_count_beyond_the_limit() -> None:
    async with FakeGlobalping(remaining=3, credits=10) as server:
        ping = client(server)
        await ping.look(HTTP, Avoid(), count=2)
        with pytest.raises(LimitReached, match="429"):
            await ping.look(HTTP, Avoid(), count=2)  # the server of this test has no credits

    assert len(server.requests) == 2


async def test_after_429_it_is_left_alone() -> None:
    async with FakeGlobalping(remaining=0, reset=120) as server:
        ping = client(server)
        for _ in range(3):
            with pytest.raises(LimitReached) as caught:
                await ping.look(HTTP, Avoid(), count=1)

    assert len(server.requests) == 1
    assert caught.value.until == pytest.approx(network().clock.now() + 120, abs=60)


@pytest.mark.parametrize(
    ("status", "words"), [(400, "validation_error"), (422, "No suitable probes found")]
)
async def test_a_refusal_is_told_in_its_own_words(status: int, words: str) -> None:
    async with FakeGlobalping(status=status) as server:
        with pytest.raises(CannotMeasure, match=words):
            await client(server).look(HTTP, Avoid())


async def test_a_server_that_is_away_is_told() -> None:
    async with FakeGlobalping() as server:
        ping = client(server)
    with pytest.raises(CannotMeasure, match="cannot be asked"):
        await ping.look(HTTP, Avoid())


@pytest.mark.parametrize("number", ["../../v1/limits", "", "a b", "x" * 65])
async def test_an_id_that_is_none_is_not_asked_for(number: str) -> None:
    async with FakeGlobalping(number=number) as server:
        with pytest.raises(CannotMeasure, match="is no measurement"):
            await client(server).look(HTTP, Avoid())

    assert server.times == []


@pytest.mark.parametrize("probes", [{}, {"error": 1}, None, 5, "x"])
async def test_a_list_of_probes_that_is_none_is_told(probes: Any) -> None:
    async with FakeGlobalping(probes=probes) as server:
        with pytest.raises(CannotMeasure, match="cannot be read"):
            await client(server).look(HTTP, Avoid())


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("http", "ftp://x.test/"),
        ("http", "https://10.0.0.1/"),
        ("http", "https://localhost/"),
        ("ping", "192.168.1.1"),
        ("dns", "printer"),
        ("dns", ""),
    ],
)
def test_what_is_private_or_no_target_is_not_told_to_anybody(kind: Any, target: str) -> None:
    with pytest.raises(UsageError):
        request_body(asked_for("x", kind, target))


@pytest.mark.parametrize("api", ["http://api.globalping.io", "http://10.0.0.1:80"])
def test_the_token_goes_over_tls_only(api: str) -> None:
    with pytest.raises(UsageError, match="token"):
        Globalping(network(), api=api)


@pytest.mark.parametrize("token", ["a\r\nb", "ä", "a\0"])
def test_a_token_that_would_break_out_of_its_header_is_refused(token: str) -> None:
    with pytest.raises(UsageError):
        Globalping(network(), token=token)
