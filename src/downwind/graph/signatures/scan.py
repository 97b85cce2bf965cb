"""Edge and node tables as DuckDB views: columns looked for, values checked, rows put in buckets."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from downwind.graph.signatures.checks import COLUMNS, ROW, cell
from downwind.graph.signatures.files import header_of, is_csv
from downwind.graph.signatures.types import Place, Tally
from downwind.graph.tables.broken import SHOWN

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

CORE = 0
"""The bucket of the core's rows; sites are in bucket 1 and the following ones."""
PLACE = {
    "parquet": "filename AS file, file_row_number + 1 AS row",
    "csv": "filename AS file, CAST(0 AS BIGINT) AS row",
    "": "'' AS file, CAST(0 AS BIGINT) AS row",
}
CODED = {
    "edges": """
        CREATE VIEW coded_edges AS
        SELECT e.* EXCLUDE (alternative, wrong, file, row), a.id AS alternative, o.id AS owner
        FROM rows_of_edges e
        LEFT JOIN core a ON a.name = e.alternative LEFT JOIN core o ON o.name = e.node
    """,
    "nodes": """
        CREATE VIEW coded_nodes AS
        SELECT n.* EXCLUDE (wrong, file, row), o.id AS owner
        FROM rows_of_nodes n LEFT JOIN core o ON o.name = n.node
    """,
}


def view(con: DuckDBPyConnection, table: str, files: Sequence[Path]) -> None:
    """Make the view rows_of_<table> over the files, each row with what is broken about it.

    `table` is `edges` or `nodes`; without files the view is empty.
    """
    raw = _open(con, files)
    stored = {name: str(kind) for name, kind in zip(raw.columns, raw.types, strict=True)}
    columns = COLUMNS[table]
    cells = {name: cell(name, stored.get(name)) for name in (*columns.needed, *columns.optional)}
    place = PLACE["" if not files else "csv" if is_csv(files[0]) else "parquet"]
    raw.project(f"{ROW[table].format(**cells)}, {place}").create_view(f"rows_of_{table}")


def _open(con: DuckDBPyConnection, files: Sequence[Path]) -> DuckDBPyRelation:
    if not files:
        return con.sql("SELECT 1 AS nothing WHERE false")
    names = [glob.escape(str(file)) for file in files]
    if not is_csv(files[0]):
        return con.read_parquet(names, union_by_name=True, filename=True, file_row_number=True)
    return con.read_csv(
        names,
        header=True,
        auto_detect=False,
        columns=dict.fromkeys(header_of(files[0]), "VARCHAR"),
        delimiter=",",
        quotechar='"',
        escapechar='"',
        filename=True,
    )


def check(con: DuckDBPyConnection, table: str) -> Tally:
    """The tally of broken rows."""
    rows = con.view(f"rows_of_{table}")
    ((count,),) = rows.aggregate("count(wrong)").fetchall()
    if not count:
        return Tally()
    broken = rows.filter("wrong IS NOT NULL").project("file, row, coalesce(node, ''), wrong")
    places = broken.order("ALL").limit(SHOWN).fetchall()
    return Tally(broken=count, places=tuple(Place(*place) for place in places))


def write_buckets(con: DuckDBPyConnection, table: str, buckets: int, folder: Path) -> None:
    """Write the rows to a folder, by bucket, alternatives as numbers of the table `core`.

    A node's rows all come into one bucket.
    """
    con.execute(CODED[table])
    con.view(f"coded_{table}").project(
        f"*, CASE WHEN owner IS NOT NULL THEN {CORE} ELSE 1 + hash(node) % {buckets} END AS bucket"
    ).write_parquet(str(folder / table), partition_by=["bucket"], compression="lz4_raw")


def bucket(con: DuckDBPyConnection, table: str, number: int, folder: Path) -> DuckDBPyRelation:
    """The rows of one bucket."""
    files = sorted(str(file) for file in (folder / table / f"bucket={number}").glob("*.parquet"))
    if not files:
        return con.view(f"coded_{table}").filter("false")
    return con.read_parquet(files, hive_partitioning=False)
