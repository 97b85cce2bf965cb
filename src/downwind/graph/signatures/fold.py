"""Rows become needs, needs become sets, equal sets become one signature: all of it in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from downwind.graph.signatures.types import Place, Tally
from downwind.graph.signatures.weights import BIN, UNITS
from downwind.graph.tables.broken import SHOWN

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

NEEDS = """
    CREATE OR REPLACE TEMP TABLE needs AS
    SELECT
        node, need, any_value(owner) AS owner,
        list_sort(list_distinct(list(alternative))) AS alternatives,
        CAST(max(k) AS INTEGER) AS k, bool_and(hard) AS hard, max(grace) AS grace,
        bool_and(doubtful) AS doubtful, count(*) AS rows,
        min(k) = max(k) AND bool_and(hard) = bool_or(hard) AND min(grace) = max(grace) AS agrees
    FROM bucket_edges GROUP BY node, need
"""
NEEDS_TALLY = """
    SELECT
        count(*) FILTER (NOT agrees OR k > len(alternatives)),
        count(*) FILTER (doubtful),
        coalesce(CAST(sum(rows - len(alternatives)) AS BIGINT), 0)
    FROM needs
"""
BROKEN_NEEDS = """
    SELECT node, 'need ' || left(need, 99) || CASE
        WHEN NOT agrees THEN ': its rows disagree on k, strength or grace_s'
        ELSE ': k is ' || k || ', it has ' || len(alternatives) || ' alternatives' END AS what
    FROM needs WHERE NOT agrees OR k > len(alternatives) ORDER BY node, what
"""
TWICE = """
    SELECT node, 'the node table has it ' || count(*) || ' times' AS what, count(*) OVER () AS many
    FROM bucket_nodes GROUP BY node HAVING count(*) > 1 ORDER BY node
"""
UNUSED = """
    SELECT count(*) FROM bucket_nodes
    WHERE coalesce(p, rate, dur_p50_s, dur_p95_s, nullif(recovery_s, 0)) IS NOT NULL
"""
# Equal sets are merged before repeats within a set are dropped, since few are left by then;
# sets that become equal only by that are merged at the end.
SIGNATURES = f"""
    WITH sets AS (
        SELECT node, list_sort(list(
            {{'alternatives': alternatives, 'k': k, 'hard': hard, 'grace': grace}}
        ) FILTER (NOT doubtful)) AS needs
        FROM needs GROUP BY node
    ), sites AS (
        SELECT needs, coalesce(weight, 1) AS weight FROM sets FULL JOIN bucket_nodes USING (node)
    ), merged AS (
        SELECT needs, {BIN} AS bin, count(*) AS sites, sum({UNITS}) AS units
        FROM sites GROUP BY ALL
    )
    SELECT
        coalesce(list_filter(needs, lambda x, i: i = 1 OR x <> needs[i - 1]), []) AS needs,
        bin, sites, CAST(units AS DECIMAL(38, 0)) AS units
    FROM merged
"""  # noqa: S608
MERGED = """
    SELECT needs, bin, CAST(sum(sites) AS BIGINT) AS sites,
        CAST(sum(CAST(units AS HUGEINT)) AS DECIMAL(38, 0)) AS units
    FROM partials GROUP BY needs, bin
"""
SETTLED = """
    SELECT needs, CAST(sum(sites) AS BIGINT) AS sites, list(bin) AS bins,
        list(CAST(units // 18446744073709551616 AS BIGINT)) AS high,
        list(CAST(units % 18446744073709551616 AS UBIGINT)) AS low
    FROM (
        SELECT needs, bin, sum(sites) AS sites, sum(CAST(units AS HUGEINT)) AS units
        FROM partials GROUP BY needs, bin
    ) GROUP BY needs ORDER BY needs
"""


def gather_needs(
    con: DuckDBPyConnection, edges: DuckDBPyRelation, nodes: DuckDBPyRelation
) -> Tally:
    """Make the table `needs` of one bucket's rows, and count what is wrong with them."""
    edges.create_view("bucket_edges", replace=True)
    nodes.create_view("bucket_nodes", replace=True)
    con.execute(NEEDS)
    ((broken, doubtful, repeats),) = con.sql(NEEDS_TALLY).fetchall()
    places = con.sql(BROKEN_NEEDS).limit(SHOWN).fetchall() if broken else []
    twice = con.sql(TWICE).limit(SHOWN).fetchall()
    return Tally(
        broken + (twice[0][2] if twice else 0),
        tuple(sorted(Place("", 0, node, what) for node, what, *_ in (*places, *twice))[:SHOWN]),
        doubtful,
        repeats,
    )


def signatures_of(
    con: DuckDBPyConnection, edges: DuckDBPyRelation, nodes: DuckDBPyRelation
) -> tuple[DuckDBPyRelation, Tally]:
    """The signatures of one bucket of sites, and what was counted."""
    tally = gather_needs(con, edges, nodes)
    ((unused,),) = con.sql(UNUSED).fetchall()
    return con.sql(SIGNATURES), tally + Tally(unused=unused)


def merged(con: DuckDBPyConnection, partials: DuckDBPyRelation) -> DuckDBPyRelation:
    """Signatures of several buckets or merges, equal ones merged."""
    partials.create_view("partials", replace=True)
    return con.sql(MERGED)


def settled(con: DuckDBPyConnection, partials: DuckDBPyRelation) -> DuckDBPyRelation:
    """All signatures, in the order of what they need, with their weights' parts."""
    partials.create_view("partials", replace=True)
    return con.sql(SETTLED)
