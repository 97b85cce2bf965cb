"""A registration is a hard need of its zone until it ends; what the registry hides is unknown."""

import math

import pytest

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.model import Model
from downwind.terms import Absent, Evidence, Seen

from .seen import falls, graph_of, needs, targets, unknown

VALUE = {
    "registrar": "Names",
    "registrar_id": "292",
    "expires": 1000.0 + 10 * 86400,
    "registered": None,
    "changed": None,
    "status": [],
    "name_servers": [],
    "problems": [],
    "registry": "rdap.nic.test",
}


def test_a_zone_stands_on_registrar_and_registry_until_the_registration_ends() -> None:
    graph = graph_of(("rdap.domain", "x.test", VALUE))
    assert targets(graph, "zone:x.test", "registration") == ["registration:x.test"]
    assert falls(graph, ["registrar:292"], "zone:x.test") == 10 * 86400
    assert falls(graph, ["registry:test"], "zone:x.test") == 10 * 86400
    assert needs(graph, "registration:x.test")["registrar"].why == (
        "its registrar is Names (IANA 292)"
    )


def test_names_of_one_registrar_share_it_and_unknown_ones_share_nothing() -> None:
    other = {**VALUE, "registrar": "", "registrar_id": ""}
    graph = graph_of(
        ("rdap.domain", "x.test", VALUE),
        ("rdap.domain", "y.test", VALUE),
        ("rdap.domain", "z.test", other),
    )
    assert falls(graph, ["registrar:292"], "zone:y.test") < math.inf
    assert falls(graph, ["registrar:292"], "zone:z.test") == math.inf


def test_without_an_end_nothing_is_claimed() -> None:
    graph = graph_of(("rdap.domain", "x.test", {**VALUE, "expires": None}))
    assert "zone:x.test" not in graph.nodes
    assert unknown(graph, "registration.expires")
    assert graph_of(("rdap.domain", "x.test", Absent("404"))).nodes == {}


REGISTRARS = Catalog.from_texts(
    [
        "{id: daddy, name: Daddy, owner: 'Daddy.com, LLC',"
        " products: [{id: names, role: registrar, name: Domains}]}",
        "{id: one, name: One Inc., owner: Both, products: [{id: r, role: registrar, name: R}]}",
        "{id: two, name: Two, owner: Both, products: [{id: r, role: registrar, name: R}]}",
        "{id: dnsco, name: DNS Co, owner: DNS Co, products: [{id: dns, role: dns, name: DNS}]}",
    ]
)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("Daddy.com, LLC", "daddy/names?"),
        ("DADDY", "daddy/names?"),
        ("One", "one/r?"),
        ("Both Ltd", None),
        ("DNS Co", None),
        ("Inc.", None),
        ("\x1b[31m", None),
    ],
)
def test_a_registrar_is_known_by_its_name_if_no_other_goes_by_it(
    name: str, scope: str | None
) -> None:
    value = {**VALUE, "registrar": name}
    record = Evidence("x.test", "rdap.domain", Seen(value), 1000.0, "here")
    graph = build_graph([("a", record)], REGISTRARS, Model())
    found = [a.node for need in graph.nodes["registrar:292"].needs for a in need.alternatives]
    assert found == ([scope] if scope else [])
