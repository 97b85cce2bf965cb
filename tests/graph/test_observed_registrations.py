"""A registration is a hard need of its zone until it ends; what the registry hides is unknown."""

import math

from downwind.terms import Absent

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
