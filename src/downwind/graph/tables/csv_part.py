"""A CSV file of a table: UTF-8, a header, commas, RFC 4180's quotes; gzip where it says so."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv

from downwind.graph.tables.broken import SHOWN, faults
from downwind.terms import ModelError

BLOCK = 16 << 20
"""Bytes parsed at a time; one row must fit."""


@dataclass(slots=True)
class CsvPart:
    """Rows are named by the line on which they begin; the header is line 1."""

    path: Path
    rows: int = 0

    def names(self) -> list[str]:
        """The header; raises ModelError where the file is empty or no text."""
        try:
            for _, record in self._records():
                return record
        except UnicodeDecodeError as error:
            raise self._not_text() from error
        except (OSError, EOFError, csv.Error) as error:
            raise ModelError(f"it cannot be read ({error}).", where=str(self.path)) from error
        raise ModelError(
            "the file is empty.", where=str(self.path), todo="Write a header with the columns."
        )

    def batches(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Its rows as text, a block at a time; raises ModelError at the end of ragged files."""
        ragged = 0

        def skip(row: Any) -> str:
            nonlocal ragged
            ragged += 1
            return "skip"

        try:
            with pa.csv.open_csv(
                str(self.path),
                read_options=pa.csv.ReadOptions(block_size=BLOCK),
                parse_options=pa.csv.ParseOptions(
                    newlines_in_values=True, invalid_row_handler=skip
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types={name: pa.string() for name in wanted},
                    include_columns=list(wanted),
                ),
            ) as reader:
                yield from reader
        except (pa.ArrowException, OSError) as error:
            if "UTF8" in str(error):
                raise self._not_text() from error
            raise ModelError(f"it cannot be read ({error}).", where=str(self.path)) from error
        if ragged:
            raise self._ragged(ragged)

    def places(self, rows: Sequence[int]) -> list[str]:
        """Line numbers, found by reading the file again as far as the last of the rows."""
        try:
            lines = self._lines(rows)
        except (csv.Error, OSError, UnicodeDecodeError):
            return [f"row {row + 1:,}" for row in rows]
        return [f"line {lines[row]:,}" if row in lines else f"row {row + 1:,}" for row in rows]

    def _lines(self, rows: Sequence[int]) -> dict[int, int]:
        records = self._records()
        width = len(next(records)[1])
        whole = ((line, record) for line, record in records if len(record) == width)
        found, last = {}, max(rows)
        asked = set(rows)
        for row, (line, _) in enumerate(whole):
            if row in asked:
                found[row] = line
            if row == last:
                break
        return found

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record and the line on which it begins; empty lines are none."""
        with self._open() as file:
            reader = csv.reader(file)
            line = 1
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1

    def _ragged(self, many: int) -> ModelError:
        records = self._records()
        width = len(next(records)[1])
        lines = []
        for line, record in records:
            if len(record) != width:
                lines.append(f"  line {line:,}: {len(record)} fields, the header has {width}")
            if len(lines) == min(SHOWN, many):
                break
        if many > len(lines):
            lines.append(f"  and {many - len(lines):,} more")
        return ModelError(
            "\n".join([f"{faults(many)}; nothing was read.", *lines]), where=str(self.path)
        )

    def _not_text(self) -> ModelError:
        with gzip.open(self.path) if self._zipped else self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError as error:
                    return ModelError(
                        f"line {number:,} is not UTF-8 (byte {line[error.start]:#04x}).",
                        where=str(self.path),
                        todo="Save the table as UTF-8.",
                    )
        return ModelError("it is not UTF-8.", where=str(self.path))

    def _open(self) -> IO[str]:
        if self._zipped:
            return gzip.open(self.path, "rt", encoding="utf-8-sig", newline="")
        return self.path.open(encoding="utf-8-sig", newline="")

    @property
    def _zipped(self) -> bool:
        return self.path.name.lower().endswith(".gz")
