"""Decision diagrams against every subset of the events tried one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.faulttree.exact import Solved, solve
from downwind.solve.faulttree.truncated import single_points
from downwind.solve.faulttree.types import FaultTree
from downwind.terms import ModelError

from . import brute
from .trees import Gate, tree_of, trees

EXAMPLES = settings(max_examples=200, deadline=None)
CHANCES = st.one_of(st.sampled_from((0.0, 1.0)), st.floats(1e-6, 1.0))


def solved(tree: FaultTree, top: int = 0) -> Solved:
    return solve(tree, top)


def all_cuts(tree: FaultTree, top: int = 0) -> list[tuple[int, ...]]:
    listed = solved(tree, top).list_cuts(tree.events, 10**6)
    assert listed is not None
    return listed


def in_order(cuts: set[frozenset[int]]) -> list[tuple[int, ...]]:
    return sorted((tuple(sorted(cut)) for cut in cuts), key=lambda cut: (len(cut), cut))


def tops(tree: FaultTree) -> range:
    return range(tree.gates)


@EXAMPLES
@given(trees())
def test_every_minimal_cut_set_is_found_once_and_nothing_else(tree: FaultTree) -> None:
    for top in tops(tree):
        assert all_cuts(tree, top) == in_order(brute.minimal_cuts(tree, top))


@EXAMPLES
@given(trees())
def test_cut_sets_are_counted_by_order(tree: FaultTree) -> None:
    for top in tops(tree):
        cuts, listed = solved(tree, top).cuts, all_cuts(tree, top)
        assert cuts is not None
        assert cuts.complete
        assert cuts.total == len(listed)
        assert list(cuts.by_order) == [
            sum(len(cut) == order for cut in listed) for order in range(len(cuts.by_order))
        ]


@EXAMPLES
@given(trees(negations=True), st.data())
def test_the_probability_is_that_of_all_subsets_together(
    tree: FaultTree, data: st.DataObject
) -> None:
    p = data.draw(st.lists(CHANCES, min_size=tree.events, max_size=tree.events))
    for top in tops(tree):
        got = solved(tree, top).chance(np.array(p))
        assert got is not None
        assert got == pytest.approx(brute.chance(tree, top, p), rel=1e-9, abs=1e-15)


@EXAMPLES
@given(trees(negations=True), st.data())
def test_importance_is_what_knowing_about_an_event_changes(
    tree: FaultTree, data: st.DataObject
) -> None:
    p = data.draw(st.lists(CHANCES, min_size=tree.events, max_size=tree.events))
    for top in tops(tree):
        importance = solved(tree, top).importance(np.array(p))
        assert importance is not None
        total = brute.chance(tree, top, p)
        needed = brute.relevant(tree, top)
        for event in range(tree.events):
            got = [
                float(column[event])
                for column in (
                    importance.birnbaum,
                    importance.criticality,
                    importance.achievement,
                    importance.reduction,
                )
            ]
            if event not in needed:
                assert all(map(math.isnan, got))
                continue
            most = brute.chance_given(tree, top, p, event, True)
            least = brute.chance_given(tree, top, p, event, False)
            assert got[0] == pytest.approx(most - least, abs=1e-12)
            if total > 1e-6:
                assert got[1] == pytest.approx((total - least) / total, abs=1e-8)
                assert got[2] == pytest.approx(most / total, rel=1e-8, abs=1e-8)
                assert (got[3] == math.inf) == (least == 0)
                if least > 1e-9:
                    assert got[3] == pytest.approx(total / least, rel=1e-5)


@EXAMPLES
@given(trees(negations=True))
def test_an_event_that_can_repair_the_top_is_named(tree: FaultTree) -> None:
    for top in tops(tree):
        harmful, event = brute.harmful_repairs(tree, top), solved(tree, top).repaired_by
        assert (event is None) == (not harmful)
        assert event is None or event in harmful


@EXAMPLES
@given(trees(negations=True))
def test_with_negations_the_sets_take_the_top_down_while_all_else_stands(tree: FaultTree) -> None:
    for top in tops(tree):
        assert all_cuts(tree, top) == in_order(brute.least_sets(tree, top))


@given(trees(), st.integers(0, 5), st.integers(0, 5))
def test_a_list_that_is_cut_short_is_the_beginning_of_the_whole(
    tree: FaultTree, order: int, limit: int
) -> None:
    whole = [cut for cut in all_cuts(tree) if len(cut) <= order]
    assert solved(tree).list_cuts(order, limit) == whole[:limit]


def test_a_tree_that_does_not_fit_has_neither_cut_sets_nor_probability() -> None:
    pairs = tree_of(60, [Gate(1, tuple(range(61, 160))), *_random_triples(60, 99)])
    answer = solve(pairs, 0, node_limit=100)
    assert answer.cuts is None
    assert answer.list_cuts(3, 3) is None
    assert answer.chance(np.full(60, 0.1)) is None
    assert answer.importance(np.full(60, 0.1)) is None


def test_cut_sets_are_counted_where_the_function_does_not_fit() -> None:
    """A hundred triples of sixty events: each is a cut set."""
    triples = tree_of(60, [Gate(1, tuple(range(61, 160))), *_random_triples(60, 99)])
    answer = solve(triples, 0, node_limit=1000)
    assert answer.diagrams is None
    assert answer.cuts is not None
    assert answer.cuts.by_order == (0, 0, 0, 99)


def _random_triples(events: int, gates: int) -> list[Gate]:
    rng = np.random.default_rng(0)
    return [Gate(3, tuple(map(int, rng.choice(events, 3, replace=False)))) for _ in range(gates)]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(ModelError, match="circle"):
        solve(tree_of(1, [Gate(1, (0, 2)), Gate(1, (1,))]), 0)


def test_constants_have_the_empty_cut_set_or_none() -> None:
    always, never = solved(tree_of(1, [Gate(0, ())])), solved(tree_of(1, [Gate(1, ())]))
    assert always.list_cuts(3, 3) == [()]
    assert never.list_cuts(3, 3) == []
    assert (always.chance(np.ones(1)), never.chance(np.ones(1))) == (1.0, 0.0)
    assert always.cuts is not None
    assert never.cuts is not None
    assert (always.cuts.by_order, never.cuts.by_order) == ((1,), ())


@pytest.mark.parametrize(("groups", "size"), [(11, 10), (20, 10), (40, 40), (400, 10)])
def test_counts_past_64_bits_are_exact(groups: int, size: int) -> None:
    """One of each group: size ** groups cut sets."""
    events = groups * size
    ands = Gate(groups, tuple(range(events + 1, events + 1 + groups)))
    ors = [Gate(1, tuple(range(i * size, (i + 1) * size))) for i in range(groups)]
    cuts = solved(tree_of(events, [ands, *ors])).cuts
    assert cuts is not None
    assert cuts.by_order == (*(0 for _ in range(groups)), size**groups)


def test_k_of_n_is_counted_and_not_listed() -> None:
    """30 of 60 events: 118,264,581,564,861,424 cut sets."""
    cuts = solved(tree_of(60, [Gate(30, tuple(range(60)))])).cuts
    assert cuts is not None
    assert cuts.total == math.comb(60, 30)


def test_twenty_shared_hubs_among_a_thousand_events_fit() -> None:
    """120 services, down with both of two parts; a part falls alone or with either of two hubs."""
    tree = _hub_tree(hubs=20, services=120)
    answer = solve(tree, 0, node_limit=2**20)
    assert answer.cuts is not None
    shared = single_points(tree, 0)  # hubs of both parts of a service
    assert answer.list_cuts(1, 100) == [(hub,) for hub in shared]
    assert answer.cuts.by_order[1] == len(shared) > 0
    assert answer.cuts.by_order[2] >= 120 * 16


def _hub_tree(hubs: int, services: int) -> FaultTree:
    rng = np.random.default_rng(1)
    events = hubs + 8 * services
    first = events + 1 + services
    gates = [Gate(1, tuple(range(events + 1, first)))]
    gates += [Gate(2, (first + 2 * i, first + 2 * i + 1)) for i in range(services)]
    for part in range(2 * services):
        own = range(hubs + 4 * part, hubs + 4 * part + 4)
        gates.append(Gate(1, (*own, *map(int, rng.choice(hubs, 2, replace=False)))))
    return tree_of(events, gates)
