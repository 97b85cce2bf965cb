"""A node table: kinds, weights, rates and durations of nodes by name."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from downwind.graph.tables.broken import Broken, shown
from downwind.graph.tables.cells import Cells
from downwind.graph.tables.parts import Source
from downwind.graph.tables.types import Floats, Ints, Shorts

NUMBERS = {  # column: what a node has where the column says nothing, and the most that it may say
    "weight": (1.0, math.inf),
    "p": (math.nan, 1.0),
    "rate": (math.nan, math.inf),
    "dur_p50_s": (math.nan, math.inf),
    "dur_p95_s": (math.nan, math.inf),
    "recovery_s": (0.0, math.inf),
}


@dataclass(frozen=True, slots=True)
class NodeRows:
    """The rows of a node table; columns that no part has are left out."""

    names: pa.ChunkedArray
    kinds: tuple[str, ...]
    kind: Shorts | None
    numbers: dict[str, Floats]


@dataclass(slots=True)
class _Reader:
    rows: int = 0
    names: list[pa.Array] = field(default_factory=list)
    kind_codes: dict[str, int] = field(default_factory=dict)
    kind: list[Shorts] = field(default_factory=list)
    numbers: dict[str, list[Floats]] = field(default_factory=dict)

    def take(self, cells: Cells) -> None:
        """Add the rows of a batch."""
        self.names.append(cells.text("node"))
        self.kind.append(self._kinds(cells))
        for name, values in self.numbers.items():
            default, most = NUMBERS[name]
            values.append(cells.number(name, default, most))
        if cells.has("dur_p50_s") and cells.has("dur_p95_s"):
            _check_durations(cells, self.numbers["dur_p50_s"][-1], self.numbers["dur_p95_s"][-1])
        self.rows += cells.batch.num_rows

    def _kinds(self, cells: Cells) -> Shorts:
        if not cells.has("kind"):
            return np.full(cells.batch.num_rows, -1, dtype=np.int32)
        codes, kinds = cells.codes("kind", needed=False)
        known = self.kind_codes
        number = [known.setdefault(kind, len(known)) if kind else -1 for kind in kinds.to_pylist()]
        return np.array([*number, -1], dtype=np.int32)[codes]


def read_nodes(source: Source, broken: Broken) -> NodeRows:
    """The rows of all parts; faults of single rows are noted."""
    columns = source.names()
    reader = _Reader(numbers={name: [] for name in NUMBERS if name in columns})
    for batch in source.batches():
        if batch.num_rows:
            reader.take(Cells(batch, reader.rows, str(source.path), broken))
    nothing = np.zeros(0)
    return NodeRows(
        pa.chunked_array(reader.names, type=pa.string()),
        tuple(reader.kind_codes),
        np.concatenate([nothing.astype(np.int32), *reader.kind]) if "kind" in columns else None,
        {name: np.concatenate([nothing, *values]) for name, values in reader.numbers.items()},
    )


def _check_durations(cells: Cells, p50: Floats, p95: Floats) -> None:
    cells.note(
        p95 < p50, "dur_p95_s", lambda row: f"{p95[row]:g} is less than dur_p50_s, {p50[row]:g}"
    )


def number_nodes(
    rows: NodeRows, core: pa.ChunkedArray, sites: pa.ChunkedArray, broken: Broken
) -> tuple[Ints, pa.ChunkedArray]:
    """Which node each row is, and the names of those that only the node table has, numbered on.

    A node that is given twice is a fault of the later row.
    """
    number = _places(rows.names, core)
    others = number < 0
    names = rows.names.filter(pa.array(others))
    at = _site_places(names, sites)
    new = names.filter(pa.array(at < 0)).dictionary_encode().combine_chunks()
    at[at < 0] = new.indices.to_numpy() + len(sites)
    number[others] = at + len(core)
    order = np.argsort(number, kind="stable")
    again = np.sort(order[1:][number[order[1:]] == number[order[:-1]]])
    if len(again):
        names = rows.names
        broken.add(
            again, "node", lambda i: f"{shown(names[int(again[i])].as_py())} was given before"
        )
    return number, pa.chunked_array([new.dictionary])


def _places(names: pa.ChunkedArray, known: pa.ChunkedArray) -> Ints:
    """Where each name stands among the known ones, -1 for none."""
    if not len(known):
        return np.full(len(names), -1, dtype=np.int64)
    found = pc.fill_null(pc.index_in(names, value_set=known), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _site_places(names: pa.ChunkedArray, sites: pa.ChunkedArray) -> Ints:
    """Where each name stands among the sites, -1 for none.

    Most node tables have the sites in the order of the edge table, and need no hash table of
    millions of names.
    """
    if len(names) <= len(sites) and pc.all(pc.equal(names, sites.slice(0, len(names)))).as_py():
        return np.arange(len(names), dtype=np.int64)
    return _places(names, sites)


def by_node(number: Ints, values: Floats, nodes: int, default: float) -> Floats:
    """Values of rows as values of nodes."""
    found = np.full(nodes, default, dtype=np.float64)
    found[number] = values
    return found
