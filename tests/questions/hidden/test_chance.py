"""Chance is counted right: against exact fractions, enumeration and trials."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.questions.hidden.chance import (
    Bursts,
    Counts,
    by_chance,
    hypergeometric_tail,
    likelihood_ratio,
    poisson_tail,
    posterior,
)
from downwind.questions.hidden.types import odds


@st.composite
def counted(draw: st.DrawFn) -> tuple[Counts, int]:
    occasions = draw(st.integers(1, 60))
    first = draw(st.integers(1, occasions))
    second = draw(st.integers(1, occasions))
    both = draw(st.integers(max(0, first + second - occasions), min(first, second)))
    return Counts(first, second, both), occasions


@given(counted())
def test_the_tail_is_that_of_exact_fractions(drawn: tuple[Counts, int]) -> None:
    counts, n = drawn
    ways = sum(
        math.comb(counts.first, k) * math.comb(n - counts.first, counts.second - k)
        for k in range(counts.both, min(counts.first, counts.second) + 1)
        if counts.second - k <= n - counts.first
    )
    exact = Fraction(ways, math.comb(n, counts.second))

    assert hypergeometric_tail(counts, n) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(("n", "first", "second"), [(6, 2, 3), (7, 3, 3), (5, 1, 4), (6, 4, 4)])
def test_the_tail_is_that_of_trying_all_subsets(n: int, first: int, second: int) -> None:
    mine = set(range(first))
    subsets = list(combinations(range(n), second))
    for both in range(max(0, first + second - n), min(first, second) + 1):
        share = sum(len(mine & set(s)) >= both for s in subsets) / len(subsets)

        assert hypergeometric_tail(Counts(first, second, both), n) == pytest.approx(share)


@given(st.integers(1, 30), st.floats(0.001, 25))
def test_the_poisson_tail_is_what_is_left_of_one(count: int, mean: float) -> None:
    rest = 1 - math.fsum(
        math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count)
    )
    found = poisson_tail(count, mean)

    if count <= mean:
        assert found == 1.0
    else:
        assert found == pytest.approx(rest, abs=1e-12)


@pytest.mark.parametrize(("count", "mean", "p"), [(0, 5.0, 1.0), (3, 0.0, 0.0), (5, 1e9, 1.0)])
def test_the_edges_of_the_poisson_tail(count: int, mean: float, p: float) -> None:
    assert poisson_tail(count, mean) == p


@given(counted(), st.integers(0, 500), st.integers(0, 5_000))
def test_bursts_never_make_chance_less_likely(
    drawn: tuple[Counts, int], falls: int, ordered: int
) -> None:
    counts, n = drawn

    assert by_chance(counts, n, Bursts(falls, ordered)) >= by_chance(counts, n, Bursts())


@given(st.integers(2, 20), st.integers(2, 20), st.integers(1_000, 10**7))
def test_more_together_is_less_by_chance_and_more_by_need(
    first: int, second: int, occasions: int
) -> None:
    rows = [Counts(first, second, both) for both in range(1, min(first, second) + 1)]
    ps = [by_chance(row, occasions, Bursts()) for row in rows]
    ratios = [likelihood_ratio(row, occasions, Bursts()) for row in rows]

    assert ps == sorted(ps, reverse=True)
    assert ratios == sorted(ratios)


def test_four_of_four_times_in_a_quarter_is_no_chance() -> None:
    counts = Counts(4, 4, 4)

    assert by_chance(counts, 32_400, Bursts()) == pytest.approx(1 / math.comb(32_400, 4))
    assert likelihood_ratio(counts, 32_400, Bursts()) > 1e12


def test_the_posterior_of_a_ratio_as_large_as_the_pairs_is_one_half() -> None:
    assert posterior(5_000.0, 5_000) == 0.5
    assert posterior(0.0, 10) == 0.0


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "by chance as well"),
        (0.025, "by chance 1 in 40"),
        (2.1e-7, "by chance 1 in 10^6"),
        (1e-320, "by chance less than 1 in 10^300"),
        (0.0, "by chance less than 1 in 10^300"),
    ],
)
def test_a_probability_is_told_in_words(p: float, words: str) -> None:
    assert odds(p) == words
