"""What names stand on, as an object for programs."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from downwind.graph import Graph
from downwind.graph.types import Unknown
from downwind.questions.lone import lone_causes
from downwind.show.map_parts import Part, parts_of, scopes_of, start_of
from downwind.terms import Node

WITHIN = 86400.0


def map_form(graph: Graph, names: Sequence[str], looked_at: Collection[str] = ()) -> dict[str, Any]:
    """For each name what it stands on and what it does besides, then every node with its needs.

    `looked_at` are subjects of evidence that was gathered for these names.
    """
    starts = [start_of(graph, name) for name in names]
    parts = [parts_of(graph, name) for name in names]
    reached = _reached(graph, names)
    return {
        "names": [
            {"name": name, **_name_form(graph, start, each)}
            for name, start, each in zip(names, starts, parts, strict=True)
        ],
        "nodes": [_node_form(graph.nodes[node]) for node in reached],
        "unknown": unknown_form(unknowns_of(graph, names, looked_at)),
    }


def unknowns_of(
    graph: Graph, names: Sequence[str], looked_at: Collection[str] = ()
) -> tuple[Unknown, ...]:
    """What stayed unknown of the names, of all that they lean on, and of what was looked at."""
    about = {*names, *looked_at}
    for node_id in _reached(graph, names):
        about |= {node_id.partition(":")[2] or node_id, graph.nodes[node_id].label}
    return tuple(unknown for unknown in graph.unknowns if unknown.subject in about)


def unknown_form(unknowns: Iterable[Unknown]) -> list[dict[str, str]]:
    """Subject, kind and reason of each."""
    return [{"subject": u.subject, "kind": u.kind, "reason": u.reason} for u in unknowns]


def _reached(graph: Graph, names: Sequence[str]) -> dict[str, None]:
    """The ids of all that the names stand for, and of what these lean on."""
    starts = [start_of(graph, name) for name in names]
    parts = [part.node for name in names for part in parts_of(graph, name)]
    others = [name for name in names if name in graph.nodes]
    shown = [start for start in (*starts, *parts, *others) if start]
    return dict.fromkeys(node for start in shown for node in graph.reach(start))


def _name_form(graph: Graph, start: str | None, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        **_standing(graph, start),
        "parts": [{"part": part.name, **_standing(graph, part.node)} for part in parts],
    }


def _standing(graph: Graph, start: str | None) -> dict[str, Any]:
    return {
        "node": start,
        "stands_on": [str(scope) for scope in scopes_of(graph, start)] if start else [],
        "components": len(graph.reach(start)) - 1 if start else 0,
        "alone_takes_down": [
            {"scope": str(cause.scope), "after": cause.after}
            for cause in (lone_causes(graph, start, WITHIN) if start else ())
        ],
    }


def _node_form(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "needs": [
            {
                "need": need.name,
                "any_of": [a.node for a in need.alternatives],
                "k": need.k,
                "strength": need.strength,
                "grace": need.grace,
                "standing": need.standing,
                "confidence": need.confidence,
                "why": need.why,
                "evidence": list(need.evidence),
                "known_since": need.known_since,
            }
            for need in node.needs
        ],
    }
