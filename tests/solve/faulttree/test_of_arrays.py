"""What takes a node down, as a fault tree: the same as what a fault does to the graph."""

from __future__ import annotations

import math
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.arrays import Arrays
from downwind.solve.faulttree.cycles import acyclic
from downwind.solve.faulttree.of_arrays import NodeTree, tree_of
from downwind.solve.prepared import prepare
from downwind.solve.propagate import propagate
from downwind.terms import UnknownCause

from ..graphs import Case, arrays_of, cases
from .brute import truth
from .circles import values


def falls(found: NodeTree, faults: set[int]) -> list[bool]:
    """Whether each top is true when the nodes `faults` have failed."""
    happened = {e for e, node in enumerate(found.nodes.tolist()) if node in faults}
    gates = values(found.tree, happened)
    return [gates[top] for top in found.tops]


@settings(max_examples=150, deadline=None)
@given(cases(), st.data())
def test_a_gate_is_true_exactly_when_its_node_falls_in_a_fault_without_end(
    case: Case, data: st.DataObject
) -> None:
    arrays, size = arrays_of(case.graph), len(case.graph)
    events = sorted(data.draw(st.sets(st.sampled_from(range(size)), min_size=1)))
    found = tree_of(arrays, range(size), events)
    plain = acyclic(found.tree, found.tops)
    tables = [truth(plain.tree, top) for top in plain.tops]
    prepared = prepare(arrays)
    sets = (combinations(events, many) for many in range(len(events) + 1))
    for faults in chain.from_iterable(sets):
        down = propagate(arrays, faults, math.inf, prepared=prepared).down_at < math.inf
        row = sum(1 << int(np.searchsorted(found.nodes, node)) for node in faults)
        assert [bool(table[row]) for table in tables] == down.tolist()
        assert falls(found, set(faults)) == down.tolist()


def test_only_what_the_tops_reach_is_in_the_tree() -> None:
    arrays = Arrays.build([[((1,),)], [], [((0,),)], []])
    found = tree_of(arrays, [0], [3, 2, 1, 0])
    assert found.nodes.tolist() == [0, 1]
    assert found.tree.gates == 2
    assert found.tops == (0,)


def test_tops_come_back_in_the_order_in_which_they_were_asked_for() -> None:
    found = tree_of(Arrays.build([[], [((0,),)], []]), [2, 1, 2], [0])
    assert found.tops == (2, 1, 2)
    assert falls(found, {0}) == [False, True, False]


def test_two_of_three_are_lost_with_the_second() -> None:
    found = tree_of(Arrays.build([[], [], [], [((0, 1, 2), 2)]]), [3], range(4))
    assert not falls(found, {0})[0]
    assert falls(found, {0, 2})[0]
    assert found.tree.at_least.tolist() == [1, 1, 1, 1, 2]


def test_a_need_without_spare_takes_no_gate_of_its_own() -> None:
    found = tree_of(Arrays.build([[], [], [((0, 1), 2), ((0,),)]]), [2], [0, 1])
    assert found.tree.gates == 3
    assert found.tree.inputs[found.tree.start[2] :].tolist() == [2, 3]


def test_a_need_that_is_never_missed_plays_no_part() -> None:
    found = tree_of(Arrays.build([[], [((0,), 1, True, math.inf)]]), [1], [0, 1])
    assert found.nodes.tolist() == [1]
    assert not falls(found, {0})[0]


def test_soft_needs_play_no_part() -> None:
    found = tree_of(Arrays.build([[], [((0,), 1, False)]]), [1], [0])
    assert found.tree.events == 0
    assert falls(found, {0}) == [False]


def test_a_node_that_cannot_fail_and_needs_nothing_is_the_constant_false() -> None:
    found = tree_of(Arrays.build([[]]), [0], [])
    assert (found.tree.events, found.tree.gates) == (0, 1)
    assert falls(found, set()) == [False]


def test_no_tops_make_an_empty_tree() -> None:
    found = tree_of(Arrays.build([[], [((0,),)]]), [], [0])
    assert (found.tree.events, found.tree.gates, found.tops) == (0, 0, ())


def test_a_ring_without_ground_falls_only_from_outside() -> None:
    found = tree_of(Arrays.build([[((1,),)], [((0,),), ((2,),)], []]), [0], range(3))
    assert found.tree.from_outside.tolist() == [True, True, False]
    assert falls(found, set()) == [False]
    assert falls(found, {2}) == [True]


@pytest.mark.parametrize(("tops", "events"), [([2], [0]), ([0], [-1])])
def test_a_node_that_is_none_is_refused(tops: list[int], events: list[int]) -> None:
    with pytest.raises(UnknownCause, match="not one of the 2 nodes"):
        tree_of(Arrays.build([[], []]), tops, events)
