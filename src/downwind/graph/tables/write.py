"""Writes a table as an edge table and a node table."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from downwind.graph.tables.names import Names
from downwind.graph.tables.ranges import spread
from downwind.graph.tables.types import Floats, Ints, NeedRows, Table
from downwind.terms import ModelError

NODES_AT_A_TIME = 1 << 16

EDGES = pa.schema(
    [
        ("node", pa.string()),
        ("need", pa.string()),
        ("alternative", pa.string()),
        ("k", pa.int32()),
        ("strength", pa.string()),
        ("grace_s", pa.float64()),
    ]
)


def write(table: Table, graph: Path, nodes: Path | None) -> None:
    """Write both files; raises ModelError where a node would be lost, OSError as the disk does."""
    if table.site_names is None or table.core.name is None or table.sites.name is None:
        raise ModelError("the table was read without names.", where=str(graph))
    names = (_arrow(table.core_names), _arrow(table.site_names))
    bare = np.flatnonzero(np.diff(table.sites.start) == 0)
    if nodes is None and len(bare):
        raise ModelError(
            f"{names[1][int(bare[0])].as_py()!a:.60} needs nothing and nothing needs it.",
            where=str(graph),
            todo="Only a node table can hold it: name a file for one.",
        )
    with _opened(graph, EDGES) as put:
        for rows, owners in ((table.core, names[0]), (table.sites, names[1])):
            for batch in _edges(rows, owners, names[0], pa.array(table.need_names, pa.string())):
                put(batch)
    if nodes is not None:
        columns = _columns(table)
        schema = pa.schema([("node", pa.string()), *((n, c.type) for n, c in columns.items())])
        with _opened(nodes, schema) as put:
            for batch in _nodes(pa.chunked_array([*names[0].chunks, *names[1].chunks]), columns):
                put(batch.cast(schema))


def _edges(
    rows: NeedRows, owners: pa.ChunkedArray, core: pa.ChunkedArray, needs: pa.Array
) -> Iterator[pa.RecordBatch]:
    """The rows of a run of nodes, alternative by alternative, some nodes at a time."""
    assert rows.name is not None
    strengths = pa.array(["soft", "hard"])
    for first in range(0, rows.size, NODES_AT_A_TIME):
        start = rows.start[first : first + NODES_AT_A_TIME + 1]
        need = np.arange(int(start[0]), int(start[-1]))
        node = np.repeat(np.arange(first, first + len(start) - 1), np.diff(start))
        many = np.diff(rows.alt_start[int(start[0]) : int(start[-1]) + 1])
        row = np.repeat(need, many)
        alternative = rows.alt[spread(rows.alt_start[need], many)]
        yield pa.RecordBatch.from_arrays(
            [
                _take(owners, np.repeat(node, many)),
                needs.take(pa.array(rows.name[row])),
                _take(core, alternative.astype(np.int64)),
                pa.array(rows.k[row]),
                strengths.take(pa.array(rows.hard[row].astype(np.int8))),
                pa.array(rows.grace[row]),
            ],
            schema=EDGES,
        )


def _columns(table: Table) -> dict[str, pa.Array]:
    """The columns of the node table that the table has; nan is nothing."""
    columns: dict[str, pa.Array] = {}
    if table.kind is not None:
        kinds = pa.array([*table.kinds, None], type=pa.string())
        columns["kind"] = kinds.take(
            pa.array(np.where(table.kind < 0, len(table.kinds), table.kind))
        )
    numbers: dict[str, Floats | None] = {
        "weight": table.weight,
        "p": table.p,
        "rate": table.rate,
        "dur_p50_s": table.dur_p50,
        "dur_p95_s": table.dur_p95,
        "recovery_s": table.recovery,
    }
    for name, values in numbers.items():
        if values is not None:
            columns[name] = pa.array(values, mask=np.isnan(values))
    return columns


def _nodes(names: pa.ChunkedArray, columns: dict[str, pa.Array]) -> Iterator[pa.RecordBatch]:
    yield from pa.table({"node": names, **columns}).to_batches(max_chunksize=NODES_AT_A_TIME)


@contextmanager
def _opened(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """What writes batches to a file of this name, which is only there once all are written."""
    name = path.name.lower()
    part = path.with_name(f"{path.name}.part")
    if name.endswith(".parquet"):
        with pq.ParquetWriter(part, schema) as parquet:
            yield parquet.write_batch
    elif name.endswith((".csv", ".csv.gz")):
        opened = gzip.open if name.endswith(".gz") else open
        with opened(part, "wt", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)  # RFC 4180's line ends: with others it leaves \r unquoted
            lines.writerow(schema.names)
            yield lambda batch: lines.writerows(_cells(batch))
    else:
        raise ModelError(
            "it is neither Parquet nor CSV by its name.",
            where=str(path),
            todo="Name a .parquet, .csv or .csv.gz file.",
        )
    part.replace(path)


def _cells(batch: pa.RecordBatch) -> Iterator[tuple[str, ...]]:
    return zip(*(map(_cell, column.to_pylist()) for column in batch.columns), strict=True)


def _cell(value: str | float | None) -> str:
    """A value as it stands in CSV: whole numbers without a point, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _arrow(names: Sequence[str]) -> pa.ChunkedArray:
    if isinstance(names, Names):
        return names.chunks
    return pa.chunked_array([pa.array(names, type=pa.string())])


def _take(names: pa.ChunkedArray, at: Ints) -> pa.Array:
    found = names.take(pa.array(at))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
