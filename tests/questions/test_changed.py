"""What came and what went between two maps."""

from downwind.graph import Graph, GraphBuilder
from downwind.questions.changed import changed
from downwind.terms import Alternative, Need


def _graph(edge: str, *, unlooked: str = "") -> Graph:
    builder = GraphBuilder()
    for node, kind in (("shop.test/order", "capability"), ("host:shop.test", "host")):
        builder.node(node, kind, node.removeprefix("host:"))
    builder.node(edge, "provider")
    builder.need("shop.test/order", Need("host", (Alternative("host:shop.test"),), why="its step"))
    if not unlooked:
        builder.need("host:shop.test", Need("edge", (Alternative(edge),), why=f"CNAME to {edge}"))
    else:
        builder.unknown(unlooked, "dns.a", "no answer within 5 s")
    return builder.build()


def test_another_edge_came_and_the_first_one_went() -> None:
    told = changed(_graph("fastly"), _graph("cloudflare"))
    assert [(c.what, c.node, c.capabilities, c.why) for c in told] == [
        ("came", "cloudflare", ("shop.test/order",), "CNAME to cloudflare"),
        ("went", "fastly", ("shop.test/order",), "CNAME to fastly"),
    ]


def test_two_maps_that_agree_tell_nothing() -> None:
    assert changed(_graph("fastly"), _graph("fastly")) == ()


def test_what_could_not_be_looked_at_has_not_gone() -> None:
    assert changed(_graph("fastly"), _graph("fastly", unlooked="shop.test")) == ()


def test_a_capability_of_one_map_only_tells_nothing() -> None:
    assert changed(Graph({}), _graph("fastly")) == ()
