"""Hosts become needs: edge and origin told apart, addresses as separate as they really are."""

import math

import pytest

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.model import Model
from downwind.terms import Evidence, Seen, Unanswered

from .seen import CATALOG, Told, falls, graph_of, needs, targets, unknown, zone

CERTIFICATE: Told = (
    "tls.certificate",
    "x.test",
    {
        "issuer_organization": "Nobody",
        "issuer_name": "Nobody CA",
        "not_after": 1000.0 + 86400,
        "names": ["x.test"],
        "ocsp": ["http://ocsp.nobody.test/"],
        "crl": [],
        "stapled": None,
        "stapled_reason": "it cannot be seen",
    },
)


def _page(**headers: str) -> Told:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ("http.page", "https://x.test/", {"final_url": "https://x.test/", "headers": named})


def _at(*addresses: str, host: str = "x.test") -> Told:
    return ("dns.a", host, {"addresses": list(addresses), "ttl": 60})


@pytest.mark.parametrize(
    "edge",
    [
        ("dns.cname", "x.test", {"target": "x.edge.hill.test", "ttl": 60}),
        _page(x_hill="1"),
        _at("198.18.1.9"),
    ],
)
def test_behind_an_edge_the_origin_is_unknown_with_its_reason(edge: Told) -> None:
    graph = graph_of(CERTIFICATE, edge)
    assert unknown(graph, "origin") == [("x.test", "not visible behind the edge hill/cdn")]


def test_a_mark_of_the_origin_behind_the_edge_tells_it() -> None:
    graph = graph_of(CERTIFICATE, _page(x_hill="1", x_box="7"))
    assert targets(graph, "host:x.test", "edge") == ["hill/cdn?"]
    assert targets(graph, "host:x.test", "hosting") == ["hill/boxes?"]
    assert unknown(graph, "origin") == []


def test_without_an_edge_nothing_is_behind_it() -> None:
    assert unknown(graph_of(CERTIFICATE, _at("203.0.113.9")), "origin") == []


def test_a_cookie_is_a_mark_too_and_what_carries_no_request_is_soft() -> None:
    page = {"final_url": "https://x.test/", "headers": {}, "cookies": ["_dale", "_hill"]}
    graph = graph_of(("http.page", "https://x.test/", page))
    assert "host:x.test" not in graph.nodes
    graph = graph_of(CERTIFICATE, ("http.page", "https://x.test/", page))
    found = needs(graph, "host:x.test")
    assert (found["edge"].strength, found["edge"].alternatives[0].node) == ("hard", "hill/cdn?")
    assert (found["payments"].strength, found["payments"].alternatives[0].node) == (
        "soft",
        "dale/pay?",
    )


def test_whoever_an_alias_leads_to_answers_for_the_host_whatever_it_is_for() -> None:
    graph = graph_of(("dns.cname", "status.x.test", {"target": "x.pay.dale.test", "ttl": 60}))
    need = needs(graph, "host:status.x.test")["hosting"]
    assert (need.strength, need.alternatives[0].node) == ("hard", "dale/pay?")


def test_a_mark_on_a_page_that_led_elsewhere_says_nothing_of_this_host() -> None:
    page = {"final_url": "https://y.test/", "headers": {"x-hill": "1"}}
    graph = graph_of(CERTIFICATE, ("http.page", "https://x.test/", page))
    assert "edge" not in needs(graph, "host:x.test")


def test_an_edge_is_known_by_prefix_where_every_address_leads_to_it() -> None:
    assert targets(graph_of(_at("198.18.1.9", "198.18.1.10")), "host:x.test", "edge") == [
        "hill/cdn?"
    ]
    assert "edge" not in needs(graph_of(_at("198.18.1.9", "203.0.113.9")), "host:x.test")


def test_addresses_of_one_known_provider_are_one() -> None:
    graph = graph_of(_at("198.18.1.9", "198.18.1.200"))
    assert len(targets(graph, "host:x.test", "address")) == 2
    assert falls(graph, ["hill/cdn"], "host:x.test") == 0


def test_addresses_of_nobody_known_are_one_within_a_route_and_two_across_routes() -> None:
    same = graph_of(_at("203.0.113.9", "203.0.113.200"))
    other = graph_of(_at("203.0.113.9", "203.0.114.9"))
    assert targets(same, "address:203.0.113.9", "route") == ["route:203.0.113.0/24"]
    assert falls(same, ["route:203.0.113.0/24"], "host:x.test") == 0
    assert falls(other, ["route:203.0.113.0/24"], "host:x.test") == math.inf
    assert ("203.0.113.9", "no prefix of the catalogue holds it") in unknown(
        same, "address.provider"
    )


