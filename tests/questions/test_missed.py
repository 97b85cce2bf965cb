"""What the outside view had missed is what the inside view shows beyond it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.graph import Graph, GraphBuilder
from downwind.graph.inside.vendors import add_vendor
from downwind.questions.missed import Missed, missed
from downwind.questions.registries import all_below, reach_below
from downwind.terms import Alternative, Need, Scope, Standing, Strength

CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill
products: [{id: dns, role: dns, name: DNS}, {id: mail, role: mail, name: Mail}]
facts:
  - {kind: api_host, suffix: hill.com, product: dns, unconfirmed: true}
  - {kind: api_host, suffix: mail.hill.com, product: mail, unconfirmed: true}
---
id: dale
name: Dale
products: [{id: cdn, role: edge, name: CDN}]
facts: [{kind: api_host, suffix: dale.com, product: cdn, unconfirmed: true}]
"""
    ]
)
HOSTS = {
    "a.hill.com": "hill",
    "mail.hill.com": "hill",
    "dale.com": "dale",
    "a.example.net": "example.net",
    "b.example.net": "example.net",
    "a.example.org": "example.org",
}
OWN = ("x.com", "www.x.com")


def used(node: str, hosts: list[str], extra: dict[str, str] | None = None) -> Graph:
    """A graph in which the node uses hosts, some of which lean on a scope."""
    builder = GraphBuilder()
    builder.node(node, "host", node.removeprefix("host:"))
    for host in hosts:
        target = add_vendor(builder, CATALOG, host, ["e"])
        need = Need(f"use of {host}", (Alternative(target),), strength=Strength.SOFT)
        builder.need(node, need)
    for host, carrier in (extra or {}).items():
        target = add_vendor(builder, CATALOG, carrier, ["e"])
        builder.need(f"host:{host}", Need("alias", (Alternative(target),)))
    return builder.build()


def compare(outside: list[str], inside: list[str], extra: dict[str, str] | None = None) -> Missed:
    return missed(
        "x.com",
        used("host:x.com", outside),
        used("host:x.com", inside),
        used("host:x.com", [*outside, *inside], extra),
        CATALOG,
    )


hosts = st.lists(st.sampled_from([*HOSTS, *OWN]), max_size=8)


@settings(max_examples=150, deadline=None)
@given(hosts, hosts)
def test_added_are_the_vendors_of_the_inside_view_alone(out: list[str], ins: list[str]) -> None:
    found = compare(out, ins)

    shown = {HOSTS[host] for host in out if host in HOSTS}
    seen = {HOSTS[host] for host in ins if host in HOSTS}
    assert set(found.outside) == shown
    assert {vendor.id for vendor in found.inside} == seen
    assert {vendor.id for vendor in found.added} == seen - shown
    assert found.total == len(shown | seen)
    assert {h for v in found.inside for h in v.hosts} == {host for host in ins if host in HOSTS}


def test_a_provider_beneath_an_added_vendor_is_hidden_where_nothing_outside_shows_it() -> None:
    carriers = {"a.example.net": "dale.com", "a.example.org": "a.hill.com"}
    found = compare(["a.hill.com"], ["a.example.net", "a.example.org"], carriers)

    assert dict(found.hidden) == {"dale": ("example.net",)}
    assert {v.id: v.rests_on for v in found.inside} == {
        "example.net": ("dale",),
        "example.org": ("hill",),
    }


def test_a_new_part_of_a_known_vendor_is_told() -> None:
    found = compare(["a.hill.com"], ["a.hill.com", "mail.hill.com"])

    assert found.new_scopes == (Scope("hill", "mail"),)
    assert found.added == ()


def test_the_standings_of_a_vendor_are_those_of_the_needs_that_name_it() -> None:
    builder = GraphBuilder()
    builder.node("host:x.com", "host", "x.com")
    target = add_vendor(builder, CATALOG, "dale.com", ["e"])
    for standing in (Standing.OBSERVED, Standing.DECLARED):
        builder.need("host:x.com", Need("use", (Alternative(target),), standing=standing))
    inside = builder.build()

    found = missed("x.com", used("host:y.com", []), inside, inside, CATALOG)

    assert found.inside[0].standings == (Standing.DECLARED, Standing.OBSERVED)
    assert found.compared == ""


def delegated() -> Graph:
    """x.com on a name server of dale.com, both below com, whose servers lie in nic.com."""
    builder = GraphBuilder()
    kinds = {"zone": "zone", "server": "nameserver", "host": "host"}

    def node(name: str) -> str:
        kind, _, label = name.partition(":")
        return builder.node(name, kinds[kind], label)

    for name, need, target in (
        ("host:x.com", "dns", "zone:x.com"),
        ("zone:x.com", "delegation", "zone:com"),
        ("zone:x.com", "name servers", "server:ns.dale.com"),
        ("server:ns.dale.com", "its name", "host:ns.dale.com"),
        ("host:ns.dale.com", "dns", "zone:dale.com"),
        ("zone:dale.com", "delegation", "zone:com"),
        ("zone:com", "name servers", "server:a.nic.com"),
        ("server:a.nic.com", "its name", "host:a.nic.com"),
        ("host:a.nic.com", "dns", "zone:nic.com"),
        ("zone:com", "delegation", "zone:."),
        ("zone:.", "name servers", "server:root.com"),
    ):
        builder.need(node(name), Need(need, (Alternative(node(target)),)))
    node("host:root.com")
    return builder.build()


def test_the_walk_stops_below_the_registries() -> None:
    graph = delegated()
    mine = {
        "host:x.com",
        "zone:x.com",
        "server:ns.dale.com",
        "host:ns.dale.com",
        "zone:dale.com",
    }

    assert set(reach_below(graph, ["host:x.com", "host:gone.com"])) == mine
    assert set(all_below(graph)) == mine


def test_a_node_is_known_by_any_spelling_of_its_host() -> None:
    graph = used("host:x.com", ["a.example.net"])

    for name in ("x.com", "X.COM.", "x.com/feed"):
        assert [v.id for v in missed(name, graph, graph, graph, CATALOG).inside] == ["example.net"]
