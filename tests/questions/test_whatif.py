"""Who falls: certainly, possibly, through which chain, and when they are back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
facts: [{kind: prefix, prefix: 198.18.1.0/24, product: cdn, source: t, last_confirmed: 2026-01-01}]
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
    return what_if(_graph(MODEL, "hill/cdn#bots"), [cause], duration)


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
        "hill/cdn#bots",
    ]


def test_grace_delays_the_fall_and_recovery_lag_the_return() -> None:
    fates = {fate.node: fate for fate in _answer("hill/cdn#bots").capabilities}
    assert (fates["late.test/use"].down_at, fates["late.test/use"].back_at) == (3600, 7800)


def test_a_fault_shorter_than_the_grace_takes_nobody_down_later() -> None:
    answer = what_if(_graph(MODEL, "hill/cdn#bots"), ["hill/cdn#bots"], 1800.0)
    assert answer.states["late.test/use"] is State.UP


def test_a_region_across_products_is_a_part_of_a_product_whose_region_is_not_known() -> None:
    graph = _graph(MODEL, "hill/*/north")
    answer = what_if(graph, ["hill/*/north"], 3600.0)
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
    answer = what_if(graph, ["hill/cdn/north/a"], 3600.0)
    assert answer.worst["plain.test/use"] is State.UP


def test_what_an_owner_declares_of_a_host_holds_for_all_who_use_the_host() -> None:
    answer = _answer("hill/cdn#bots")
    assert answer.states["reader.test/use"] is State.DEGRADED
    assert answer.worst["reader.test/use"] is State.DEGRADED


PARTS = st.sets(st.sampled_from("abcde"))


def _variant(parts: set[str]) -> Scope:
    return Scope("hill", "cdn", variant="+".join(sorted(parts)) or None)


@given(customer=PARTS, fault=PARTS)
def test_a_scope_covers_the_variants_that_have_all_of_its_parts_and_no_other(
    customer: set[str], fault: set[str]
) -> None:
    assert _variant(fault).covers(_variant(customer)) is (fault <= customer)


@given(customer=PARTS.filter(bool), fault=PARTS)
def test_a_variant_falls_with_a_fault_of_any_of_its_parts_together_and_with_no_other(
    customer: set[str], fault: set[str]
) -> None:
    text = (
        "services: [{name: a.test, capabilities: [{id: use, "
        f"declares: [{{need: edge, any_of: ['{_variant(customer)}']}}]}}]}}]"
    )
    graph = _graph(model_from_texts([("m", text)]), str(_variant(fault)))
    answer = what_if(graph, [str(_variant(fault))], 3600.0)
    falls = State.DOWN if fault <= customer else State.UP
    assert (answer.states["a.test/use"], answer.worst["a.test/use"]) == (falls, falls)


@given(fault=PARTS.filter(bool))
def test_who_is_not_known_to_have_a_variant_falls_possibly_with_any(fault: set[str]) -> None:
    answer = what_if(_graph(MODEL, str(_variant(fault))), [str(_variant(fault))], 3600.0)
    assert answer.states["silent.test/use"] is State.UP
    assert answer.worst["silent.test/use"] is State.DOWN


def _paper(tags: str, *, known_since: str = "") -> Model:
    """Paper's page loads a script of tags.test, of which tags' owner says what it stands on."""
    since = f", known_since: {known_since}" if known_since else ""
    text = f"""
services:
  - name: paper.test
    capabilities: [{{id: read, journey: [{{url: "https://paper.test/"}}]}}]
  - name: tags.test
    capabilities:
      - id: serve
        journey: [{{url: "https://tags.test/"}}]
        declares: [{{need: edge, any_of: ["{tags}"]{since}}}]
"""
    return model_from_texts([("m", text)])


def _paper_states(
    model: Model, *, addresses: tuple[str, ...] = ("tags.test",), as_of: date | None = None
) -> tuple[State, State]:
    """What is certain of paper and what is possible when hill/cdn#bots fails."""
    resource = {"element": "script", "host": "tags.test", "third_party": True, "strength": "hard"}
    page = Seen({"resources": [resource]})
    records = [("p", Evidence("https://paper.test/", "page.resources", page, 0.0, "here"))]
    for number, host in enumerate(addresses):
        seen = Seen({"addresses": [f"198.18.1.{number}"], "ttl": 0})
        records.append((f"a{number}", Evidence(host, "dns.a", seen, 0.0, "here")))
    fault = Scope.parse("hill/cdn#bots")
    graph = build_graph(records, CATALOG, model, as_of=as_of, scopes=[fault])
    answer = what_if(graph, [str(fault)], 3600.0)
    return answer.states["paper.test/read"], answer.worst["paper.test/read"]


