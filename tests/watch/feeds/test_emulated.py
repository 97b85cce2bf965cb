"""The status pages of the emulated internet are heard in the words of the catalogue."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.records import to_payload
from downwind.terms import Evidence
from downwind.watch.feeds import FeedEvent, FeedWatch, WatchedFeed
from downwind.world.net.bulletin import Bulletins, announcement
from tests.world_apps.place import BASE, START
from tests.world_apps.test_statuspage import DONE, FEED, WORDS, _page

SAID = WORDS | {"products": ["kv"], "regions": ["eu-west-1"]}


@pytest.mark.parametrize(
    ("format", "scope"),
    [
        # Statuspage has no regions, only places.
        ("statuspage", "cloudflare/kv"),
        ("aws-health", "cloudflare/kv/eu-west-1"),
        ("google-incidents", "cloudflare/kv/eu-west-1"),
    ],
)
async def test_an_announcement_is_posted_and_closed_in_every_format(
    format: str, scope: str, tmp_path: Path
) -> None:
    bulletins = Bulletins()
    events: list[FeedEvent] = []
    logged: list[Evidence] = []
    url = f"{BASE}{FEED[format]}"
    feeds = [WatchedFeed(url, format, ("cloudflare",))]

    def say(words: dict[str, Any], after: float) -> None:
        bulletins.announce("cloudflare", announcement(words, START + after))

    async with _page(format, tmp_path, bulletins) as place:
        watch = FeedWatch(
            feeds,
            Catalog.load(),
            place.network(),
            logged.append,
            tell=events.append,
            random=Random(1),
        )
        calm = await watch.look(url)
        assert watch.board.green("cloudflare", calm.at) is True
        say(SAID, 60.0)
        loud = await watch.look(url)
        assert watch.board.green("cloudflare", loud.at) is False
        [post] = [each for each in watch.board.posts(loud.at) if each.speaks]
        assert (str(post.scope), post.coarse, post.severity) == (scope, False, "major")
        assert calm.at <= post.posted_at <= loud.at
        again = await watch.look(url)
        assert again.value is not None
        assert again.value["unchanged"] is True
        say(DONE | {"products": ["kv"], "regions": ["eu-west-1"]}, 120.0)
        done = await watch.look(url)
        assert watch.board.green("cloudflare", done.at) is True
    assert [each.what for each in events] == ["posted", "closed"]
    assert len(to_payload(again)) < len(to_payload(loud))
    assert [each.closed_at is not None for each in watch.board.history()] == [True]
