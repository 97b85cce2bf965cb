"""What an empty cell stands for and what a value may be, as SQL for edge and node tables.

In these texts `{k}` is the cell of column k, or NULL where a table has no such column.
"""

from __future__ import annotations

from downwind.graph.doubt import CONFIDENCE_FLOOR
from downwind.graph.tables.columns import EDGES, NODES
from downwind.terms import Standing, Strength

NUMBERS = ("p", "rate", "dur_p50_s", "dur_p95_s", "recovery_s")
COLUMNS = {"edges": EDGES, "nodes": NODES}
TEXT = ("node", "need", "alternative", "strength", "kind")


def _empty(column: str) -> str:
    return f"WHEN {{{column}}} IS NULL THEN '{column} is empty'"


def _outside(column: str, allowed: str) -> str:
    return (
        f"WHEN {{{column}}} IS NOT NULL AND ({allowed}) IS NOT TRUE "
        f"THEN '{column} is ' || left(CAST({{{column}}} AS VARCHAR), 99)"
    )


def _number(column: str) -> str:
    return f"TRY_CAST({{{column}}} AS DOUBLE)"


def _between(column: str, low: str, high: str) -> str:
    # DuckDB orders NaN above infinity, so it is between no two numbers.
    return _outside(column, f"{_number(column)} BETWEEN {low} AND {high}")


def _row(cells: list[str], checks: list[str]) -> str:
    return ", ".join([*cells, "CASE " + " ".join(checks) + " END AS wrong"])


INFINITE, LARGEST = "'inf'::DOUBLE", "1.7976931348623157e308"

ROW = {
    "edges": _row(
        [
            "{node} AS node",
            "{need} AS need",
            "{alternative} AS alternative",
            f"coalesce(TRY_CAST({_number('k')} AS INTEGER), 1) AS k",
            f"coalesce({{strength}} = '{Strength.HARD}', true) AS hard",
            f"coalesce({_number('grace_s')}, 0) + 0 AS grace",  # -0.0 + 0 is 0.0
            f"coalesce({{kind}} = '{Standing.SUSPECTED}', false)"
            f" OR coalesce({_number('confidence')} < {CONFIDENCE_FLOOR}, false) AS doubtful",
        ],
        [
            _empty("node"),
            _empty("need"),
            _empty("alternative"),
            _outside(
                "k",
                f"{_number('k')} BETWEEN 1 AND 2147483647 AND {_number('k')} % 1 = 0",
            ),
            _outside("strength", f"{{strength}} IN ('{Strength.HARD}', '{Strength.SOFT}')"),
            _between("grace_s", "0", INFINITE),
            _between("confidence", "0", "1"),
        ],
    ),
    "nodes": _row(
        [
            "{node} AS node",
            "{kind} AS kind",
            f"coalesce({_number('weight')}, 1) AS weight",
            *(
                f"{_number(c)} AS {c}"
                for c in ("p", "rate", "dur_p50_s", "dur_p95_s", "recovery_s")
            ),
        ],
        [
            _empty("node"),
            _between("weight", "0", LARGEST),
            _between("p", "0", "1"),
            _between("rate", "0", LARGEST),
            _between("dur_p50_s", "0", INFINITE),
            _between("dur_p95_s", "0", INFINITE),
            f"WHEN {_number('dur_p95_s')} < {_number('dur_p50_s')} "
            "THEN 'dur_p95_s is below dur_p50_s'",
            _between("recovery_s", "0", INFINITE),
        ],
    ),
}
"""By table, the select list that turns its cells into values and names what is broken."""


def cell(column: str, stored: str | None) -> str:
    """A column's cell, from the type that it is stored as; None where the table lacks it."""
    if stored is None:
        return "CAST(NULL AS VARCHAR)"
    if stored == "VARCHAR":
        return f"nullif(\"{column}\", '')"
    return f'CAST("{column}" AS VARCHAR)' if column in TEXT else f'"{column}"'
