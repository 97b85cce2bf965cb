"""What names stand on, as an object for programs."""

from collections.abc import Sequence
from typing import Any

from downwind.graph import Graph
from downwind.questions.lone import lone_causes
from downwind.show.map_parts import Part, parts_of, scopes_of, start_of
from downwind.terms import Node

WITHIN = 86400.0


def map_form(graph: Graph, names: Sequence[str]) -> dict[str, Any]:
    """For each name what it stands on and what it does besides, then every node with its needs."""
    starts = [start_of(graph, name) for name in names]
    parts = [parts_of(graph, name) for name in names]
    shown = [*starts, *(part.node for each in parts for part in each)]
    reached = dict.fromkeys(node for start in shown if start for node in graph.reach(start))
    return {
        "names": [
            {"name": name, **_name_form(graph, start, each)}
            for name, start, each in zip(names, starts, parts, strict=True)
        ],
        "nodes": [_node_form(graph.nodes[node]) for node in reached],
        "unknown": [
            {"subject": u.subject, "kind": u.kind, "reason": u.reason} for u in graph.unknowns
        ],
    }


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
