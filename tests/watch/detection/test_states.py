"""What is published: fast where all agree, steady, and never on one voice's word alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import UsageError
from downwind.watch.detection import (
    Condition,
    Detector,
    Outcome,
    Published,
    Settings,
    kernels,
    voices,
)

UP, DOWN, PARTLY, UNKNOWN = Condition.UP, Condition.DOWN, Condition.PARTLY, Condition.UNKNOWN
Says = Callable[[float, str], Outcome]


def _run(
    detector: Detector, begin: float, end: float, says: Says, confirm: bool = True
) -> list[tuple[float, Published]]:
    """Rounds of 30 s, each vantage at a phase of its own, and the confirmations asked for."""
    told = []
    due = {
        (target, vantage): begin + n * 1.7
        for n, vantage in enumerate(detector.vantages)
        for target in detector.targets
    }
    now = begin
    while now < end:
        now = min([*due.values(), detector.next_due() if confirm else end])
        if now >= end:
            break
        for (target, vantage), at in due.items():
            if at == now:
                detector.hear(target, vantage, now, says(now, vantage))
                due[target, vantage] = now + 30
        if confirm:
            for wanted in detector.wanted(now):
                detector.hear(wanted.target, wanted.vantage, now, says(now, wanted.vantage))
        told.append((now, detector.judge(now)))
    return told


def _new(groups: Sequence[int], targets: Sequence[str] = ("a",)) -> Detector:
    return Detector.new(targets, [f"v{n}" for n in range(len(groups))], groups=groups)


def _always(outcome: Outcome) -> Says:
    return lambda at, vantage: outcome


ANSWERS, FAILS = _always(Outcome.ANSWERED), _always(Outcome.FAILED)


def _conditions(told: list[tuple[float, Published]]) -> list[Condition]:
    """Without repeats."""
    found: list[Condition] = []
    for _, published in told:
        condition = published.standing(0).condition
        if not found or found[-1] is not condition:
            found.append(condition)
    return found


@pytest.mark.parametrize("groups", [(0,), (0, 1), (0, 1, 2), (0, 0, 1, 1, 2)])
def test_an_outage_is_told_within_a_round_and_its_confirmation(groups: tuple[int, ...]) -> None:
    detector = _new(groups)
    _run(detector, 0, 1_000, ANSWERS)

    told = _run(detector, 1_010, 1_200, FAILS)

    first = next(at for at, each in told if each.standing(0).condition is DOWN)
    assert first <= 1_010 + 16 + 1.7 * len(groups)


def test_without_confirmation_it_takes_rounds() -> None:
    detector = _new((0, 1, 2))
    _run(detector, 0, 1_000, ANSWERS, confirm=False)

    told = _run(detector, 1_010, 1_300, FAILS, confirm=False)

    first = next(at for at, each in told if each.standing(0).condition is DOWN)
    assert 1_070 <= first <= 1_170


def _only(failing: Sequence[int], outcome: Outcome = Outcome.FAILED) -> Says:
    names = {f"v{n}" for n in failing}
    return lambda at, vantage: outcome if vantage in names else Outcome.ANSWERED


@pytest.mark.parametrize(
    ("groups", "failing", "expected"),
    [
        ((0, 1, 2), (0, 1, 2), DOWN),
        ((0, 1, 2), (0, 1), PARTLY),  # one sees it up: down for some
        ((0, 1, 2), (2,), PARTLY),
        ((0, 0, 0, 1), (0, 1, 2), PARTLY),  # three machines of one network are one voice
        ((0, 0, 1), (0, 1), PARTLY),
        ((0, 0, 1), (0, 2), PARTLY),  # of two in one network one sees it up: no clear voice
        ((0, 1), (0,), PARTLY),
        ((0,), (0,), DOWN),
        ((0, 0), (0, 1), DOWN),
    ],
)
def test_voices_count_by_network_and_not_by_machine(
    groups: tuple[int, ...], failing: tuple[int, ...], expected: Condition
) -> None:
    detector = _new(groups)
    _run(detector, 0, 1_000, ANSWERS)

    told = _run(detector, 1_000, 2_000, _only(failing))

    assert told[-1][1].standing(0).condition is expected
    assert (DOWN in _conditions(told)) == (expected is DOWN)


def test_those_who_are_refused_have_no_vote_and_do_not_lower_the_quorum() -> None:
    def says(at: float, vantage: str) -> Outcome:
        return Outcome.FAILED if vantage == "v0" else Outcome.REFUSED

    detector = _new((0, 1, 2))
    _run(detector, 0, 1_000, ANSWERS)

    alone = _run(detector, 1_000, 2_000, says)[-1][1].standing(0)
    both = _run(detector, 2_000, 3_000, lambda at, v: Outcome.FAILED if v != "v2" else says(at, v))

    assert alone.condition is PARTLY
    assert alone.seeing == 3
    assert both[-1][1].standing(0).condition is DOWN


def test_refusals_everywhere_are_answers() -> None:
    told = _run(_new((0, 1, 2)), 0, 1_000, _always(Outcome.REFUSED))

    assert _conditions(told) == [UP]
    assert told[-1][1].standing(0).up_seen == 3


def test_machines_of_one_voice_are_heard_as_one() -> None:
    one, three = _new((0,)), _new((0, 0, 0))
    for n in range(3):
        for detector in (one, three):
            for vantage in detector.vantages:
                detector.hear("a", vantage, n * 30.0, Outcome(n % 2))
    alone, together = (each.judge(70.0).standing(0) for each in (one, three))

    assert together.posterior == pytest.approx(alone.posterior)
    assert together.seeing == alone.seeing == 1


def test_it_comes_up_after_three_calm_rounds_and_not_before() -> None:
    detector = _new((0, 1, 2))
    _run(detector, 0, 1_000, ANSWERS)
    _run(detector, 1_000, 1_600, FAILS)

    told = _run(detector, 1_600, 2_200, ANSWERS)

    calm = next(at for at, each in told if each.standing(0).posterior < 0.3)
    back = next(at for at, each in told if each.standing(0).condition is not DOWN)
    assert 90 <= back - calm <= 125
    assert back - 1_600 <= 240
    assert told[-1][1].standing(0).condition is UP


HYSTERESIS = [
    # posterior, loudest, groups that see it down and up; published then
    ((0.5, 0.5, 2, 0), UP),
    ((0.95, 0.95, 1, 0), PARTLY),  # one of three is no quorum, and loud enough to be shown
    ((0.5, 0.95, 1, 2), PARTLY),
    ((0.95, 0.95, 2, 0), DOWN),
    ((0.5, 0.5, 0, 0), DOWN),  # between the thresholds it stays as it is
    ((0.2, 0.2, 0, 3), DOWN),  # calm begins
    ((0.2, 0.2, 0, 3), DOWN),
    ((0.5, 0.5, 0, 0), DOWN),  # calm is broken
    ((0.2, 0.2, 0, 3), DOWN),
    ((0.2, 0.2, 0, 3), DOWN),
    ((0.2, 0.2, 0, 3), DOWN),
    ((0.2, 0.2, 0, 3), UP),  # three rounds after it began again
    ((0.95, 0.95, 3, 0), DOWN),
    ((0.2, 0.95, 1, 2), DOWN),
    ((0.2, 0.95, 1, 2), DOWN),
    ((0.2, 0.95, 1, 2), DOWN),
    ((0.2, 0.95, 1, 2), PARTLY),  # one voice goes on to see it down
]


def test_hysteresis_row_by_row() -> None:
    target, turns = np.zeros(kernels.TARGET), np.full(kernels.TURNS, kernels.NEVER)
    target[kernels.CALM], target[kernels.INTERVAL] = kernels.NEVER, 30.0
    rule = Settings().rule()
    names = [UP, PARTLY, DOWN, UNKNOWN]

    for n, ((posterior, loudest, down, up), expected) in enumerate(HYSTERESIS):
        view = np.array([posterior, 3, down, up, loudest])
        state = kernels.publish(target, turns, view, n * 30.0, rule)
        assert names[state] is expected, f"row {n}"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 6),
            st.integers(0, 6),
            st.integers(0, 1),
            st.floats(0, 1),
        ),
        max_size=60,
    )
)
def test_it_is_never_called_down_without_a_quorum_nor_up_before_three_calm_rounds(
    views: list[tuple[float, int, int, int, float]],
) -> None:
    target, turns = np.zeros(kernels.TARGET), np.full(kernels.TURNS, kernels.NEVER)
    target[kernels.CALM], target[kernels.INTERVAL] = kernels.NEVER, 30.0
    rule = Settings().rule()
    before = kernels.UP
    for n, view in enumerate(views):
        kernels.publish(target, turns, np.array(view, float), n * 30.0, rule)
        state = int(target[kernels.STATE])
        _, seeing, down, up, _ = view
        if state == kernels.DOWN != before:
            assert view[0] >= 0.9
            assert 2 * down > seeing > 0 == up
            assert down >= min(2, seeing)
        if before == kernels.DOWN != state:
            assert n >= 3
            assert all(each[0] < 0.3 and each[1] for each in views[n - 3 : n + 1])
        before = state


def test_who_has_not_been_looked_at_is_unknown_and_then_as_before() -> None:
    detector = _new((0, 1))
    assert detector.judge(0.0).standing(0).condition is UNKNOWN
    _run(detector, 0, 1_000, ANSWERS)
    _run(detector, 1_000, 1_600, FAILS)

    silent = detector.judge(2_600.0).standing(0)
    again = _run(detector, 2_600, 2_640, FAILS)[-1][1].standing(0)

    assert silent.condition is UNKNOWN
    assert again.condition is DOWN
    assert again.since < 1_600


def test_blind_vantages_have_no_vote_and_if_all_are_all_is_unknown() -> None:
    detector = _new((0, 1, 2))
    _run(detector, 0, 1_000, ANSWERS)
    detector.set_mute("v0", True)
    told = _run(detector, 1_000, 1_600, _only([0]))
    for vantage in ("v1", "v2"):
        detector.set_mute(vantage, True)

    assert _conditions(told) == [UP]
    assert told[-1][1].standing(0).seeing == 2
    assert detector.judge(1_600.0).standing(0).condition is UNKNOWN
    assert detector.wanted(10_000.0) == ()


def test_a_first_failure_asks_every_vantage_at_once_and_again_seconds_later() -> None:
    detector = _new((0, 1))
    _run(detector, 0, 1_000, ANSWERS)

    detector.hear("a", "v0", 1_005.0, Outcome.FAILED)

    steps = detector.settings.confirm_after
    assert [detector.next_due()] == [1_005.0]
    for step in steps:
        asked = detector.wanted(1_005.0 + step)
        assert {(each.vantage, each.due) for each in asked} == {
            ("v0", 1_005.0 + step),
            ("v1", 1_005.0 + step),
        }
        assert detector.wanted(1_005.0 + step) == ()
    assert detector.next_due() == float("inf")


def test_a_failure_that_goes_on_or_comes_again_at_once_asks_for_nothing_more() -> None:
    detector = _new((0, 1))
    _run(detector, 0, 1_000, ANSWERS)
    asked = 0

    for n in range(20):  # every 3 s, one in two fails
        detector.hear("a", "v0", 1_000.0 + 3 * n, Outcome(n % 2))
        asked += len(detector.wanted(1_000.0 + 3 * n))

    assert asked == 2 * len(detector.settings.confirm_after)


def test_a_vantage_that_fails_for_long_asks_once() -> None:
    detector = _new((0, 1))
    _run(detector, 0, 1_000, ANSWERS)
    asked = 0

    for n in range(20):
        detector.hear("a", "v0", 1_000.0 + 30 * n, Outcome.FAILED)
        detector.hear("a", "v1", 1_001.0 + 30 * n, Outcome.ANSWERED)
        for step in detector.settings.confirm_after:
            asked += len(detector.wanted(1_001.0 + 30 * n + step))

    assert asked == 2 * len(detector.settings.confirm_after)


@pytest.mark.parametrize(("seeing", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)])
def test_more_than_half_of_the_voices_must_see_it_down(seeing: int, least: int) -> None:
    assert kernels.needed(float(seeing), Settings().rule()) == least


def test_a_failure_that_is_reported_late_asks_for_nothing() -> None:
    detector = _new((0, 1))
    detector.hear("a", "v0", 1_000.0, Outcome.ANSWERED)

    detector.hear("a", "v0", 400.0, Outcome.FAILED)

    assert detector.wanted(1_000.0) == ()


def test_when_thousands_fail_at_once_those_that_failed_first_are_confirmed_first() -> None:
    names = [f"t{n}" for n in range(1_000)]
    detector = _new((0, 1), names)
    allowed = detector.settings.confirm_at_once
    for n, name in enumerate(reversed(names)):
        detector.hear(name, "v0", n / 1_000, Outcome.FAILED)

    asked = [detector.wanted(1.0 + step) for step in detector.settings.confirm_after]

    first = set(names[-allowed:])
    assert [{each.target for each in wanted} for wanted in asked] == [first] * len(asked)
    assert [len(wanted) for wanted in asked] == [2 * allowed] * len(asked)
    assert {each.target for each in detector.wanted(20.0)} == set(names[-2 * allowed : -allowed])
    assert detector.next_due() == 20.0 + detector.settings.confirm_after[1]


def test_who_waits_for_confirmation_and_is_back_or_down_meanwhile_is_not_asked() -> None:
    names = [f"t{n}" for n in range(203)]
    detector = _new((0,), names)
    for n, name in enumerate(names):
        detector.hear(name, "v0", n / 1_000, Outcome.FAILED)
    assert len(detector.wanted(1.0)) == 200

    detector.hear("t200", "v0", 2.0, Outcome.ANSWERED)
    for at in (2.0, 3.0, 4.0):
        detector.hear("t201", "v0", at, Outcome.FAILED)
    assert detector.judge(5.0).standing(201).condition is DOWN
    asked = [each.target for at in (6.0, 11.0, 16.0, 17.0) for each in detector.wanted(at)]

    assert set(asked[-1:]) == {"t202"}
    assert not {"t200", "t201"} & set(asked)


def test_one_lost_probe_changes_nothing() -> None:
    detector = _new((0,))
    _run(detector, 0, 1_000, ANSWERS)
    lost = [1_010.0]

    def says(at: float, vantage: str) -> Outcome:
        return Outcome.FAILED if lost and lost.pop() else Outcome.ANSWERED

    assert _conditions(_run(detector, 1_010, 1_400, says)) == [UP]


def test_who_changes_often_is_flapping_and_in_time_no_longer() -> None:
    detector = _new((0, 1, 2))

    def says(at: float, vantage: str) -> Outcome:
        return Outcome.FAILED if at < 5_000 and at % 800 > 400 else Outcome.ANSWERED

    told = _run(detector, 0, 12_000, says)

    flapping = [at for at, each in told if each.standing(0).flapping]
    changes = sum(
        (a[1].states[0] == kernels.DOWN) != (b[1].states[0] == kernels.DOWN)
        for a, b in pairwise(told)
    )
    assert changes >= 8
    assert 1_200 < flapping[0] < 3_000
    assert 5_000 < flapping[-1] < 9_000


def test_degraded_and_slow_are_published_beside_up() -> None:
    detector = Detector.new(["soft", "slow", "fine", "down"], ["x", "y"])
    for n in range(200):
        bad = n > 150
        for vantage in "xy":
            at = n * 30.0
            soft = Outcome.DEGRADED if bad else Outcome.ANSWERED
            detector.hear("soft", vantage, at, soft, 0.1)
            detector.hear("slow", vantage, at, Outcome.ANSWERED, 2.0 if bad else 0.1)
            detector.hear("fine", vantage, at, Outcome.ANSWERED, 0.1)
            detector.hear("down", vantage, at, Outcome.FAILED if bad else Outcome.ANSWERED, 30.0)
        published = detector.judge(n * 30.0)

    told = {each.target: (each.condition, each.degraded, each.slow) for each in published}
    assert told == {
        "soft": (UP, True, False),
        "slow": (UP, False, True),
        "fine": (UP, False, False),
        "down": (DOWN, False, False),
    }


def test_changes_name_those_who_moved() -> None:
    detector = _new((0, 1), ["a", "b"])
    before = _run(detector, 0, 1_000, ANSWERS)[-1][1]
    for n in range(10):
        for vantage in ("v0", "v1"):
            detector.hear("b", vantage, 1_000.0 + 5 * n, Outcome.FAILED)
    after = detector.judge(1_050.0)

    assert [(each.target, each.condition) for each in after.changes(before)] == [("b", DOWN)]
    assert after.those(DOWN) == ("b",)
    assert before.changes(None) == ()


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ([], ()),
        ([{"AS1"}, {"AS2"}], (0, 1)),
        ([{"AS1"}, {"AS2"}, {"AS1"}], (0, 1, 0)),
        ([{"AS1", "resolver r"}, {"AS2", "resolver r"}, {"AS3"}], (0, 0, 1)),
        ([{"AS1"}, {"AS2"}, {"AS1", "AS2"}], (0, 0, 0)),  # over a third
        ([set(), {"AS1"}, set()], (0, 1, 0)),  # not known is not independent
    ],
)
def test_vantages_that_share_anything_are_one_voice(
    traits: list[set[str]], expected: tuple[int, ...]
) -> None:
    assert voices(traits) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"targets": ["a", "a"]},
        {"vantages": ["x", "x"]},
        {"groups": [0]},
        {"groups": [0, 2]},
        {"intervals": 0.0},
        {"intervals": float("nan")},
    ],
)
def test_a_detector_that_makes_no_sense_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Detector.new(**{"targets": ["a", "b"], "vantages": ["x", "y"], **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "numbers",
    [
        {"alpha": 0.0},
        {"alpha": 0.6},
        {"alpha_max": 0.97},
        {"beta": 1.5},
        {"open_at": 0.2},
        {"memory": float("inf")},
        {"dissent": 7.5},
        {"flaps": 7},
        {"confirm_after": (5.0, 1.0)},
        {"confirm_after": (-1.0,)},
    ],
)
def test_settings_that_make_no_sense_are_refused(numbers: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Settings(**numbers)  # type: ignore[arg-type]
