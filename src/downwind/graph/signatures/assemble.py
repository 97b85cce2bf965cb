"""The core's rows and the signatures, as DuckDB hands them over, become a Table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from downwind.graph.signatures.fold import gather_needs
from downwind.graph.signatures.types import Signatures, Tally
from downwind.graph.signatures.weights import weights_of
from downwind.graph.tables.types import Floats, Ints, NeedRows, Shorts, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

CORE_NEEDS = """
    SELECT owner, need, alternatives, k, hard, grace
    FROM needs WHERE NOT doubtful ORDER BY owner, need
"""
CORE_NODES = """
    SELECT id, name, kind, coalesce(weight, 1) AS weight, p, rate, dur_p50_s, dur_p95_s,
        recovery_s
    FROM core LEFT JOIN bucket_nodes ON name = node ORDER BY id
"""
GIVEN = {
    "p": "p",
    "rate": "rate",
    "dur_p50": "dur_p50_s",
    "dur_p95": "dur_p95_s",
    "recovery": "recovery_s",
}


def assemble(
    con: DuckDBPyConnection,
    core_edges: DuckDBPyRelation,
    core_nodes: DuckDBPyRelation,
    signatures: DuckDBPyRelation,
    tally: Tally,
    told: tuple[str, ...],
) -> Signatures:
    """A Table of the core, which is read in full, and of signatures in place of sites.

    Raises ModelError where the core's rows or, by the tally, other rows are broken.
    """
    tally += gather_needs(con, core_edges, core_nodes)
    tally.refuse_broken()
    nodes = con.sql(CORE_NODES).to_arrow_table()
    core, need_names = _core(con, len(nodes))
    sites, count, weight = _sites(signatures.to_arrow_reader(100_000))
    kinds, kind = _kinds(nodes["kind"], len(count))
    given = {name: _column(nodes[column], len(count)) for name, column in GIVEN.items()}
    table = Table(
        core_names=nodes["name"].to_pylist(),
        site_names=None,
        core=core,
        sites=sites,
        need_names=need_names,
        kinds=kinds,
        kind=kind,
        weight=np.concatenate([nodes["weight"].to_numpy(), weight]),
        count=count,
        doubtful=tally.doubtful,
        told=told + tally.told(),
        **given,
    )
    return Signatures(table, count, weight)


def _core(con: DuckDBPyConnection, nodes: int) -> tuple[NeedRows, tuple[str, ...]]:
    rows = con.sql(CORE_NEEDS).to_arrow_table()
    names = rows["need"].to_pylist()
    need_names = tuple(sorted(set(names)))
    number = {name: i for i, name in enumerate(need_names)}
    many = np.bincount(rows["owner"].to_numpy(), minlength=nodes)
    alternatives = [_lists(chunk) for chunk in rows["alternatives"].chunks]
    needs = NeedRows(
        start=_starts([many]),
        k=rows["k"].to_numpy(),
        hard=rows["hard"].to_numpy(),
        grace=rows["grace"].to_numpy(),
        alt_start=_starts([lengths for lengths, _ in alternatives]),
        alt=_joined([values.to_numpy() for _, values in alternatives], np.int32),
        name=np.array([number[name] for name in names], dtype=np.int32),
    )
    return needs, need_names


def _sites(batches: Iterable[Any]) -> tuple[NeedRows, Ints, Floats]:
    """Needs, counts and weights of the signatures, batch by batch."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("start", "k", "hard", "grace", "alt_start", "alt", "count", "weight")
    }
    for batch in batches:
        many, needs = _lists(batch["needs"])
        fields = {field.name: i for i, field in enumerate(needs.type)}
        values = needs.flatten()
        alternatives, nodes = _lists(values[fields["alternatives"]])
        columns["start"].append(many)
        columns["k"].append(values[fields["k"]].to_numpy(zero_copy_only=False))
        columns["hard"].append(values[fields["hard"]].to_numpy(zero_copy_only=False))
        columns["grace"].append(values[fields["grace"]].to_numpy(zero_copy_only=False))
        columns["alt_start"].append(alternatives)
        columns["alt"].append(nodes.to_numpy())
        columns["count"].append(batch["sites"].to_numpy())
        columns["weight"].append(_weights(batch))
    needs = NeedRows(
        start=_starts(columns["start"]),
        k=_joined(columns["k"], np.int32),
        hard=_joined(columns["hard"], np.bool_),
        grace=_joined(columns["grace"], np.float64),
        alt_start=_starts(columns["alt_start"]),
        alt=_joined(columns["alt"], np.int32),
    )
    return needs, _joined(columns["count"], np.int64), _joined(columns["weight"], np.float64)


def _weights(batch: Any) -> Floats:
    size, bins = _lists(batch["bins"])
    high, low = _lists(batch["high"])[1], _lists(batch["low"])[1]
    return weights_of(size, bins.to_numpy().astype(np.int64), high.to_numpy(), low.to_numpy())


def _lists(column: Any) -> tuple[Ints, Any]:
    """The lengths of an Arrow column of lists, and what the lists hold, one after the other."""
    return np.diff(column.offsets.to_numpy()).astype(np.int64), column.flatten()


def _starts(lengths: list[Ints]) -> Ints:
    return np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *lengths]), dtype=np.int64)


def _joined(parts: list[Any], dtype: type) -> Any:
    return np.concatenate([np.empty(0, dtype=dtype), *parts]).astype(dtype, copy=False)


def _kinds(column: Any, sites: int) -> tuple[tuple[str, ...], Shorts | None]:
    names = column.to_pylist()
    kinds = tuple(sorted({name for name in names if name is not None}))
    if not kinds:
        return (), None
    number = {name: i for i, name in enumerate(kinds)}
    numbers = [-1 if name is None else number[name] for name in names]
    return kinds, np.array(numbers + [-1] * sites, dtype=np.int32)


def _column(column: Any, sites: int) -> Floats | None:
    """A column of the core, nan where not given and for sites; None where given for no node."""
    if column.null_count == len(column):
        return None
    values = column.to_numpy().astype(np.float64)
    return np.concatenate([values, np.full(sites, np.nan)])
