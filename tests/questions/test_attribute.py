"""Who is at fault: probes, marks and graph, to provider and product, never finer than they say."""

from collections.abc import Mapping
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Model, model_from_texts
from downwind.questions.attribute import Attribution, attribute
from downwind.questions.suspects import Suspects
from downwind.terms import Evidence, Scope, Seen

CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill
products: [{id: cdn, role: edge, name: CDN}, {id: dns, role: dns, name: DNS}]
signatures:
  - {id: hill-own, status: [500], body: hill, says: edge, product: cdn, weight: 0.9,
     source: test, last_confirmed: 2026-01-01}
  - {id: hill-origin, status: [522], body: hill, says: origin, product: cdn, weight: 0.9,
     source: test, last_confirmed: 2026-01-01}
""",
        "{id: dale, name: Dale, products: [{id: cdn, role: edge, name: CDN}]}",
    ]
)


def _model(**edges: str) -> Model:
    services = "".join(
        f"""
  - name: {name}.test
    capabilities:
      - {{id: use, declares: [{{need: edge, any_of: ["{edge}"]}}]}}
      - {{id: talk, declares: [{{need: edge, any_of: ["{edge}"]}}]}}
"""
        for name, edge in edges.items()
    )
    return model_from_texts([("m", f"services:{services}")])


def _zones(graph_records: Mapping[str, str]) -> list[tuple[str, Evidence]]:
    records = []
    for host, server in graph_records.items():
        zone = {
            "parent": None,
            "ttl": 0,
            "name_servers": [{"host": server, "in_bailiwick": False, "glue": None}],
        }
        records.append((f"z{host}", Evidence(host, "dns.zone", Seen(zone), 0.0, "here")))
        of = Seen({"zone": host})
        records.append((f"o{host}", Evidence(host, "dns.zone_of", of, 0.0, "here")))
    return records


def _probe(
    capability: str, *, ok: bool, status: int = 500, body: str = "", layer: str = "http"
) -> Evidence:
    answered = layer in ("http", "expect")
    step: dict[str, Any] = {
        "ok": ok,
        "host": capability.partition("/")[0],
        "layer": None if ok else layer,
        "status": 200 if ok else (status if answered else None),
        "headers": {},
        "body": body,
        "passed": ["dns", "dial", "tls"] if ok or answered else [],
    }
    value = {"ok": ok, "state": "up" if ok else "down", "steps": [step]}
    return Evidence(capability, "probe.journey", Seen(value), 0.0, "here")


def _ask(
    model: Model,
    probes: list[Evidence],
    rounds: int = 3,
    graph: Graph | None = None,
) -> Attribution:
    graph = graph or build_graph([], CATALOG, model)
    return attribute(graph, Suspects.of(graph, 7200.0), CATALOG, [probes] * rounds)


def _all(model: Model, failing: set[str], **how: Any) -> list[Evidence]:
    return [
        _probe(key, ok=key.partition(".")[0] not in failing, **how)
        for key, _, _ in model.capabilities()
    ]


def test_when_nothing_fails_nobody_is_blamed() -> None:
    model = _model(a="hill/cdn", b="dale/cdn")
    assert _ask(model, _all(model, set())).verdict == "quiet"


def test_the_provider_that_all_who_fail_share_is_named() -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="hill/cdn", d="dale/cdn", e="dale/cdn")
    verdict = _ask(model, _all(model, {"a", "b", "c"}))
    assert verdict.verdict == "provider"
    assert verdict.scope is not None
    assert verdict.scope.provider == "hill"
    assert set(verdict.explains) == {f"{n}.test/{c}" for n in "abc" for c in ("use", "talk")}


def test_the_error_page_names_the_product_where_one_service_alone_fails() -> None:
    model = _model(a="hill/cdn", b="dale/cdn", c="dale/cdn")
    verdict = _ask(model, _all(model, {"a"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn")
    assert verdict.verdict in ("provider", "suspected")


def test_a_service_that_fails_alone_without_a_mark_is_thought_to_fail_by_itself() -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="hill/cdn")
    verdict = _ask(model, _all(model, {"a"}))
    assert (verdict.verdict, verdict.suspect) == ("own", "a.test")


def test_a_page_that_says_origin_is_held_against_the_origin_not_the_edge() -> None:
    model = _model(a="hill/cdn", b="dale/cdn")
    verdict = _ask(model, _all(model, {"a"}, status=522, body="hill"))
    assert (verdict.verdict, verdict.suspect) == ("own", "a.test")


def test_healthy_dns_of_the_same_provider_narrows_the_blame_to_the_product() -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="dale/cdn")
    catalog = Catalog.from_texts(
        [
            """
