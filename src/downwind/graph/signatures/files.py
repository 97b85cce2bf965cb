"""Which files a table is made of, and whether their columns are those of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.graph.tables.columns import Columns, pick
from downwind.graph.tables.csv_part import CsvPart
from downwind.graph.tables.parts import find
from downwind.terms import ModelError

Parts = Path | str | Sequence[Path | str]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one table, all Parquet or all CSV."""

    paths: tuple[Path, ...] = ()
    told: tuple[str, ...] = ()
    """Columns that nobody knows, in a sentence."""


def files_of(listed: Parts, columns: Columns) -> Files:
    """The files that a path, a folder, a pattern or a list of these means.

    Raises ModelError where there are none, or their columns are not those of such a table.
    """
    names = [listed] if isinstance(listed, str | Path) else listed
    sources = [find(Path(name), columns) for name in names]
    parts = [part for source in sources for part in source.parts]
    strange: set[str] = set()
    for part in parts:
        strange.update(pick(columns, part.names(), str(part.path))[1])
    paths = tuple(part.path for part in parts)
    _check_form(paths)
    unread = ", ".join(ascii(name) for name in sorted(strange))
    told = (f"{columns.table}: not read, as nobody knows them: {unread}.",) if strange else ()
    return Files(paths, told)


def is_csv(file: Path) -> bool:
    """True for CSV, compressed or not; the other form is Parquet."""
    return not file.name.lower().endswith(".parquet")


def header_of(file: Path) -> list[str]:
    """The columns of a CSV file."""
    return CsvPart(file).names()


def _check_form(paths: Sequence[Path]) -> None:
    for path in paths[1:]:
        if is_csv(path) != is_csv(paths[0]):
            raise ModelError(f"it is of another form than {paths[0]}.", where=str(path))
        if is_csv(path) and header_of(path) != header_of(paths[0]):
            raise ModelError(f"its columns are not those of {paths[0]}.", where=str(path))
