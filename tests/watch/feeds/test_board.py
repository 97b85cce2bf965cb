"""What the pages say is held as they say it, and what nobody can read is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Evidence, Seen
from downwind.watch.feeds import FeedBoard, Post, WatchedFeed
from downwind.watch.feeds.board import INTERVALS

from .told import CATALOG, FEED, MINUTE, T0, URL, incident, seen, unseen

EVERY = 120.0


def _board(*feeds: WatchedFeed) -> FeedBoard:
    return FeedBoard(feeds or (FEED,), CATALOG, every=EVERY)


def _hear(board: FeedBoard, *evidence: Evidence) -> list[tuple[str, str]]:
    """What the last of these looks told."""
    told: list[tuple[str, str]] = []
    for each in evidence:
        told = [(event.what, event.text) for event in board.hear(each)]
    return told


def _posts(board: FeedBoard, now: float) -> list[tuple[str, str]]:
    return [(post.incident, str(post.scope)) for post in board.posts(now)]


def test_an_incident_is_posted_with_all_that_is_known_of_it() -> None:
    board = _board()
    board.hear(seen(T0))
    began = T0 + 70
    told = _hear(board, seen(T0 + 120, incident("i", "Workers", started_at=began)))
    assert told == [("posted", "Trouble i")]
    [post] = board.posts(T0 + 120)
    assert (str(post.scope), post.coarse, post.provider, post.feed) == (
        "cloud/workers",
        False,
        "cloud",
        URL,
    )
    assert (post.posted_at, post.first_seen_at, post.unseen_at) == (began, T0 + 120, T0)
    assert (post.kind, post.severity, post.closed_at) == ("incident", "partial", None)
    assert (post.title, post.url) == ("Trouble i", "https://status.cloud.test/incidents/i")
    assert post.speaks


@pytest.mark.parametrize(
    ("claim", "posted"),
    [
        (T0 - 3600, T0),
        (T0 + 30, T0 + 30),
        (T0 + 120, T0 + 120),
        (T0 + 9999, T0 + 120),
        (None, T0 + 120),
    ],
)
def test_a_page_that_dates_back_is_held_to_the_last_look_that_did_not_find_it(
    claim: float | None, posted: float
) -> None:
    board = _board()
    board.hear(seen(T0))
    board.hear(seen(T0 + 120, incident("i", started_at=claim)))
    [post] = board.posts(T0 + 120)
    assert (post.posted_at, post.started_at) == (posted, claim)


def test_what_the_first_look_finds_is_as_old_as_it_says() -> None:
    board = _board()
    board.hear(seen(T0, incident("i", started_at=T0 - 3600), incident("j", started_at=T0 + 60)))
    posted = {post.incident: post.posted_at for post in board.posts(T0)}
    assert posted == {"i": T0 - 3600, "j": T0}
    assert {post.unseen_at for post in board.posts(T0)} == {None}


def test_a_post_keeps_its_time_and_takes_what_is_new() -> None:
    board = _board()
    board.hear(seen(T0))
    board.hear(seen(T0 + 120, incident("i", "Workers", severity="minor")))
    later = incident("i", "Workers", "DNS", severity="major", updated_at=T0 + 200)
    assert _hear(board, seen(T0 + 240, later)) == [("changed", "Trouble i (now also cloud/dns)")]
    posts = {str(post.scope): post for post in board.posts(T0 + 240)}
    assert posts["cloud/workers"].posted_at == T0 + 120
    assert posts["cloud/workers"].severity == "major"
    assert posts["cloud/dns"].posted_at == T0 + 200
    assert posts["cloud/dns"].unseen_at == T0 + 120


def test_an_incident_is_closed_when_the_page_says_so_or_drops_it() -> None:
    board = _board()
    board.hear(seen(T0, incident("i"), incident("j")))
    over = incident("i", state="resolved", resolved_at=T0 + 60)
    assert _hear(board, seen(T0 + 120, over)) == [("closed", "Trouble i"), ("closed", "Trouble j")]
    assert board.posts(T0 + 120) == ()
    closed = {post.incident: post.closed_at for post in board.history()}
    assert closed == {"i": T0 + 60, "j": T0 + 120}
    again = _hear(board, seen(T0 + 240, incident("i")))
    assert again == [("posted", "Trouble i")]
    assert len(board.history()) == 3


def test_maintenance_and_places_are_posted_and_leave_the_page_green() -> None:
    board = _board()
    plan = incident("m", "Workers", kind="maintenance", severity="none")
    places = incident("places:x", kind="notice", severity="none", regions=("cdg",))
    board.hear(seen(T0, plan, places, incident("later", state="scheduled")))
    assert _posts(board, T0) == [("places:x", "cloud/*/cdg"), ("m", "cloud/workers")]
    assert not any(post.speaks for post in board.posts(T0))
    assert board.green("cloud", T0) is True
    board.hear(seen(T0 + 60, incident("n", kind="notice", severity="minor")))
    assert board.green("cloud", T0 + 60) is False


def test_nobody_can_tell_of_a_feed_that_was_never_read() -> None:
    board = _board()
    assert board.green("cloud", T0) is None
    assert board.green("mute", T0) is None
    [health] = board.health(T0)
    assert (health.health, health.reason, health.seen_at) == ("stale", "not asked yet", None)
    told = _hear(board, unseen(T0, layer="dns"))
    assert told == [("health", "The status feed is stale: timed out")]
    assert _hear(board, unseen(T0 + 60, layer="dns")) == []
    assert board.health(T0)[0].reason == "timed out"


def test_a_feed_is_stale_after_some_intervals_and_says_nothing_then() -> None:
    board = _board()
    board.hear(seen(T0, incident("i")))
    last = T0 + INTERVALS * EVERY
    assert _hear(board, unseen(last, layer="dial")) == []
    assert board.green("cloud", last) is False
    assert len(board.posts(last)) == 1
    told = _hear(board, unseen(last + 1, layer="dial"))
    assert told == [("health", "The status feed is stale: timed out")]
    assert board.green("cloud", last + 1) is None
    assert board.posts(last + 1) == ()
    assert len(board.history()) == 1
    told = _hear(board, seen(last + 100, incident("i")))
    assert told == [("health", "The status feed is fresh")]
    [post] = board.posts(last + 100)
    assert post.first_seen_at == T0


def test_a_body_that_never_changes_is_no_sign_of_a_stale_feed() -> None:
    board = _board()
    for minute in range(600):
        board.hear(seen(T0 + minute * MINUTE, unchanged=True, status=304))
    assert board.green("cloud", T0 + 600 * MINUTE) is True
    assert board.health(T0 + 600 * MINUTE)[0].health == "fresh"


@pytest.mark.parametrize(
    ("detail", "health"),
    [
        ({"layer": "feed", "status": 200}, "broken"),
        ({"layer": "http", "status": 404}, "broken"),
        ({"layer": "http", "status": 403}, "broken"),
        ({"layer": "http", "status": 429}, "fresh"),
        ({"layer": "http", "status": 503}, "fresh"),
        ({"layer": "http"}, "fresh"),
        ({"layer": "tls"}, "fresh"),
    ],
)
def test_an_answer_that_is_no_feed_breaks_it_at_once_and_no_answer_does_not(
    detail: dict[str, Any], health: str
) -> None:
    board = _board()
    board.hear(seen(T0, incident("i")))
    told = _hear(board, unseen(T0 + 60, "why", **detail))
    assert board.health(T0 + 60)[0].health == health
    broken = health == "broken"
    assert told == ([("health", "The status feed is broken: why")] if broken else [])
    assert board.green("cloud", T0 + 60) is (None if broken else False)
    assert len(board.posts(T0 + 60)) == (0 if broken else 1)


def test_a_feed_that_moved_or_changed_its_platform_is_told_once() -> None:
    board = _board()
    board.hear(seen(T0))
    new: dict[str, Any] = {
        "final_url": "https://status.new.test/f",
        "redirects": ["https://status.new.test/f"],
    }
    moved = "The status feed moved from status.cloud.test to status.new.test"
    assert _hear(board, seen(T0 + 60, **new)) == [("moved", moved)]
    assert _hear(board, seen(T0 + 120, **new)) == []
    other = seen(T0 + 180, **new, format="instatus")
    assert _hear(board, other) == [("format", "The status feed is instatus, and was statuspage")]
    assert _hear(board, other) == []
    assert board.health(T0 + 180)[0].format == "instatus"


def test_a_feed_on_another_host_of_its_platform_has_not_moved() -> None:
    board = _board()
    assert _hear(board, seen(T0, final_url="https://api.platform.test/x")) == []


@pytest.mark.parametrize(
    ("name", "posts"),
    [
        ("Sites", {("sister", "sister/sites", False)}),
        ("Workers", {("cloud", "cloud/workers", False)}),
        ("Anything", {("cloud", "cloud", True), ("sister", "sister", True)}),
    ],
)
def test_on_a_page_of_two_providers_who_is_named_speaks_and_nobody_named_is_both(
    name: str, posts: set[tuple[str, str, bool]]
) -> None:
    board = _board(WatchedFeed(URL, "statuspage", ("cloud", "sister")))
    board.hear(seen(T0, incident("i", name)))
    found = {(post.provider, str(post.scope), post.coarse) for post in board.posts(T0)}
    assert found == posts
    for provider in ("cloud", "sister"):
        assert board.green(provider, T0) is (provider not in {each[0] for each in posts})


def test_of_two_feeds_one_that_speaks_is_heard_and_one_that_is_silent_is_not_enough() -> None:
    other = "https://status.cloud.test/history.atom"
    board = _board(FEED, WatchedFeed(other, "rss", ("cloud",)))
    board.hear(seen(T0))
    assert board.green("cloud", T0) is True
    board.hear(seen(T0, incident("i"), url=other))
    assert board.green("cloud", T0) is False
    board.hear(unseen(T0 + 60, url=other, layer="feed"))
    assert board.green("cloud", T0 + 60) is True


def test_what_is_not_of_a_watched_feed_changes_nothing() -> None:
    board = _board()
    board.hear(seen(T0, url="https://elsewhere.test/"))
    board.hear(Evidence(URL, "http.page", Seen({"incidents": []}), T0, "test"))
    assert board.health(T0)[0].tried_at is None


def _replayed(evidence: list[Evidence]) -> tuple[tuple[Post, ...], tuple[Post, ...]]:
    board = _board()
    for each in evidence:
        board.hear(each)
    return board.posts(evidence[-1].at), board.history()


INCIDENTS = st.builds(
    incident,
    st.sampled_from(["i", "j"]),
    st.sampled_from(["Workers", "DNS", "Network"]),
    state=st.sampled_from(["open", "resolved", "scheduled"]),
    started_at=st.none() | st.floats(T0 - 9999, T0 + 9999),
    resolved_at=st.none() | st.floats(T0 - 9999, T0 + 9999),
)
LOOKS = st.lists(
    st.one_of(
        st.lists(INCIDENTS, max_size=3, unique_by=lambda each: each.id).map(
            lambda told: lambda at: seen(at, *told)
        ),
        st.sampled_from(["dial", "feed"]).map(lambda layer: lambda at: unseen(at, layer=layer)),
    ),
    min_size=1,
    max_size=12,
)


@given(LOOKS)
def test_a_replay_gives_the_same_and_every_post_has_its_times_in_order(looks: list[Any]) -> None:
    evidence = [look(T0 + 100.0 * n) for n, look in enumerate(looks)]
    posts, history = _replayed(evidence)
    assert (posts, history) == _replayed(evidence)
    assert set(posts) <= set(history)
    for post in history:
        assert post.posted_at <= post.first_seen_at
        if post.unseen_at is not None:
            assert post.unseen_at <= post.posted_at
        if post.closed_at is not None:
            assert post.closed_at >= post.posted_at


@given(LOOKS)
def test_a_post_is_open_if_and_only_if_the_last_reading_has_it_open(looks: list[Any]) -> None:
    evidence = [look(T0 + 100.0 * n) for n, look in enumerate(looks)]
    board = _board()
    for each in evidence:
        board.hear(each)
    now = evidence[-1].at
    read = [each.value for each in evidence if each.value is not None]
    found = (
        {each["id"] for each in read[-1]["incidents"] if each["state"] == "open"} if read else ()
    )
    fresh = board.health(now)[0].health == "fresh"
    assert {post.incident for post in board.posts(now)} == (set(found) if fresh else set())
    assert board.green("cloud", now) == (not found if fresh else None)
