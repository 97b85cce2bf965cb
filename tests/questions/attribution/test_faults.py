"""Up to three faults at once, each named at the grain that the witnesses separate."""

from dataclasses import replace

import numpy as np
import pytest

from downwind.graph import GraphBuilder
from downwind.graph.scopes import add_scope
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import listen
from downwind.questions.attribution.parameters import PLAIN
from downwind.questions.attribution.prior import Change, OwnRates, Post, believe
from downwind.questions.attribution.search import Budget, Search
from downwind.questions.attribution.trial import Trial
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import Alternative, Fault, Need, Scope
from tests.questions.attribution.makers import (
    LASTS,
    Rows,
    ask,
    graph_of,
    page,
    places,
    said,
)

EDGE: Rows = {f"e{i}.test/use": [("hill/cdn",)] for i in range(8)}
OTHER: Rows = {f"o{i}.test/use": [("dale/cdn",)] for i in range(8)}


def test_each_of_three_faults_gets_a_verdict_of_its_own() -> None:
    third = {f"t{i}.test/use": [("vale/api",)] for i in range(8)}
    calm = {f"c{i}.test/use": [("moor/api",)] for i in range(8)}
    answer = ask(graph_of({**EDGE, **OTHER, **third, **calm}), [*EDGE, *OTHER, *third])
    assert {a.scope.provider for a in answer.attributions if a.scope} == {"hill", "dale", "vale"}
    assert [a.verdict for a in answer.attributions] == ["provider"] * 3
    assert {name for a in answer.attributions for name in a.explains} == {*EDGE, *OTHER, *third}
    assert answer.unexplained == ()


@pytest.mark.parametrize("many", [2, 5, 20, 60])
def test_the_marks_of_one_fault_are_not_paid_again_to_a_second_cause(many: int) -> None:
    """With only P(down) carried on, the region would be blamed beside the product, and so on."""
    needs = {f"e{i}.test/use": [("hill/cdn/north",)] for i in range(many)}
    needs |= {f"s{i}.test/use": [("hill/cdn/south",)] for i in range(many)}
    graph = graph_of(needs | OTHER)
    suspects = Suspects.of(graph, LASTS)
    states = {key: float(key in needs) for key in (*needs, *OTHER)}
    heard = listen(suspects, said(states, {key: [page("hill")] for key in needs}), PLAIN)
    trial = Trial.of(suspects, heard, believe(suspects, PLAIN), (), PLAIN)
    posterior = Search(trial, Budget.of(60.0)).weigh().posterior
    assert len(posterior.best) == 1
    single = (posterior.members >= 0).sum(axis=1) == 1
    assert posterior.mass[single].sum() > 0.9


def test_after_a_cause_its_marks_count_as_explained_as_well_as_it_fits_them_and_no_better() -> None:
    """Who fits them worse gains nothing any more; who fits them better gains by how much better."""
    needs = {f"e{i}.test/use": [("hill/cdn",), ("vale/api",)] for i in range(6)}
    suspects = Suspects.of(graph_of({**needs, **OTHER}), LASTS)
    states = {key: float(key in needs) for key in (*needs, *OTHER)}
    heard = listen(suspects, said(states, {key: [page("hill")] for key in needs}), PLAIN)
    trial = Trial.of(suspects, heard, believe(suspects, PLAIN), (), PLAIN)
    number = suspects.number
    columns = trial.columns(np.array([number["hill/cdn"], number["vale/api"]]))
    after_signer = trial.add(trial.hurt(trial.nothing, columns, 0, 0.995), columns)
    after_other = trial.add(trial.hurt(trial.nothing, columns, 1, 0.995), columns)
    assert (after_signer[1] <= 0.0).all()
    assert after_signer[0].max() < 0.1
    assert after_other[0].max() == pytest.approx(len(needs) * np.log(0.9 / 0.1), rel=0.05)


def _zones(standing: int) -> GraphBuilder:
    """Eight services on a region that needs `standing` of its three zones, and a few per zone."""
    builder = GraphBuilder()
    region = add_scope(builder, Scope("hill", "compute", "north"))
    names = [add_scope(builder, Scope("hill", "compute", "north", zone)) for zone in "abc"]
    for name in names:  # the region rests on its zones, so they cannot fall with it
        assert name in builder
    pool = builder.node("pool", "component")
    builder.need(pool, Need("zones", tuple(Alternative(name) for name in names), k=standing))
    for i in range(8):
        key = builder.node(f"w{i}.test/use", "capability")
        builder.need(key, Need("pool", (Alternative(pool),)))
    for zone, name in zip("abc", names, strict=True):
        for i in range(4):
            key = builder.node(f"{zone}{i}.test/use", "capability")
            builder.need(key, Need("zone", (Alternative(name),)))
    for i in range(4):
        key = builder.node(f"r{i}.test/use", "capability")
        builder.need(key, Need("region", (Alternative(region),)))
    return builder