def test_a_route_of_ipv6_is_a_48() -> None:
    graph = graph_of(("dns.aaaa", "x.test", {"addresses": ["2001:db8:1:2::1"], "ttl": 60}))
    assert targets(graph, "address:2001:db8:1:2::1", "route") == ["route:2001:db8:1::/48"]


def test_name_servers_of_one_provider_are_one_and_of_two_are_two() -> None:
    one = graph_of(("dns.zone", "x.test", zone("a.ns.hill.test", "b.ns.hill.test")))
    two = graph_of(("dns.zone", "x.test", zone("a.ns.hill.test", "a.ns.dale.test")))
    assert falls(one, ["hill/dns"], "zone:x.test") == 0
    assert falls(two, ["hill/dns"], "zone:x.test") == math.inf
    assert falls(two, ["hill/dns", "dale/dns"], "zone:x.test") == 0


def test_unknown_is_shared_by_nobody() -> None:
    graph = graph_of(
        ("dns.zone", "x.test", zone("ns.one.test", "ns.two.test")),
        _at("203.0.113.1", host="ns.one.test"),
        _at("203.0.114.1", host="ns.two.test"),
    )
    first = graph.reach("server:ns.one.test by name")
    second = graph.reach("server:ns.two.test by name")
    assert set(first) & set(second) == set()


def test_revocation_is_soft_and_its_provider_is_recognised() -> None:
    graph = graph_of(CERTIFICATE)
    need = needs(graph, "host:x.test")["revocation at ocsp.nobody.test"]
    assert need.strength == "soft"
    assert "browsers mostly go on without" in need.why
    assert unknown(graph, "tls.stapling") == [("x.test", "it cannot be seen")]


def test_a_certificate_that_asks_for_a_stapled_answer_says_so() -> None:
    kind, subject, value = CERTIFICATE
    assert isinstance(value, dict)
    graph = graph_of((kind, subject, {**value, "must_staple": True}))
    why = needs(graph, "host:x.test")["revocation at ocsp.nobody.test"].why
    assert "some clients insist on it" in why


def test_what_was_not_answered_is_unknown() -> None:
    graph = graph_of(("dns.txt", "x.test", Unanswered("SERVFAIL")))
    assert unknown(graph, "dns.txt") == [("x.test", "SERVFAIL")]


def test_who_is_known_to_carry_a_provider_is_suspected() -> None:
    catalog = Catalog.from_texts(
        [
            """
id: shop
name: Shop
products:
  - {id: pages, role: hosting, name: Pages, served_by: [{provider: hill, unconfirmed: true}]}
facts:
  - {kind: cname, suffix: pages.test, product: pages, source: t, last_confirmed: 2026-01-01}
""",
            "{id: hill, name: Hill, products: [{id: cdn, role: edge, name: CDN}]}",
        ]
    )
    alias = {"target": "x.pages.test", "ttl": 60}
    record = Evidence("x.test", "dns.cname", Seen(alias), 1.0, "here")
    graph = build_graph([("a", record)], catalog, Model())
    assert falls(graph, ["shop/pages"], "host:x.test") == 0
    need = needs(graph, "host:x.test")["hosting carrier"]
    assert (need.standing, need.alternatives[0].node) == ("suspected", "hill?")
    assert need.why.startswith("the catalogue has shop/pages carried by hill; by the alias:")


class _Networks:
    def number(self, address: str) -> int | None:
        return {"203.0.113.1": 64500, "203.0.114.1": 64500}.get(address)


def test_addresses_that_one_network_announces_fall_with_it() -> None:
    value = {"addresses": ["203.0.113.1", "203.0.114.1"], "ttl": 60}
    record = Evidence("x.test", "dns.a", Seen(value), 1.0, "here")
    graph = build_graph([("a", record)], CATALOG.with_networks(_Networks()), Model())
    assert targets(graph, "address:203.0.113.1", "network") == ["as:64500"]
    assert falls(graph, ["as:64500"], "host:x.test") == 0
    assert falls(graph, ["route:203.0.113.0/24"], "host:x.test") == math.inf
