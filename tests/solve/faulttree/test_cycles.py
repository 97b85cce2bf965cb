"""Fault trees that go round: the same answers without going round."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.faulttree.cycles import acyclic
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError

from .brute import truth
from .circles import round_trees, values
from .trees import Gate, tree_of, trees

OR, AND = 1, 2


def going_round(events: int, gates: list[Gate], from_outside: bool) -> FaultTree:
    tree = tree_of(events, gates)
    return replace(tree, from_outside=np.full(len(gates), from_outside))


def table(tree: FaultTree, top: int) -> list[bool]:
    """For each subset of the events, in the order of brute.truth."""
    return [
        values(tree, {e for e in range(tree.events) if subset >> e & 1})[top]
        for subset in range(2**tree.events)
    ]


@settings(max_examples=200, deadline=None)
@given(round_trees())
def test_without_circles_the_tree_means_what_it_meant(tree: FaultTree) -> None:
    found = acyclic(tree, range(tree.gates))
    assert found.exact
    for top, gate in enumerate(found.tops):
        assert truth(found.tree, gate).tolist() == table(tree, top)


@settings(max_examples=100, deadline=None)
@given(round_trees(), st.integers(0, 10), st.booleans())
def test_a_tree_that_grows_too_large_becomes_a_bound(
    tree: FaultTree, most_gates: int, upper: bool
) -> None:
    found = acyclic(tree, range(tree.gates), most_gates=most_gates, if_too_large=upper)
    for top, gate in enumerate(found.tops):
        bound, exact = truth(found.tree, gate), np.array(table(tree, top))
        assert (bound >= exact if upper else bound <= exact).all()
        if found.exact:
            assert (bound == exact).all()


@settings(max_examples=50, deadline=None)
@given(trees())
def test_a_tree_without_circles_comes_back_as_it_is(tree: FaultTree) -> None:
    found = acyclic(tree, [0])
    assert found.tree is tree
    assert found.tops == (0,)
    assert found.exact


def test_two_that_back_each_other_up_fall_with_what_grounds_them() -> None:
    """Gates a = ea or (b and p), b = eb or (a and p); events ea, eb, p."""
    a, b, lost_a, lost_b = 3, 4, 5, 6
    tree = going_round(
        3,
        [Gate(OR, (0, lost_a)), Gate(OR, (1, lost_b)), Gate(AND, (b, 2)), Gate(AND, (a, 2))],
        from_outside=False,
    )
    found = acyclic(tree, [0, 1])
    assert truth(found.tree, found.tops[0]).tolist() == [False, True] * 2 + [True] * 4


def test_a_ring_without_ground_is_only_true_from_outside() -> None:
    gates = [Gate(OR, (0, 2)), Gate(OR, (1,))]
    outside = acyclic(going_round(1, gates, from_outside=True), [1])
    assert truth(outside.tree, outside.tops[0]).tolist() == [False, True]
    inside = acyclic(going_round(1, gates, from_outside=False), [1])
    assert truth(inside.tree, inside.tops[0]).tolist() == [True, True]


def test_what_no_top_reaches_may_go_round_as_it_likes() -> None:
    tree = going_round(1, [Gate(OR, (0,)), Gate(OR, (2,), (0,))], from_outside=True)
    assert acyclic(tree, [0]).tree is tree


def test_a_circle_through_an_opposite_is_refused() -> None:
    tree = going_round(1, [Gate(OR, (2,)), Gate(AND, (0, 1), (1,))], from_outside=True)
    with pytest.raises(ModelError, match="opposite") as raised:
        acyclic(tree, [0])
    assert raised.value.where == "gate 1"


def test_an_opposite_that_leads_into_a_circle_is_fine() -> None:
    tree = going_round(1, [Gate(OR, (2,), (0,)), Gate(OR, (2, 0))], from_outside=True)
    found = acyclic(tree, [0])
    assert truth(found.tree, found.tops[0]).tolist() == [True, False]


@pytest.mark.parametrize("near", [1, 2, 999])
def test_a_thousand_that_all_need_one_another_are_one(near: int) -> None:
    """Each needs the next ones, up to all others; so all fall with any."""
    many = 1000
    gates = [
        Gate(OR, (i, *(many + (i + step) % many for step in range(1, near + 1))))
        for i in range(many)
    ]
    found = acyclic(going_round(many, gates, from_outside=True), range(many))
    assert found.tree.gates == 1
    assert found.tree.inputs.tolist() == list(range(many))


def test_a_ring_of_a_thousand_that_back_one_another_up_stays_small() -> None:
    """Each needs the one before or its own ground: true once both are lost."""
    many = 1000
    gates = [Gate(AND, (i, many + (i - 1) % many)) for i in range(many)]
    found = acyclic(going_round(many, gates, from_outside=False), range(many))
    assert found.exact
    assert found.tree.gates <= 2 * many
