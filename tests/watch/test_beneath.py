"""The name servers beneath what is watched are found, and probed for a zone of theirs."""

from __future__ import annotations

from pathlib import Path

from downwind.graph import Graph
from downwind.observe.probes import DnsProbe
from downwind.terms import Alternative, Need, Node, Seen
from downwind.watch.agenda import Order
from downwind.watch.beneath import name_server_targets
from downwind.watch.probing import Probing

from ..observe.tinynet import TinyInternet, usual


def _graph(**needs: tuple[str, ...]) -> Graph:
    nodes = {
        name: Node(name, "any", needs=(Need("n", tuple(Alternative(each) for each in wanted)),))
        for name, wanted in needs.items()
    }
    for wanted in needs.values():
        for each in wanted:
            nodes.setdefault(each, Node(each, "any"))
    return Graph(nodes)


GRAPH = _graph(
    **{
        "x/front": ("host:x.test",),
        "y/front": ("host:x.test", "host:other.example"),
        "host:x.test": ("zone:x.test",),
        "zone:x.test": ("server:ns1.dnsco.test by name", "server:ns2.x.test", "zone:test"),
        "zone:test": ("server:ns.nic.test", "zone:."),
        "host:other.example": ("zone:other.example",),
        "zone:other.example": ("server:ns1.dnsco.test by name", "server:bad..name"),
        "host:unwatched.test": ("zone:unwatched.test",),
        "zone:unwatched.test": ("server:ns.unwatched.test",),
    }
)


def test_each_server_is_probed_for_the_zone_that_is_nearest() -> None:
    found = name_server_targets(GRAPH, ["x/front", "y/front", "nobody"], interval=30.0)
    assert {(each.name, each.what) for each in found} == {
        ("server:ns1.dnsco.test by name", DnsProbe("x.test", "SOA", server="ns1.dnsco.test")),
        ("server:ns2.x.test", DnsProbe("x.test", "SOA", server="ns2.x.test")),
    }, "neither a registry's, nor what nobody watched leans on, nor a name that is none"
    assert {each.interval for each in found} == {30.0}
    assert len({each.name for each in found}) == len(found)


def test_no_more_than_so_many_are_taken() -> None:
    assert len(name_server_targets(GRAPH, ["x/front"], most=1)) == 1
    assert name_server_targets(GRAPH, []) == ()


async def test_a_server_beneath_answers_for_its_zone(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        probing = Probing([net.network()])
        evidence = [
            await probing(Order(target, "test", 0.0, 0))
            for target in name_server_targets(GRAPH, ["x/front"])
        ]
        await probing.close()
    assert len(evidence) == 2
    for each in evidence:
        assert isinstance(each.finding, Seen)
        assert each.finding.value["ok"] is True
        assert each.kind == "probe.dns"
