"""By which second alternative a capability stands while the first is down."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.graph import Graph
from downwind.terms import Strength


@dataclass(frozen=True, slots=True)
class Way:
    """A need with alternatives, one of which is lost."""

    need: str
    """Its name: edge, dns..."""
    on: str
    """The node that is its other alternative."""


def stood_on(graph: Graph, capability: str) -> frozenset[str]:
    """All that the capability leans on by hard needs alone, itself with it."""
    seen: dict[str, None] = {capability: None}
    queue = [capability]
    for name in queue:
        for need in graph.nodes[name].needs if name in graph.nodes else ():
            if need.strength is not Strength.HARD:
                continue
            fresh = [each.node for each in need.alternatives if each.node not in seen]
            queue += dict.fromkeys(fresh)
            seen |= dict.fromkeys(fresh)
    return frozenset(seen)


def second_way(graph: Graph, capability: str, scope: str) -> Way | None:
    """The nearest need of which one alternative leads to the scope and another does not."""
    for node in graph.reach(capability):
        for need in graph.nodes[node].needs if node in graph.nodes else ():
            leads = [scope in graph.reach(each.node) for each in need.alternatives]
            if any(leads) and not all(leads):
                return Way(need.name, need.alternatives[leads.index(False)].node)
    return None
