"""The sentence of an incident and the summary of a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.show.watch_words import (
    STALE,
    ago,
    clock,
    leading,
    line,
    sentence,
    summary,
    voices_told,
)
from downwind.terms import State
from downwind.watch.itself import VoicesSeen
from downwind.watch.picture import ChangeSeen, Entry, IncidentSeen, Picture, StatusPage, TargetSeen
from tests.show.web.pictures import (
    NOON,
    SINCE,
    blind_picture,
    calm_picture,
    closed_incident,
    outage_incident,
    outage_picture,
)


def _told(**changes: object) -> str:
    return sentence(replace(outage_incident(), **changes), outage_picture(), NOON)  # type: ignore[arg-type]


def test_the_sentence_says_whose_fault_since_when_whom_it_hits_and_what_speaks_for_it() -> None:
    assert _told() == (
        "Them, probably not you: Cloudflare's edge makes these 5xx, its DNS answers, since "
        "11:28 UTC; 14 of your 31 capabilities; two saved by their second edge; no deploy of "
        "yours in 6 h; its status page is still green."
    )


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"verdict": "suspected", "confidence": 0.62}, "Perhaps them: Cloudflare's edge makes"),
        ({"verdict": "suspected", "confidence": 0.62}, "its DNS answers (62% sure), since"),
        ({"verdict": "own", "who": "shop", "signs": ()}, "You, probably: shop fails, since"),
        ({"verdict": "vantage", "who": "paris", "signs": ()}, "not those it watches: paris fails"),
        ({"verdict": "unknown", "who": ""}, "Not known who: several fail together, and nothing"),
        ({"verdict": "unknown", "slow": True}, "who: several are slower than usual, and nothing"),
        ({"who": "", "signs": ()}, "Them, probably not you: cloudflare/proxy fails"),
        ({"who": "", "scope": "", "suspect": "", "signs": ()}, "something fails"),
        ({"victims": ()}, "since 11:28 UTC; all that it hit are back; two saved"),
        ({"saved": ("shop/do-0",)}, "one saved by its second alternative"),
        ({"dependent": ("the resolver is theirs",)}, "not an independent verdict: the resolver"),
        (
            {"dependent": ("alerts by mail would fall with it (a needs b: by (c)); d might (e)",)},
            "not an independent verdict: alerts by mail would fall with it; d might.",
        ),
        ({"closed_at": NOON}, "over since 12:00 UTC, after 32 min."),
        (
            {"closed_at": NOON, "still": ("shop/do-0", "gone/x")},
            "no longer blamed since 12:00 UTC, after 32 min; Shop: do 0, gone/x were still "
            "failing then.",
        ),
        (
            {
                "reopened": 1,
                "timeline": (Entry(NOON - 60, "reopened", "after 4 min without it"),),
            },
            "back since 11:59 UTC, after 4 min without it.",
        ),
        ({"victims": ("a",), "of": 1}, "your one capability;"),
        ({"of": 3}, "14 of your 14 capabilities"),
        ({"since": NOON - 86400}, "since 2025-11-17 12:00 UTC"),
    ],
)
def test_the_sentence_follows_the_verdict(changes: dict[str, object], part: str) -> None:
    assert part in _told(**changes)


def _change(before: float, kind: str = "deploy", title: str = "v42") -> ChangeSeen:
    return ChangeSeen("c", kind, SINCE - before, "shop", title)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ((_change(720),), "; a deploy of yours 12 min before it began (v42);"),
        ((_change(720, title=""),), "; a deploy of yours 12 min before it began;"),
        ((_change(-60),), "; a deploy of yours 60 s after it began (v42);"),
        (
            (_change(720), _change(7200)),
            "; two deploys of yours in 6 h, the latest 12 min before",
        ),
        ((_change(720, "dependency"),), "; a change of yours 12 min before it began (v42);"),
    ],
)
def test_changes_of_ones_own_are_told(changes: tuple[ChangeSeen, ...], part: str) -> None:
    assert part in _told(deploys=changes)


@pytest.mark.parametrize(
    ("page", "part"),
    [
        (StatusPage("cloudflare", "green"), "its status page is still green."),
        (StatusPage("cloudflare", "posted", SINCE + 1440),
         "its status page tells of it since 11:52 UTC, 24 min after it began."),
        (StatusPage("cloudflare", "posted", SINCE - 600), "tells of it since 11:18 UTC."),
        (StatusPage("cloudflare", "posted"), "its status page tells of it."),
        (StatusPage("cloudflare", "unknown"), "no deploy of yours in 6 h."),
        (StatusPage(), "no deploy of yours in 6 h."),
    ],
)  # fmt: skip
def test_the_status_page_is_told_as_far_as_it_is_known(page: StatusPage, part: str) -> None:
    assert _told(status_page=page).endswith(part)


def test_what_was_green_to_the_end_stayed_green() -> None:
    assert "its status page stayed green" in _told(closed_at=NOON)


def _with(count: int, **changes: object) -> Picture:
    """The calm picture with its first few capabilities changed."""
    calm = calm_picture()
    odd = tuple(replace(each, **changes) for each in calm.targets[:count])  # type: ignore[arg-type]
    return replace(calm, targets=(*odd, *calm.targets[count:]))


def test_a_calm_picture_is_told_in_a_line() -> None:
    assert summary(calm_picture(), NOON) == "All 31 of your capabilities stand."
    assert summary(_with(2, state=None), NOON) == "All that is known stands: 29 of 31; 2 unknown."
    assert summary(_with(31, state=None), NOON) == "Nothing is known yet of your 31 capabilities."
    assert summary(_with(1, slow=True), NOON).endswith("stand; one slower than usual.")
    assert summary(Picture(at=NOON, started_at=NOON), NOON) == "Nothing is watched yet."


def test_what_fails_without_a_cause_is_never_called_calm() -> None:
    told = summary(_with(4, state=State.DOWN), NOON)
    assert told == (
        "4 of your 31 capabilities fail (Shop: do 0, News: do 1, Chat: do 2 and 1 more), "
        "and no cause is named yet."
    )


def test_maintenance_is_no_outage_and_is_told() -> None:
    planned = replace(outage_incident(), phase="maintenance")
    calm = replace(calm_picture(), incidents=(planned,))
    assert summary(calm, NOON).endswith("stand; maintenance under way.")
    down = replace(_with(1, state=State.DOWN), incidents=(planned,))
    assert summary(down, NOON).endswith("(Shop: do 0), during maintenance.")


def test_a_blind_watcher_blames_nobody_even_while_an_incident_is_open() -> None:
    picture = replace(blind_picture(), incidents=(outage_incident(),))
    told = summary(picture, NOON)
    assert told.startswith("Blind: 4 of 4 unrelated witnesses fail")
    assert "Cloudflare" not in told


def test_a_watcher_that_is_not_well_says_so_while_all_is_calm() -> None:
    sick = replace(calm_picture().watcher, healthy=False, reason="the disk is full")
    told = summary(replace(calm_picture(), watcher=sick), NOON)
    assert told.endswith("stand; the watcher is not well: the disk is full.")


def test_an_old_picture_is_called_stale_first() -> None:
    assert summary(outage_picture(), NOON + STALE).startswith("Them")
    assert summary(outage_picture(), NOON + 720).startswith("Stale: this is 12 min old")


def test_the_summary_tells_of_the_largest_that_nobody_is_on_and_counts_the_rest() -> None:
    big = replace(outage_incident(), id="big", phase="acknowledged")
    small = replace(outage_incident(), id="small", who="Fastly's CDN", victims=("shop/do-1",))
    picture = replace(outage_picture(), incidents=(big, small, closed_incident()))
    first = leading(picture)
    assert first is not None
    assert first.id == "small"
    told = summary(picture, NOON)
    assert "Fastly's CDN" in told
    assert told.endswith(" One other incident is open.")
    three = replace(picture, incidents=(big, small, replace(small, id="third")))
    assert summary(three, NOON).endswith(" Two other incidents are open.")


@given(st.text(max_size=400), st.integers(1, 200))
def test_a_line_is_one_line_of_bounded_length_that_moves_no_cursor(text: str, most: int) -> None:
    told = line(text, most)
    assert len(told) <= most
    assert all(c.isprintable() or c == "\N{NO-BREAK SPACE}" for c in told)


@given(st.floats(allow_nan=False), st.floats(0, 4e9))
def test_any_number_is_a_moment(at: float, now: float) -> None:
    assert clock(at, now).endswith(" UTC")


def test_moments_are_told_from_the_present() -> None:
    assert ago(NOON, NOON + 0.4) == "now"
    assert ago(NOON, NOON + 900) == "15 min ago"
    assert ago(NOON + 7200, NOON) == "in 2 h"


def test_every_verdict_has_words() -> None:
    for verdict in ("provider", "suspected", "own", "vantage", "unknown", "quiet"):
        incident = IncidentSeen("i", "open", verdict, NOON, NOON, who="x", victims=("a/b",))
        picture = Picture(NOON, NOON, targets=(TargetSeen("a/b"),), incidents=(incident,))
        assert summary(picture, NOON).endswith(".")


@pytest.mark.parametrize(
    ("voices", "told"),
    [
        (VoicesSeen(0, 0, 0), "No vantage is heard."),
        (VoicesSeen(3, 0, 0), "No vantage is heard."),
        (VoicesSeen(1, 1, 1), "They count as one voice: what it sees, nobody else confirms."),
        (
            VoicesSeen(3, 1, 1),
            "One of three independent voices is heard; it takes one to call a target down.",
        ),
        (
            VoicesSeen(5, 4, 3),
            "Four of five independent voices are heard; it takes three to call a target down.",
        ),
    ],
)
def test_the_quorum_is_told_by_voices_and_not_by_machines(voices: VoicesSeen, told: str) -> None:
    assert voices_told(voices) == told


def test_who_is_slow_is_told_after_whoever_fails() -> None:
    slow = replace(outage_incident(), id="slow", slow=True, signs=("answers slower than usual",))
    few = replace(outage_incident(), id="few", victims=("shop/do-0",), phase="acknowledged")
    picture = replace(outage_picture(), incidents=(slow, few))
    assert leading(picture) is few
    alone = replace(picture, incidents=(slow,))
    assert "Cloudflare's edge answers slower than usual, since" in summary(alone, NOON)
