"""What is foretold of a scenario: from outside, with the owners' declarations, as of a day."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.jobs.map import Mapped
from downwind.model import Model
from downwind.questions.whatif import Fate, WhatIf, what_if
from downwind.terms import Need, Scope
from downwind.world.form.scenario import Scenario


@dataclass(frozen=True, slots=True)
class NotYetKnown:
    """A need without which the fall cannot be foretold, and which was not known on the day."""

    node: str
    target: str
    known_since: str
    source: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was foretold, by the outside view alone and with the owners' declarations."""

    graph: Graph
    """With the declarations, as far as they were known."""
    outside: WhatIf
    declared: WhatIf
    not_yet_known: tuple[NotYetKnown, ...]


def foretell(
    scenario: Scenario,
    mapped: Mapped,
    catalog: Catalog,
    model: Model,
    fault: Scope,
    as_of: date | None,
) -> Prediction:
    """Predict who falls when `fault` holds for as long as in the scenario."""
    lasts = scenario.until - scenario.onset

    def ask(written: Model, day: date | None, *, declared: bool = True) -> tuple[Graph, WhatIf]:
        graph = build_graph(
            mapped.records, catalog, written, as_of=day, scopes=[fault], declared=declared
        )
        return graph, what_if(graph, [str(fault)], lasts)

    graph, with_declarations = ask(model, as_of)
    _, outside = ask(_without_declarations(model), as_of, declared=False)
    hidden: tuple[NotYetKnown, ...] = ()
    if as_of is not None:
        whole, in_hindsight = ask(model, None)
        hidden = _not_yet_known(whole, with_declarations, in_hindsight, as_of)
    return Prediction(graph, outside, with_declarations, hidden)


def _not_yet_known(
    whole: Graph, then: WhatIf, in_hindsight: WhatIf, as_of: date
) -> tuple[NotYetKnown, ...]:
    """The later-known needs on the chains of those whose fall was not foretold on that day."""
    found: dict[NotYetKnown, None] = {}
    for fate in in_hindsight.capabilities:
        if then.worst.get(fate.node) is fate.possibly:
            continue
        for node, need in _on_chain(whole, fate):
            if need.known_since and date.fromisoformat(need.known_since) > as_of:
                target = need.alternatives[0].node.removesuffix("?")
                source = need.evidence[0] if need.evidence else ""
                found[NotYetKnown(node, target, need.known_since, source)] = None
    return tuple(found)


def _on_chain(graph: Graph, fate: Fate) -> Sequence[tuple[str, Need]]:
    nodes = [link.node for link in fate.chain]
    return [
        (here, need)
        for here, following in itertools.pairwise(nodes)
        for need in graph.nodes[here].needs
        if any(each.node.removesuffix("?") == following for each in need.alternatives)
    ]


def _without_declarations(model: Model) -> Model:
    """The services and journeys, which anyone can see, and nothing that only owners know."""
    services = tuple(
        service.model_copy(
            update={
                "capabilities": tuple(
                    c.model_copy(update={"declares": ()}) for c in service.capabilities
                )
            }
        )
        for service in model.services
    )
    return Model(services=services)
