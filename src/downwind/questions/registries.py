"""Walks that stop below the registries and the root, since every name leans on those."""

from collections.abc import Iterable

from downwind.evidence.domains import registered_domain
from downwind.graph import Graph
from downwind.questions.reached import walk
from downwind.terms import Need


def reach_below(graph: Graph, starts: Iterable[str]) -> tuple[str, ...]:
    """The starts and all that they lean on, nearest first, without zones of public suffixes."""

    def stays_below(need: Need) -> bool:
        return not any(_is_registry(graph, alternative.node) for alternative in need.alternatives)

    return tuple(walk(graph, (start for start in starts if start in graph.nodes), stays_below))


def all_below(graph: Graph) -> tuple[str, ...]:
    """Every node on which not only a zone of a public suffix leans."""
    zones = [node for node in graph.nodes if _is_registry(graph, node)]
    behind = {node for zone in zones for node in graph.reach(zone)}
    servers = {graph.nodes[node].label for node in behind if graph.nodes[node].kind == "nameserver"}
    return reach_below(
        graph,
        (
            node.id
            for node in graph.nodes.values()
            if node.id not in behind and not (node.kind == "host" and node.label in servers)
        ),
    )


def _is_registry(graph: Graph, node_id: str) -> bool:
    node = graph.nodes[node_id]
    return node.kind == "zone" and registered_domain(node.label) is None
