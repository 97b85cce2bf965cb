"""Writes whom listed names stand on as an edge table and a node table (docs/edge-table.md)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from downwind.catalog import Catalog
from downwind.evidence.hosts import host_of
from downwind.evidence.log import read
from downwind.survey.course import BEGUN, NAME
from downwind.survey.needs import LayerNeed, Needs
from downwind.terms import Evidence, UsageError

_CERTIFICATE, _PAGE = "tls.certificate", "http.page"
_KINDS = (BEGUN, NAME, _CERTIFICATE, _PAGE)
_ROWS_AT_A_TIME = 1 << 16
_EDGES = ("node", "need", "alternative", "k", "strength", "grace_s", "confidence", "evidence")
_MOST_LABELS = 20
# What these columns of a node table mean is not for a list of names to say; a weight is.
_TAKEN = ("node", "kind", "parent", "p", "rate", "dur_p50_s", "dur_p95_s", "recovery_s")

Row = tuple[Any, ...]
Put = Callable[[Row], None]


@dataclass(slots=True)
class Written:
    """How much was written."""

    sites: int = 0
    edges: int = 0
    gone: int = 0
    """Names that do not exist: they need nothing, and are left out."""
    without: int = 0
    """Names of which nothing was seen that anybody holds."""


@dataclass(slots=True)
class _Web:
    """What the web servers of names showed, kept until the name's own record comes."""

    issuers: dict[str, tuple[str, str]] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def hear(self, record: Evidence) -> None:
        value = record.value
        if value is None:
            return
        if record.kind == _CERTIFICATE:
            organization, name = value.get("issuer_organization"), value.get("issuer_name")
            self.issuers[record.subject] = (organization or "", name or "")
        elif record.kind == _PAGE and (host := host_of(record.subject)):
            final = host_of(value.get("final_url") or "")
            # What another host put on its reply says nothing of who stands before this one.
            self.headers[host] = value["headers"] if final == host else {}


def write_edges(store: Path, catalog: Catalog, edges: Path, nodes: Path) -> Written:
    """The latest survey in the store as tables; raises UsageError where there is none."""
    began, labels = _survey(store)
    written = Written()
    needs, web = Needs(catalog), _Web()
    kinds: dict[str, str] = {}
    done: set[str] = set()
    with (
        _table(edges, _EDGES) as put_edge,
        _table(nodes, ("node", "kind", *map(_column, labels))) as put_node,
    ):
        for record_id, record in read(store, kinds=_KINDS):
            if record.at < began:
                continue
            if record.kind != NAME:
                web.hear(record)
                continue
            issuer = web.issuers.pop(record.subject, None)
            headers = web.headers.pop(record.subject, None)
            if record.value is None or record.subject in done:
                continue
            done.add(record.subject)
            if record.value["exists"] is False:
                written.gone += 1
                continue
            found = needs.of(record.subject, record.value, issuer, headers)
            _put(record.subject, record_id, found, kinds, put_edge)
            held = record.value["labels"]
            put_node((record.subject, "site", *(held.get(label, "") for label in labels)))
            written.sites += 1
            written.edges += sum(len(need.holders) for need in found)
            written.without += not found
        for node, kind in kinds.items():
            put_node((node, kind, *("" for _ in labels)))
    return written


def nodes_beside(edges: Path) -> Path:
    """Where the node table of an edge table lies: web-nodes.parquet for web.parquet."""
    name, dot, suffix = edges.name.partition(".")
    return edges.with_name(f"{name}-nodes{dot}{suffix}")


def _put(
    site: str, record_id: str, needs: Sequence[LayerNeed], kinds: dict[str, str], put: Put
) -> None:
    for need in needs:
        for holder in need.holders:
            kinds.setdefault(holder.node, holder.kind)
            confidence = holder.confidence
            put((site, need.layer, holder.node, need.k, need.strength, 0.0, confidence, record_id))


def _survey(store: Path) -> tuple[float, list[str]]:
    """When the latest survey began, and which columns its list had besides the names."""
    began: float | None = None
    labels: dict[str, None] = {}
    for _, record in read(store, kinds=(BEGUN, NAME)):
        if record.kind == BEGUN:
            began, labels = record.at, {}
        elif record.value is not None:
            labels |= dict.fromkeys(record.value["labels"])
    if began is None:
        raise UsageError(
            "No list of names was mapped into this store.",
            where=str(store),
            todo="Map one with `downwind map --list FILE`.",
        )
    return began, list(labels)[:_MOST_LABELS]


def _column(label: str) -> str:
    return f"list_{label}" if label.lower() in _TAKEN else label


def check_format(path: Path) -> None:
    """Raises UsageError where the name says neither Parquet nor CSV."""
    if path.suffix.lower() not in (".parquet", ".csv"):
        raise UsageError(
            "It is neither Parquet nor CSV by its name.",
            where=str(path),
            todo="Name a .parquet or .csv file.",
        )


@contextmanager
def _table(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    """What takes the rows of a table that is only there once all are written."""
    check_format(path)
    part = path.with_name(f"{path.name}.part")
    opened = _parquet if path.suffix.lower() == ".parquet" else _csv
    with opened(part, columns) as put:
        yield put
    part.replace(path)


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(columns)
        yield lines.writerow


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"k": pa.int32(), "grace_s": pa.float64(), "confidence": pa.float64()}
    schema = pa.schema([(column, types.get(column, pa.string())) for column in columns])
    rows: list[Row] = []
    with pq.ParquetWriter(path, schema) as writer:

        def flush() -> None:
            arrays = [list(column) for column in zip(*rows, strict=True)]
            if rows:
                writer.write_table(pa.table(dict(zip(columns, arrays, strict=True)), schema))
            rows.clear()

        def put(row: Row) -> None:
            rows.append(row)
            if len(rows) >= _ROWS_AT_A_TIME:
                flush()

        yield put
        flush()
