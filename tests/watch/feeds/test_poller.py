"""Feeds are asked on the network's clock, from real servers, and logged before they count."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog, read
from downwind.terms import DownwindError, Evidence
from downwind.watch.feeds import FeedBoard, FeedEvent, FeedWatch, WatchedFeed
from downwind.watch.feeds.poller import FIND_EVERY, LONGEST, SHORTEST
from tests.observe.feed_samples import INSTATUS, SLACK, raw
from tests.observe.tinynet import TinyInternet, usual

IP = "198.18.2.80"
URL = "http://x.test/"
FEED = WatchedFeed(URL, "statuspage", ("cloud",))
CATALOG = Catalog.from_texts(
    ["{id: cloud, name: Cloud, owner: Cloud, products: [{id: kv, role: keyvalue, name: KV}]}"]
)
PAGE = {"page": {"id": "kctbh9vrtdwd"}, "status": {"indicator": "none", "description": "x"}}
CALM = {**PAGE, "incidents": []}


def _trouble(known: str = "i") -> dict[str, Any]:
    told = {"id": known, "name": "KV & DNS fail", "status": "identified", "impact": "critical"}
    return {**PAGE, "incidents": [told | {"components": [{"id": "c", "name": "KV"}]}]}


class Site:
    """A web server whose files can be changed while it runs."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.status = "200 OK"
        self.asked: list[str] = []

    async def __call__(
        self, _: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        self.asked.append(path)
        body = self.files.get(path)
        status = self.status if body is not None else "404 Not Found"
        body = b"<html>Nothing here</html>" if body is None else body
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[TinyInternet]:
    # A minute of the observed internet takes 12 ms.
    async with TinyInternet(tmp_path, speed=5_000.0, floor=2.0) as started:
        await usual(started)
        await started.resolver()
        yield started


@pytest.fixture
async def site(net: TinyInternet) -> Site:
    site = Site()
    await net.web(IP, site)
    return site


class Heard:
    """A log that can be waited for."""

    def __init__(self) -> None:
        self.all: list[Evidence] = []
        self._news = asyncio.Event()

    def __call__(self, evidence: Evidence) -> None:
        self.all.append(evidence)
        self._news.set()

    async def wait(self, count: int) -> None:
        while len(self.all) < count:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 20)


def _watch(net: TinyInternet, *feeds: WatchedFeed, **how: Any) -> FeedWatch:
    told: list[Evidence] = []
    how = {"log": told.append, "random": Random(7), **how}
    return FeedWatch(feeds or (FEED,), CATALOG, net.network(), **how)


async def test_a_feed_is_logged_before_it_counts_and_the_log_gives_the_same(
    net: TinyInternet, site: Site, tmp_path: Path
) -> None:
    site.files["/api/v2/summary.json"] = raw(_trouble())
    events: list[FeedEvent] = []
    with EvidenceLog(tmp_path / "log") as log:

        def keep(evidence: Evidence) -> None:
            assert watch.board.posts(evidence.at) == ()
            log.append(evidence)

        watch = _watch(net, log=keep, tell=events.append)
        await watch.look(URL)
        log.sync()
    [event] = events
    assert (event.what, event.text, event.providers) == ("posted", "KV & DNS fail", ("cloud",))
    replayed = FeedBoard([FEED], CATALOG)
    kept = [each for _, each in read(tmp_path / "log")]
    for each in kept:
        replayed.hear(each)
    now = kept[-1].at
    assert replayed.posts(now) == watch.board.posts(now)
    assert [str(post.scope) for post in replayed.posts(now)] == ["cloud/kv"]


async def test_what_could_not_be_logged_does_not_count_and_the_polling_goes_on(
    net: TinyInternet, site: Site
) -> None:
    site.files["/api/v2/summary.json"] = raw(_trouble())
    full = itertools.count()
    done = asyncio.Event()

    def keep(evidence: Evidence) -> None:
        if next(full) < 2:
            raise DownwindError("the disk is full")
        done.set()

    watch = _watch(net, log=keep)
    with pytest.raises(DownwindError):
        await watch.look(URL)
    assert watch.board.history() == ()
    running = asyncio.create_task(watch.run())
    await asyncio.wait_for(done.wait(), 10)
    await asyncio.sleep(0)
    running.cancel()
    assert watch.unlogged == 1
    assert len(watch.board.history()) == 1