def test_one_zone_of_three_is_named_and_those_who_live_on_two_do_not_contradict_it() -> None:
    answer = ask(_zones(2).build(), [f"a{i}.test/use" for i in range(4)])
    first = answer.attributions[0]
    assert first.scope == Scope("hill", "compute", "north", "a")
    assert first.contradicts == ()


def test_two_zones_of_three_explain_those_who_need_two() -> None:
    failing = [f"{z}{i}.test/use" for z in "ab" for i in range(4)]
    failing += [f"w{i}.test/use" for i in range(8)]
    answer = ask(_zones(2).build(), failing)
    assert len(answer.attributions) == 1
    first = answer.attributions[0]
    assert first.parts == ("hill/compute/north/a", "hill/compute/north/b")
    assert first.scope == Scope("hill", "compute", "north")
    assert set(first.explains) == set(failing)
    assert answer.unexplained == ()


def test_who_has_a_healthy_second_edge_is_no_witness_against_the_first() -> None:
    both = {f"b{i}.test/use": [("hill/cdn", "dale/cdn")] for i in range(8)}
    answer = ask(graph_of({**EDGE, **OTHER, **both}), [*EDGE])
    first = answer.attributions[0]
    assert (first.verdict, first.scope) == ("provider", Scope("hill"))
    assert first.contradicts == ()


def test_who_has_two_edges_falls_with_both_and_is_explained_by_the_pair() -> None:
    both = {f"b{i}.test/use": [("hill/cdn", "dale/cdn")] for i in range(8)}
    answer = ask(graph_of({**EDGE, **OTHER, **both}), [*EDGE, *OTHER, *both])
    assert {a.scope.provider for a in answer.attributions if a.scope} == {"hill", "dale"}
    assert {name for a in answer.attributions for name in a.explains} >= set(both)
    assert answer.unexplained == ()


def test_a_pair_is_found_even_where_nobody_falls_with_either_of_it_alone() -> None:
    both = {f"b{i}.test/use": [("hill/cdn", "dale/cdn")] for i in range(12)}
    calm = {f"c{i}.test/use": [("moor/api",)] for i in range(8)}
    answer = ask(graph_of({**both, **calm}), [*both])
    assert {a.scope.provider for a in answer.attributions if a.scope} == {"hill", "dale"}


def test_a_vantage_that_is_bad_is_named_and_no_provider() -> None:
    graph = graph_of(EDGE | OTHER)
    states = {
        key: {"north": 1.0, "south": 0.0, "west": 0.0} for key in (*EDGE, *OTHER)
    }  # of a ratio so high that even the other two do not outweigh it
    marks = {key: [Mark("dial")] for key in states}
    testimony = said(states, marks)
    testimony.log_down[::3] *= 4
    answer = attribute_all(
        Suspects.of(graph, LASTS), testimony, places=places("north", "south", "west")
    )
    assert [(a.verdict, a.suspect) for a in answer.attributions] == [("vantage", "north")]


def test_a_fault_is_still_named_beside_a_vantage_that_is_bad() -> None:
    graph = graph_of(EDGE | OTHER)
    states = {key: {"north": 1.0, "south": 1.0, "west": 1.0} for key in EDGE}
    states |= {key: {"north": 1.0, "south": 0.0, "west": 0.0} for key in OTHER}
    answer = attribute_all(
        Suspects.of(graph, LASTS), said(states), places=places("north", "south", "west")
    )
    assert {(a.verdict, a.suspect) for a in answer.attributions} == {
        ("vantage", "north"),
        ("provider", "hill/cdn"),
    }


def test_a_deploy_of_ones_own_turns_the_verdict_from_the_provider_to_oneself() -> None:
    """One service of three capabilities and one customer more fail, with no page at all."""
    own = {f"own.test/c{i}": [("hill/cdn",)] for i in range(3)}
    graph = graph_of({**own, "e.test/use": [("hill/cdn",)], "d.test/use": [("dale/cdn",)]})
    before = ask(graph, [*own]).attributions[0]
    after = ask(graph, [*own], changes=[Change("own.test", 60.0)]).attributions[0]
    assert (after.verdict, after.suspect) == ("own", "own.test")
    assert after.confidence >= before.confidence
    suspects = Suspects.of(graph, LASTS)
    fresh = believe(suspects, PLAIN, changes=[Change("own.test", 0.0)]).own
    stale = believe(suspects, PLAIN, changes=[Change("own.test", 6 * 3600.0)]).own
    plain = believe(suspects, PLAIN).own
    at = suspects.falls.services.index("own.test")
    assert fresh[at] > stale[at] > plain[at]


