"""The graph: nodes and their needs, each need with the reason for which it is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from downwind.terms import Need, Node


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be looked at, and why. Never read as absent."""

    subject: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id, in the order in which they were added, and what stayed unknown."""

    nodes: Mapping[str, Node]
    unknowns: tuple[Unknown, ...] = ()

    def reach(self, start: str) -> tuple[str, ...]:
        """The ids of all that `start` leans on, itself first, nearest first."""
        seen = {start: None}
        queue = [start]
        for node_id in queue:
            node = self.nodes.get(node_id)
            for need in node.needs if node else ():
                for alternative in need.alternatives:
                    if alternative.node not in seen:
                        seen[alternative.node] = None
                        queue.append(alternative.node)
        return tuple(seen)


@dataclass(slots=True)
class GraphBuilder:
    """Collects nodes and needs; needs of one node that say the same are merged."""

    _kinds: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _needs: dict[str, dict[str, Need]] = field(default_factory=dict)
    _said: set[tuple[object, ...]] = field(default_factory=set)
    """What the needs of each node say."""
    _unknowns: dict[Unknown, None] = field(default_factory=dict)

    def node(self, node_id: str, kind: str, label: str = "", recovery_lag: float = 0.0) -> str:
        """Add the node unless it is there, and return its id."""
        if node_id not in self._kinds:
            self._kinds[node_id] = (kind, label or node_id, recovery_lag)
            self._needs[node_id] = {}
        return node_id

    def recovers(self, node_id: str, lag: float) -> None:
        """The node that is there stays down for so many seconds after its needs are back."""
        kind, label, _ = self._kinds[node_id]
        self._kinds[node_id] = (kind, label, lag)

    def kind(self, node_id: str) -> str | None:
        """The kind of a node; None where there is no such node."""
        found = self._kinds.get(node_id)
        return found[0] if found else None

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._kinds

    def need(self, node_id: str, need: Need) -> None:
        """Add a need to a node; one of the same name gets a number behind it."""
        said = (node_id, need.alternatives, need.k, need.strength, need.grace, need.standing)
        if said in self._said:
            return
        self._said.add(said)
        needs = self._needs[node_id]
        name, number = need.name, 2
        while name in needs:
            name, number = f"{need.name} {number}", number + 1
        needs[name] = need if name == need.name else _renamed(need, name)

    def targets(self, node_id: str, kinds: frozenset[str]) -> tuple[str, ...]:
        """What a node leans on by way of nodes of these kinds, itself left out."""
        seen = {node_id: None}
        queue = [node_id]
        for here in queue:
            for need in self._needs[here].values():
                for alternative in need.alternatives:
                    if alternative.node not in seen:
                        seen[alternative.node] = None
                        if self._kinds[alternative.node][0] in kinds:
                            queue.append(alternative.node)
        return tuple(seen)[1:]

    def unknown(self, subject: str, kind: str, reason: str) -> None:
        """Note what could not be looked at."""
        self._unknowns[Unknown(subject, kind, reason)] = None

    def build(self) -> Graph:
        """The graph as it stands; every alternative must be a node of it."""
        nodes = {
            node_id: Node(node_id, kind, label, tuple(self._needs[node_id].values()), lag)
            for node_id, (kind, label, lag) in self._kinds.items()
        }
        _check_closed(nodes.values(), nodes)
        return Graph(MappingProxyType(nodes), tuple(self._unknowns))


def _check_closed(nodes: Iterable[Node], known: Mapping[str, Node]) -> None:
    for node in nodes:
        for need in node.needs:
            for alternative in need.alternatives:
                if alternative.node not in known:
                    raise AssertionError(f"{node.id} needs {alternative.node}: no such node")


def _renamed(need: Need, name: str) -> Need:
    return Need(
        name,
        need.alternatives,
        need.k,
        need.strength,
        need.grace,
        need.standing,
        need.confidence,
        need.why,
        need.evidence,
        need.known_since,
    )
