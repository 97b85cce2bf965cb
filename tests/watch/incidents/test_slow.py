"""Who is slow for long is an incident of its own, and never a part of one of who fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import State
from downwind.watch.alerts import derive
from downwind.watch.incidents import Incident, IncidentEvent, Ledger
from tests.watch.incidents.rounds import Loop, Said, fault

SITES = tuple(f"s{n}.test/load" for n in range(8))
EDGE = fault("cloudflare/proxy", SITES[:5])


def _slow(loop: Loop, rounds: int, *faults: Said) -> list[str]:
    told: list[str] = []
    for _ in range(rounds):
        slow = {target for each in faults for target in each.explains}
        states = {each: State.DEGRADED if each in slow else State.UP for each in SITES}
        told += loop.round(faults, states=states, slow=True)
    return told


def _one(loop: Loop) -> Incident:
    (incident,) = loop.incidents.ledger.open()
    return incident


def test_it_opens_when_it_has_lasted_ten_rounds_and_closes_ten_after_it() -> None:
    loop = Loop(SITES)
    assert _slow(loop, 9, EDGE) == []
    assert _slow(loop, 1, EDGE) == ["opened"]
    incident = _one(loop)
    assert (incident.slow, str(incident.cause)) == (True, "cloudflare/proxy")
    assert "slow-cloudflare-proxy" in incident.id
    assert _slow(loop, 9) == ["recovered"]
    assert _slow(loop, 1) == ["closed"]


def test_a_calm_round_begins_the_count_anew() -> None:
    loop = Loop(SITES)
    assert _slow(loop, 9, EDGE) == []
    _slow(loop, 1)
    assert _slow(loop, 9, EDGE) == []


def test_rounds_of_who_fails_count_nothing_for_who_is_slow_and_the_reverse() -> None:
    loop = Loop(SITES)
    own = fault("own:s7.test", SITES[7:])
    for _ in range(9):
        _slow(loop, 1, EDGE)
        loop.round([])
    assert loop.incidents.ledger.open() == ()
    assert _slow(loop, 1, EDGE) == ["opened"]
    assert loop.round([own]) == ()
    _slow(loop, 5, EDGE)
    assert loop.round([own]) == ("opened",), "in its second round, as ever"
    assert _slow(loop, 1, EDGE) == []
    assert [each.slow for each in loop.incidents.ledger.open()] == [True, False]


@pytest.mark.parametrize(
    ("down", "one"),
    [
        (fault("cloudflare/proxy", SITES[:2]), True),
        (fault("cloudflare", SITES[:2]), True),
        (fault("cloudflare/dns", SITES[:2]), True),
        (fault("fastly", SITES), True),
        (fault("fastly", SITES[:2]), False),
        (fault("own:s0.test", SITES[:1]), False),
    ],
    ids=["same cause", "a wider one", "same provider", "all its victims", "another", "one's own"],
)
def test_slowness_of_what_is_known_to_fail_is_told_with_it(down: Said, one: bool) -> None:
    loop = Loop(SITES)
    _slow(loop, 10, EDGE)
    for _ in range(3):
        loop.round([down])
    told = _slow(loop, 12, EDGE)
    assert ("merged" in told) is one
    assert len(loop.incidents.ledger.open()) == (1 if one else 2)
    kept = next(each for each in loop.incidents.ledger.incidents.values() if each.slow)
    assert bool(kept.merged_into) is one


def test_its_alert_is_a_warning_however_sure_its_cause_is() -> None:
    loop = Loop(SITES)
    _slow(loop, 10, EDGE)
    _slow(loop, 10)
    alerts = derive(Ledger(), loop.log).alerts
    assert [(each.kind, each.severity) for each in alerts] == [
        ("opened", "warning"),
        ("closed", "warning"),
    ]
    assert alerts[0].title == "cloudflare/proxy: 5 of 8 slower than usual"
    assert "Nothing fails by it" in alerts[0].text


faults = st.builds(
    fault,
    st.sampled_from(["aws", "aws/ec2", "cloudflare/proxy", "own:s0.test", "unknown"]),
    st.lists(st.sampled_from(SITES), min_size=1, max_size=5, unique=True),
    st.sampled_from([0.7, 0.95]),
)
rounds = st.tuples(st.lists(faults, max_size=2), st.lists(faults, max_size=2), st.booleans())


def _of_who_fails(events: list[IncidentEvent], loop: Loop) -> list[IncidentEvent]:
    slow = {each.id for each in loop.incidents.ledger.incidents.values() if each.slow}
    return [each for each in events if each.incident not in slow]


@settings(max_examples=150, deadline=None)
@given(st.lists(rounds, max_size=30))
def test_what_is_told_of_who_fails_is_the_same_whoever_is_slow(plan: list[Any]) -> None:
    both, alone = Loop(SITES), Loop(SITES)
    for failing, slow, regular in plan:
        for loop in (both, alone):
            loop.round(failing, regular=regular)
        both.round(slow, seconds=0.0, slow=True, regular=regular)
    assert _of_who_fails(both.log, both) == alone.log
