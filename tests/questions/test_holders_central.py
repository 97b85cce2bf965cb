"""Concentration as its definitions say: earth mover's distance by a transport solver."""

from __future__ import annotations

import itertools
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.questions.holders.central import TOP, Concentration, concentration

MASSES = st.lists(st.integers(1, 12), min_size=1, max_size=7)


def measured(masses: list[int], unknown: list[int] | None = None) -> Concentration:
    """Of whole sites: each weighs 1 and leans on one holder."""
    split = np.array(masses, dtype=np.float64)
    theirs = np.zeros(len(masses)) if unknown is None else np.array(unknown, dtype=np.float64)
    found = concentration(split, theirs, 1 / sum(masses))
    assert found is not None
    return found


def earth_movers_distance(masses: list[int]) -> Fraction:
    """From the sites' holders to as many holders as sites, one each.

    To move a site from a holder of a to a holder of r costs (a - r) / C, a C-th of the whole each.
    """
    sites = sum(masses)
    graph = nx.DiGraph()
    for i, mass in enumerate(masses):
        graph.add_node(("held", i), demand=-mass)
        for j in range(sites):
            graph.add_edge(("held", i), ("alone", j), weight=mass - 1)
    for j in range(sites):
        graph.add_node(("alone", j), demand=1)
    return Fraction(nx.min_cost_flow_cost(graph), sites * sites)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_centralization_is_the_earth_movers_distance_to_holders_of_one_site_each(
    masses: list[int],
) -> None:
    assert measured(masses).score == pytest.approx(float(earth_movers_distance(masses)), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(MASSES)
def test_hhi_is_the_chance_that_two_sites_drawn_with_replacement_share_a_holder(
    masses: list[int],
) -> None:
    holder = [i for i, mass in enumerate(masses) for _ in range(mass)]
    same = sum(a == b for a, b in itertools.product(holder, repeat=2))

    found = measured(masses)

    assert found.hhi == pytest.approx(same / len(holder) ** 2)
    assert found.score == pytest.approx(found.hhi - 1 / len(holder))
    assert -1e-12 <= found.score <= 1 - 1 / len(holder) + 1e-12


@settings(max_examples=60, deadline=None)
@given(MASSES)
def test_what_the_largest_hold_is_what_the_best_choice_of_so_many_holds(masses: list[int]) -> None:
    found = measured(masses)

    for k, share in (*found.top, *found.curve):
        chosen = itertools.combinations(masses, min(k, len(masses)))
        assert share == pytest.approx(max(map(sum, chosen)) / sum(masses))
    assert [k for k, _ in found.top] == list(TOP)
    assert found.curve[-1][0] == len(masses)
    assert found.curve[-1][1] == pytest.approx(1.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=6))
def test_at_most_is_the_largest_index_that_any_owner_of_the_unknown_ones_can_give(
    held: list[tuple[int, bool]],
) -> None:
    masses = [mass for mass, _ in held]
    unknown = [mass if is_unknown else 0 for mass, is_unknown in held]
    known = [mass for mass, is_unknown in held if not is_unknown] or [0]
    hidden = sum(unknown)
    largest = max(
        sum((m + hidden * (i == j)) ** 2 for j, m in enumerate(known)) for i in range(len(known))
    )

    found = measured(masses, unknown)

    assert found.hhi_at_most == pytest.approx(largest / sum(masses) ** 2)
    assert found.hhi_at_most >= found.hhi - 1e-12


def test_one_holder_of_all_has_an_index_of_1_and_even_holders_one_of_their_number() -> None:
    assert measured([8]).hhi == 1
    assert measured([8]).score == pytest.approx(7 / 8)
    assert measured([2, 2, 2, 2]).hhi == pytest.approx(1 / 4)
    assert measured([1] * 8).score == pytest.approx(0)


def test_a_long_curve_keeps_its_start_and_its_end() -> None:
    curve = measured([5] * 3 + [1] * 5000).curve
    assert [k for k, _ in curve][:3] == [1, 2, 3]
    assert curve[-1][0] == 5003
    assert curve[-1][1] == pytest.approx(1.0)
    assert len(curve) < 100


def test_nothing_held_has_no_concentration() -> None:
    assert concentration(np.zeros(3), np.zeros(3), 0.0) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 5)), min_size=1, max_size=6))
def test_splitting_sites_takes_the_score_below_0_by_less_than_the_squares_of_their_shares(
    sites: list[tuple[int, int]],
) -> None:
    whole = sum(weight for weight, _ in sites)
    split = [weight / parts for weight, parts in sites for _ in range(parts)]
    alone = sum((weight / whole) ** 2 for weight, _ in sites)
    found = concentration(np.array(split), np.zeros(len(split)), alone)
    assert found is not None
    assert -alone < found.score <= 1e-12
    assert (found.score < -1e-12) == any(parts > 1 for _, parts in sites)
