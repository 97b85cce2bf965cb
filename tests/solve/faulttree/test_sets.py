"""Cut sets built from below against every subset tried, and against those of the function."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.diagrams.build import Diagrams, build
from downwind.solve.faulttree.diagrams.cutsets import count, minimal, orders
from downwind.solve.faulttree.diagrams.listing import smallest
from downwind.solve.faulttree.diagrams.order import WAYS_FOR_FUNCTIONS, WAYS_FOR_SETS
from downwind.solve.faulttree.diagrams.reduce import reduce
from downwind.solve.faulttree.diagrams.simplify import Net
from downwind.solve.faulttree.diagrams.table import FULL
from downwind.solve.faulttree.search import Search
from downwind.solve.faulttree.types import FaultTree

from . import brute
from .trees import Gate, tree_of, trees

SIGNAL = np.zeros(2, dtype=np.int64)
EXAMPLES = settings(max_examples=150, deadline=None)


def net_of(tree: FaultTree) -> Net:
    return reduce(tree.events, tree.start, tree.at_least, tree.inputs, tree.negated, 0)


def from_below(net: Net, way: int, room: int = 2**14) -> Diagrams:
    return build(net, True, np.array([way]), room, SIGNAL)


def counts(sets: Diagrams) -> list[int]:
    assert sets.root[-1] != FULL
    return list(count(sets, orders(sets), 0).tolist())


@EXAMPLES
@given(trees(), st.sampled_from(WAYS_FOR_SETS))
def test_the_sets_built_from_below_are_the_minimal_cut_sets(tree: FaultTree, way: int) -> None:
    net = net_of(tree)
    if net.top < 0:
        return
    sets = from_below(net, way)
    listed = smallest(sets, orders(sets), tree.events, 10**6)
    assert {frozenset(cut) for cut in listed} == brute.minimal_cuts(tree, 0)
    assert len(listed) == sum(counts(sets))


@settings(max_examples=60, deadline=None)
@given(trees(most_events=14, most_gates=16), st.sampled_from(WAYS_FOR_SETS))
def test_from_below_and_from_the_function_they_are_as_many(tree: FaultTree, way: int) -> None:
    net = net_of(tree)
    if net.top < 0:
        return
    function = build(net, False, np.array(WAYS_FOR_FUNCTIONS[:1]), 2**14, SIGNAL)
    assert counts(from_below(net, way)) == counts(minimal(function, 2**14, SIGNAL))


def test_a_search_goes_on_where_it_stopped() -> None:
    rng = np.random.default_rng(1)
    triples = [Gate(3, tuple(map(int, rng.choice(40, 3, replace=False)))) for _ in range(60)]
    net = net_of(tree_of(40, [Gate(1, tuple(range(41, 101))), *triples]))
    search = Search(net, False, 2**20, Budget())
    assert search.up_to(2**14) is None
    found = search.up_to(2**20)
    assert found is not None
    assert search.up_to(2**14) is found
    assert Search(net, False, 2**12, Budget()).up_to(2**20) is None


def test_a_table_that_is_told_to_stop_is_full() -> None:
    rng = np.random.default_rng(1)
    triples = [Gate(3, tuple(map(int, rng.choice(40, 3, replace=False)))) for _ in range(200)]
    net = net_of(tree_of(40, [Gate(1, tuple(range(41, 241))), *triples]))
    way = np.array(WAYS_FOR_SETS[:1])
    assert build(net, True, way, 2**20, np.array([0, 0])).root[-1] != FULL
    assert build(net, True, way, 2**20, np.array([1, 0])).root[-1] == FULL
