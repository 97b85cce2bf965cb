"""A Parquet file of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from downwind.terms import ModelError

ROWS_AT_A_TIME = 1 << 18
REPEATING = ("need", "alternative", "strength", "kind")
"""Columns of few values, read as Parquet's dictionaries and not row by row."""


@dataclass(slots=True)
class ParquetPart:
    """Rows are named by their number, from 1."""

    path: Path

    @property
    def rows(self) -> int:
        """How many rows its footer gives; raises ModelError where it is no Parquet file."""
        return int(self._footer().num_rows)

    def names(self) -> list[str]:
        """Its columns; raises ModelError where it is no Parquet file."""
        return list(self._schema().names)

    def batches(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Its rows, a piece at a time; raises ModelError where the file is damaged."""
        repeating = [f.name for f in self._schema() if f.name in REPEATING and _is_text(f.type)]
        try:
            with pq.ParquetFile(self.path, read_dictionary=repeating) as file:
                yield from file.iter_batches(
                    ROWS_AT_A_TIME, columns=list(wanted), use_threads=False
                )
        except (pa.ArrowException, OSError) as error:
            raise ModelError(
                f"the Parquet file is damaged ({_line(error)}).", where=str(self.path)
            ) from error

    def places(self, rows: Sequence[int]) -> list[str]:
        """Row numbers, from 1."""
        return [f"row {row + 1:,}" for row in rows]

    def _schema(self) -> pa.Schema:
        return self._footer().schema.to_arrow_schema()

    def _footer(self) -> pq.FileMetaData:
        try:
            return pq.read_metadata(self.path)
        except (pa.ArrowException, OSError) as error:
            raise ModelError(
                f"it cannot be read as Parquet ({_line(error)}).", where=str(self.path)
            ) from error


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason"