def test_a_page_is_settled_by_what_the_owner_of_its_script_declares() -> None:
    assert _paper_states(_paper("hill/cdn#plain")) == (State.UP, State.UP)
    assert _paper_states(_paper("hill/cdn#bots")) == (State.DOWN, State.DOWN)


def test_a_page_is_not_settled_where_the_owner_of_its_script_names_the_product_only() -> None:
    assert _paper_states(_paper("hill/cdn")) == (State.UP, State.DOWN)


def test_a_page_is_not_settled_where_one_way_to_the_product_passes_nobody_who_said_more() -> None:
    both = ("tags.test", "paper.test")
    assert _paper_states(_paper("hill/cdn#plain"), addresses=both) == (State.UP, State.DOWN)


def test_what_the_owner_of_a_script_said_later_settles_nothing_before() -> None:
    model = _paper("hill/cdn#plain", known_since="2025-06-12")
    assert _paper_states(model, as_of=date(2025, 6, 11)) == (State.UP, State.DOWN)
    assert _paper_states(model, as_of=date(2025, 6, 12)) == (State.UP, State.UP)


def test_a_provider_that_leans_on_another_takes_its_own_customers_along_for_certain() -> None:
    text = """
services:
  - {name: a.test, capabilities: [{id: use, declares: [{need: store, any_of: [hill/kv/north]}]}]}
components:
  - {id: hill/kv, recovery_lag: 10m, declares: [{need: core, any_of: [dale/rooms]}]}
"""
    answer = what_if(_graph(model_from_texts([("m", text)])), ["dale/rooms"], 3600.0)
    fate = next(fate for fate in answer.capabilities if fate.node == "a.test/use")
    assert (fate.state, fate.back_at) == (State.DOWN, 4200)
    assert [link.node for link in fate.chain][-2:] == ["hill/kv", "dale/rooms"]


def test_a_zone_may_be_theirs_who_name_a_plane_of_its_region() -> None:
    text = """
services:
  - {name: a.test, capabilities: [{id: use, declares: [{need: rooms, any_of: ["hill/vm/n#data"]}]}]}
"""
    graph = _graph(model_from_texts([("m", text)]), "hill/vm/n/a", "hill/vm/n#control")
    assert what_if(graph, ["hill/vm/n/a"], 3600.0).worst["a.test/use"] is State.DOWN
    assert what_if(graph, ["hill/vm/n#control"], 3600.0).worst["a.test/use"] is State.UP


def test_what_an_owner_says_of_his_own_edge_settles_nothing_of_anothers_host() -> None:
    text = """
services:
  - name: plain.test
    capabilities:
      - id: use
        journey: [{url: "https://plain.test/"}, {url: "https://silent.test/tag"}]
        declares: [{need: edge, any_of: ["hill/cdn#plain"]}]
"""
    graph = _graph(model_from_texts([("m", text)]), "hill/cdn#bots")
    answer = what_if(graph, ["hill/cdn#bots"], 3600.0)
    assert answer.worst["plain.test/use"] is State.DOWN


def test_what_is_declared_of_a_private_part_settles_too() -> None:
    text = """
services:
  - name: plain.test
    capabilities:
      - id: use
        journey: [{url: "https://plain.test/"}]
        declares: [{need: rooms, any_of: [rooms]}]
components: [{id: rooms, declares: [{need: edge, any_of: ["hill/cdn#plain"]}]}]
"""
    graph = _graph(model_from_texts([("m", text)]), "hill/cdn#bots")
    assert what_if(graph, ["hill/cdn#bots"], 3600.0).worst["plain.test/use"] is State.UP


def test_who_declares_a_whole_provider_falls_possibly_with_a_part_whatever_was_seen() -> None:
    text = """
services:
  - {name: plain.test, capabilities: [{id: use, declares: [{need: rooms, any_of: [hill]}]}]}
"""
    graph = _graph(model_from_texts([("m", text)]), "hill/dns")
    answer = what_if(graph, ["hill/dns"], 3600.0)
    assert answer.states["plain.test/use"] is State.UP
    assert answer.worst["plain.test/use"] is State.DOWN


def test_a_scope_of_many_parts_is_compared_at_once() -> None:
    many = Scope("hill", "cdn", variant="+".join("abcdefghijklmnopqrst"))
    assert not Scope("dale").covers(many)
    assert Scope("hill").covers(many)
