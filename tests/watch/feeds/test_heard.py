"""What feeds said outlives the watcher: a snapshot, and the looks after it, give the same board."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Evidence, Scope
from downwind.watch.feeds import FeedBoard, Heard, Verdict, WatchedFeed, delays, lateness
from downwind.watch.feeds.heard import MOST_CLOSED

from .told import CATALOG, FEED, MINUTE, T0, URL, incident, seen, unseen

OTHER = "https://other.test/status"
FEEDS = (FEED, WatchedFeed(OTHER, "statuspage", ("cloud", "mute")))


def _board() -> FeedBoard:
    return FeedBoard(FEEDS, CATALOG)


def _again(board: FeedBoard) -> FeedBoard:
    """A board of another watcher, from the snapshot of this one."""
    fresh = _board()
    fresh.heard = Heard.of_json(fresh.watched(), json.loads(json.dumps(board.heard.to_json())))
    return fresh


INCIDENTS = st.lists(
    st.builds(
        incident,
        st.sampled_from("abc"),
        st.sampled_from(["Workers", "Workers KV", "Something new"]),
        state=st.sampled_from(["open", "open", "resolved"]),
        started_at=st.none() | st.floats(T0 - 1e4, T0 + 1e4),
        title=st.text(max_size=5),
    ),
    max_size=3,
    unique_by=lambda each: each.id,
)
LOOKS = st.lists(st.tuples(st.sampled_from([URL, OTHER]), st.none() | INCIDENTS), max_size=8)


def _looks(drawn: list[tuple[str, Any]]) -> list[Evidence]:
    return [
        unseen(T0 + n * MINUTE, url=url)
        if found is None
        else seen(T0 + n * MINUTE, *found, url=url)
        for n, (url, found) in enumerate(drawn)
    ]


@given(LOOKS, st.integers(0, 8), st.integers(0, 3))
def test_a_restart_at_any_look_leaves_the_board_as_it_would_have_been(
    drawn: list[tuple[str, Any]], at: int, twice: int
) -> None:
    looks = _looks(drawn)
    whole = _board()
    for look in looks:
        whole.hear(look)
    first = _board()
    for look in looks[:at]:
        first.hear(look)
    second = _again(first)
    # Looks between the place in the log and the snapshot's state are heard again.
    for look in (*looks[max(0, at - twice) : at], *looks[at:]) if twice == 1 else looks[at:]:
        second.hear(look)
    now = T0 + 9 * MINUTE
    assert second.history() == whole.history()
    assert second.posts(now) == whole.posts(now)
    assert second.health(now) == whole.health(now)
    assert second.read_since() == whole.read_since()


def test_a_feed_that_is_no_longer_watched_is_forgotten_and_its_closed_posts_are_not() -> None:
    board = _board()
    board.hear(seen(T0, incident("i", "Workers")))
    board.hear(seen(T0 + MINUTE, incident("j", "Workers")))
    fewer = FeedBoard(FEEDS[1:], CATALOG)
    fewer.heard = Heard.of_json(fewer.watched(), board.heard.to_json())
    assert fewer.health(T0)[0].url == OTHER
    assert [post.incident for post in fewer.history()] == ["i"]


def test_closed_posts_are_bounded_and_the_oldest_go() -> None:
    board = _board()
    for number in range(MOST_CLOSED + 3):
        board.hear(seen(T0 + number, incident(f"i{number}")))
    again = _again(board)
    assert len(again.heard.closed) == MOST_CLOSED
    assert again.heard.closed[0].incident == "i2"
    # Of the time of those that went, silence proves nothing.
    assert again.read_since() == {"cloud": T0 + 2}


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"feeds": [], "closed": []},
        {"feeds": {URL: {}}, "closed": []},
        {"feeds": {}, "closed": [{}]},
        {"feeds": {}, "closed": [{"scope": ""}]},
        {"feeds": {}, "closed": [{"scope": "cloud", "moon": 1}]},
        {"feeds": {}, "closed": None},
        {"feeds": {}, "closed": []},
        {"feeds": {}, "closed": [], "forgotten": "long ago"},
    ],
)
def test_what_tells_nothing_of_feeds_is_refused(data: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        Heard.of_json(FEEDS, data)


def test_of_what_was_before_the_page_was_read_its_silence_is_unknown_and_not_counted() -> None:
    board = _board()
    early = Verdict("early", Scope.parse("cloud/workers"), T0 - 60, T0, T0 + 600)
    late = Verdict("late", Scope.parse("cloud/workers"), T0 + 7200, T0 + 7260, T0 + 7800)
    board.hear(seen(T0 + 3600))
    assert board.read_since() == {"cloud": T0 + 3600}
    now = T0 + 1e6
    found = delays([early, late], board.history(), now, board.read_since())
    assert [each.verdict.id for each in found] == ["late"]
    assert [each.silent for each in lateness(found, now)] == [1]
    assert delays([early, late], (), now, _board().read_since()) == ()


def test_a_post_that_the_first_look_found_counts_though_it_is_older() -> None:
    board = _board()
    verdict = Verdict("v", Scope.parse("cloud/workers"), T0 - 60, T0)
    board.hear(seen(T0 + 3600, incident("i", "Workers", started_at=T0 + 300)))
    (found,) = delays([verdict], board.history(), T0 + 3600, board.read_since())
    assert found.seconds == 300.0
