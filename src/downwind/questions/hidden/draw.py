"""Hidden needs as needs of the graph: suspected ones take nobody down for certain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from downwind.graph import Graph
from downwind.questions.hidden.types import Hidden
from downwind.terms import Node

KIND = "hidden"


def with_hidden(graph: Graph, found: Iterable[Hidden]) -> Graph:
    """The graph with these needs in it; members that it does not hold are passed over.

    What nobody knows gets a node of its own, `hidden:ID`, where two members or more need it.
    """
    nodes = dict(graph.nodes)
    for hidden in found:
        members = [name for name in hidden.members if name in nodes]
        if hidden.on:
            if hidden.on not in nodes:
                continue
        elif len(members) < 2:
            continue
        else:
            nodes[hidden.node] = Node(hidden.node, KIND, f"what {', '.join(members)} share")
        for name in members:
            need = hidden.need()
            kept = tuple(each for each in nodes[name].needs if each.name != need.name)
            nodes[name] = replace(nodes[name], needs=(*kept, need))
    return Graph(nodes, graph.unknowns)
