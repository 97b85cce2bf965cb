"""What an answer says besides the name: rivals, further probes, deadlines, and bad input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.graph import Graph
from downwind.questions.attribution import heard as hearing
from downwind.questions.attribution.alone import chance_of
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.posterior import NOBODY, Posterior
from downwind.questions.attribution.prior import OwnRates
from downwind.questions.attribution.ready import load_kernels
from downwind.questions.attribution.search import Budget
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import Fault, UsageError
from tests.questions.attribution.makers import LASTS, ask, graph_of, page, places, said

EDGE = {f"e{i}.test/use": [("hill/cdn",)] for i in range(6)}
OTHER = {f"o{i}.test/use": [("dale/cdn",)] for i in range(6)}


def test_the_further_probe_is_one_on_which_the_rivals_disagree() -> None:
    """All who are heard stand on both hill and vale; one who is not heard stands on hill alone."""
    needs = {f"b{i}.test/use": [("hill/cdn",), ("vale/api",)] for i in range(5)}
    needs |= {"only.test/use": [("hill/cdn",)], "calm.test/use": [("moor/api",)]}
    suspects = Suspects.of(graph_of(needs), LASTS)
    states = {f"b{i}.test/use": 1.0 for i in range(5)} | {"calm.test/use": 0.0}
    first = attribute_all(suspects, said(states), budget=Budget.of(60.0)).attributions[0]
    assert [f.node for f in first.separating] == ["only.test/use"]
    assert first.separating[0].bits > 0.5
    assert "calm.test/use" not in {f.node for f in first.separating}


def test_a_node_that_was_heard_clearly_is_not_asked_again() -> None:
    answer = ask(graph_of(EDGE | OTHER), [*EDGE])
    heard = {*EDGE, *OTHER}
    assert not heard & {f.node for f in answer.attributions[0].separating}


def test_where_a_vantage_may_be_to_blame_another_one_is_asked_for() -> None:
    graph = graph_of({"a.test/use": [("hill/cdn",)], "b.test/use": [("dale/cdn",)]})
    states = {key: {"north": 1.0} for key in ("a.test/use", "b.test/use")}
    answer = attribute_all(
        Suspects.of(graph, LASTS),
        said(states, {key: [Mark("dial")] for key in states}),
        places=places("north", "south"),
        budget=Budget.of(60.0),
    )
    asked = answer.attributions[0].separating
    assert any(f.vantage == "south" and f.node in states for f in asked)


def test_suspects_that_take_the_same_witnesses_are_named_as_such() -> None:
    both = {f"b{i}.test/use": [("hill/cdn",), ("vale/api",)] for i in range(6)}
    first = ask(graph_of(both | OTHER), [*both]).attributions[0]
    assert {first.suspect, *first.same} == {"hill", "hill/cdn", "vale", "vale/api"}


def test_when_nothing_fails_there_is_nothing_to_attribute() -> None:
    answer = ask(graph_of(EDGE), [])
    assert answer.attributions == ()
    assert answer.unexplained == ()


def test_no_testimony_at_all_is_no_failure() -> None:
    suspects = Suspects.of(graph_of(EDGE), LASTS)
    nothing = hearing.Testimony([], [], np.zeros(0), np.zeros(0), [])
    assert attribute_all(suspects, nothing).attributions == ()


def test_witnesses_that_the_graph_does_not_know_are_left_out() -> None:
    suspects = Suspects.of(graph_of(EDGE | OTHER), LASTS)
    states = {key: float(key in EDGE) for key in (*EDGE, *OTHER)}
    known = attribute_all(suspects, said(states), budget=Budget.of(60.0))
    states |= {"stranger.test/use": 1.0, "<script>": 1.0, "": 1.0}
    assert attribute_all(suspects, said(states), budget=Budget.of(60.0)) == known


def test_a_budget_that_is_spent_gives_an_answer_all_the_same_and_says_so() -> None:
    ticks = iter(np.arange(1000.0))
    budget = Budget.of(0.5, clock=lambda: float(next(ticks)))
    suspects = Suspects.of(graph_of(EDGE | OTHER), LASTS)
    states = {key: float(key in EDGE) for key in (*EDGE, *OTHER)}
    answer = attribute_all(suspects, said(states), budget=budget)
    assert answer.cut_short


BAD = {
    "columns of different lengths": ([1.0, 2.0], [1.0], ["a", "b"]),
    "a likelihood that is no number": ([math.nan], [0.0], ["a"]),
    "two infinite likelihoods": ([-math.inf], [-math.inf], ["a"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_testimony_is_refused_with_the_reason(case: str) -> None:
    up, down, nodes = BAD[case]
    with pytest.raises(UsageError, match=r"differ in length|is no number"):
        hearing.Testimony(
            nodes, ["here"] * len(nodes), np.array(up), np.array(down), [()] * len(nodes)
        )


def test_a_likelihood_without_bound_is_bounded() -> None:
    suspects = Suspects.of(graph_of(EDGE | OTHER), LASTS)
    nodes = [*EDGE, *OTHER]
    up = np.array([-math.inf] * len(EDGE) + [0.0] * len(OTHER))
    down = np.array([0.0] * len(EDGE) + [-math.inf] * len(OTHER))
    testimony = hearing.Testimony(nodes, ["here"] * len(nodes), up, down, [()] * len(nodes))
    answer = attribute_all(suspects, testimony, budget=Budget.of(60.0))
    assert [a.verdict for a in answer.attributions] == ["provider"]


@given(st.permutations(range(12)))
def test_the_order_of_the_witnesses_says_nothing(order: list[int]) -> None:
    suspects = _known()
    states = {key: float(key in EDGE) for key in (*EDGE, *OTHER)}
    marks = {key: [page("hill"), Mark("dial")] for key in list(EDGE)[:3]}
    keys = list(states)
    turned = {keys[i]: states[keys[i]] for i in order}
    plain = attribute_all(suspects, said(states, marks), budget=Budget.of(60.0))
    again = attribute_all(suspects, said(turned, marks), budget=Budget.of(60.0))
    assert [a.scope for a in plain.attributions] == [a.scope for a in again.attributions]
    for one, other in zip(plain.attributions, again.attributions, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-9)


def _known() -> Suspects:
    return Suspects.of(_graph(), LASTS)


def _graph() -> Graph:
    return graph_of(EDGE | OTHER)


@given(st.lists(st.floats(0.0001, 0.1), min_size=1, max_size=8), st.integers(1, 8))
def test_the_tail_is_never_below_the_exact_one_of_different_coins(
    rates: list[float], many: int
) -> None:
    exact = [1.0]
    for rate in rates:
        exact = [
            (exact[k] if k < len(exact) else 0.0) * (1 - rate) + (exact[k - 1] * rate if k else 0.0)
            for k in range(len(exact) + 1)
        ]
    if many > sum(rates) + 1:
        assert chance_of(many, sum(rates)) >= sum(exact[many:]) * (1 - 1e-9)


def test_the_tail_grows_with_the_mean_and_falls_with_the_count() -> None:
    assert chance_of(3, 0.01) < chance_of(2, 0.01) < chance_of(2, 0.1) < 1.0
    assert chance_of(1, 5.0) == 1.0
    assert chance_of(4, 0.0) == 0.0


def test_rates_are_learned_and_forgotten() -> None:
    rates = OwnRates({})
    for _ in range(100):
        rates = rates.after({"a"}, half_life=50.0)
    high, usual = rates.of(["a", "b"], 0.003)
    for _ in range(1000):
        rates = rates.after((), half_life=50.0)
    later, _ = rates.of(["a", "b"], 0.003)
    assert high > 0.05
    assert usual < 0.0031
    assert later < 0.01
    assert rates.failed == {}


def test_of_repeated_hypotheses_the_best_one_counts_once() -> None:
    members = np.array([[NOBODY] * 4, [3, 1, NOBODY, NOBODY], [1, 3, NOBODY, NOBODY]])
    posterior = Posterior.of(members, np.array([0.0, 1.0, 2.0]))
    assert posterior.members.tolist() == [[NOBODY, NOBODY, 1, 3], [NOBODY] * 4]
    assert posterior.mass[0] / posterior.mass[1] == pytest.approx(math.exp(2.0))
    assert posterior.empty == pytest.approx(1 / (1 + math.exp(2.0)))


def test_a_higher_temperature_is_less_sure() -> None:
    members = np.array([[NOBODY] * 4, [1, NOBODY, NOBODY, NOBODY]])
    cool = Posterior.of(members, np.array([0.0, 3.0]))
    warm = Posterior.of(members, np.array([0.0, 3.0]), temperature=2.0)
    assert cool.mass[0] > warm.mass[0] > 0.5


def test_an_origins_page_of_the_edge_clears_the_edge() -> None:
    needs = {f"b{i}.test/use": [("hill/cdn",), ("vale/api",)] for i in range(4)}
    marks = {key: [page("hill", Fault.ORIGIN)] for key in needs}
    first = ask(graph_of(needs | OTHER), [*needs], marks).attributions[0]
    assert first.scope is not None
    assert first.scope.provider == "vale"


def test_the_kernels_are_loaded_without_a_word() -> None:
    load_kernels()
