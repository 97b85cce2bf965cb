"""The tail test against a count of all cases, and what it takes for a coincidence."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.jobs.backtest import shared
from downwind.jobs.backtest.intervals import poisson, wilson
from downwind.jobs.backtest.rates import CLASSES, DAY, chance, class_of, rate_of
from downwind.jobs.backtest.shared import Fallen, Owned, tail_of

chances = st.lists(st.floats(0, 1), max_size=8)


@given(chances, st.integers(0, 9))
def test_the_tail_is_that_of_all_cases_counted(coins: list[float], least: int) -> None:
    cases = product((False, True), repeat=len(coins))
    counted = sum(
        prod(p if fell else 1 - p for p, fell in zip(coins, case, strict=True))
        for case in cases
        if sum(case) >= least
    )
    assert tail_of(coins, least) == pytest.approx(counted, abs=1e-12)


def test_a_small_tail_keeps_its_digits() -> None:
    assert tail_of([1e-5] * 4, 4) == pytest.approx(1e-20)


@given(chances, st.integers(0, 8))
def test_more_at_once_is_never_likelier(coins: list[float], least: int) -> None:
    assert tail_of(coins, least + 1) <= tail_of(coins, least) + 1e-15


def fell(owner: str, answer: str = "500", vantage: str = "v") -> Fallen:
    return Fallen(f"{owner}/site/up", owner, vantage, answer)


def watched(*owners: str, days: float = 30.0) -> dict[str, Owned]:
    found = {owner: Owned() for owner in owners}
    for owned in found.values():
        for habit in owned.habits.values():
            habit.watched = days * DAY
    return found


FOUR = ("a", "b", "c", "d")
SITES = dict.fromkeys(FOUR, 3)


def test_three_owners_with_one_answer_are_more_than_chance() -> None:
    found = shared.test([fell("a"), fell("b"), fell("c")], watched(*FOUR), SITES)
    assert found.significant
    assert found.owners == ("a", "b", "c")
    assert found.answer == "500"


def test_ten_sites_of_one_owner_are_one_owner() -> None:
    many = [Fallen(f"a/{n}/up", "a", "v", "500") for n in range(10)]
    assert not shared.test(many, watched(*FOUR), SITES).significant


def test_different_answers_do_not_add_up() -> None:
    mixed = [fell("a", "500"), fell("b", "502"), fell("c", "503")]
    assert not shared.test(mixed, watched(*FOUR), SITES).significant


def test_no_answer_through_one_vantage_may_be_the_vantage() -> None:
    silent = [fell(owner, "none") for owner in FOUR]
    assert not shared.test(silent, watched(*FOUR), SITES).significant
    several = [fell(owner, "none", f"v{n}") for n, owner in enumerate(FOUR)]
    assert shared.test(several, watched(*FOUR, days=300), SITES).significant


def test_owners_that_fall_every_day_are_no_surprise() -> None:
    owned = watched(*FOUR)
    for each in owned.values():
        each.habits["500"].falls = 300
    assert not shared.test([fell("a"), fell("b"), fell("c")], owned, SITES).significant


def test_what_was_learned_before_is_all_that_counts() -> None:
    assert rate_of(0, 0.0, 0.02, 0.1) == pytest.approx(0.02)
    assert rate_of(10, 100.0, 0.02, 0.1) == pytest.approx(10.1 / 105)
    assert chance(0.0, 3600) == 0.0
    assert sum(CLASSES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("code", "answer"),
    [(0, "none"), (500, "500"), (525, "edge"), (530, "edge"), (404, None), (999, None)],
)
def test_answers_fall_into_classes(code: int, answer: str | None) -> None:
    assert class_of(code) == answer


def test_intervals_are_those_of_the_books() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert poisson(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert poisson(5) == pytest.approx((1.623, 11.668), abs=1e-3)
