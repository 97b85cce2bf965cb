"""Planned work keeps its incidents silent, tells what coincides, and hides nothing else."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.model.watching import Maintenance as Wanted
from downwind.terms import Evidence, Seen, UsageError
from downwind.watch.incidents import (
    Cause,
    Maintenance,
    Window,
    cancelled,
    read_window,
    window_of_evidence,
    window_to_evidence,
    windows_of,
)
from tests.watch.incidents.rounds import T0, Loop, fault

SITES = tuple(f"s{n}.test/load" for n in range(6))
HOUR = 3600.0


def test_an_incident_whose_victims_are_all_in_maintenance_opens_silently() -> None:
    loop = Loop(SITES)
    loop.maintenance = Maintenance.of([Window("w1", "s0.test", T0 - 60, T0 + HOUR)])
    loop.round([fault("own:s0.test", SITES[:1])])
    assert loop.round([fault("own:s0.test", SITES[:1])]) == ("opened",)
    (incident,) = loop.incidents.ledger.open()
    assert (incident.silent, incident.windows) == (True, ("w1",))


def test_a_providers_fault_that_coincides_with_maintenance_is_loud_and_says_so() -> None:
    loop = Loop(SITES)
    loop.maintenance = Maintenance.of([Window("w1", "s0.test", T0 - 60, T0 + HOUR)])
    loop.round([fault("cloudflare/proxy", SITES)])
    (incident,) = loop.incidents.ledger.open()
    assert (incident.silent, incident.windows) == (False, ("w1",))


def test_it_gets_loud_when_one_outside_joins_or_the_window_ends() -> None:
    for joins in (True, False):
        loop = Loop(SITES)
        loop.maintenance = Maintenance.of([Window("w1", "cloudflare", T0, T0 + 100)])
        if joins:
            loop.maintenance = Maintenance.of([Window("w1", "s0.test", T0, T0 + HOUR)])
        loop.round([fault("cloudflare/proxy", SITES[:1])])
        assert loop.incidents.ledger.open()[0].silent
        for _ in range(4):
            loop.round([fault("cloudflare/proxy", SITES[: 2 if joins else 1])])
        assert not loop.incidents.ledger.open()[0].silent


@pytest.mark.parametrize(
    ("of", "target", "cause", "held"),
    [
        ("*", "x.test/load", Cause("unknown", ""), True),
        ("x.test", "x.test/load", Cause("own", "x.test"), True),
        ("x.test/load", "x.test/load", Cause("own", "x.test"), True),
        ("x.test/load", "x.test/post", Cause("own", "x.test"), False),
        ("aws", "x.test/load", Cause("scope", "aws/ec2/us-east-1"), True),
        ("aws/ec2/us-east-1", "x.test/load", Cause("scope", "aws"), False),
        ("aws", "x.test/load", Cause("own", "x.test"), False),
        ("y.test", "x.test/load", Cause("scope", "aws"), False),
    ],
)
def test_a_window_holds_a_service_a_target_or_a_scope(
    of: str, target: str, cause: Cause, held: bool
) -> None:
    window = Window("w", of, T0, T0 + 1)
    assert window.holds(target, target.partition("/")[0], cause) is held


def test_a_window_that_comes_every_week_runs_every_week() -> None:
    week = 7 * 24 * HOUR
    window = Window("w", "*", T0, T0 + HOUR, week)
    found = [window.runs(T0 + at) for at in (-1, 0, HOUR - 1, HOUR, week, week + HOUR, 9 * week)]
    assert found == [False, True, True, False, True, False, True]
    assert not window.over(T0 + 99 * week)


@given(st.floats(0, 1e6), st.floats(1, 1e5), st.floats(0, 1e5), st.floats(-1e6, 1e7, width=32))
def test_a_window_runs_where_one_of_its_repetitions_holds_the_moment(
    starts: float, lasts: float, more: float, at: float
) -> None:
    starts, lasts, every, at = round(starts), round(lasts), round(lasts + more), round(at)
    window = Window("w", "*", starts, starts + lasts, every)
    repetitions = range(starts, 10_000_001 + every, every) if every > 1000 else None
    if repetitions is not None:
        assert window.runs(at) is any(r <= at < r + lasts for r in repetitions)


def test_a_window_comes_back_from_its_evidence_and_is_taken_back_by_another() -> None:
    window = Window("w1", "x.test", T0, T0 + HOUR, 0.0, "new database", "ann")
    told = window_to_evidence(window, T0 - 60, "here")
    assert window_of_evidence(told) == window
    known = Maintenance.of().heard(told)
    assert known.running(T0) == (window,)
    assert known.heard(window_to_evidence(cancelled(window, "ana"), T0, "here")).windows == {}


def test_the_windows_of_a_model() -> None:
    begins = datetime(2025, 11, 18, 11, 28, tzinfo=UTC)
    wanted = Wanted(service="x.test", begins=begins, ends=begins + timedelta(hours=1), title="db")
    (window,) = windows_of([wanted])
    assert window == Window("model:x.test@1763465280", "x.test", T0, T0 + HOUR, 0.0, "db", "model")


def test_old_windows_are_forgotten_and_strangers_cannot_fill_the_memory() -> None:
    known = Maintenance.of()
    for n in range(2000):
        known = known.heard(
            window_to_evidence(Window(f"w{n}", "*", T0 + n, T0 + n + HOUR), T0 + n, "here")
        )
    assert len(known.windows) <= 501
    last = window_to_evidence(Window("x", "*", T0 + 9e6, T0 + 9e6 + 1), T0 + 9e6, "here")
    assert list(known.heard(last).windows) == ["x"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({}, "of nothing"),
        ({"of": ""}, "of nothing"),
        ({"of": 3, "starts": 0, "ends": 1}, "of nothing"),
        ({"of": "x", "ends": 1}, "starts is None"),
        ({"of": "x", "starts": "noon", "ends": 1}, "starts is 'noon'"),
        ({"of": "x", "starts": True, "ends": 1}, "starts is True"),
        ({"of": "x", "starts": 0, "ends": math.inf}, "ends is inf"),
        ({"of": "x", "starts": 0, "ends": math.nan}, "ends is nan"),
        ({"of": "x", "starts": 5, "ends": 5}, "ends before it starts"),
        ({"of": "x", "starts": 0, "ends": 9, "every": 3}, "again before it ends"),
        ({"of": "x", "starts": 0, "ends": 9, "every": -1}, "again before it ends"),
        ({"of": "x", "starts": 0, "ends": 9, "colour": "red"}, "'colour'"),
    ],
)
def test_what_is_no_window_is_refused_with_the_reason(data: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_window("w", data)
    value = {"window": "w", **data}
    if "of" in data and "colour" not in data and data["of"] == "x" and "starts" in data:
        record = Evidence("x", "change.maintenance", Seen(value), T0, "here")
        found = window_of_evidence(record)
        assert found is None or found.starts == found.ends
