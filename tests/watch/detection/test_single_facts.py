"""What a probe says, what will end, and whether one can see at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.watch.detection import (
    CERTIFICATE,
    DOMAIN,
    Connectivity,
    Outcome,
    Sight,
    Urgency,
    Witness,
    connectivity,
    ending,
    outcome_of,
)

DAY = 86_400.0


@pytest.mark.parametrize("status", [401, 403, 405, 429])
def test_whoever_turns_one_away_is_there(status: int) -> None:
    assert outcome_of(_value(_step(False, "expect", status))) is Outcome.REFUSED


@pytest.mark.parametrize(
    ("layer", "status", "expected"),
    [
        ("expect", 500, Outcome.FAILED),
        ("expect", 404, Outcome.FAILED),
        ("expect", 200, Outcome.FAILED),  # the page lacks what the journey needs
        ("http", None, Outcome.FAILED),
        ("dns", None, Outcome.FAILED),
        ("dial", 403, Outcome.FAILED),  # of an earlier reply: this time nobody was reached
        ("tls", None, Outcome.FAILED),
        ("expect", 400, Outcome.FAILED),
        ("expect", 521, Outcome.FAILED),
        ("expect", 999, Outcome.REFUSED),
    ],
)
def test_what_is_an_outage(layer: str | None, status: int | None, expected: Outcome) -> None:
    assert outcome_of(_value(_step(False, layer, status))) is expected


def _step(
    ok: bool, layer: str | None = None, status: int | None = 200, strength: str = "hard"
) -> dict[str, Any]:
    return {"ok": ok, "layer": layer, "status": status, "strength": strength}


def _value(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"ok": all(step["ok"] for step in steps), "steps": list(steps)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (_value(_step(True), _step(True)), Outcome.ANSWERED),
        (_value(_step(True), _step(False, "dns", None)), Outcome.FAILED),
        (_value(_step(False, "expect", 403), _step(False, "http", None)), Outcome.FAILED),
        (_value(_step(False, "expect", 503, "soft"), _step(True)), Outcome.DEGRADED),
        (_value(_step(False, "expect", 403, "soft"), _step(True)), Outcome.ANSWERED),
        (_value(_step(False, "expect", 503, "soft"), _step(False, "tls", None)), Outcome.FAILED),
        (_value(_step(False)), Outcome.FAILED),
        ({"ok": True, "state": "up", "steps": []}, Outcome.ANSWERED),
        ({"ok": False, "state": "degraded", "steps": []}, Outcome.DEGRADED),
        ({"ok": False, "state": "down"}, Outcome.FAILED),
        ({}, Outcome.FAILED),
        ({"steps": [{}]}, Outcome.FAILED),
    ],
)
def test_a_journey_counts_by_its_hard_steps(value: dict[str, Any], expected: Outcome) -> None:
    assert outcome_of(value) is expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (90, None),
        (14.1, None),
        (14, Urgency.SOON),
        (3.1, Urgency.SOON),
        (3, Urgency.URGENT),
        (0.01, Urgency.URGENT),
        (0, Urgency.OVER),
        (-5, Urgency.OVER),
    ],
)
def test_a_certificate_is_told_of_ahead_of_its_end(days: float, expected: Urgency | None) -> None:
    told = ending(1e9 + days * DAY, 1e9, CERTIFICATE)

    assert (told.urgency if told else None) == expected
    assert told is None or told.left == pytest.approx(days * DAY)


def test_a_domain_is_told_of_earlier_than_a_certificate() -> None:
    assert ending(40 * DAY, 0.0, CERTIFICATE) is None
    assert ending(40 * DAY, 0.0, DOMAIN) is not None


def test_a_certificate_of_six_days_is_not_about_to_end_when_it_is_issued() -> None:
    assert ending(6 * DAY, 0.0, begins=0.0) is None
    assert ending(6 * DAY, 3.9 * DAY, begins=0.0) is None
    soon, urgent = (ending(6 * DAY, day * DAY, begins=0.0) for day in (4.1, 5.6))
    assert (soon and soon.urgency, urgent and urgent.urgency) == (Urgency.SOON, Urgency.URGENT)
    whole = ending(90 * DAY, 77 * DAY, begins=0.0)
    assert whole is not None
    assert whole.urgency is Urgency.SOON


@given(
    st.floats(0, 2e9), st.floats(0, 1e8), st.floats(0, 1e8), st.one_of(st.none(), st.floats(0, 1e9))
)
def test_what_ends_only_gets_more_urgent(
    ends: float, early: float, later: float, begins: float | None
) -> None:
    order = [None, Urgency.SOON, Urgency.URGENT, Urgency.OVER]
    first, then = sorted((early, later))
    told = [ending(ends, now, begins=begins) for now in (ends - 1e8 + first, ends - 1e8 + then)]

    ranks = [order.index(each.urgency if each else None) for each in told]

    assert ranks == sorted(ranks)


def _see(*failed: bool | None, at: float = 0.0) -> Connectivity:
    """Witnesses of providers of their own; None: not heard of late."""
    return connectivity(
        [
            Witness(f"w{n}", f"provider {n}", bool(each), -1_000.0 if each is None else at)
            for n, each in enumerate(failed)
        ],
        0.0,
    )


@pytest.mark.parametrize(
    ("failed", "sight"),
    [
        ((), Sight.UNSURE),
        ((True, True), Sight.UNSURE),
        ((True, True, None), Sight.UNSURE),
        ((False, False, False), Sight.CLEAR),
        ((True, False, False), Sight.CLEAR),  # one of three is that one's own fault
        ((True, True, False), Sight.HAZY),
        ((True, True, True), Sight.BLIND),
        ((True, True, True, True, False), Sight.BLIND),
        ((True, True, True, False, False), Sight.HAZY),
        ((True, True, True, None, None), Sight.BLIND),
    ],
)
def test_when_unrelated_witnesses_fail_together_nobody_is_blamed(
    failed: tuple[bool | None, ...], sight: Sight
) -> None:
    assert _see(*failed).sight is sight


def test_no_single_provider_makes_one_blind() -> None:
    many = [Witness(f"w{n}", "one provider", True, 0.0) for n in range(20)]
    others = [Witness(f"o{n}", f"other {n}", False, 0.0) for n in range(3)]

    told = connectivity([*many, *others], 0.0)

    assert (told.sight, told.voices, len(told.failing)) == (Sight.CLEAR, 4, 20)
    assert connectivity(many, 0.0).sight is Sight.UNSURE


def test_however_low_the_bar_it_takes_three_witnesses_to_be_blind() -> None:
    witnesses = [Witness(f"w{n}", f"provider {n}", n < 2, 0.0) for n in range(3)]

    assert connectivity(witnesses, 0.0, blind_from=0.5).sight is Sight.HAZY


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30), st.data())
def test_a_further_failure_never_makes_one_see_better(
    heard: list[tuple[int, bool]], data: st.DataObject
) -> None:
    order = [Sight.UNSURE, Sight.CLEAR, Sight.HAZY, Sight.BLIND]
    witnesses = [Witness(f"w{n}", f"{p}", failed, 0.0) for n, (p, failed) in enumerate(heard)]
    before = connectivity(witnesses, 0.0)
    if not witnesses:
        return
    n = data.draw(st.integers(0, len(witnesses) - 1))
    witnesses[n] = Witness(witnesses[n].name, witnesses[n].shares, True, 0.0)

    after = connectivity(witnesses, 0.0)

    assert order.index(after.sight) >= order.index(before.sight)
