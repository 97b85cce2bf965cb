"""Small graphs and testimonies for the tests of attribution."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from downwind.catalog import Signed
from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import add_scope, use_scope
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import Answer
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import Alternative, Fault, Need, Scope

FAILS = float(np.log(0.95) - np.log(0.02))
HOLDS = float(np.log(0.05) - np.log(0.98))
ROUNDS = 3
LASTS = 7200.0

Rows = dict[str, Sequence[tuple[str, ...]]]
Needs = Mapping[str, Sequence[tuple[str, ...]]]
"""Per capability its needs, each with its alternatives."""


def page(provider: str, says: Fault = Fault.EDGE, *, bare: bool = False) -> Mark:
    """An error page of a provider's edge."""
    return Mark("http", (Signed(provider, "cdn", says, 0.9, "page", bare),), True)


def graph_of(needs: Needs, scopes: Sequence[Scope] = ()) -> Graph:
    """Capabilities with their needs on scopes."""
    builder = GraphBuilder()
    for scope in scopes:
        add_scope(builder, scope)
    for capability, rows in needs.items():
        key = builder.node(capability, "capability")
        for number, alternatives in enumerate(rows):
            targets = tuple(Alternative(use_scope(builder, Scope.parse(a))) for a in alternatives)
            builder.need(key, Need(f"need {number}", targets))
    return builder.build()


def said(
    states: Mapping[str, float | Mapping[str, float]],
    marks: Mapping[str, Sequence[Mark]] | None = None,
    rounds: float = ROUNDS,
) -> Testimony:
    """Per node the share of its probes that fail, from one vantage or from each of several."""
    rows = [
        (node, vantage, share)
        for node, shares in states.items()
        for vantage, share in (
            shares.items() if isinstance(shares, Mapping) else [("here", shares)]
        )
    ]
    ratio = np.array([rounds * (share * FAILS + (1 - share) * HOLDS) for _, _, share in rows])
    return Testimony(
        [node for node, _, _ in rows],
        [vantage for _, vantage, _ in rows],
        np.zeros(len(rows)),
        ratio,
        [tuple((marks or {}).get(node, ())) if share else () for node, _, share in rows],
    )


def ask(
    graph: Graph,
    failing: Sequence[str],
    marks: Mapping[str, Sequence[Mark]] | None = None,
    **how: Any,
) -> Answer:
    """What is answered when these capabilities fail and all others hold."""
    states = {n.id: float(n.id in failing) for n in graph.nodes.values() if n.kind == "capability"}
    how.setdefault("budget", Budget.of(60.0))
    return attribute_all(Suspects.of(graph, LASTS), said(states, marks), **how)


def places(*vantages: str) -> tuple[Place, ...]:
    """Each of these vantages by itself."""
    return tuple(Place(v, frozenset([v])) for v in vantages)
