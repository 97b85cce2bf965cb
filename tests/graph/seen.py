"""Evidence for tests of the graph, and what the graph then says, in short."""

from collections.abc import Iterable, Mapping
from typing import Any

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Model
from downwind.solve.compile import compile_graph
from downwind.solve.propagate import propagate
from downwind.terms import Absent, Evidence, Finding, Need, Seen, Unanswered

Told = tuple[str, str, Mapping[str, Any] | Finding]

CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill
products:
  - {id: dns, role: dns, name: DNS}
  - {id: cdn, role: edge, name: CDN}
  - {id: post, role: mail, name: Post}
  - {id: boxes, role: storage, name: Boxes}
facts:
  - {kind: ns, suffix: ns.hill.test, product: dns, source: t, last_confirmed: 2026-01-01}
  - {kind: prefix, prefix: 198.18.1.0/24, product: cdn, source: t, last_confirmed: 2026-01-01}
  - {kind: header, name: x-hill, product: cdn, source: t, last_confirmed: 2026-01-01}
  - {kind: header, name: x-box, product: boxes, source: t, last_confirmed: 2026-01-01}
  - {kind: cookie, name: _hill, product: cdn, source: t, last_confirmed: 2026-01-01}
  - {kind: cname, suffix: edge.hill.test, product: cdn, source: t, last_confirmed: 2026-01-01}
  - {kind: mx, suffix: mx.hill.test, product: post, source: t, last_confirmed: 2026-01-01}
  - {kind: spf, suffix: spf.hill.test, product: post, source: t, last_confirmed: 2026-01-01}
""",
        """
id: dale
name: Dale
products: [{id: dns, role: dns, name: DNS}, {id: pay, role: payments, name: Pay}]
facts:
  - {kind: ns, suffix: ns.dale.test, product: dns, source: t, last_confirmed: 2026-01-01}
  - {kind: cookie, name: _dale, product: pay, source: t, last_confirmed: 2026-01-01}
  - {kind: cname, suffix: pay.dale.test, product: pay, source: t, last_confirmed: 2026-01-01}
  - {kind: script_host, suffix: pay.dale.test, product: pay, source: t, last_confirmed: 2026-01-01}
""",
    ]
)


def graph_of(*told: Told) -> Graph:
    """The graph of these records, (kind, subject, value or finding) each, seen at 1000."""
    records = []
    for number, (kind, subject, value) in enumerate(told):
        finding = value if isinstance(value, Seen | Absent | Unanswered) else Seen(value)
        records.append((f"e{number}", Evidence(subject, kind, finding, 1000.0, "here")))
    return build_graph(records, CATALOG, Model())


def needs(graph: Graph, node_id: str) -> dict[str, Need]:
    return {need.name: need for need in graph.nodes[node_id].needs}


def targets(graph: Graph, node_id: str, need: str) -> list[str]:
    return [alternative.node for alternative in needs(graph, node_id)[need].alternatives]


def falls(graph: Graph, faults: Iterable[str], node_id: str) -> float:
    """The second at which the node falls when these fail; infinity where it stands."""
    compiled = compile_graph(graph)
    numbers = [compiled.number[fault] for fault in faults]
    return float(propagate(compiled.arrays, numbers, 1e12).down_at[compiled.number[node_id]])


def unknown(graph: Graph, kind: str) -> list[tuple[str, str]]:
    return [(each.subject, each.reason) for each in graph.unknowns if each.kind == kind]


def zone(*servers: str, parent: str | None = None) -> Mapping[str, Any]:
    """The value of dns.zone with these name servers, all named outside the zone."""
    listed = [{"host": host, "in_bailiwick": False, "glue": None} for host in servers]
    return {"parent": parent, "ttl": 3600, "signed": False, "name_servers": listed}


def soa(primary: str, mailbox: str) -> Mapping[str, Any]:
    return {"records": [f"{primary}. {mailbox}. 1 7200 900 1209600 60"], "ttl": 3600}
