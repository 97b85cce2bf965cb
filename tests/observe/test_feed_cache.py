"""A feed that has not changed is asked for cheaply, and is never more silent for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from downwind.evidence.records import to_payload
from downwind.observe.feed import FEED_CAP, Asked, Remembered, ask_feed, feed_url
from downwind.terms import Seen, Unanswered

from .feed_samples import HISTORY_RSS, SLACK, raw
from .test_feed import GOOGLE, IP, STATUSPAGE
from .tinynet import Serving, TinyInternet, usual

MODIFIED = "Thu, 23 Jul 2026 17:30:00 GMT"
OTHER_IP = "198.18.3.2"


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[TinyInternet]:
    async with TinyInternet(tmp_path) as started:
        await usual(started)
        await started.resolver()
        yield started


def _reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Careful:
    """A server that keeps to RFC 9110, 13: it says 304 to whoever names what it has."""

    def __init__(self, body: bytes, *, etag: str = '"v1"', modified: str = MODIFIED) -> None:
        self.body, self.etag, self.modified = body, etag, modified
        self.served: list[int] = []

    async def __call__(
        self, _: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        told = head.decode().lower()
        wanted = f"if-none-match: {self.etag}".lower() if self.etag else "no such line"
        since = f"if-modified-since: {self.modified}".lower()
        has = wanted in told or (not self.etag and self.modified and since in told)
        self.served.append(304 if has else 200)
        headers = [f"ETag: {self.etag}"] if self.etag else []
        headers += [f"Last-Modified: {self.modified}"] if self.modified else []
        status, body = ("304 Not Modified", b"") if has else ("200 OK", self.body)
        writer.write(_reply(status, body, *headers))


def _value(asked: Asked) -> Any:
    to_payload(asked.evidence)
    assert isinstance(asked.evidence.finding, Seen), asked.evidence.finding
    return asked.evidence.finding.value


async def _ask(
    net: TinyInternet,
    remembered: Remembered | None = None,
    format: str = "statuspage",
    **changes: Any,
) -> Asked:
    url = feed_url("http://x.test/", format)
    return await ask_feed(
        url, format, net.network(**changes), remembered=remembered, subject="the feed"
    )


@pytest.mark.parametrize(
    ("etag", "modified", "status"),
    [('"v1"', MODIFIED, 304), ('W/"v1"', "", 304), ("", MODIFIED, 304), ("", "", 200)],
)
async def test_what_has_not_changed_is_told_by_a_validator_or_by_its_bytes(
    net: TinyInternet, etag: str, modified: str, status: int
) -> None:
    server = Careful(raw(STATUSPAGE), etag=etag, modified=modified)
    await net.web(IP, server)
    first = await _ask(net)
    again = await _ask(net, first.remembered)
    assert server.served == [200, status]
    value = _value(again)
    assert again.evidence.subject == first.evidence.subject == "the feed"
    assert (value["status"], value["unchanged"], value["speaks"]) == (status, True, True)
    before = [each for each in _value(first)["incidents"] if each["state"] == "open"]
    assert value["incidents"] == [each | {"text": ""} for each in before]
    assert (len(before), value["left_out"]) == (2, 2)
    assert value["sha256"] == _value(first)["sha256"]
    assert "unchanged" not in _value(first)


async def test_a_body_in_which_only_its_time_has_changed_is_unchanged(net: TinyInternet) -> None:
    server = Careful(raw(STATUSPAGE), etag="", modified="")
    await net.web(IP, server)
    first = await _ask(net)
    page = STATUSPAGE["page"] | {"updated_at": "2026-07-23T18:00:00Z"}
    server.body = raw(STATUSPAGE | {"page": page})
    assert _value(await _ask(net, first.remembered))["unchanged"] is True


async def test_of_what_is_to_come_the_soonest_is_kept(net: TinyInternet) -> None:
    plan = {"name": "x", "status": "scheduled", "impact": "maintenance"}
    plans = [
        plan | {"id": f"m{n}", "scheduled_for": f"2026-08-{n:02}T00:00:00Z"}
        for n in range(31, 0, -1)
    ]
    await net.web(IP, Careful(raw(STATUSPAGE | {"incidents": [], "scheduled_maintenances": plans})))
    value = _value(await _ask(net))
    assert [each["id"] for each in value["incidents"]] == [f"m{n}" for n in range(1, 21)]
    assert value["left_out"] == 11


async def test_what_has_changed_is_read_anew(net: TinyInternet) -> None:
    server = Careful(raw(STATUSPAGE))
    await net.web(IP, server)
    first = await _ask(net)
    server.body, server.etag = raw(STATUSPAGE | {"incidents": []}), '"v2"'
    again = await _ask(net, first.remembered)
    assert server.served == [200, 200]
    assert _value(again)["speaks"] is False
    assert again.remembered is not None
    assert again.remembered.etag == '"v2"'
    assert b'If-None-Match: "v1"' in net.heads[1]
    assert f"If-Modified-Since: {MODIFIED}".encode() in net.heads[1]


async def test_a_validator_is_for_its_own_feed_and_for_an_hour(net: TinyInternet) -> None:
    server = Careful(raw(STATUSPAGE))
    await net.web(IP, server)
    first = (await _ask(net)).remembered
    assert first is not None
    for stale in (
        replace(first, url="http://x.test/other.json"),
        replace(first, at=first.at - 3700.0),
    ):
        assert "unchanged" not in _value(await _ask(net, stale))
    assert server.served == [200, 200, 200]
    assert not any(b"If-" in head for head in net.heads)


async def test_a_304_that_nobody_asked_for_is_no_news(net: TinyInternet) -> None:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(_reply("304 Not Modified"))

    await net.web(IP, serving)
    finding = (await _ask(net)).evidence.finding
    assert isinstance(finding, Unanswered)
    assert "status 304" in finding.reason
    known = Remembered("http://x.test/api/v2/summary.json", ("http", "x.test", 80), "", "", 0.0, {})
    bare = replace(known, at=net.network().clock.now())
    assert isinstance((await _ask(net, bare)).evidence.finding, Unanswered)


async def test_a_header_that_breaks_out_of_its_line_never_comes_back(net: TinyInternet) -> None:
    server = Careful(raw(STATUSPAGE), etag='"' + "x" * 2_000 + '"')
    await net.web(IP, server)
    first = await _ask(net)
    assert first.remembered is not None
    assert len(first.remembered.etag) == 500
    assert isinstance((await _ask(net, first.remembered)).evidence.finding, Seen)


def _moves(to: str) -> Serving:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(_reply("301 Moved Permanently", b"", f"Location: {to}"))

    return serving


async def test_a_feed_that_moved_to_another_host_is_followed_and_told(net: TinyInternet) -> None:
    server = Careful(raw(STATUSPAGE))
    await net.web(IP, _moves("http://cdn.ads.test/api/v2/summary.json"))
    await net.web(OTHER_IP, server)
    first = await _ask(net)
    value = _value(first)
    assert value["final_url"] == "http://cdn.ads.test/api/v2/summary.json"
    assert value["redirects"] == ["http://cdn.ads.test/api/v2/summary.json"]
    assert value["address"] == OTHER_IP
    # What one server said is not shown to another: the second never hears of the validator.
    again = await _ask(net, first.remembered)
    assert server.served == [200, 200]
    assert _value(again)["unchanged"] is True


async def test_a_304_of_another_server_says_nothing_of_what_the_first_had(
    net: TinyInternet,
) -> None:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(_reply("304 Not Modified"))

    await net.web(IP, Careful(raw(STATUSPAGE)))
    first = await _ask(net)
    await net.web(IP, _moves("http://cdn.ads.test/api/v2/summary.json"))
    await net.web(OTHER_IP, serving)
    assert isinstance((await _ask(net, first.remembered)).evidence.finding, Unanswered)


BAD: list[tuple[str, bytes, str, str]] = [
    ("a page", b"<html><title>All is well</title></html>", "statuspage", "it is markup"),
    ("nothing", b"", "statuspage", "it is empty"),
    ("UTF-16", ("\ufeff" + "{}").encode("utf-16-be"), "statuspage", "UTF-16"),
    ("too much", b"[" * (FEED_CAP + 1), "google-incidents", f"longer than {FEED_CAP}"),
    ("another format", raw(SLACK), "statuspage", "names no page"),
    ("RSS", HISTORY_RSS, "azure-rss", "not titled Azure Status"),
]


@pytest.mark.parametrize(
    ("body", "format", "why"), [each[1:] for each in BAD], ids=[name for name, *_ in BAD]
)
async def test_what_is_no_feed_is_unanswered_and_not_remembered(
    net: TinyInternet, body: bytes, format: str, why: str
) -> None:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(_reply("200 OK", body))
        await writer.drain()

    await net.web(IP, serving)
    asked = await _ask(net, format=format)
    finding = asked.evidence.finding
    assert isinstance(finding, Unanswered)
    assert why in finding.reason
    assert asked.remembered is None


async def test_a_feed_that_drips_is_given_up_in_time(net: TinyInternet) -> None:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[")
        while True:
            await asyncio.sleep(0.02)
            writer.write(b" ")
            await writer.drain()

    net.speed = 100.0
    await net.web(IP, serving)
    finding = (await _ask(net)).evidence.finding
    assert isinstance(finding, Unanswered)
    assert "did not end within" in finding.reason


async def test_an_archive_of_some_megabytes_leaves_the_loop_free(net: TinyInternet) -> None:
    many = [GOOGLE[0] | {"id": f"i{number}"} for number in range(3_000)]
    await net.web(IP, Careful(raw(many)))
    waits: list[float] = []

    async def ticks() -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await asyncio.sleep(0.001)
            waits.append(clock() - began)

    ticking = asyncio.create_task(ticks())
    value = _value(await _ask(net, format="google-incidents"))
    ticking.cancel()
    assert (len(value["incidents"]), value["left_out"]) == (500, 2_500)
    assert len(waits) > 5
