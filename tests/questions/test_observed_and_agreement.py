"""Observed means held; agreement means precision and recall with their cells."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.questions.agreement import agreement
from downwind.questions.attribute import QUIET, Attribution
from downwind.questions.observed import observed_state
from downwind.questions.verdicts import named
from downwind.terms import Scope, State

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN


@pytest.mark.parametrize(
    ("states", "seen"),
    [
        ([UP, UP, UP], UP),
        ([DOWN, DOWN, UP, DOWN, DOWN, UP], None),
        ([UP, UP, UP, DOWN, DOWN], UP),
        ([DOWN, DOWN, DOWN, UP, UP, UP], DOWN),
        ([DOWN, DEGRADED, DOWN], DEGRADED),
        ([DOWN, DOWN], None),
        ([], None),
    ],
)
def test_the_worst_state_that_held_for_three_rounds_counts(
    states: list[State], seen: State | None
) -> None:
    expected = seen if seen is not None or len(states) < 3 else UP
    assert observed_state(states) is expected


def test_precision_and_recall_count_the_same_state_only() -> None:
    said = {"a": DOWN, "b": DOWN, "c": UP, "d": DEGRADED, "e": DOWN}
    truth = {"a": DOWN, "b": UP, "c": DOWN, "d": DOWN}
    found = agreement(said, truth)
    assert (found.precision, found.recall, found.cells, found.same) == (1 / 3, 1 / 3, 4, 1)


def test_where_nothing_was_said_or_hit_there_is_no_share() -> None:
    assert agreement({"a": UP}, {"a": UP}).precision is None
    assert agreement({}, {"a": DOWN}).cells == 0


@given(st.dictionaries(st.text(max_size=2), st.sampled_from(list(State))))
def test_everything_agrees_with_itself(states: dict[str, State]) -> None:
    found = agreement(states, states)
    assert found.precision in (None, 1.0)
    assert found.recall in (None, 1.0)
    assert found.same == found.cells == len(states)


def _verdict(provider: str) -> Attribution:
    return Attribution("provider", Scope(provider), provider, 0.95, (), (), (), (), ())


def test_the_time_to_the_name_runs_to_the_first_verdict_that_then_stood() -> None:
    a, b = _verdict("a"), _verdict("b")
    found = named([(10, a), (20, b), (30, QUIET), (40, b)], first_failure=5)
    assert found is not None
    assert found.attribution.scope == Scope("b")
    assert found.seconds == 15


def test_no_verdict_no_name() -> None:
    assert named([(10, QUIET)], first_failure=5) is None


def test_a_coarser_and_less_sure_verdict_takes_nothing_back() -> None:
    def said(verdict: str, scope: str) -> Attribution:
        return replace(QUIET, verdict=verdict, scope=Scope.parse(scope))

    part = said("provider", "hill/cdn#bots")
    whole = said("suspected", "hill")
    other = said("suspected", "dale")
    product = said("suspected", "hill/cdn")
    rounds = [(10, other), (20, part), (30, part), (35, product), (40, whole)]
    found = named(rounds, first_failure=5)
    assert found is not None
    assert (found.attribution, found.seconds) == (part, 15)
    taken_back = named([(20, part), (40, other)], first_failure=5)
    assert taken_back is not None
    assert (taken_back.attribution, taken_back.seconds) == (other, 35)
