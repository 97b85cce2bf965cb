"""Columns of a batch as numbers and codes; what cannot be read is noted as broken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from downwind.graph.tables.broken import Broken, shown
from downwind.graph.tables.types import Flags, Floats, Ints, Shorts
from downwind.terms import ModelError


@dataclass(frozen=True, slots=True)
class Cells:
    """The columns of one batch."""

    batch: pa.RecordBatch
    first: int
    """The number of its first row."""
    table: str
    broken: Broken

    def has(self, name: str) -> bool:
        """True where the batch has the column."""
        return name in self.batch.schema.names

    def text(self, name: str) -> pa.Array:
        """A column as text, row by row; empty cells and nulls are broken."""
        column = self._as_text(name, self.batch.column(name))
        if column.null_count:
            empty = pc.fill_null(pc.equal(column, ""), True)
            self._note(_flags(empty), name, "it is empty")
            return pc.fill_null(column, "")
        if len(column) and pc.min(pc.binary_length(column)).as_py() == 0:
            self._note(_flags(pc.equal(column, "")), name, "it is empty")
        return column

    def codes(self, name: str, *, needed: bool = True) -> tuple[Shorts, pa.Array]:
        """A column as numbers and the texts that they stand for.

        Empty cells and nulls are broken where the column is needed, and -1 where not.
        """
        column = self.batch.column(name)
        if not pa.types.is_dictionary(column.type):
            column = self._as_text(name, column).dictionary_encode()
        texts = self._as_text(name, column.dictionary)
        codes = column.indices.cast(pa.int32())
        if codes.null_count or texts.null_count or pc.any(pc.equal(texts, "")).as_py():
            hollow = pc.fill_null(pc.equal(texts, ""), True)
            texts = pc.fill_null(texts, "")
            empty = pc.fill_null(hollow.take(codes), True)
            found = np.where(_flags(empty), -1, pc.fill_null(codes, 0).to_numpy()).astype(np.int32)
            if not needed:
                return found, texts
            self._note(found < 0, name, "it is empty")
            return np.maximum(found, 0), texts
        return codes.to_numpy(), texts

    def choice(self, name: str, options: tuple[str, ...], default: int) -> Shorts:
        """A column whose cells are one of the options, as its place among them."""
        if not self.has(name):
            return np.full(self.batch.num_rows, default, dtype=np.int32)
        codes, texts = self.codes(name, needed=False)
        place = {option: at for at, option in enumerate(options)}
        meaning = np.array([place.get(text, -1) for text in texts.to_pylist()] + [default])
        found = meaning[codes].astype(np.int32)
        self._note(found < 0, name, f"is neither {' nor '.join(options)}")
        return np.maximum(found, 0)

    def whole(self, name: str, default: int) -> Shorts:
        """A column of whole numbers of 1 or more."""
        if not self.has(name):
            return np.full(self.batch.num_rows, default, dtype=np.int32)
        column = self.batch.column(name)
        if column.type == pa.int32() and not column.null_count:
            numbers: Shorts = column.to_numpy()
            self._note(numbers < 1, name, "is not a whole number of 1 or more")
            return numbers
        values = self._numbers(name, default)
        wrong = ~((values >= 1) & (values < 2**31) & (values == np.floor(values)))
        self._note(wrong, name, "is not a whole number of 1 or more")
        return np.where(wrong, 1, values).astype(np.int32)

    def number(self, name: str, default: float, most: float = math.inf) -> Floats:
        """A column of numbers from 0 to `most`; nan only where the cell is empty."""
        if not self.has(name):
            return np.full(self.batch.num_rows, default, dtype=np.float64)
        values = self._numbers(name, default)
        wrong = ~((values >= 0) & (values <= most))
        if math.isnan(default) and wrong.any():
            wrong &= ~self._empty(name)
        limit = "0 or more" if most == math.inf else f"from 0 to {most:g}"
        self._note(wrong, name, f"is not a number {limit}")
        return values

    def note(self, wrong: Flags, name: str, what: Callable[[int], str]) -> None:
        """Note broken rows; `what(row)` gets the row's place in the batch."""
        if wrong.any():
            rows: Ints = np.flatnonzero(wrong)
            self.broken.add(rows + self.first, name, lambda i: what(int(rows[i])))

    def _note(self, wrong: Flags, name: str, what: str) -> None:
        def say(row: int) -> str:
            value = self.batch.column(name)[row].as_py()
            return what if value in (None, "") else f"{shown(value)} {what}"

        self.note(wrong, name, say)

    def _empty(self, name: str) -> Flags:
        column = self.batch.column(name)
        empty = pc.is_null(column)
        if _is_text(column.type):
            empty = pc.or_(empty, pc.fill_null(pc.equal(column.cast(pa.string()), ""), True))
        return _flags(empty)

    def _numbers(self, name: str, default: float) -> Floats:
        """Cells as numbers: the default where empty, nan where they are none."""
        column = self.batch.column(name)
        if _is_text(column.type):
            codes, texts = self.codes(name, needed=False)
            return np.array([*map(_number, texts.to_pylist()), default])[codes]
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (_is_number(kind) or pa.types.is_null(kind)):
            raise self._wrong_type(name, column.type, "numbers")
        values = pc.fill_null(column.cast(kind).cast(pa.float64(), safe=False), default)
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)

    def _as_text(self, name: str, column: pa.Array) -> pa.Array:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            raise self._wrong_type(name, column.type, "text")
        try:
            column = column.cast(pa.string())
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            raise ModelError(
                f"the column {name} holds what is not UTF-8.", where=self.table
            ) from error
        return column

    def _wrong_type(self, name: str, kind: pa.DataType, wanted: str) -> ModelError:
        return ModelError(f"the column {name} holds {kind}, not {wanted}.", where=self.table)


def _flags(values: pa.Array) -> Flags:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _number(text: str) -> float:
    """The number that a text is, nan where it is none; no underscores, as in files of others."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )
