"""Probes heard one after the other, against a plain count; and what no history may bring about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.jobs.backtest.hearing import (
    FRESH,
    HALF_LIFE_INTERVALS,
    STALE,
    Fared,
    Heard,
    Track,
    hear,
)
from downwind.terms import Evidence, Seen, Unanswered
from tests.jobs.backtest.stories import days_before, found, played, row

EVERY = 60.0


def probe(at: float, fared: Fared = Fared.HELD) -> Heard:
    step = None if fared is Fared.HELD else {"ok": False, "status": 503}
    return Heard("a/b", "v", at, fared, step, EVERY)


@given(st.lists(st.sampled_from(Fared), min_size=1, max_size=50), st.integers(0, 50))
def test_counts_are_those_of_all_rows_since_then_those_of_an_earlier_state_by_their_age(
    rounds: list[Fared], since: int
) -> None:
    track = Track("a/b", "v")
    for number, fared in enumerate(rounds):
        track.hear(probe(EVERY * number, fared))
    now, start = EVERY * (len(rounds) - 1), EVERY * since
    failing = [fared is Fared.FAILED for fared in rounds]
    changed = max(n for n in range(len(rounds)) if n == 0 or failing[n] != failing[n - 1])
    weight = {
        number: 1.0
        if number >= changed
        else 0.5 ** ((now - EVERY * number) / (HALF_LIFE_INTERVALS * EVERY))
        for number in range(len(rounds))
        if start <= EVERY * number and now - EVERY * number <= FRESH
    }
    failed = sum(w for n, w in weight.items() if rounds[n] is Fared.FAILED)
    held = sum(w for n, w in weight.items() if rounds[n] is Fared.HELD)
    assert track.counts(start, now) == pytest.approx((failed, held))


@given(st.lists(st.sampled_from(Fared), max_size=50))
def test_it_falls_as_often_as_it_goes_from_anything_else_to_failing(rounds: list[Fared]) -> None:
    track = Track("a/b", "v")
    fallen = [track.hear(probe(EVERY * n, fared)) for n, fared in enumerate(rounds)]
    failing = [fared is Fared.FAILED for fared in rounds]
    assert fallen == [bad and n > 0 and not failing[n - 1] for n, bad in enumerate(failing)]


def test_a_state_that_only_changes_are_told_of_goes_on() -> None:
    track = Track("a/b", "v")
    track.hear(probe(0))
    track.hear(probe(600, Fared.FAILED))
    failed, held = track.counts(600, 600 + 1800)
    assert failed == pytest.approx(1 + 0.1 * 1800 / EVERY)
    assert held == 0.0


def test_a_runner_that_wrote_of_another_site_had_seen_this_one() -> None:
    track = Track("a/b", "v")
    track.hear(probe(0))
    before = track.counts(500, 1000)[1]
    track.was_silent(900)
    assert track.counts(500, 1000)[1] > before


def test_long_silence_ends_what_is_known() -> None:
    track = Track("a/b", "v")
    track.hear(probe(0))
    assert not track.stale(STALE)
    assert track.stale(STALE + 1)
    assert not track.hear(probe(STALE + 1, Fared.FAILED))
    assert track.chronic(STALE + 1)


@pytest.mark.parametrize(
    ("status", "fared"),
    [(500, "failed"), (404, "failed"), (403, "refused"), (429, "refused"), (None, "failed")],
)
def test_a_refusal_is_an_answer(status: int | None, fared: str) -> None:
    steps = [{"ok": True, "status": 200}, {"ok": False, "status": status}]
    heard = hear(Evidence("a/b", "probe.journey", Seen({"steps": steps}), 5.0, "v"))
    assert heard is not None
    assert heard.fared == fared


@pytest.mark.parametrize(
    "record",
    [
        Evidence("a/b", "dns.a", Seen({"steps": []}), 5.0, "v"),
        Evidence("a/b", "probe.http", Unanswered("no route"), 5.0, "v"),
        Evidence("a/b", "probe.http", Seen({}), 5.0, "v"),
    ],
)
def test_what_is_no_probe_is_not_heard(record: Evidence) -> None:
    assert hear(record) is None


SITES = [("a/r", name) for name in ("Shop", "Api", "Docs")]
OTHERS = [(f"{name}/r", "Shop") for name in "bc"]
PLATFORM = {site: f"https://{site[1].lower()}.github.io" for site in SITES}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(SITES),
            st.integers(0, 600),
            st.sampled_from([0, 200, 403, 404, 500, 503, 522, 530]),
        ),
        max_size=25,
    )
)
def test_one_owner_alone_makes_no_outage_of_anybody_else(
    told: list[tuple[tuple[str, str], int, int]],
) -> None:
    rows = [
        *days_before([*SITES, *OTHERS], urls=PLATFORM),
        *(row(site, minute, code, PLATFORM[site]) for site, minute, code in told),
    ]
    assert {kind for kind, _ in found(played(rows))} <= {"own", "vantage"}
