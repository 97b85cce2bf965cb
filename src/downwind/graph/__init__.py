"""Evidence and declarations become one graph of needs; every need cites why it is there."""

from collections.abc import Iterable
from datetime import date

from downwind.catalog import Catalog
from downwind.graph.declared import add_declarations, add_journeys, declared_scopes
from downwind.graph.inside import add_inside
from downwind.graph.observed import Sightings, add_observations
from downwind.graph.scopes import add_scope, node_of, some_part_of
from downwind.graph.types import Graph, GraphBuilder, Unknown
from downwind.model import Model
from downwind.terms import Evidence, Scope

__all__ = [
    "Graph",
    "GraphBuilder",
    "Unknown",
    "build_graph",
    "declared_scopes",
    "node_of",
    "some_part_of",
]


def build_graph(
    evidence: Iterable[tuple[str, Evidence]],
    catalog: Catalog,
    model: Model,
    *,
    declared: bool = True,
    as_of: date | None = None,
    scopes: Iterable[Scope] = (),
) -> Graph:
    """One graph of what was observed and, where asked, of what was declared.

    `evidence` are (id, record) pairs; `as_of` leaves out declarations that were known only later;
    `scopes` are added even where nobody needs them, so that a fault can be put on them.
    """
    builder = GraphBuilder()
    sightings = Sightings.of(evidence)
    add_observations(builder, sightings, catalog)
    add_journeys(builder, model)
    add_inside(builder, sightings, catalog, declared=declared, as_of=as_of)
    if declared:
        add_declarations(builder, model, as_of)
    for scope in scopes:
        add_scope(builder, scope)
    return builder.build()
