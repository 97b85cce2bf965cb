"""The feeds of a map are the catalogue's for its providers, and a user's own before them."""

from __future__ import annotations

from typing import get_args

from downwind.catalog import StatusFeed
from downwind.catalog.schema import STATUS_FORMATS
from downwind.graph import GraphBuilder
from downwind.graph.scopes import add_scope
from downwind.observe.feeds import READERS
from downwind.terms import Scope
from downwind.watch.feeds import WatchedFeed, feeds_of, providers_in

from .told import CATALOG, URL


def test_a_page_of_two_providers_is_asked_once() -> None:
    found = feeds_of(CATALOG, ["sister", "cloud", "cloud", "mute", "nobody"])
    assert found == (WatchedFeed(URL, "statuspage", ("cloud", "sister")),)


def test_a_feed_of_the_users_own_stands_in_for_the_catalogues() -> None:
    atom = StatusFeed("https://status.cloud.test/history.atom", "rss")
    mine = StatusFeed("https://status.mine.test/", "page")
    found = feeds_of(CATALOG, ["cloud"], [("cloud", atom), ("mine", mine)])
    assert found == (
        WatchedFeed(atom.url, "rss", ("cloud",)),
        WatchedFeed(mine.url, "page", ("mine",)),
    )


def test_a_provider_may_have_two_feeds_and_may_be_left_alone() -> None:
    two = [("cloud", StatusFeed(f"https://s{n}.test/", "rss")) for n in (1, 2)]
    assert [each.url for each in feeds_of(CATALOG, ["cloud"], two)] == [
        "https://s1.test/",
        "https://s2.test/",
    ]
    assert feeds_of(CATALOG, ["cloud", "sister"], without=["cloud"]) == (
        WatchedFeed(URL, "statuspage", ("sister",)),
    )


def test_every_format_of_the_catalogue_can_be_read_but_a_bare_page() -> None:
    assert set(get_args(STATUS_FORMATS)) - set(READERS) == {"page"}


def test_one_address_in_two_formats_is_one_feed() -> None:
    same = [("a", StatusFeed(URL, "rss")), ("b", StatusFeed(URL, "page"))]
    assert feeds_of(CATALOG, [], same) == (WatchedFeed(URL, "page", ("a", "b")),)


def test_the_providers_of_a_map_are_those_whose_scopes_it_holds() -> None:
    builder = GraphBuilder()
    builder.node("x", "service")
    builder.node("mute/feed", "capability")
    for scope in ("cloud/kv/us-east-1#new", "sister"):
        add_scope(builder, Scope.parse(scope))
    assert providers_in(builder.build()) == ("cloud", "sister")
