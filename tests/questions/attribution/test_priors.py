"""Two priors: who is named goes by that of any moment, how sure by that of an incident."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph import GraphBuilder
from downwind.graph.scopes import add_scope
from downwind.questions.attribution.heard import listen
from downwind.questions.attribution.parameters import PLAIN
from downwind.questions.attribution.posterior import by_scope
from downwind.questions.attribution.prior import Post, believe
from downwind.questions.attribution.search import Budget, Search
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Answer
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import Alternative, Fault, Need, Scope
from tests.questions.attribution.makers import LASTS, Rows, ask, graph_of, page, said

SMALL: Rows = {f"a{i}.test/use": [("hill/cdn",)] for i in range(2)}
OTHER: Rows = {f"o{i}.test/use": [("dale/cdn",)] for i in range(8)}
ALIKE = replace(PLAIN, prior_told=PLAIN.prior)


def _sure(answer: Answer, provider: str) -> float:
    first = answer.attributions[0]
    named = {a.scope.provider: a.provider_confidence for a in answer.attributions if a.scope}
    return named.get(provider, dict(first.rivals).get(provider, 0.0))


def test_a_small_provider_is_told_by_the_prior_of_an_incident_and_not_yet_named() -> None:
    graph = graph_of({**SMALL, **OTHER})
    failing = ["a0.test/use", "a1.test/use"]
    doubtful = {key: [Mark("http")] for key in failing}
    told, plain = ask(graph, failing, doubtful), ask(graph, failing, doubtful, how=ALIKE)
    assert [a.verdict for a in told.attributions] == [a.verdict for a in plain.attributions]
    assert _sure(told, "hill") > _sure(plain, "hill")
    assert told.attributions[0].confidence > plain.attributions[0].confidence


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([*SMALL, *OTHER]), min_size=1, max_size=6, unique=True),
    st.floats(1e-4, 0.02),
)
def test_the_prior_of_an_incident_changes_no_name_and_only_raises_scopes(
    failing: Sequence[str], prior: float
) -> None:
    graph = graph_of({**SMALL, **OTHER})
    plain = ask(graph, failing, how=ALIKE)
    raised = ask(graph, failing, how=replace(PLAIN, prior_told=prior))
    assert [(a.verdict, a.scope, a.suspect) for a in plain.attributions] == [
        (a.verdict, a.scope, a.suspect) for a in raised.attributions
    ]
    for provider in ("hill", "dale"):
        assert _sure(raised, provider) >= _sure(plain, provider) - 0.01  # fainter ones are not told


def test_the_told_posterior_is_that_of_a_search_under_the_other_prior() -> None:
    """Reweighed and searched anew agree, where the beam holds everything."""
    suspects = Suspects.of(graph_of({**SMALL, **OTHER}), LASTS)
    states = {key: float(key in SMALL or key == "o0.test/use") for key in (*SMALL, *OTHER)}
    wide = replace(PLAIN, beam=64, beam_of_pairs=64, hopeless=1000.0, depth=2)
    heard = listen(suspects, said(states), wide)
    told, anew = (
        Search(Trial.of(suspects, heard, believe(suspects, how), (), how), Budget.of(60.0)).weigh()
        for how in (wide, replace(wide, prior=wide.prior_told))
    )
    here, there = by_scope(told.told, suspects), by_scope(anew.posterior, suspects)
    for scope in (Scope("hill"), Scope("dale")):
        assert here[scope] == pytest.approx(there[scope], rel=0.02)


def test_components_rise_with_no_incident_and_posts_count_under_both_priors() -> None:
    builder = GraphBuilder()
    for part in (add_scope(builder, Scope("hill", "cdn")), builder.node("pool", "component")):
        key = builder.node(f"{len(part)}.test/use", "capability")
        builder.need(key, Need("part", (Alternative(part),)))
    suspects = Suspects.of(builder.build(), LASTS)
    plain = believe(suspects, PLAIN)
    posted = believe(suspects, PLAIN, posts=[Post(Scope("hill", "cdn"), "major")])
    scoped = np.array([scope is not None for scope in suspects.scopes])
    assert {*scoped.tolist()} == {True, False}
    assert (plain.rise[scoped] > 0).all()
    assert (plain.rise[~scoped] == 0).all()
    assert (posted.rise == plain.rise).all()
    assert posted.causes.max() > plain.causes.max()


def test_the_more_surely_a_provider_is_told_the_less_a_fault_of_ones_own_is() -> None:
    graph = graph_of({**SMALL, **OTHER})
    own, alike = ask(graph, ["a0.test/use"]), ask(graph, ["a0.test/use"], how=ALIKE)
    assert own.attributions[0].verdict == alike.attributions[0].verdict == "own"
    assert own.attributions[0].confidence < alike.attributions[0].confidence
    assert _sure(own, "hill") > _sure(alike, "hill")
    assert own.attributions[0].confidence + _sure(own, "hill") <= 1.0 + 1e-9


def test_many_marks_of_which_each_is_rare_count_alike_and_no_others_with_them() -> None:
    """Nine kinds, each to a ninth; the page of dale, which another node bears, is no part of it."""
    suspects = Suspects.of(graph_of({**SMALL, **OTHER}), LASTS)
    nine = [page(f"p{i}", Fault.ORIGIN) for i in range(9)]
    marks = {"a0.test/use": nine, "o0.test/use": [page("dale")]}
    states = {"a0.test/use": 1.0, "o0.test/use": 1.0}
    heard = listen(suspects, said(states, marks), PLAIN)
    alone = listen(suspects, said({"a0.test/use": 1.0}, {"a0.test/use": nine}), PLAIN)
    at = int(heard.profile[heard.place_of[suspects.row["a0.test/use"]]])
    assert heard.fits.own[at] == pytest.approx(alone.fits.own[int(alone.profile[0])])
