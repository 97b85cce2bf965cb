"""Sites collapse to signatures in DuckDB, on one machine and out of core."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from downwind.graph.signatures.assemble import assemble
from downwind.graph.signatures.files import Files, Parts, files_of
from downwind.graph.signatures.fold import settled, signatures_of
from downwind.graph.signatures.scan import CORE, bucket, check, view, write_buckets
from downwind.graph.signatures.session import Session, session
from downwind.graph.signatures.types import Signatures, Tally
from downwind.graph.tables.columns import EDGES, NODES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BYTES_A_ROW = 400
"""How much of DuckDB's memory a row of a bucket may take before buckets are made smaller."""
NAMES = """
    CREATE TEMP TABLE names AS
    SELECT alternative AS name, count(*) AS rows FROM rows_of_edges GROUP BY alternative
"""
CORE_NUMBERS = """
    CREATE TEMP TABLE core AS
    SELECT CAST(row_number() OVER (ORDER BY name) - 1 AS INTEGER) AS id, name
    FROM names WHERE name IS NOT NULL
"""


def collapse_here(
    graph: Parts, nodes: Parts | None, memory_limit: str, temp: Path | None, threads: int
) -> Signatures:
    """The signatures of an edge table and a node table."""
    edges = files_of(graph, EDGES)
    more = files_of(nodes, NODES) if nodes is not None else Files()
    with session(memory_limit, temp, threads) as here:
        con = here.con
        view(con, "edges", edges.paths)
        view(con, "nodes", more.paths)
        (check(con, "edges") + check(con, "nodes")).refuse_broken()
        buckets = _number_core(here)
        write_buckets(con, "edges", buckets, here.folder)
        write_buckets(con, "nodes", buckets, here.folder)
        tally = _collapse_buckets(con, buckets, here.folder)
        core_edges, core_nodes = (bucket(con, t, CORE, here.folder) for t in ("edges", "nodes"))
        signatures = settled(con, con.table("collapsed"))
        return assemble(con, core_edges, core_nodes, signatures, tally, told=edges.told + more.told)


def _number_core(here: Session) -> int:
    """Number the alternatives, by name; returns into how many buckets the sites go."""
    here.con.execute(NAMES)
    here.con.execute(CORE_NUMBERS)
    ((rows,),) = here.con.sql("SELECT coalesce(sum(rows), 0) FROM names").fetchall()
    here.con.execute("DROP TABLE names")
    return 1 + int(int(rows) * BYTES_A_ROW / here.memory)


def _collapse_buckets(con: DuckDBPyConnection, buckets: int, folder: Path) -> Tally:
    tally = Tally()
    for number in range(CORE + 1, CORE + 1 + buckets):
        edges, nodes = (bucket(con, table, number, folder) for table in ("edges", "nodes"))
        signatures, counted = signatures_of(con, edges, nodes)
        if number == CORE + 1:
            signatures.create("collapsed")
        else:
            signatures.insert_into("collapsed")
        tally += counted
    return tally
