"""Minimal cut sets of few events: each cuts, each is minimal, none is missing."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.arrays import Arrays
from downwind.solve.faulttree.cycles import acyclic
from downwind.solve.faulttree.of_arrays import tree_of
from downwind.solve.faulttree.truncated import FewEvents, few_events, single_points
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError

from .brute import minimal_cuts
from .trees import Gate, trees
from .trees import tree_of as by_hand

OR, AND = 1, 2


def cuts(found: FewEvents) -> set[frozenset[int]]:
    assert len(set(found.cuts)) == len(found.cuts)
    return {frozenset(cut) for cut in found.cuts}


def all_or(gates: list[Gate], events: int) -> FaultTree:
    """The gates, and a top that is true when any of them is."""
    tops = tuple(range(events, events + len(gates)))
    return by_hand(events, [*gates, Gate(OR, tops)])


@settings(max_examples=200, deadline=None)
@given(trees(most_events=9, most_gates=10), st.integers(0, 9))
def test_all_minimal_cut_sets_up_to_the_order_are_found_and_no_others(
    tree: FaultTree, most: int
) -> None:
    for top in range(tree.gates):
        found = few_events(tree, top, most)
        assert found.complete_to == most
        assert cuts(found) == {cut for cut in minimal_cuts(tree, top) if len(cut) <= most}


@settings(max_examples=100, deadline=None)
@given(trees(most_events=9, most_gates=10))
def test_single_points_are_the_minimal_cut_sets_of_one_event(tree: FaultTree) -> None:
    for top in range(tree.gates):
        singles = sorted(min(cut) for cut in minimal_cuts(tree, top) if len(cut) == 1)
        assert single_points(tree, top) == singles


@settings(max_examples=100, deadline=None)
@given(trees(most_events=9, most_gates=10), st.integers(1, 9), st.integers(0, 400))
def test_what_stops_early_says_how_far_it_came_and_lists_no_wrong_one(
    tree: FaultTree, limit: int, work: int
) -> None:
    top = tree.gates - 1
    found = few_events(tree, top, 9, limit=limit, work=work)
    true = minimal_cuts(tree, top)
    assert len(found.cuts) <= limit
    assert cuts(found) <= true
    assert {c for c in true if len(c) <= found.complete_to} <= cuts(found)


def test_cut_sets_come_fewest_events_first_then_by_number() -> None:
    tree = all_or([Gate(AND, (3, 0)), Gate(AND, (1, 0)), Gate(1, (2,))], 4)
    found = few_events(tree, 3, 5)
    assert found.cuts == ((2,), (0, 1), (0, 3))
    assert found.counted.by_order == (0, 1, 2, 0, 0, 0)
    assert found.counted.total is None


def test_the_trap_of_double_failures_pairs_are_not_the_pairs_of_every_alternative() -> None:
    """Two alternatives, each with two providers of which it needs both.

    Singles of the need are those that all alternatives share: none. The alternatives have no
    pairs at all, minimal as they are; the need has four.
    """
    a, b, c, d, one, other, need = range(7)
    arrays = Arrays.build([[], [], [], [], [((a,),), ((b,),)], [((c,),), ((d,),)],
                           [((one, other),)]])  # fmt: skip
    found = tree_of(arrays, [one, other, need], [a, b, c, d])
    alternatives = [few_events(found.tree, top, 2).cuts for top in found.tops[:2]]
    assert alternatives == [((a,), (b,)), ((c,), (d,))]
    assert single_points(found.tree, found.tops[2]) == []
    assert few_events(found.tree, found.tops[2], 2).cuts == ((a, c), (a, d), (b, c), (b, d))


def test_a_hub_behind_both_alternatives_is_a_single_point() -> None:
    hub, one, other, need = range(4)
    arrays = Arrays.build([[], [((hub,),)], [((hub,),)], [((one, other),)]])
    found = tree_of(arrays, [need], [hub, one, other])
    assert few_events(found.tree, found.tops[0], 3).cuts == ((hub,), (one, other))


def test_a_pair_in_a_ring_takes_both_down() -> None:
    """Two that back each other up, each with a ground of its own."""
    arrays = Arrays.build([[((1, 2),)], [((0, 3),)], [], []])
    found = tree_of(arrays, [0], [1, 2, 3])
    plain = acyclic(found.tree, found.tops)
    assert few_events(plain.tree, plain.tops[0], 3).cuts == ((0, 1), (1, 2))


def test_a_top_that_is_always_true_has_one_empty_cut_set_and_no_single_point() -> None:
    tree = by_hand(1, [Gate(0, ()), Gate(OR, (0, 1))])
    assert few_events(tree, 1, 3).cuts == ((),)
    assert few_events(tree, 1, 3).counted.by_order == (1, 0, 0, 0)
    assert single_points(tree, 1) == []


def test_a_top_that_is_never_true_has_no_cut_set() -> None:
    tree = by_hand(1, [Gate(OR, ()), Gate(AND, (0, 1))])
    assert few_events(tree, 1, 3).cuts == ()


def test_a_top_that_is_one_event_has_that_single_point() -> None:
    assert single_points(by_hand(3, [Gate(OR, (2,))]), 0) == [2]


def test_the_opposite_of_an_opposite_is_coherent() -> None:
    tree = by_hand(2, [Gate(OR, (0, 1), (0, 1)), Gate(OR, (2,), (0,))])
    assert few_events(tree, 1, 2).cuts == ((0, 1),)


def test_a_tree_that_is_not_coherent_is_refused() -> None:
    with pytest.raises(ModelError, match="opposite of event 1"):
        few_events(by_hand(2, [Gate(AND, (0, 1), (1,))]), 0, 2)


def test_a_tree_that_goes_round_is_refused() -> None:
    with pytest.raises(ModelError, match="goes round"):
        few_events(by_hand(1, [Gate(OR, (0, 1))]), 0, 2)


def test_thirty_of_sixty_have_too_many_cut_sets_and_none_of_few_events() -> None:
    tree = by_hand(60, [Gate(30, tuple(range(60)))])
    assert few_events(tree, 0, 29) == FewEvents((), 29)
    assert few_events(tree, 0, 30, limit=5).complete_to == 29


def test_single_points_of_a_hundred_thousand_gates_take_no_time_to_speak_of() -> None:
    """Each gate has an event of its own and two gates just below; 0.2 to 1 s were measured."""
    many = 100_000
    random = np.random.default_rng(7)
    number = np.arange(many)
    near = np.maximum(number - 1 - random.integers(0, 50, many), 0)
    rows = np.column_stack([number, many + near, many + np.maximum(number - 1, 0)])
    rows[0] = 0, 1, 2
    tree = FaultTree(
        events=many,
        start=np.arange(0, 3 * many + 1, 3, dtype=np.int64),
        at_least=np.where(random.random(many) < 0.9, 2, 1).astype(np.int32),
        inputs=rows.ravel().astype(np.int32),
        negated=np.zeros(3 * many, dtype=np.bool_),
        from_outside=np.zeros(many, dtype=np.bool_),
    )
    single_points(tree, 10)
    began = time.perf_counter()
    single_points(tree, many - 1)
    assert time.perf_counter() - began < 6
