"""A status page that changed its platform is found by what it serves, or else stays unknown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.feeds.addresses import candidates, feed_url, named_in
from downwind.observe.feeds.finding import MOST_REQUESTS, find_feed

from .feed_samples import HISTORY_ATOM, HISTORY_RSS, INCIDENT_IO, INSTATUS, STATUS_IO, raw
from .test_feed import IP, STATUSPAGE
from .tinynet import TinyInternet, usual

PAGE = b"<html><head><title>Status</title>%s</head></html>"
ATOM_LINK = b'<link rel="alternate" type="application/atom+xml" href="/news/own.atom?x=1#y">'


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[TinyInternet]:
    async with TinyInternet(tmp_path) as started:
        await usual(started)
        await started.resolver()
        yield started


async def _serve(net: TinyInternet, files: dict[str, bytes]) -> None:
    """A web server with these files; of anything else it says 404."""

    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        body = files.get(head.split(b" ")[1].decode())
        status = "200 OK" if body is not None else "404 Not Found"
        body = PAGE % b"" if body is None else body
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    await net.web(IP, serving)


@pytest.mark.parametrize(
    ("files", "url", "format"),
    [
        ({"/api/v2/summary.json": raw(STATUSPAGE)}, "/api/v2/summary.json", "statuspage"),
        ({"/summary.json": raw(INSTATUS)}, "/summary.json", "instatus"),
        ({"/api/v1/summary": raw(INCIDENT_IO)}, "/api/v1/summary", "incident-io"),
        ({"/history.atom": HISTORY_ATOM}, "/history.atom", "rss"),
        (
            {"/": PAGE % ATOM_LINK, "/news/own.atom?x=1": HISTORY_ATOM},
            "/news/own.atom?x=1",
            "rss",
        ),
        ({"/": raw(STATUS_IO)}, "/", "status-io"),
        ({"/summary.json": b"[]", "/feed.rss": HISTORY_RSS}, "/feed.rss", "rss"),
        (
            {"/history.atom": HISTORY_ATOM, "/api/v2/summary.json": raw(STATUSPAGE)},
            "/api/v2/summary.json",
            "statuspage",
        ),
    ],
)
async def test_a_feed_is_found_where_the_page_names_it_or_its_platform_keeps_it(
    net: TinyInternet, files: dict[str, bytes], url: str, format: str
) -> None:
    await _serve(net, {"/": PAGE % b"", **files})
    found = await find_feed("http://x.test/", net.network())
    assert found is not None
    assert (found.url, found.format) == (f"http://x.test{url}", format)
    evidence = found.asked.evidence
    assert (evidence.subject, evidence.kind) == ("http://x.test/", "feed.status")
    assert evidence.value is not None
    assert (evidence.value["format"], evidence.value["speaks"]) == (format, True)


async def test_a_page_without_any_feed_stays_unknown_after_a_few_requests(
    net: TinyInternet,
) -> None:
    links = b"".join(ATOM_LINK.replace(b"own", b"f%d" % number) for number in range(50))
    await _serve(net, {"/": PAGE % links})
    assert await find_feed("http://x.test/", net.network()) is None
    assert len(net.heads) == 13
    assert await find_feed("http://nobody.test/", net.network()) is None


async def test_a_page_that_moved_is_searched_at_both_hosts_and_not_for_long(
    net: TinyInternet,
) -> None:
    links = b"".join(ATOM_LINK.replace(b"own", b"f%d" % number) for number in range(50))

    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        here = b"Host: x.test" in head
        if here and head.startswith(b"GET / "):
            writer.write(b"HTTP/1.1 301 Moved\r\nLocation: http://www.x.test/\r\n")
            writer.write(b"Content-Length: 0\r\n\r\n")
            return
        body = PAGE % links
        status = b"200 OK" if head.startswith(b"GET / ") else b"404 Not Found"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    await net.web(IP, serving)
    assert await find_feed("http://x.test/", net.network()) is None
    hosts = [b"www.x.test" in head for head in net.heads]
    # The page at both addresses, and 13 places more.
    assert len(hosts) == MOST_REQUESTS + 1
    assert any(hosts)
    assert not all(hosts)


async def test_a_feed_that_is_recognised_and_cannot_be_relied_on_does_not_end_the_search(
    net: TinyInternet,
) -> None:
    frozen = {"largestatus": "up", "statuses": {}, "time": "February 09, 2024 @ 06:08PM +00:00"}
    await _serve(net, {"/": raw(frozen), "/feed.rss": HISTORY_RSS})
    found = await find_feed("http://x.test/", net.network())
    assert found is not None
    assert (found.url, found.format) == ("http://x.test/feed.rss", "rss")


def test_a_page_names_feeds_of_its_own_host_and_of_status_io_only() -> None:
    page = """
      <link rel="alternate" type="application/rss+xml" href="https://evil.test/a.rss">
      <link rel="alternate" type="application/rss+xml" href="http://[">
      <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
      <link rel="alternate" type="text/html" href="/de">
      <link rel="alternate" type="application/rss+xml" href="/pages/5b36dc6502d06804c08349f7/rss">
    """
    assert named_in(page, "https://status.acme.test/x") == (
        "https://api.status.io/1.0/status/5b36dc6502d06804c08349f7",
        "https://status.acme.test/pages/5b36dc6502d06804c08349f7/rss",
    )


@pytest.mark.parametrize(
    "page", ["<div>" * 60_000, "<link " * 50_000, "<link " + "a=" * 150_000, "<link x='" * 30_000]
)
def test_a_page_made_to_keep_the_search_busy_does_not(page: str) -> None:
    began = time.perf_counter()
    assert named_in(page, "https://x.test/") == ()
    assert time.perf_counter() - began < 1.0


@given(st.text(), st.text())
def test_no_page_and_no_address_make_the_search_fail(page: str, base: str) -> None:
    named_in(page, base)
    candidates(base)
    for format in ("statuspage", "azure-rss", "salesforce", "google-incidents"):
        feed_url(base, format)


@pytest.mark.parametrize(
    ("page", "format", "feed"),
    [
        ("https://status.acme.test/", "instatus", "https://status.acme.test/summary.json"),
        ("https://status.acme.test/", "better-stack", "https://status.acme.test/index.json"),
        ("https://slack-status.com/", "slack", "https://slack-status.com/api/v2.0.0/current"),
        ("https://status.stripe.com/", "stripe", "https://status.stripe.com/current"),
        (
            "https://status.heroku.com/",
            "heroku",
            "https://status.heroku.com/api/v4/current-status",
        ),
        (
            "https://status.salesforce.com/",
            "salesforce",
            "https://api.status.salesforce.com/v1/incidents/active",
        ),
        ("https://s.test/api/v1/summary", "incident-io", "https://s.test/api/v1/summary"),
        ("https://s.test/proxy/s.test", "incident-io", "https://s.test/proxy/s.test"),
        (
            "https://azure.status.microsoft/en-us/status",
            "azure-rss",
            "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
        ),
        ("https://azure-status.test/feed", "azure-rss", "https://azure-status.test/feed"),
        ("https://s.test/history.atom", "rss", "https://s.test/history.atom"),
    ],
)
def test_each_platform_keeps_its_feed_in_its_own_place(page: str, format: str, feed: str) -> None:
    assert feed_url(page, format) == feed
    assert feed_url(feed, format) == feed
