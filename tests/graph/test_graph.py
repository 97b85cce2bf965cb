"""Evidence and declarations become needs, each with the reason for which it is there."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Model, model_from_texts
from downwind.solve.compile import compile_graph
from downwind.solve.propagate import propagate
from downwind.terms import (
    Absent,
    Alternative,
    Evidence,
    Finding,
    ModelError,
    Scope,
    Seen,
    Standing,
    Unanswered,
)

CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill
products: [{id: dns, role: dns, name: DNS}, {id: cdn, role: edge, name: CDN}]
facts:
  - {kind: ns, suffix: ns.hill.test, product: dns, source: test, last_confirmed: 2026-01-01}
  - {kind: prefix, prefix: 198.18.1.0/24, product: cdn, source: test, last_confirmed: 2026-01-01}
  - {kind: header, name: x-hill, product: cdn, source: test, last_confirmed: 2026-01-01}
"""
    ]
)
EMPTY = Model()


def _records(*seen: tuple[str, str, Mapping[str, Any] | Finding]) -> list[tuple[str, Evidence]]:
    records = []
    for number, (kind, subject, value) in enumerate(seen):
        finding = value if isinstance(value, Seen | Absent | Unanswered) else Seen(value)
        records.append((f"e{number}", Evidence(subject, kind, finding, 1000.0, "here")))
    return records


def _edges(graph: Graph) -> set[tuple[str, str, str]]:
    return {
        (node.id, need.name, alternative.node)
        for node in graph.nodes.values()
        for need in node.needs
        for alternative in need.alternatives
    }


ZONE = {
    "parent": "test",
    "ttl": 3600,
    "signed": False,
    "name_servers": [
        {"host": "a.ns.hill.test", "in_bailiwick": False, "glue": None},
        {"host": "ns.shop.test", "in_bailiwick": True, "glue": ["198.18.1.53"]},
    ],
}


def test_a_host_needs_its_zone_its_addresses_and_their_networks() -> None:
    graph = build_graph(
        _records(
            ("dns.zone_of", "shop.test", {"zone": "shop.test"}),
            ("dns.a", "shop.test", {"addresses": ["198.18.1.9"], "ttl": 60}),
        ),
        CATALOG,
        EMPTY,
    )
    assert {
        ("host:shop.test", "dns", "zone:shop.test"),
        ("host:shop.test", "address", "address:198.18.1.9"),
        ("address:198.18.1.9", "network", "hill/cdn?"),
        ("hill/cdn?", "whole", "hill/cdn"),
        ("hill/cdn", "part of hill", "hill"),
    } <= _edges(graph)
    dns = graph.nodes["host:shop.test"].needs[0]
    assert dns.grace == 60
    assert dns.evidence == ("e0",)


def test_glue_grounds_a_server_inside_its_zone_and_a_name_outside_must_resolve_first() -> None:
    graph = build_graph(_records(("dns.zone", "shop.test", ZONE)), CATALOG, EMPTY)
    assert {
        ("zone:shop.test", "name servers", "server:a.ns.hill.test by name"),
        ("zone:shop.test", "name servers", "server:ns.shop.test"),
        ("server:a.ns.hill.test by name", "its name", "host:a.ns.hill.test"),
        ("server:a.ns.hill.test by name", "dns hosting", "hill/dns?"),
        ("server:ns.shop.test", "address", "address:198.18.1.53"),
    } <= _edges(graph)


def test_glue_grounds_a_server_whatever_other_zones_it_serves() -> None:
    def served_by(inside: bool) -> Mapping[str, Any]:
        glue = ["198.18.1.53"] if inside else None
        server = {"host": "ns.hill.test", "in_bailiwick": inside, "glue": glue}
        return {"parent": None, "ttl": 0, "name_servers": [server]}

    graph = build_graph(
        _records(
            ("dns.zone", "a.test", served_by(False)),
            ("dns.zone", "hill.test", served_by(True)),
            ("dns.zone_of", "ns.hill.test", {"zone": "hill.test"}),
            ("dns.a", "ns.hill.test", {"addresses": ["198.18.1.53"], "ttl": 60}),
        ),
        CATALOG,
        EMPTY,
    )
    compiled = compile_graph(graph)
    fallout = propagate(compiled.arrays, [], 3600.0)
    assert [compiled.ids[i] for i in fallout.ungrounded] == []


