"""The files of a table, read a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from downwind.graph.tables.columns import Columns, pick
from downwind.graph.tables.csv_part import CsvPart
from downwind.graph.tables.parquet_part import ParquetPart
from downwind.terms import ModelError

FEW_ROWS = 1 << 16
SUFFIXES = (".parquet", ".csv", ".csv.gz")


class Part(Protocol):
    """One file of a table."""

    path: Path

    @property
    def rows(self) -> int:
        """How many rows it has; 0 where that is not known before they are read."""

    def names(self) -> list[str]:
        """Its columns."""

    def batches(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Its rows in pieces of any size."""

    def places(self, rows: Sequence[int]) -> list[str]:
        """How a person finds rows that are counted from 0."""


@dataclass(slots=True)
class Source:
    """A table in one or several files, whose rows are counted through."""

    path: Path
    columns: Columns
    parts: Sequence[Part]
    strange: list[str] = field(default_factory=list)
    """Columns that nobody knows; filled while the parts are read."""
    _starts: list[int] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are, as far as that is known before they are read."""
        return sum(part.rows for part in self.parts)

    def names(self) -> set[str]:
        """The columns that some part has."""
        return {name for part in self.parts for name in part.names()}

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order, some at a time; a batch has those known columns that its part has."""
        rows = 0
        for part in self.parts:
            self._starts.append(rows)
            wanted, strange = pick(self.columns, part.names(), str(part.path))
            self.strange += [name for name in strange if name not in self.strange]
            for batch in _ahead(_joined(part.batches(wanted))):
                rows += batch.num_rows
                yield batch

    def places(self, rows: Sequence[int]) -> list[str]:
        """How a person finds rows that are counted from 0 over all parts; rows must rise."""
        found = []
        ends = [*self._starts[1:], None]
        for part, start, end in zip(self.parts, self._starts, ends, strict=False):
            here = [row - start for row in rows if row >= start and (end is None or row < end)]
            if here:
                file = "" if len(self.parts) == 1 else f"{part.path.name}, "
                found += [f"{file}{place}" for place in part.places(here)]
        return found


def find(path: Path, columns: Columns) -> Source:
    """The table at a path: a file, a folder of parts, or a pattern such as `edges-*.parquet`."""
    return Source(path, columns, [_part(file) for file in _files(path)])


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if path.is_dir():
        files = [file for file in path.iterdir() if file.name.lower().endswith(SUFFIXES)]
    else:
        files = list(path.parent.glob(path.name)) if set(path.name) & set("*?[") else []
    if files:
        return sorted(files)
    raise ModelError(
        "the folder holds no parts." if path.is_dir() else "there is no such file.",
        where=str(path),
        todo="Name a .parquet, .csv or .csv.gz file, or a folder of such parts.",
    )


def _part(path: Path) -> Part:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return ParquetPart(path)
    if name.endswith((".csv", ".csv.gz")):
        return CsvPart(path)
    raise ModelError(
        "it is neither Parquet nor CSV by its name.",
        where=str(path),
        todo="Name a .parquet, .csv or .csv.gz file.",
    )


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Small batches put together: each batch costs a look at all of its names."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(other.num_rows for other in waiting) >= FEW_ROWS:
            yield _one(waiting)
            waiting = []
    if waiting:
        yield _one(waiting)


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same; the next batch is decoded on a second thread while this one is looked at."""
    with ThreadPoolExecutor(1) as decoder:
        coming = decoder.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = decoder.submit(next, batches, None)
            yield batch
