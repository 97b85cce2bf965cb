"""Who falls: certainly, possibly, through which chain, and when they are back."""

import pytest

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Model, model_from_texts
from downwind.questions.whatif import WhatIf, what_if
from downwind.terms import Evidence, Scope, Seen, State, UnknownCause

CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill
products: [{id: cdn, role: edge, name: CDN}]
facts: [{kind: prefix, prefix: 198.18.1.0/24, product: cdn, source: test, confirmed: 2026-01-01}]
"""
    ]
)
SEEN = [
    (
        f"e{host}",
        Evidence(host, "dns.a", Seen({"addresses": [f"198.18.1.{n}"], "ttl": 0}), 0.0, "here"),
    )
    for n, host in enumerate(["bots.test", "plain.test", "silent.test"])
]
TEXT = """
services:
  - name: bots.test
    capabilities:
      - {id: use, journey: [{url: "https://bots.test/"}],
         declares: [{need: edge, any_of: ["hill/cdn#bots"]}]}
  - name: plain.test
    capabilities:
      - {id: use, journey: [{url: "https://plain.test/"}],
         declares: [{need: edge, any_of: ["hill/cdn#plain"]}]}
  - name: silent.test
    capabilities:
      - {id: use, journey: [{url: "https://silent.test/"}]}
  - name: reader.test
    capabilities:
      - id: use
        journey: [{url: "https://plain.test/"}, {url: "https://bots.test/tag", strength: soft}]
        declares: [{need: edge, any_of: ["hill/cdn#plain"]}]
  - name: soft.test
    capabilities:
      - {id: use, declares: [{need: tags, any_of: [bots.test/use], strength: soft}]}
  - name: late.test
    capabilities:
      - {id: use, recovery_lag: 10m, declares: [{need: store, any_of: [bots.test/use], grace: 1h}]}
"""
MODEL = model_from_texts([("m", TEXT)])


def _graph(model: Model = MODEL, *scopes: str) -> Graph:
    return build_graph(SEEN, CATALOG, model, scopes=[Scope.parse(s) for s in scopes])


def _answer(cause: str, duration: float = 7200.0) -> WhatIf:
    return what_if(_graph(MODEL, "hill/cdn#bots"), MODEL, [cause], duration)


def test_a_fault_of_the_whole_product_takes_all_its_customers_down() -> None:
    states = _answer("hill/cdn").states
    assert {name for name, state in states.items() if state is State.DOWN} == {
        "bots.test/use",
        "plain.test/use",
        "silent.test/use",
        "reader.test/use",
        "late.test/use",
    }


def test_a_fault_of_a_part_hits_for_certain_only_those_who_are_known_to_stand_on_it() -> None:
    answer = _answer("hill/cdn#bots")
    assert answer.states["bots.test/use"] is State.DOWN
    assert answer.states["silent.test/use"] is State.UP
    assert answer.worst["silent.test/use"] is State.DOWN


def test_an_owner_who_declares_another_part_is_not_even_possibly_down() -> None:
    assert _answer("hill/cdn#bots").worst["plain.test/use"] is State.UP


def test_the_answer_says_why_it_is_only_possible() -> None:
    fates = {fate.node: fate for fate in _answer("hill/cdn#bots").capabilities}
    assert fates["silent.test/use"].reason == (
        "the evidence stops at hill/cdn, and the fault is only a part of it"
    )


def test_a_soft_need_degrades_and_its_chain_leads_to_the_fault() -> None:
    fates = {fate.node: fate for fate in _answer("hill/cdn#bots").capabilities}
    fate = fates["soft.test/use"]
    assert fate.state is State.DEGRADED
    assert [link.node for link in fate.chain] == [
        "soft.test/use",
        "bots.test/use",
        "host:bots.test",
        "hill/cdn#bots",
    ]


def test_grace_delays_the_fall_and_recovery_lag_the_return() -> None:
    fates = {fate.node: fate for fate in _answer("hill/cdn#bots").capabilities}
    assert (fates["late.test/use"].down_at, fates["late.test/use"].back_at) == (3600, 7800)


def test_a_fault_shorter_than_the_grace_takes_nobody_down_later() -> None:
    answer = what_if(_graph(MODEL, "hill/cdn#bots"), MODEL, ["hill/cdn#bots"], 1800.0)
    assert answer.states["late.test/use"] is State.UP


def test_a_region_across_products_is_a_part_of_a_product_whose_region_is_not_known() -> None:
    graph = _graph(MODEL, "hill/*/north")
    answer = what_if(graph, MODEL, ["hill/*/north"], 3600.0)
    assert answer.states["silent.test/use"] is State.UP
    assert answer.worst["silent.test/use"] is State.DOWN


def test_a_cause_that_nobody_knows_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownCause, match=r"called 'hill/cdm'\. Did you mean hill/cdn"):
        _answer("hill/cdm")


def test_causes_may_be_named_by_host_and_an_unknown_fault_of_nothing_fells_nobody() -> None:
    answer = _answer("plain.test")
    assert answer.causes == ("host:plain.test",)
    assert answer.states["plain.test/use"] is State.DOWN
    assert answer.states["bots.test/use"] is State.UP


def test_zones_that_are_declared_as_alternatives_settle_the_fault_of_one() -> None:
    text = """
services:
  - name: plain.test
    capabilities:
      - id: use
        journey: [{url: "https://plain.test/"}]
        declares: [{need: zones, any_of: [hill/cdn/north/a, hill/cdn/north/b]}]
"""
    model = model_from_texts([("m", text)])
    graph = _graph(model, "hill/cdn/north/a")
    answer = what_if(graph, model, ["hill/cdn/north/a"], 3600.0)
    assert answer.worst["plain.test/use"] is State.UP


def test_what_an_owner_declares_of_a_host_holds_for_all_who_use_the_host() -> None:
    answer = _answer("hill/cdn#bots")
    assert answer.states["reader.test/use"] is State.DEGRADED
    assert answer.worst["reader.test/use"] is State.DEGRADED
