"""What Globalping can be asked of a target, and who is no independent witness of it."""

from __future__ import annotations

from typing import Any

import pytest

from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import use_scope
from downwind.model import Step
from downwind.observe.probes import DnsProbe, HttpProbe, TcpProbe, TlsProbe
from downwind.terms import Alternative, Need, Scope
from downwind.watch.agenda import Target
from downwind.watch.elsewhere import avoid_of, question_of
from downwind.watch.probing import Walk
from downwind.watch.vantages import VantageSpec
from downwind.watch.watched import Watched

URL = "https://www.x.test/feed"


def _watched(what: Any, node: str = "x.test/feed") -> Watched:
    return Watched(Target("x.test/feed", what), "x.test/feed", node)


def _walk(*steps: dict[str, Any]) -> Walk:
    return Walk(tuple(Step.model_validate(each) for each in steps))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (HttpProbe(URL), "http"),
        (HttpProbe(URL, statuses=(204,)), "http"),
        (DnsProbe("www.x.test"), "dns"),
        (_walk({"do": "get", "url": URL}), "http"),
    ],
)
def test_a_plain_visit_or_name_can_be_asked_for(what: Any, kind: str) -> None:
    asked = question_of(_watched(what))
    assert asked is not None
    assert (asked.kind, asked.subject, asked.host) == (kind, "x.test/feed", "www.x.test")


@pytest.mark.parametrize(
    "what",
    [
        HttpProbe(URL, method="HEAD"),
        HttpProbe(URL, contains="hello"),
        DnsProbe("www.x.test", rdtype="MX"),
        DnsProbe("www.x.test", server="ns.x.test"),
        TcpProbe("www.x.test", 443),
        TlsProbe("www.x.test", 443),
        _walk({"do": "get", "url": URL}, {"do": "get", "url": URL}),
        _walk({"do": "post", "url": URL}),
        _walk({"do": "get", "url": URL, "headers": {"Authorization": "Bearer s3cret"}}),
        _walk({"do": "get", "url": "https://www.x.test/${user}"}),
        _walk({"do": "get", "url": URL, "expect": {"contains": "hello"}}),
        _walk({"do": "get", "url": URL, "expect": {"status": 404}}),
    ],
)
def test_what_it_could_not_see_as_we_do_is_not_asked_for(what: Any) -> None:
    assert question_of(_watched(what)) is None


def _graph() -> Graph:
    builder = GraphBuilder()
    page = builder.node("x.test/feed", "capability")
    edge = use_scope(builder, Scope.parse("cloudflare/proxy"))
    network = builder.node("as:13335", "network", "AS13335")
    other = builder.node("as:64999", "network", "AS64999")
    for name, node in (("edge", edge), ("network", network)):
        builder.need(page, Need(name, (Alternative(node),)))
    assert other
    return builder.build()


def test_probes_in_what_the_target_stands_on_and_beside_our_own_are_no_witnesses() -> None:
    ours = (VantageSpec("here", "AS64500"), VantageSpec("there"))
    avoid = avoid_of(_graph(), _watched(HttpProbe(URL)), ours)
    assert avoid.asns == {13335, 64500}
    assert "cloudflare" in avoid.providers


def test_of_a_target_that_the_map_does_not_know_only_our_own_networks_are_known() -> None:
    avoid = avoid_of(_graph(), _watched(DnsProbe("y.test"), "name:y.test"), ())
    assert (avoid.asns, avoid.providers) == (frozenset(), frozenset())
