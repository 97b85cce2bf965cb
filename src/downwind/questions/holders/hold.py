"""Who holds the sites of a list, in all and by group."""

from __future__ import annotations

from collections.abc import Mapping

from downwind.catalog import Catalog
from downwind.graph.tables import Table
from downwind.questions.holders.groups import Grouping
from downwind.questions.holders.leaning import Solver
from downwind.questions.holders.measure import Measure
from downwind.questions.holders.owners import owners_of
from downwind.questions.holders.paths import paths_of
from downwind.questions.holders.types import Holdings
from downwind.solve.blast.blast import site_count, site_weight
from downwind.terms import CannotMeasure

ALL_LAYERS = "all layers"


def hold(
    table: Table,
    catalog: Catalog | None = None,
    owners: Mapping[str, str] | None = None,
    groups: Grouping | None = None,
) -> Holdings:
    """Who holds the sites of a table that was read with names.

    `owners` says of nodes, by name, who owns them; of others the catalogue says it. Shares are of
    weight, so of the number of sites where all weigh 1. A holder fails with all of its nodes, and
    for longer than every grace. Raises CannotMeasure where no site leans on anybody.
    """
    found = owners_of(table, catalog, owners or {})
    paths = paths_of(table, found)
    groups = groups or Grouping.none(table.sites.size)
    measure = Measure(found, groups, site_count(table), site_weight(table))
    solver = Solver(paths, found, measure.counted)
    layers = [measure.layers(ALL_LAYERS, solver.layer(None))]
    for number, name in enumerate(paths.layers):
        each = measure.layers(name, solver.layer(number))
        if each[0].sites:
            layers.append(each)
    if not layers[0][0].sites:
        raise CannotMeasure(
            f"no site of the list leans on anybody; {_read(table)}.", where="report"
        )
    if len(layers) == 2:  # one layer is all there is
        layers = layers[1:]
    whole, *parts = (measure.group(place, layers) for place in range(measure.groups))
    return Holdings(
        whole=whole,
        by=groups.by,
        groups=tuple(parts) if groups.by else (),
        doubtful=table.doubtful,
        not_followed=int((paths.site_layer == -2).sum() + (paths.core_layer == -2).sum()),
    )


def _read(table: Table) -> str:
    """What the table holds, for one in which nothing was found."""
    counts = (
        (int(site_count(table).sum()), "site"),
        (len(table.sites.k) + len(table.core.k), "need"),
    )
    told = " and ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts)
    doubtful = f", and {table.doubtful:,} doubtful left out" if table.doubtful else ""
    return f"{told} were read{doubtful}"
