"""By which second alternative a capability stands while the first is down."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.graph import Graph


@dataclass(frozen=True, slots=True)
class Way:
    """A need with alternatives, one of which is lost."""

    need: str
    """Its name: edge, dns..."""
    on: str
    """The node that is its other alternative."""


def second_way(graph: Graph, capability: str, scope: str) -> Way | None:
    """The nearest need of which one alternative leads to the scope and another does not."""
    for node in graph.reach(capability):
        for need in graph.nodes[node].needs if node in graph.nodes else ():
            leads = [scope in graph.reach(each.node) for each in need.alternatives]
            if any(leads) and not all(leads):
                return Way(need.name, need.alternatives[leads.index(False)].node)
    return None