def test_what_many_share_and_the_graph_does_not_know_is_unknown_and_nobody_is_blamed() -> None:
    needs = {f"s{i}.test/use": [(f"p{i}/api",)] for i in range(30)}
    failing = [f"s{i}.test/use" for i in range(12)]
    answer = ask(graph_of(needs), failing)
    assert [a.verdict for a in answer.attributions] == ["unknown"]
    assert answer.attributions[0].scope is None
    assert set(answer.attributions[0].unexplained) == set(failing)


def test_few_that_share_nothing_fail_by_themselves_each_under_its_own_name() -> None:
    needs = {f"s{i}.test/use": [(f"p{i}/api",)] for i in range(300)}
    answer = ask(graph_of(needs), ["s1.test/use", "s7.test/use"])
    assert {(a.verdict, a.suspect) for a in answer.attributions} == {
        ("own", "s1.test"),
        ("own", "s7.test"),
    }


def test_a_transit_fault_that_looks_like_the_edges_is_held_against_the_transit() -> None:
    """All who fail show the edge's page, which says that it cannot reach the origin."""
    needs = {f"b{i}.test/use": [("hill/cdn",), ("wire/transit",)] for i in range(6)}
    needs |= {f"g{i}.test/use": [("hill/cdn",), ("cord/transit",)] for i in range(6)}
    failing = [f"b{i}.test/use" for i in range(6)]
    marks = {key: [page("hill", Fault.ORIGIN)] for key in failing}
    first = ask(graph_of(needs), failing, marks).attributions[0]
    assert first.scope is not None
    assert first.scope.provider == "wire"
    assert set(first.explains) == set(failing)


def test_a_partial_fault_is_named_with_its_severity() -> None:
    needs = {f"e{i}.test/use": [("hill/cdn",)] for i in range(40)}
    first = ask(graph_of(needs | OTHER), [f"e{i}.test/use" for i in range(12)]).attributions[0]
    assert first.scope is not None
    assert first.scope.provider == "hill"
    assert 0.1 <= first.severity <= 0.6
    assert len(first.contradicts) == 28


def test_a_post_of_trouble_raises_the_provider_and_a_green_page_hardly_lowers_it() -> None:
    needs: Rows = {"a.test/use": [("hill/cdn",)], "b.test/use": [("hill/cdn",)], **OTHER}
    graph = graph_of(needs)
    post = [Post(Scope("hill", "cdn"), "major")]
    green = [Post(Scope("hill", "cdn"), "none")]
    weight = {
        name: dict(answer.attributions[0].rivals).get("hill", 0.0)
        or answer.attributions[0].provider_confidence
        for name, answer in {
            "none": ask(graph, ["a.test/use", "b.test/use"]),
            "posted": ask(graph, ["a.test/use", "b.test/use"], posts=post),
            "green": ask(graph, ["a.test/use", "b.test/use"], posts=green),
        }.items()
    }
    assert weight["posted"] > weight["none"] > weight["green"] > 0.8 * weight["none"]


def test_a_service_that_flaps_comes_to_weigh_less() -> None:
    rates = OwnRates({})
    for _ in range(400):
        rates = rates.after({"a.test", "b.test"})
    needs: Rows = {"a.test/use": [("hill/cdn",)], "b.test/use": [("hill/cdn",)], **OTHER}
    graph = graph_of(needs)
    before = ask(graph, ["a.test/use", "b.test/use"])
    after = ask(graph, ["a.test/use", "b.test/use"], rates=rates)
    hill = [dict(a.attributions[0].rivals).get("hill", a.attributions[0].provider_confidence)
            for a in (before, after)]  # fmt: skip
    assert hill[1] < hill[0] / 5


def test_a_bare_status_weighs_less_than_a_page() -> None:
    keys = ["a.test/use", "a.test/talk"]
    graph = graph_of({**OTHER, **{key: [("hill/cdn",)] for key in keys}})
    branded = ask(graph, keys, {key: [page("hill")] for key in keys}).attributions[0]
    bare = ask(graph, keys, {key: [page("hill", bare=True)] for key in keys}).attributions[0]
    assert branded.scope == Scope("hill", "cdn")
    assert (bare.verdict, bare.suspect) == ("own", "a.test")


def test_a_few_strays_beside_a_fault_of_many_are_not_blamed_on_a_second_provider() -> None:
    """They may stand on it without anybody knowing; with a graph that is whole they could not."""
    needs: Rows = {f"h{i}.test/use": [("hill/cdn",)] for i in range(40)}
    strays: Rows = {f"s{i}.test/use": [("vale/api",)] for i in range(3)}
    graph = graph_of({**needs, **strays, **{f"c{i}.test/use": [("dale/cdn",)] for i in range(20)}})
    whole = ask(graph, [*needs, *strays], how=replace(PLAIN, unknown=0.0))
    plain = ask(graph, [*needs, *strays])
    assert {a.scope.provider for a in whole.attributions if a.scope} == {"hill", "vale"}
    assert {a.scope.provider for a in plain.attributions if a.scope} == {"hill"}
    assert set(plain.unexplained) == set(strays)