def test_zones_whose_servers_need_each_other_are_told_as_a_defect() -> None:
    def served_by(host: str) -> Mapping[str, Any]:
        server = {"host": host, "in_bailiwick": False, "glue": None}
        return {"parent": None, "ttl": 0, "name_servers": [server]}

    graph = build_graph(
        _records(
            ("dns.zone", "a.test", served_by("ns.b.test")),
            ("dns.zone", "b.test", served_by("ns.a.test")),
            ("dns.zone_of", "ns.a.test", {"zone": "a.test"}),
            ("dns.zone_of", "ns.b.test", {"zone": "b.test"}),
        ),
        CATALOG,
        EMPTY,
    )
    compiled = compile_graph(graph)
    fallout = propagate(compiled.arrays, [], 3600.0)
    assert {"zone:a.test", "zone:b.test"} <= {compiled.ids[i] for i in fallout.ungrounded}


def test_a_name_that_does_not_exist_has_no_needs() -> None:
    graph = build_graph(
        _records(
            ("dns.a", "nobody.test", Absent("NXDOMAIN")),
            ("dns.zone_of", "nobody.test", {"zone": "test"}),
        ),
        CATALOG,
        EMPTY,
    )
    assert "host:nobody.test" not in graph.nodes


def test_a_lame_server_is_no_alternative_and_is_told() -> None:
    lame = {"address": "198.18.1.53", "authoritative": False, "rcode": "REFUSED", "lame": True}
    graph = build_graph(
        _records(("dns.zone", "shop.test", ZONE), ("dns.server", "shop.test@ns.shop.test", lame)),
        CATALOG,
        EMPTY,
    )
    servers = next(n for n in graph.nodes["zone:shop.test"].needs if n.name == "name servers")
    assert [a.node for a in servers.alternatives] == ["server:a.ns.hill.test by name"]
    assert any("lame" in unknown.reason for unknown in graph.unknowns)


def test_a_certificate_is_a_hard_need_until_it_ends_and_revocation_a_soft_one() -> None:
    certificate = {
        "issuer_organization": "Nobody",
        "issuer_name": "Nobody CA",
        "not_after": 1000.0 + 86400,
        "ocsp": ["http://ocsp.nobody.test/"],
        "crl": [],
    }
    graph = build_graph(_records(("tls.certificate", "shop.test", certificate)), CATALOG, EMPTY)
    needs = {need.name: need for need in graph.nodes["host:shop.test"].needs}
    assert needs["certificate"].grace == 86400
    assert needs["certificate"].alternatives[0].node == "issuer:Nobody"
    assert needs["revocation at ocsp.nobody.test"].strength == "soft"


def test_what_could_not_be_looked_at_is_unknown_with_its_reason_never_absent() -> None:
    graph = build_graph(
        _records(
            ("dns.a", "shop.test", Unanswered("SERVFAIL from every resolver")),
            ("dns.aaaa", "shop.test", Absent("NODATA")),
        ),
        CATALOG,
        EMPTY,
    )
    assert [(u.subject, u.kind, u.reason) for u in graph.unknowns] == [
        ("shop.test", "dns.a", "SERVFAIL from every resolver")
    ]


def test_the_order_of_the_evidence_does_not_matter_and_the_latest_wins() -> None:
    old = Evidence("shop.test", "dns.a", Seen({"addresses": ["198.18.1.1"], "ttl": 1}), 1.0, "here")
    new = Evidence("shop.test", "dns.a", Seen({"addresses": ["198.18.1.2"], "ttl": 1}), 2.0, "here")
    one = build_graph([("a", old), ("b", new)], CATALOG, EMPTY)
    other = build_graph([("b", new), ("a", old)], CATALOG, EMPTY)
    assert _edges(one) == _edges(other)
    assert ("host:shop.test", "address", "address:198.18.1.2") in _edges(one)
    assert "address:198.18.1.1" not in one.nodes


MODEL = model_from_texts(
    [
        (
            "model.yaml",
            """
services:
  - name: shop.test
    capabilities:
      - id: order
        journey: [{url: "https://shop.test/"}, {url: "https://img.test/a.png", strength: soft}]
        declares:
          - {need: database, any_of: [hill/db/north], known_since: 2025-06-12, source: "its owner"}
          - {need: origin, any_of: [shop-rooms]}
components: [{id: shop-rooms, recovery_lag: 10m}]
""",
        )
    ]
)


