"""What a node leans on: which nodes, by which chain of needs, and which scopes are among them."""

from collections.abc import Callable, Iterable

from downwind.graph import Graph
from downwind.questions.whatif import Link
from downwind.terms import Need, Node, Scope

Follows = Callable[[Need], bool]
Came = dict[str, tuple[str, Need] | None]
"""Every node that was reached, nearest first, with the node and the need before it."""

_KINDS = frozenset({"provider", "product", "region", "zone", "variant"})


def scope_of(node: Node) -> Scope | None:
    """The scope that the node is, or None; a private part called `origin` is no provider."""
    if node.kind not in _KINDS and "/" not in node.id:
        return None
    return Scope.read(node.id)


def walk(graph: Graph, starts: Iterable[str], follows: Follows) -> Came:
    """Breadth first along the needs that are followed, hence by a shortest chain to each node."""
    came: Came = dict.fromkeys(starts)
    queue = list(came)
    for here in queue:  # grows as it goes: nearest first
        for need in filter(follows, graph.nodes[here].needs):
            for alternative in need.alternatives:
                if alternative.node not in came:
                    came[alternative.node] = (here, need)
                    queue.append(alternative.node)
    return came


def links(graph: Graph, came: Came, at: str) -> tuple[Link, ...]:
    """The chain from where the walk began to the node."""
    backwards = [(at, "")]
    while before := came[backwards[-1][0]]:
        backwards.append((before[0], before[1].why))
    nodes = [(graph.nodes[node_id], why) for node_id, why in reversed(backwards)]
    return tuple(Link(node.id, node.label, why) for node, why in nodes if node.kind != "grain")


def scopes_among(graph: Graph, names: Iterable[str]) -> frozenset[Scope]:
    """The scopes among these nodes."""
    return frozenset(scope for name in names if (scope := scope_of(graph.nodes[name])))