id: hill
name: Hill
products: [{id: cdn, role: edge, name: CDN}, {id: dns, role: dns, name: DNS}]
facts: [{kind: ns, suffix: ns.hill.test, product: dns, source: t, last_confirmed: 2026-01-01}]
"""
        ]
    )
    records = _zones({"a.test": "one.ns.hill.test", "b.test": "one.ns.hill.test"})
    # A name of the host's own, so that the graph knows whose zone it lives in.
    graph = build_graph(records, catalog, model)
    verdict = _ask(model, _all(model, {"a", "b"}), graph=graph)
    assert verdict.scope == Scope("hill", "cdn")
    assert "name:a.test" not in verdict.contradicts


def test_a_part_is_named_only_where_a_healthy_customer_of_the_rest_separates_it() -> None:
    together = _model(a="hill/cdn#bots", b="hill/cdn#bots", c="dale/cdn")
    apart = _model(a="hill/cdn#bots", b="hill/cdn#bots", c="hill/cdn")
    page = {"body": "hill: Internal server error"}
    coarse = _ask(together, _all(together, {"a", "b"}, **page))
    fine = _ask(apart, _all(apart, {"a", "b"}, **page))
    assert coarse.scope == Scope("hill", "cdn")
    assert fine.scope == Scope("hill", "cdn", variant="bots")


def test_a_part_is_named_where_it_is_ten_times_as_likely_as_the_rest_of_the_product() -> None:
    """Ten times is SEPARATES: healthy customers of the rest raise the odds until it is reached."""
    page = {"body": "hill: Internal server error"}
    named = []
    for healthy in range(3):
        edges = {"a": "hill/cdn#bots", "b": "hill/cdn#bots", "c": "dale/cdn"}
        edges |= {f"h{n}": "hill/cdn" for n in range(healthy)}
        model = _model(**edges)
        named.append(_ask(model, _all(model, {"a", "b"}, **page)).scope)
    assert named[0] == Scope("hill", "cdn")
    assert named[-1] == Scope("hill", "cdn", variant="bots")
    finer = [scope is not None and scope.variant is not None for scope in named]
    assert finer == sorted(finer)


def test_a_region_is_named_where_another_region_of_the_product_holds() -> None:
    model = _model(
        a="hill/cdn/north", b="hill/cdn/north", c="hill/cdn/south", d="hill/cdn/south", e="dale/cdn"
    )
    verdict = _ask(model, _all(model, {"a", "b"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn", "north")
    assert verdict.contradicts == ()


DIAMOND = ("hill/cdn#a", "hill/cdn#a+b", "hill/cdn#b")


def test_parts_that_the_same_customers_have_are_not_told_apart_and_named_together() -> None:
    model = _model(x="hill/cdn#a+b", y="hill/cdn#a+b", v="hill/cdn", w="hill/cdn", u="dale/cdn")
    verdict = _ask(model, _all(model, {"x", "y"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn")
    assert verdict.suspect in DIAMOND
    assert {verdict.suspect, *verdict.same} == set(DIAMOND)


def test_what_contradicts_is_told_of_the_part_under_suspicion_not_of_the_whole_product() -> None:
    """v and w hold, and are no customers of any part that could have done it."""
    model = _model(x="hill/cdn#a+b", y="hill/cdn#a+b", v="hill/cdn", w="hill/cdn", u="dale/cdn")
    verdict = _ask(model, _all(model, {"x", "y"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn")
    assert verdict.contradicts == ()


def test_a_customer_of_the_blamed_part_who_holds_contradicts_it() -> None:
    model = _model(**dict.fromkeys("abcd", "hill/cdn#bots"), h="hill/cdn", i="hill/cdn")
    verdict = _ask(model, _all(model, {"a", "b", "c"}, body="hill: Internal server error"))
    assert verdict.suspect == "hill/cdn#bots"
    assert verdict.contradicts == ("d.test/talk", "d.test/use")


def test_healthy_customers_of_one_part_leave_the_other_to_be_named() -> None:
    edges = {"x": "hill/cdn#a+b", "y": "hill/cdn#a+b", "v": "hill/cdn#a", "w": "hill/cdn#a"}
    model = _model(**edges, u="dale/cdn", t="hill/cdn#b", s="hill/cdn#b")
    verdict = _ask(model, _all(model, {"x", "y", "t", "s"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn", variant="b")
    assert set(verdict.explains) == {f"{n}.test/{c}" for n in "xyts" for c in ("use", "talk")}


def test_two_faults_at_once_are_both_found_and_the_marks_are_not_paid_twice() -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="dale/cdn", d="dale/cdn", e="hill/dns")
    verdict = _ask(model, _all(model, {"a", "b"}, body="hill: Internal server error"))
    assert verdict.scope == Scope("hill", "cdn")
    assert [name for name, _ in verdict.rivals] == []


def test_names_that_do_not_resolve_and_share_nothing_else_speak_for_the_dns_host() -> None:
    model = _model(a="hill/cdn", b="dale/cdn", c="dale/cdn")
    catalog = Catalog.from_texts(
        [
            """
