"""Vantages are nodes of the graph, and fall with what they need."""

from __future__ import annotations

import pytest

from downwind.graph import Graph, GraphBuilder
from downwind.model import Place, WatchSettings
from downwind.questions.whatif import what_if
from downwind.terms import Alternative, Need, State, UsageError
from downwind.watch.detection import voices
from downwind.watch.selfcheck import WatcherNeeds, with_watcher
from downwind.watch.vantages import VantageSpec, check_vantage, vantages_of
from downwind.watch.vantages.spec import traits

PARIS = VantageSpec("paris", "AS64500", "hetzner", "fsn1", "9.9.9.9")


def shop() -> Graph:
    builder = GraphBuilder()
    builder.node("x.test/feed", "capability")
    builder.node("as:64500", "network", "the network that the map saw")
    builder.need("x.test/feed", Need("network", (Alternative("as:64500"),), why="seen"))
    return builder.build()


@pytest.mark.parametrize("cause", ["as:64500", "hetzner", "hetzner/*/fsn1", "address:9.9.9.9"])
def test_a_vantage_falls_with_its_network_its_host_its_region_and_its_resolver(cause: str) -> None:
    graph = with_watcher(shop(), WatcherNeeds(vantages=(PARIS,)))

    fallen = {f.node for f in what_if(graph, [cause], 60).others if f.state is State.DOWN}

    assert "vantage:paris" in fallen


def test_a_resolver_may_be_known_by_who_runs_it() -> None:
    graph = with_watcher(shop(), WatcherNeeds(vantages=(VantageSpec("oslo", resolver="quad9"),)))

    fallen = {f.node for f in what_if(graph, ["quad9"], 60).others if f.state is State.DOWN}

    assert "vantage:oslo" in fallen


def test_a_vantage_in_another_region_stands() -> None:
    other = VantageSpec("oslo", "AS64501", "hetzner", "hel1")
    graph = with_watcher(shop(), WatcherNeeds(vantages=(PARIS, other)))

    answer = what_if(graph, ["hetzner/*/fsn1"], 60)

    assert "vantage:oslo" not in {f.node for f in answer.others}


def test_a_node_that_the_map_has_seen_stays_as_it_is() -> None:
    graph = with_watcher(shop(), WatcherNeeds(vantages=(PARIS,)))

    assert graph.nodes["as:64500"].label == "the network that the map saw"
    assert graph.nodes["x.test/feed"] == shop().nodes["x.test/feed"]


def test_the_network_may_be_written_as_a_number() -> None:
    assert check_vantage(VantageSpec("a", "64500")).network == "AS64500"


@pytest.mark.parametrize(
    "spec",
    [
        VantageSpec(""),
        VantageSpec("a b"),
        VantageSpec("../x"),
        VantageSpec("x" * 64),
        VantageSpec("a", network="AS"),
        VantageSpec("a", network="AS1 AS2"),
        VantageSpec("a", provider="No Such Scope!"),
        VantageSpec("a", region="fsn1"),
        VantageSpec("a", provider="hetzner", region="not a region"),
        VantageSpec("a", resolver="9.9.9.9; rm"),
        VantageSpec("a", resolver="<b>"),
        VantageSpec("a", resolver="No Provider"),
    ],
    ids=repr,
)
def test_what_cannot_be_meant_is_refused(spec: VantageSpec) -> None:
    with pytest.raises(UsageError):
        check_vantage(spec)


def test_two_that_share_a_network_however_it_is_written_are_one_voice() -> None:
    places = (Place(name="paris", network="as64501"), Place(name="oslo", network="64501"))
    specs = vantages_of(WatchSettings(place=Place(network="AS64500"), vantages=places))

    assert voices([traits(each) for each in specs]) == (0, 1, 1)


def test_two_that_share_a_provider_over_a_third_are_one_voice() -> None:
    specs = [
        VantageSpec("a", "AS1", "aws/ec2"),
        VantageSpec("b", "AS2", "hetzner"),
        VantageSpec("c", "AS2", "aws/lightsail"),
        VantageSpec("d", "AS4", "ovh"),
    ]

    assert voices([traits(each) for each in specs]) == (0, 0, 0, 1)