async def test_each_feed_is_asked_at_its_interval_and_more_often_in_a_hurry(
    net: TinyInternet, site: Site
) -> None:
    site.files["/api/v2/summary.json"] = raw(CALM)
    heard = Heard()
    watch = _watch(net, log=heard, every=200.0)
    running = asyncio.create_task(watch.run())
    await heard.wait(12)
    count = len(heard.all)
    watch.hurry(["cloud"])
    await heard.wait(count + 12)
    running.cancel()
    seen = [each.at for each in heard.all]
    calm = [b - a for a, b in itertools.pairwise(seen[:count])]
    hurried = [b - a for a, b in itertools.pairwise(seen[count + 1 :])]
    assert min(calm) >= 160.0
    assert len({round(each, 3) for each in calm}) == len(calm)
    assert min(hurried) >= SHORTEST
    # A busy machine makes them longer, but not all of them.
    assert sorted(hurried)[len(hurried) // 2] < sorted(calm)[len(calm) // 2]


async def test_who_is_named_is_asked_at_once(net: TinyInternet, site: Site) -> None:
    # 240 s, the least interval here, take 2.4 s.
    net.speed = 100.0
    site.files["/api/v2/summary.json"] = raw(CALM)
    heard = Heard()
    watch = _watch(net, log=heard, every=300.0)
    running = asyncio.create_task(watch.run())
    await heard.wait(1)
    clock = asyncio.get_running_loop().time
    began = clock()
    watch.hurry(["somebody"])
    watch.hurry(["cloud", "somebody"])
    await heard.wait(2)
    assert clock() - began < 2.0
    running.cancel()


def test_an_interval_is_jittered_and_kept_within_bounds(tmp_path: Path) -> None:
    for every, least, most in ((120.0, 96.0, 144.0), (30.0, SHORTEST, SHORTEST), (999.0, 300, 300)):
        watch = FeedWatch(
            [FEED], CATALOG, TinyInternet(tmp_path).network(), print, every=every, random=Random(1)
        )
        polled = watch._polled[URL]
        found = [watch._interval(polled) for _ in range(200)]
        assert least <= min(found)
        assert max(found) <= most
        assert least == most or len(set(found)) == 200


async def test_a_server_that_asks_for_patience_gets_it(net: TinyInternet, site: Site) -> None:
    site.files["/api/v2/summary.json"] = b""
    site.status = "429 Too Many Requests"
    watch = _watch(net)
    await watch.look(URL)
    polled = watch._polled[URL]
    assert watch._interval(polled) == LONGEST
    assert site.asked == ["/api/v2/summary.json"]
    site.status, site.files["/api/v2/summary.json"] = "200 OK", raw(CALM)
    await watch.look(URL)
    assert watch._interval(polled) < LONGEST


async def test_a_vendor_that_changed_its_platform_is_unknown_until_it_is_recognised(
    net: TinyInternet, site: Site
) -> None:
    events: list[FeedEvent] = []
    logged: list[Evidence] = []
    watch = _watch(net, log=logged.append, tell=events.append)
    site.files["/api/v2/summary.json"] = raw(CALM)
    await watch.look(URL)
    now = logged[-1].at
    assert watch.board.green("cloud", now) is True
    del site.files["/api/v2/summary.json"]
    site.files["/"] = b"<html>A new page</html>"
    watch._polled[URL].searched_at = net.network().clock.now()
    await watch.look(URL)
    assert watch.board.green("cloud", logged[-1].at) is None
    assert [each.what for each in events] == ["health"]
    site.files["/summary.json"] = raw(INSTATUS)
    watch._polled[URL].searched_at = net.network().clock.now() - FIND_EVERY
    await watch.look(URL)
    assert [each.what for each in events[1:]] == ["format", "posted", "health"]
    assert watch.board.green("cloud", logged[-1].at) is False
    assert logged[-1].subject == URL
    site.asked.clear()
    await watch.look(URL)
    assert site.asked == ["/summary.json"]


async def test_a_page_of_no_known_platform_is_searched_once_in_an_hour(
    net: TinyInternet, site: Site
) -> None:
    page = WatchedFeed(URL, "page", ("cloud",))
    watch = _watch(net, page)
    site.files["/"] = b"<html>Just a page</html>"
    await watch.look(URL)
    first = len(site.asked)
    assert 2 < first <= 14
    await watch.look(URL)
    assert len(site.asked) == first
    assert watch.board.green("cloud", net.network().clock.now()) is None
    site.files["/"] = raw(SLACK)
    watch._polled[URL].searched_at = 0.0
    evidence = await watch.look(URL)
    assert evidence.value is not None
    assert evidence.value["format"] == "slack"
    assert watch.board.green("cloud", evidence.at) is False


async def test_a_moved_feed_that_breaks_again_is_sought_at_its_first_address(
    net: TinyInternet, site: Site
) -> None:
    watch = _watch(net)
    site.files = {"/": b"<html></html>", "/summary.json": raw(INSTATUS)}
    assert (await watch.look(URL)).value is not None
    site.files = {"/": b"<html></html>", "/api/v2/summary.json": raw(CALM)}
    watch._polled[URL].searched_at = 0.0
    evidence = await watch.look(URL)
    assert evidence.value is not None
    assert (evidence.value["format"], evidence.value["speaks"]) == ("statuspage", False)


async def test_a_found_feed_that_is_lost_is_asked_where_the_catalogue_has_it(
    net: TinyInternet, site: Site
) -> None:
    watch = _watch(net)
    site.files = {"/": b"<html></html>", "/summary.json": raw(INSTATUS)}
    assert (await watch.look(URL)).value is not None
    site.files = {}
    watch._polled[URL].searched_at = 0.0
    assert (await watch.look(URL)).value is None
    site.asked.clear()
    await watch.look(URL)
    assert site.asked == ["/api/v2/summary.json"]


async def test_many_feeds_are_asked_together_and_never_too_many(
    net: TinyInternet, site: Site
) -> None:
    running, most = 0, 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        body = raw(CALM)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    await net.web(IP, slow)
    feeds = [WatchedFeed(f"{URL}{n}.json", "statuspage", ("cloud",)) for n in range(30)]
    heard = Heard()
    watch = _watch(net, *feeds, log=heard, together=4)
    task = asyncio.create_task(watch.run())
    await heard.wait(2 * len(feeds))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {each.subject for each in heard.all} == {each.url for each in feeds}
    assert 1 < most <= 4
    assert watch.board.green("cloud", net.network().clock.now()) is not False
