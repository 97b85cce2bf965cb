"""A page's delay is from our verdict to its first word of it; silence is counted, not averaged."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Scope
from downwind.watch.feeds import Post, Verdict, delays, lateness
from downwind.watch.feeds.delays import AFTER, BEFORE

from .told import MINUTE, T0

READ = dict.fromkeys(("cloud", "mute", "other"), 0.0)
"""All pages were read long before."""


def _verdict(
    known: str = "v", scope: str = "cloud/workers", at: float = T0, ended: float | None = None
) -> Verdict:
    return Verdict(known, Scope.parse(scope), at - MINUTE, at, ended)


def _post(at: float, scope: str = "cloud/workers", kind: str = "incident") -> Post:
    where = Scope.parse(scope)
    return Post(
        provider=where.provider,
        scope=where,
        coarse=False,
        feed="https://status.cloud.test/",
        incident=f"i{at}",
        kind=kind,
        severity="none" if kind == "maintenance" else "minor",
        posted_at=at,
        first_seen_at=at,
        unseen_at=None,
        started_at=None,
        title="Trouble",
        url="",
    )


def _seconds(verdict: Verdict, *posts: Post, now: float = T0 + 1e6) -> float | None:
    [found] = delays([verdict], posts, now, READ)
    return found.seconds


@pytest.mark.parametrize(
    ("post", "seconds"),
    [
        (_post(T0 + 840), 840.0),
        (_post(T0 - 30), -30.0),
        (_post(T0 + 60, "cloud"), 60.0),
        (_post(T0 + 60, "cloud/workers/cdg"), 60.0),
        (_post(T0 + 60, "cloud/dns"), None),
        (_post(T0 + 60, "other"), None),
        (_post(T0 + 60, kind="maintenance"), None),
        (_post(T0 - MINUTE - BEFORE), -MINUTE - BEFORE),
        (_post(T0 - MINUTE - BEFORE - 1), None),
    ],
)
def test_a_post_counts_where_it_is_in_line_with_the_verdict_and_not_long_before(
    post: Post, seconds: float | None
) -> None:
    assert _seconds(_verdict(), post) == seconds


def test_the_first_word_counts() -> None:
    posts = [_post(T0 + 900), _post(T0 + 300), _post(T0 + 600, "cloud")]
    assert _seconds(_verdict(), *posts) == 300.0
    [found] = delays([_verdict()], posts, T0 + 1e6, READ)
    assert found.after_failing == 360.0


def test_a_page_may_own_to_it_for_some_hours_after_the_end() -> None:
    ended = _verdict(ended=T0 + 600)
    assert _seconds(ended, _post(T0 + 600 + AFTER)) == 600 + AFTER
    assert _seconds(ended, _post(T0 + 601 + AFTER)) is None
    assert _seconds(_verdict(), _post(T0 + 100), now=T0 + 99) is None
    assert _seconds(ended, _post(T0 + 700), now=T0 + 699) is None


def test_the_table_has_least_median_most_and_those_of_which_nothing_was_said() -> None:
    verdicts = [
        *(_verdict(f"v{n}", at=T0 + n * 1e5, ended=T0 + n * 1e5 + 600) for n in range(4)),
        _verdict("running", at=T0 + 1e6),
        _verdict("m", "mute", ended=T0 + 600),
    ]
    posts = [_post(T0 + 60), _post(T0 + 1e5 + 600), _post(T0 + 2e5 + 120)]
    found = lateness(delays(verdicts, posts, T0 + 1e6, READ), T0 + 1e6)
    told = [(e.provider, e.n, e.silent, e.minimum, e.median, e.maximum) for e in found]
    assert told == [("cloud", 3, 1, 60.0, 120.0, 600.0), ("mute", 0, 1, None, None, None)]


def test_who_may_still_speak_is_not_silent_yet() -> None:
    ended = _verdict(ended=T0)
    for now, silent in ((T0 + AFTER, 0), (T0 + AFTER + 1, 1)):
        [found] = lateness(delays([ended], [], now, READ), now)
        assert (found.n, found.silent) == (0, silent)


SCOPES = st.sampled_from(["cloud", "cloud/workers", "cloud/dns", "cloud/workers/cdg", "other"])
TIMES = st.integers(0, 200_000).map(lambda n: T0 + n)


@given(
    st.lists(st.tuples(SCOPES, TIMES), max_size=6),
    st.lists(st.tuples(SCOPES, TIMES, st.sampled_from(["incident", "maintenance"])), max_size=12),
)
def test_the_table_is_that_of_a_plain_count(
    verdicts: list[tuple[str, float]], posts: list[tuple[str, float, str]]
) -> None:
    now = T0 + 1e7
    mine = [_verdict(str(n), s, at, at + 600) for n, (s, at) in enumerate(verdicts)]
    theirs = [_post(at, s, kind) for s, at, kind in posts]
    plain: dict[str, list[float | None]] = {}
    for each in mine:
        fitting = [
            post.posted_at - each.at
            for post in theirs
            if post.kind == "incident"
            and each.failing_at - BEFORE <= post.posted_at <= each.at + 600 + AFTER
            and (post.scope.covers(each.scope) or each.scope.covers(post.scope))
        ]
        plain.setdefault(each.scope.provider, []).append(min(fitting, default=None))
    found = {each.provider: each for each in lateness(delays(mine, theirs, now, READ), now)}
    assert found.keys() == plain.keys()
    for provider, told in plain.items():
        known = [each for each in told if each is not None]
        row = found[provider]
        assert (row.n, row.silent) == (len(known), len(told) - len(known))
        assert (row.minimum, row.maximum) == (min(known, default=None), max(known, default=None))
        assert row.median == (statistics.median(known) if known else None)