def test_a_capability_needs_the_hosts_of_its_journey_and_what_its_owner_declares() -> None:
    graph = build_graph([], CATALOG, MODEL)
    needs = {need.name: need for need in graph.nodes["shop.test/order"].needs}
    assert needs["journey to shop.test"].strength == "hard"
    assert needs["journey to img.test"].strength == "soft"
    assert needs["database"].standing == "declared"
    assert needs["database"].why == "declared by the owner: its owner"
    assert graph.nodes["shop-rooms"].recovery_lag == 600


def test_what_was_not_yet_known_on_a_day_is_left_out() -> None:
    graph = build_graph([], CATALOG, MODEL, as_of=date(2025, 6, 11))
    assert "database" not in {need.name for need in graph.nodes["shop.test/order"].needs}


def test_without_declarations_only_the_journey_is_left() -> None:
    graph = build_graph([], CATALOG, MODEL, declared=False)
    assert [n.name for n in graph.nodes["shop.test/order"].needs] == [
        "journey to shop.test",
        "journey to img.test",
    ]


def test_a_region_falls_with_its_product_and_across_products() -> None:
    graph = build_graph([], CATALOG, EMPTY, scopes=[Scope.parse("aws/dynamodb/us-east-1")])
    assert {
        ("aws/dynamodb/us-east-1", "part of aws/dynamodb", "aws/dynamodb"),
        ("aws/dynamodb/us-east-1", "part of aws/*/us-east-1", "aws/*/us-east-1"),
        ("aws/*/us-east-1", "part of aws", "aws"),
    } <= _edges(graph)


def test_a_declaration_of_nothing_known_names_the_place() -> None:
    wrong = model_from_texts(
        [
            (
                "m",
                "services: [{name: a.test, capabilities: [{id: use, declares: "
                "[{need: n, any_of: ['No Such/Thing']}]}]}]",
            )
        ]
    )
    with pytest.raises(ModelError, match=r"declared needs of a.test/use: 'No Such/Thing' is no"):
        build_graph([], CATALOG, wrong)


LEANING = model_from_texts(
    [
        (
            "m",
            """
services:
  - {name: a.test, capabilities: [{id: use, declares: [{need: store, any_of: [hill/kv/north]}]}]}
components:
  - id: hill/kv
    recovery_lag: 10m
    declares: [{need: core, any_of: [dale/rooms], known_since: 2025-06-12, source: its report}]
""",
        )
    ]
)


def test_a_component_whose_id_is_a_scope_speaks_for_the_node_of_that_scope() -> None:
    node = build_graph([], CATALOG, LEANING).nodes["hill/kv"]
    assert (node.kind, node.recovery_lag) == ("product", 600)
    needs = {need.name: need for need in node.needs}
    assert set(needs) == {"part of hill", "core"}
    assert needs["core"].alternatives == (Alternative("dale/rooms?"),)
    assert needs["core"].standing is Standing.DECLARED


def test_who_stands_on_a_part_of_such_a_scope_falls_with_what_the_scope_needs() -> None:
    compiled = compile_graph(build_graph([], CATALOG, LEANING))
    fallout = propagate(compiled.arrays, [compiled.number["dale/rooms"]], 3600.0)
    customer = compiled.number["a.test/use"]
    assert fallout.down_at[customer] == 0
    assert fallout.back_at[customer] == 3600 + 600


def test_what_a_scope_needs_is_left_out_before_it_was_known_and_its_lag_is_not() -> None:
    node = build_graph([], CATALOG, LEANING, as_of=date(2025, 6, 11)).nodes["hill/kv"]
    assert [need.name for need in node.needs] == ["part of hill"]
    assert node.recovery_lag == 600


def test_a_scope_that_was_seen_before_it_is_declared_is_one_node() -> None:
    seen = _records(("dns.a", "a.test", {"addresses": ["198.18.1.9"], "ttl": 0}))
    component = model_from_texts([("m", "components: [{id: hill/cdn, recovery_lag: 1m}]")])
    graph = build_graph(seen, CATALOG, component)
    assert graph.nodes["hill/cdn"].recovery_lag == 60
    assert ("hill/cdn?", "whole", "hill/cdn") in _edges(graph)
