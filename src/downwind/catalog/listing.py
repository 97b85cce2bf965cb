"""Reads a file of artefacts and explains each; a row that cannot be read is told, never lost."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from downwind.catalog.explain import KINDS, Explained, explain
from downwind.catalog.lookup import Catalog
from downwind.terms import UsageError

_MAX_BYTES = 64_000_000


def read_list(file: Path) -> Sequence[tuple[str, str]]:
    """Rows of kind and value, tab-separated, with a header or without; raises UsageError.

    Reads .gz too. With a header the columns may come in any order, among others.
    """
    lines = _text(file).splitlines()
    rows = [line.split("\t") for line in lines if line.strip()]
    if not rows:
        raise UsageError("the list is empty.", where=str(file))
    head = [cell.strip().strip('"').lower() for cell in rows[0]]
    if {"kind", "value"} <= set(head):
        kind, value = head.index("kind"), head.index("value")
        return [(_cell(row, kind), _cell(row, value)) for row in rows[1:]]
    if not any(_cell(row, 0).strip().lower().replace("-", "_") in KINDS for row in rows):
        raise UsageError(
            "it has no columns kind and value.",
            where=str(file),
            todo=f"Write a kind, a tab and a value a line; the kinds are {', '.join(KINDS)}.",
        )
    return [(_cell(row, 0), _cell(row, 1)) for row in rows]


def explain_all(catalog: Catalog, rows: Iterable[tuple[str, str]]) -> list[Explained]:
    """An answer for each row, in order; where a row cannot be read, its rule says why."""
    return list(_explained(catalog, rows))


def _explained(catalog: Catalog, rows: Iterable[tuple[str, str]]) -> Iterator[Explained]:
    for kind, value in rows:
        try:
            yield explain(catalog, kind, value)
        except UsageError as error:
            fault = "unknown" if kind.strip().lower() == "error_page" else None
            yield Explained(kind, value, fault=fault, rule=f"cannot be read: {error.what}")


def _cell(row: Sequence[str], at: int) -> str:
    cell = row[at].strip() if at < len(row) else ""
    # Spreadsheets quote a cell that holds quotes (RFC 4180), as the JSON of an error page does.
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return next(csv.reader([cell]))[0]
    return cell


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX_BYTES + 1)
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(file) as packed:
                raw = packed.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"it cannot be read: {why}.", where=str(file)) from error
    if len(raw) > _MAX_BYTES:
        raise UsageError(f"it holds more than {_MAX_BYTES // 1_000_000} MB.", where=str(file))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"it is not UTF-8 text (byte {error.start}).", where=str(file), todo="Save it as UTF-8."
        ) from error
