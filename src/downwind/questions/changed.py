"""What came and what went between two maps: a change of dependency is an event."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from downwind.graph import Graph
from downwind.terms import Need


@dataclass(frozen=True, slots=True)
class Changed:
    """A node that is needed since, or no longer, and those who lean on it."""

    what: Literal["came", "went"]
    node: str
    label: str
    kind: str
    """zone, nameserver, address, provider..."""
    capabilities: tuple[str, ...]
    """Whose needs these are, by name."""
    why: str
    """The reason that the need gives; that of one of them, where there are several."""


def changed(before: Graph, after: Graph) -> tuple[Changed, ...]:
    """The nodes under capabilities of both graphs that came or went, by name.

    What could not be looked at this time has not gone: no answer is no news. Coarse needs (some
    part of a provider) are left out, since they tell nothing of their own.
    """
    both = [n.id for n in after.nodes.values() if n.kind == "capability" and n.id in before.nodes]
    silent = {unknown.subject for unknown in after.unknowns}
    old = {key: frozenset(before.reach(key)) for key in both}
    new = {key: frozenset(after.reach(key)) for key in both}
    came = _tell("came", after, {key: new[key] - old[key] for key in both})
    went = _tell(
        "went",
        before,
        {
            key: frozenset() if _is_silent(before, old[key], silent) else old[key] - new[key]
            for key in both
        },
    )
    return tuple(sorted([*came, *went], key=lambda each: (each.what, each.node)))


def _is_silent(graph: Graph, reached: Iterable[str], silent: set[str]) -> bool:
    """True where something beneath could not be looked at this time."""
    return any(node in silent or graph.nodes[node].label in silent for node in reached)


def _tell(
    what: Literal["came", "went"], graph: Graph, nodes: dict[str, frozenset[str]]
) -> list[Changed]:
    concerned: dict[str, list[str]] = {}
    for key, found in nodes.items():
        for node in found:
            if graph.nodes[node].kind != "grain":
                concerned.setdefault(node, []).append(key)
    reasons = _reasons(graph, concerned)
    return [
        Changed(
            what,
            node,
            graph.nodes[node].label,
            graph.nodes[node].kind,
            tuple(sorted(keys)),
            reasons[node].why if node in reasons else "",
        )
        for node, keys in concerned.items()
    ]


def _reasons(graph: Graph, wanted: Iterable[str]) -> dict[str, Need]:
    sought = frozenset(wanted)
    found: dict[str, Need] = {}
    for node in graph.nodes.values():
        for need in node.needs:
            for alternative in need.alternatives:
                if alternative.node in sought:
                    found.setdefault(alternative.node, need)
    return found
