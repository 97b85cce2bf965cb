"""Reads an edge table and a node table into one table of arrays, or says all that is wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from downwind.graph.tables.broken import Broken
from downwind.graph.tables.columns import EDGES, NODES
from downwind.graph.tables.edges import read_edges
from downwind.graph.tables.gather import gather, is_apart
from downwind.graph.tables.names import Names
from downwind.graph.tables.nodes import NUMBERS, NodeRows, by_node, number_nodes, read_nodes
from downwind.graph.tables.parts import Source, find
from downwind.graph.tables.rows import Rows
from downwind.graph.tables.split import core_needs, core_of_runs, site_needs
from downwind.graph.tables.types import Ints, NeedRows, Table

NOBODY = pa.chunked_array([], type=pa.string())


def read(graph: Path, nodes: Path | None, *, names: bool, also: Collection[str] = ()) -> Table:
    """The table at `graph`, with what `nodes` says of its nodes; raises ModelError."""
    source = find(graph, EDGES)
    broken = Broken()
    rows = read_edges(source, broken)
    broken.check(str(graph), source.places)
    repeats = 0
    if is_apart(rows):
        rows, repeats = gather(rows, broken)
    _check_k(rows, broken)
    broken.check(str(graph), source.places)
    table, site_names = _split(rows, names=names, by_name=names or nodes is not None)
    table = replace(table, told=_told(source, repeats))
    if nodes is not None:
        table, site_names = _with_nodes(table, site_names, nodes, also)
    return replace(table, site_names=Names(site_names)) if names else table


def _check_k(rows: Rows, broken: Broken) -> None:
    """A need asks for no more alternatives than it has; no need has fewer than one."""
    wrong = np.flatnonzero(rows.k > 1)
    many = rows.alt_start[wrong + 1] - rows.alt_start[wrong]
    wrong, many = wrong[rows.k[wrong] > many], many[rows.k[wrong] > many]
    if len(wrong):
        broken.add(
            rows.row[wrong],
            "k",
            lambda i: f"{rows.k[wrong[i]]} is more than the different alternatives, {many[i]}",
        )


def _split(rows: Rows, *, names: bool, by_name: bool) -> tuple[Table, pa.ChunkedArray]:
    """The table without a node table, and the sites' names where they will be asked for."""
    core = core_of_runs(rows)
    is_site = core < 0
    heads, rows.heads = rows.heads, NOBODY
    site_names = heads.filter(pa.array(is_site)) if by_name else NOBODY
    del heads  # half a gigabyte at twenty million sites
    table = Table(
        core_names=Names(pa.chunked_array([rows.core])),
        site_names=None,
        core=core_needs(rows, core, names=names),
        need_names=rows.need_names,
        doubtful=int((~rows.sure).sum()),
        sites=site_needs(rows, is_site, names=names),
    )
    return table, site_names


def _with_nodes(
    table: Table, site_names: pa.ChunkedArray, path: Path, also: Collection[str]
) -> tuple[Table, pa.ChunkedArray]:
    """The table with what a node table says, and the names of the sites that it adds."""
    source = find(path, NODES)
    broken = Broken()
    rows = read_nodes(source, broken)
    core_names = table.core_names
    assert isinstance(core_names, Names)
    number, new = number_nodes(rows, core_names.chunks, site_names, broken)
    broken.check(str(path), source.places)
    site_names = pa.chunked_array([*site_names.chunks, *new.chunks], type=pa.string())
    table = replace(
        table,
        sites=_with_bare(table.sites, len(new)),
        told=(*table.told, *_told(source, 0, also)),
    )
    return _with_columns(table, rows, number), site_names


def _with_columns(table: Table, rows: NodeRows, number: Ints) -> Table:
    kind = None
    if rows.kind is not None:
        kind = np.full(table.size, -1, dtype=np.int32)
        kind[number] = rows.kind
    columns = {
        name: by_node(number, values, table.size, NUMBERS[name][0])
        for name, values in rows.numbers.items()
    }
    return replace(
        table,
        kinds=rows.kinds,
        kind=kind,
        weight=columns.get("weight"),
        p=columns.get("p"),
        rate=columns.get("rate"),
        dur_p50=columns.get("dur_p50_s"),
        dur_p95=columns.get("dur_p95_s"),
        recovery=columns.get("recovery_s"),
    )


def _with_bare(sites: NeedRows, many: int) -> NeedRows:
    """The same and so many sites without needs."""
    if not many:
        return sites
    return replace(sites, start=np.append(sites.start, np.full(many, sites.start[-1])))


def _told(source: Source, repeats: int, also: Collection[str] = ()) -> tuple[str, ...]:
    told = []
    if repeats:
        merged = (
            "1 repeated alternative was"
            if repeats == 1
            else f"{repeats:,} repeated alternatives were"
        )
        told.append(f"{source.path.name}: {merged} merged.")
    strange = [name for name in source.strange if name not in also]
    if strange:
        columns = ", ".join(ascii(name) for name in strange)
        told.append(f"{source.path.name}: not read, as nobody knows them: {columns}.")
    return tuple(told)
