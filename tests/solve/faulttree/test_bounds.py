"""Bounds on probabilities: the truth lies between them, and with enough work they meet."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.solve.arrays import Flags
from downwind.solve.faulttree.bounds import bounds
from downwind.solve.faulttree.types import Chance, FaultTree
from downwind.terms import ModelError

from .brute import chance
from .trees import Gate, tree_of, trees

OR, AND = 1, 2
ROUNDING = 1e-13

PROBABILITIES = st.one_of(
    st.sampled_from((0.0, 1.0, 1e-12, 1e-3, 0.5)), st.floats(0, 1, allow_subnormal=False)
)


TINY = 1e-300
"""Floating point loses digits below 2e-308."""


def holds(found: Chance, true: float) -> bool:
    return found.lower * (1 - ROUNDING) - TINY <= true <= found.upper * (1 + ROUNDING) + TINY


@st.composite
def weighted(draw: st.DrawFn) -> tuple[FaultTree, list[float]]:
    tree = draw(trees(most_events=9, most_gates=12))
    return tree, draw(st.lists(PROBABILITIES, min_size=tree.events, max_size=tree.events))


@settings(max_examples=200, deadline=None)
@given(weighted(), st.integers(0, 2000))
def test_the_probability_lies_within_the_bounds_however_little_was_done(
    case: tuple[FaultTree, list[float]], work: int
) -> None:
    tree, p = case
    for top in range(tree.gates):
        found = bounds(tree, top, np.array(p), within=0.0, work=work)
        assert 0 <= found.lower <= found.upper <= 1
        assert holds(found, chance(tree, top, p))


@settings(max_examples=200, deadline=None)
@given(weighted(), st.sampled_from((0.1, 1e-6)))
def test_with_enough_work_the_bounds_are_as_narrow_as_was_asked_for(
    case: tuple[FaultTree, list[float]], within: float
) -> None:
    tree, p = case
    for top in range(tree.gates):
        found = bounds(tree, top, np.array(p), within=within)
        assert found.upper - found.lower <= within * found.upper + TINY
        assert holds(found, chance(tree, top, p))


@st.composite
def unshared(draw: st.DrawFn) -> tuple[FaultTree, list[float]]:
    """Each event and each gate is an input once."""
    loose = list(range(draw(st.integers(2, 9))))
    events, gates = len(loose), []
    while len(loose) > 1:
        many = draw(st.integers(2, len(loose)))
        threshold = draw(st.integers(1, many))
        gates.append(Gate(threshold, tuple(loose[:many])))
        loose = [*loose[many:], events + len(gates) - 1]
    return tree_of(events, gates), draw(st.lists(PROBABILITIES, min_size=events, max_size=events))


@settings(max_examples=100, deadline=None)
@given(unshared())
def test_a_tree_that_shares_nothing_is_exact_without_any_work(
    case: tuple[FaultTree, list[float]],
) -> None:
    tree, p = case
    found = bounds(tree, tree.gates - 1, np.array(p), within=0.0, work=0)
    assert found.exact
    assert found.lower == pytest.approx(chance(tree, tree.gates - 1, p), rel=1e-12)


def shared_pair() -> FaultTree:
    """A hub and a spare of its own for each of three, two of which must be lost."""
    gates = [Gate(AND, (0, spare)) for spare in (1, 2, 3)]
    return tree_of(4, [*gates, Gate(2, (4, 5, 6))])


def test_bounds_that_were_not_narrowed_are_no_probability() -> None:
    found = bounds(shared_pair(), 3, np.array([0.1] * 4), work=0)
    assert not found.exact
    assert holds(found, chance(shared_pair(), 3, [0.1] * 4))


def test_all_cases_of_what_is_shared_are_the_probability_itself() -> None:
    found = bounds(shared_pair(), 3, np.array([0.1] * 4), within=0.0)
    assert found.exact
    assert found.lower == pytest.approx(0.1 * 0.028, rel=1e-14)


def test_events_that_happen_for_sure_or_never_are_no_trouble() -> None:
    assert bounds(shared_pair(), 3, np.array([1.0] * 4)) == Chance(1.0, 1.0)
    assert bounds(shared_pair(), 3, np.array([0.0] * 4)) == Chance(0.0, 0.0)
    assert bounds(shared_pair(), 3, np.array([1.0, 1.0, 0.25, 0.0])) == Chance(0.25, 0.25)
    assert bounds(shared_pair(), 3, np.array([0.5, 1.0, 1.0, 0.0])) == Chance(0.5, 0.5)


def test_very_small_probabilities_keep_their_digits() -> None:
    found = bounds(shared_pair(), 3, np.array([1e-30] * 4), within=0.0)
    assert found.lower == pytest.approx(3e-90, rel=1e-12)


def test_what_is_next_to_impossible_is_narrowed_all_the_same() -> None:
    """Three votes of two events with two votes each: both are needed."""
    tree = tree_of(2, [Gate(3, (0, 0, 1, 1))])
    found = bounds(tree, 0, np.array([1.0, 1e-176]))
    assert found.lower == pytest.approx(1e-176, rel=1e-12)
    assert found.exact


def test_a_top_that_is_constant_or_one_event_is_exact() -> None:
    tree = tree_of(1, [Gate(0, ()), Gate(OR, ()), Gate(OR, (0,))])
    tops = [bounds(tree, top, np.array([0.3])) for top in range(3)]
    assert tops == [Chance(1.0, 1.0), Chance(0.0, 0.0), Chance(0.3, 0.3)]


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ModelError, match="from 0 to 1") as raised:
        bounds(shared_pair(), 3, np.array([0.1, 0.1, p, 0.1]))
    assert raised.value.where == "event 2"


def test_a_tree_that_is_not_coherent_is_refused() -> None:
    with pytest.raises(ModelError, match="opposite of event 0"):
        bounds(tree_of(2, [Gate(AND, (0, 1), (0,))]), 0, np.array([0.1, 0.1]))


def with_hubs(hubs: int, events: int, seed: int) -> FaultTree:
    """Services that each need two hubs, a pair of parts of their own and a hub with a spare.

    The top: any eight of the services are down.
    """
    random = np.random.default_rng(seed)
    gates: list[Gate] = []
    services = []
    for spare in range(hubs, events, 3):
        one, two, three = random.choice(hubs, 3, replace=False).tolist()
        both = events + len(gates)
        gates.append(Gate(AND, (spare, spare + 1)))
        gates.append(Gate(AND, (two, spare + 2)))
        gates.append(Gate(AND, (one, three)))
        services.append(events + len(gates))
        gates.append(Gate(OR, (both, both + 1, both + 2)))
    return tree_of(events, [*gates, Gate(8, tuple(services))])


@pytest.mark.parametrize(("p", "gap"), [(1e-3, 1e-6), (0.05, 1e-3)])
def test_a_thousand_events_with_twenty_shared_hubs(p: float, gap: float) -> None:
    tree = with_hubs(20, 998, seed=3)
    found = bounds(tree, tree.gates - 1, np.full(998, p), within=gap)
    assert found.upper - found.lower <= gap * found.upper


def test_bounds_lie_around_what_many_draws_say() -> None:
    """Draws share no code with the bounds; four standard errors."""
    tree = with_hubs(20, 998, seed=3)
    p, draws = 0.03, 20_000
    found = bounds(tree, tree.gates - 1, np.full(998, p), within=0.01)
    happened = np.random.default_rng(5).random((draws, 998)) < p
    share = _true(tree, happened).mean()
    error = 4 * math.sqrt(share * (1 - share) / draws)
    assert found.lower - error <= share <= found.upper + error


def _true(tree: FaultTree, happened: Flags) -> Flags:
    """The last gate in each draw; the gates are in order."""
    columns = [happened[:, event] for event in range(tree.events)]
    for gate in range(tree.gates):
        inputs = tree.inputs[tree.start[gate] : tree.start[gate + 1]]
        votes = np.sum([columns[number] for number in inputs], axis=0)
        columns.append(votes >= tree.at_least[gate])
    return columns[-1]


def test_the_same_question_has_the_same_answer() -> None:
    tree = with_hubs(6, 60, seed=1)
    answers = {bounds(tree, tree.gates - 1, np.full(60, 0.1), work=50_000) for _ in range(3)}
    assert len(answers) == 1
