"""Puts a report together: a list of sites from wherever it is given, and who holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from downwind.catalog import Catalog
from downwind.graph.tables import Table, read_table
from downwind.graph.tables.columns import NODES
from downwind.graph.tables.parts import find
from downwind.jobs.name_servers import NameServers, read_name_servers
from downwind.questions.holders import Grouping, Holdings, grouping, hold
from downwind.terms import ModelError, UsageError

OWNER = "owner"
"""The column of a node table that says who owns a provider."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Who holds a list of sites, and what is to be known of the list."""

    title: str
    source: str
    """Where the list comes from, in words; empty where nobody says."""
    holdings: Holdings
    servers: NameServers | None
    """How well name servers were recognized, where the list is one of name servers."""
    told: tuple[str, ...]
    """What was mended or not read on the way in."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is to be made from, besides the table of sites."""

    nodes: Path | None = None
    by: str = ""
    title: str = ""
    source: str = ""


def report_of_edges(graph: Path, catalog: Catalog, wanted: Wanted) -> Report:
    """Who holds the sites of an edge table; raises ModelError and UsageError."""
    nodes = wanted.nodes
    other = _other_columns(nodes)
    table = read_table(graph, nodes, names=True, also=other)
    owners = _column(nodes, OWNER) if nodes and OWNER in other else {}
    unread = [name for name in other if name not in (OWNER, wanted.by)]
    told = _unread(nodes, unread) if nodes and unread else ()
    return _report(table, catalog, owners, wanted, graph.name, told=told)


def report_of_name_servers(file: Path, catalog: Catalog, wanted: Wanted) -> Report:
    """Who holds the domains of a list of name servers, or of a zone file."""
    servers = read_name_servers(file, catalog)
    return _report(servers.table, catalog, {}, wanted, file.name, servers)


def report_of_table(table: Table, catalog: Catalog, wanted: Wanted) -> Report:
    """Who holds the sites of a table that was read or built elsewhere."""
    return _report(table, catalog, {}, wanted, "what was mapped", told=_sites_by_kind(table))


def _report(
    table: Table,
    catalog: Catalog,
    owners: dict[str, str],
    wanted: Wanted,
    name: str,
    servers: NameServers | None = None,
    told: tuple[str, ...] = (),
) -> Report:
    return Report(
        title=wanted.title or f"Who holds {name}",
        source=wanted.source,
        holdings=hold(table, catalog, owners, _grouping(table, wanted)),
        servers=servers,
        told=(*table.told, *told),
    )


def _sites_by_kind(table: Table) -> tuple[str, ...]:
    """What is told of what counts as a site, where nobody wrote a list of them."""
    if table.kind is None or not table.sites.size:
        return ()
    kinds = Counter(table.kinds[each] or "other" for each in table.kind[table.core.size :])
    listed = ", ".join(f"{count:,} of kind {kind}" for kind, count in kinds.most_common())
    return (f"sites are what nothing else there needs: {listed}.",)


def _grouping(table: Table, wanted: Wanted) -> Grouping | None:
    if not wanted.by:
        return None
    if wanted.nodes is None:
        raise UsageError("--by needs a table of the sites.", todo="Name one with --nodes.")
    assert table.site_names is not None
    values = _column(wanted.nodes, wanted.by)
    return grouping(wanted.by, [values.get(name) for name in table.site_names])


def _other_columns(nodes: Path | None) -> Collection[str]:
    """Columns of the node table that the solver has no use for: whose owner, and groups."""
    if nodes is None:
        return ()
    known = {*NODES.needed, *NODES.optional, *NODES.unread}
    return sorted(find(nodes, NODES).names() - known)


def _unread(nodes: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """What is told of columns that could make groups, and make none this time."""
    listed = ", ".join(ascii(name) for name in columns)
    return (f"{nodes.name}: not used, as --by does not name them: {listed}.",)


def _column(nodes: Path, name: str) -> dict[str, str]:
    """What one column says of each node that it says something of, as text."""
    source = find(nodes, NODES)
    names = source.names()
    if name not in names:
        there = ", ".join(sorted(names - {"node"})) or "none"
        raise UsageError(f"{nodes.name} has no column {name!a}.", todo=f"Its columns: {there}.")
    found: dict[str, str] = {}
    for part in source.parts:
        if not {"node", name} <= set(part.names()):
            continue
        for batch in part.batches(("node", name)):
            keys, values = (_text(batch.column(c), c, part.path) for c in ("node", name))
            found.update((k, v) for k, v in zip(keys, values, strict=True) if k and v)
    return found


def _text(column: pa.Array, name: str, path: Path) -> list[str | None]:
    if pa.types.is_floating(column.type):  # as whole numbers arrive from a column with gaps
        return [
            f"{value:g}" if value is not None and np.isfinite(value) else None
            for value in column.to_pylist()
        ]
    try:
        texts: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    except pa.ArrowException as error:
        raise ModelError(f"the column {name!a} is no text.", where=str(path)) from error
    return texts