id: hill
name: Hill
products: [{id: cdn, role: edge, name: CDN}, {id: dns, role: dns, name: DNS}]
facts: [{kind: ns, suffix: ns.hill.test, product: dns, source: t, last_confirmed: 2026-01-01}]
"""
        ]
    )
    visits = model_from_texts(
        [
            (
                "m",
                "services:"
                + "".join(
                    f"\n  - {{name: {n}.test, capabilities: [{{id: use, "
                    f"journey: [{{url: 'https://{n}.test/'}}]}}]}}"
                    for n in "abc"
                ),
            )
        ]
    )
    records = _zones({"a.test": "x.ns.hill.test", "b.test": "x.ns.hill.test", "c.test": "ns.c"})
    graph = build_graph(records, catalog, visits)
    probes = [
        _probe("a.test/use", ok=False, layer="dns"),
        _probe("b.test/use", ok=False, layer="dns"),
        _probe("c.test/use", ok=True),
    ]
    verdict = _ask(model, probes, graph=graph)
    assert verdict.scope is not None
    assert verdict.scope.provider == "hill"


def test_all_failing_to_connect_at_once_is_this_vantage_or_unknown_never_one_provider() -> None:
    model = _model(a="hill/cdn", b="dale/cdn", c="hill/dns")
    verdict = _ask(model, _all(model, {"a", "b", "c"}, layer="dial"))
    assert verdict.verdict in ("vantage", "unknown")


def test_the_order_of_the_probes_does_not_matter() -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="dale/cdn")
    probes = _all(model, {"a", "b"})
    assert _ask(model, probes) == _ask(model, probes[::-1])


@pytest.mark.parametrize("good", [1, 2])
def test_a_fault_that_comes_and_goes_is_still_named(good: int) -> None:
    model = _model(a="hill/cdn", b="hill/cdn", c="hill/cdn", d="dale/cdn")
    graph = build_graph([], CATALOG, model)
    page = {"body": "hill: Internal server error"}
    bad, fine = _all(model, {"a", "b", "c"}, **page), _all(model, set())
    rounds = [fine] * good + [bad, fine, bad, bad]
    verdict = attribute(graph, Suspects.of(graph, 7200.0), CATALOG, rounds)
    assert verdict.scope is not None
    assert verdict.scope.provider == "hill"


def test_a_private_part_that_services_share_is_no_provider() -> None:
    services = "".join(
        f"\n  - {{name: {n}.test, capabilities: [{{id: use, declares: "
        f"[{{need: rooms, any_of: [{on}]}}]}}]}}"
        for n, on in {"a": "rooms", "b": "rooms", "c": "dale/cdn"}.items()
    )
    model = model_from_texts([("m", f"services:{services}\ncomponents: [{{id: rooms}}]")])
    verdict = _ask(model, _all(model, {"a", "b"}))
    assert verdict.scope is None
