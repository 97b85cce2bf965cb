"""An edge table, read row by row into runs, needs and alternatives."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from downwind.graph.doubt import CONFIDENCE_FLOOR
from downwind.graph.tables.broken import Broken, shown
from downwind.graph.tables.cells import Cells
from downwind.graph.tables.grown import Grown
from downwind.graph.tables.parts import Source
from downwind.graph.tables.rows import Rows
from downwind.graph.tables.types import Flags, Floats, Ints, Shorts

Number = TypeVar("Number", bound=np.generic)

SUSPECTED = "suspected"
STRENGTHS = ("hard", "soft")


def read_edges(source: Source, broken: Broken) -> Rows:
    """The rows of all parts; faults of single rows are noted, and of rows that disagree."""
    reader = _Reader(broken, source.rows)
    for batch in source.batches():
        if batch.num_rows:
            reader.take(Cells(batch, reader.rows, str(source.path), broken))
    return reader.finish()


class _Last(NamedTuple):
    """The last row of the batch before."""

    node: str | None = None
    need: int = -1
    k: int = 1
    hard: bool = True
    grace: float = 0.0


class _Reader:
    """What was read so far."""

    def __init__(self, broken: Broken, room: int) -> None:
        self.broken = broken
        self.rows = 0
        self.last = _Last()
        self.need_codes: dict[str, int] = {}
        self.heads: list[pa.Array] = []
        self.run_start = Grown(np.int64, room)
        self.need = Grown(np.int32, room)
        self.k = Grown(np.int32, room)
        self.hard = Grown(np.bool_, room)
        self.grace = Grown(np.float64, room)
        self.sure = Grown(np.bool_, room)
        self.row = Grown(np.int64, room + 1)
        self.alt = Grown(np.int32, room)
        self.alt_names: list[pa.Array] = []
        self.alt_names_from: list[int] = []
        """The row from which on `alt` counts by each of `alt_names`."""

    def take(self, cells: Cells) -> None:
        """Add the rows of a batch."""
        nodes = cells.text("node")
        need = self._need_codes(cells)
        k = cells.whole("k", 1)
        hard = cells.choice("strength", STRENGTHS, 0) == 0
        grace = cells.number("grace_s", 0.0)
        first_of_node = _changes(nodes, self.last.node)
        first_of_need = first_of_node.copy()
        first_of_need[1:] |= need[1:] != need[:-1]
        first_of_need[0] |= need[0] != self.last.need
        self._check_agree(cells, ~first_of_need, k, hard, grace)
        at = np.flatnonzero(first_of_need)
        self.heads.append(nodes.filter(pa.array(first_of_node)))
        self.run_start.append(np.flatnonzero(first_of_node[at]) + self.need.size)
        self.row.append(at + self.rows)
        self.need.append(need[at])
        self.k.append(k[at])
        self.hard.append(hard[at])
        self.grace.append(grace[at])
        self._take_sure(cells, at)
        alternatives, names = cells.codes("alternative")
        if not (self.alt_names and names.equals(self.alt_names[-1])):
            self.alt_names.append(names)
            self.alt_names_from.append(self.alt.size)
        self.alt.append(alternatives)
        self.last = _Last(
            nodes[-1].as_py(), int(need[-1]), int(k[-1]), bool(hard[-1]), float(grace[-1])
        )
        self.rows += len(need)

    def _need_codes(self, cells: Cells) -> Shorts:
        codes, names = cells.codes("need")
        known = self.need_codes
        number = [known.setdefault(name, len(known)) for name in names.to_pylist()]
        return np.array(number, dtype=np.int32)[codes]

    def _take_sure(self, cells: Cells, at: Ints) -> None:
        sure = _sure(cells)
        if sure is None:
            self.sure.append(np.ones(len(at), dtype=np.bool_))
            return
        leading = int(at[0]) if len(at) else len(sure)
        if sure[:leading].any():  # rows of the last need of the batch before
            self.sure.values[-1] = True
        self.sure.append(np.logical_or.reduceat(sure, at) if len(at) else sure[:0])

    def _check_agree(
        self, cells: Cells, same: Flags, k: Shorts, hard: Flags, grace: Floats
    ) -> None:
        """Rows of a need that stand together say the same of it."""
        last = self.last
        differs(cells, "k", same, k, np.array([last.k], dtype=k.dtype))
        differs(cells, "strength", same, hard, np.array([last.hard]))
        differs(cells, "grace_s", same, grace, np.array([last.grace]))

    def finish(self) -> Rows:
        """All that was read."""
        core = self._number_alternatives()
        self.run_start.append(np.array([self.need.size]))
        self.row.append(np.array([self.rows]))
        return Rows(
            heads=pa.chunked_array(self.heads, type=pa.string()),
            run_start=self.run_start.values,
            need=self.need.values,
            k=self.k.values,
            hard=self.hard.values,
            grace=self.grace.values,
            sure=self.sure.values,
            row=self.row.values[:-1],
            alt_start=self.row.values,
            alt=self.alt.values,
            core=core,
            need_names=tuple(self.need_codes),
        )

    def _number_alternatives(self) -> pa.Array:
        """Number the alternatives through all batches; gives the names that some row has."""
        names = pa.chunked_array(self.alt_names, type=pa.string()).dictionary_encode()
        if not names.num_chunks:
            return pa.array([], type=pa.string())
        core = names.chunk(0).dictionary
        ends = [*self.alt_names_from[1:], self.alt.size]
        used = np.zeros(len(core), dtype=np.bool_)
        for chunk, start, end in zip(names.chunks, self.alt_names_from, ends, strict=True):
            alt = self.alt.values[start:end]
            alt[:] = chunk.indices.to_numpy()[alt]
            used[alt] = True
        if used.all():
            return core
        number = np.cumsum(used, dtype=np.int32) - np.int32(1)
        for start, end in zip(self.alt_names_from, ends, strict=True):
            self.alt.values[start:end] = number[self.alt.values[start:end]]
        return core.filter(pa.array(used))


def differs(
    cells: Cells, name: str, same: Flags, values: NDArray[Number], last: NDArray[Number]
) -> None:
    """Note rows that say otherwise than the row before of the same need."""
    wrong = np.empty(len(same), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=wrong[1:])
    wrong[0] = values[0] != last[0]
    wrong &= same

    def say(row: int) -> str:
        value = cells.batch.column(name)[row].as_py() if cells.has(name) else "nothing"
        return f"{shown(value)} is not what the row before says of the same need"

    cells.note(wrong, name, say)


def _sure(cells: Cells) -> Flags | None:
    """Which rows are neither suspected nor of low confidence; None where all are sure."""
    if not (cells.has("kind") or cells.has("confidence")):
        return None
    sure = cells.number("confidence", 1.0, most=1.0) >= CONFIDENCE_FLOOR
    if cells.has("kind"):
        codes, kinds = cells.codes("kind", needed=False)
        suspected = np.array([kind == SUSPECTED for kind in kinds.to_pylist()] + [False])
        sure &= ~suspected[codes]
    return sure


def _changes(values: pa.Array, before: str | None) -> Flags:
    """True where a value is another than the one before it."""
    found = np.empty(len(values), dtype=np.bool_)
    unequal = pc.not_equal(values[1:], values[:-1])
    found[1:] = unequal.to_numpy(zero_copy_only=False)
    found[0] = values[0].as_py() != before
    return found
