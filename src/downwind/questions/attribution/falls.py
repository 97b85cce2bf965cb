"""Who falls with each cause alone, as one sparse matrix: solved for all causes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.graph import Graph
from downwind.graph.tables.ranges import spread, starts
from downwind.questions.attribution.gates import Behind, Gates, closing, gates_of
from downwind.questions.attribution.shadows import Shadowed, with_shadows
from downwind.questions.reached import scope_of
from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.blast.core import Reach, reach_together
from downwind.solve.blast.ground import Core, core_of
from downwind.solve.blast.leaves import reach_split, split_core
from downwind.solve.compile import Compiled

_NO_CAUSE = {"grain", "capability"}


@dataclass(frozen=True, slots=True, eq=False)
class Falls:
    """A column for each cause under which some capability or name falls."""

    rows: tuple[str, ...]
    """Whoever can be probed: capabilities, service by service, then names, then components."""
    service: Shorts
    """Per row the number of its service; -1 for what is no capability."""
    services: tuple[str, ...]
    causes: tuple[str, ...]
    start: Ints
    """With cause c fall rows[row[start[c] : start[c + 1]]], which rise."""
    row: Shorts
    taken_start: Ints
    """With cause c fall the causes taken[taken_start[c] : taken_start[c + 1]], itself included."""
    taken: Shorts
    gates: Gates
    core: Core
    row_of: Shorts
    """The row of each node of the solver's; -1 for none."""
    number: Shorts
    """The node that each cause is."""
    duration: float

    def of(self, cause: int) -> Shorts:
        """The rows that fall with the cause."""
        return self.row[self.start[cause] : self.start[cause + 1]]

    def together(self, pairs: Sequence[tuple[int, int]]) -> list[Shorts]:
        """Per pair of causes the rows that fall with both and with neither alone; they rise."""
        if not pairs:
            return []
        faults = self.number[np.array(pairs, dtype=np.int64)].reshape(-1).astype(np.int32)
        start = np.arange(len(pairs) + 1, dtype=np.int64) * 2
        found = reach_together(self.core, start, faults, self.duration)
        cause, row = _pairs(found, self.row_of)
        edges = np.searchsorted(cause, np.arange(len(pairs) + 1))
        return [
            np.setdiff1d(
                row[edges[i] : edges[i + 1]], np.concatenate([self.of(a), self.of(b)])
            ).astype(np.int32)
            for i, (a, b) in enumerate(pairs)
        ]


def falls_of(graph: Graph, compiled: Compiled, duration: float) -> Falls:
    """Let every node but capabilities fail alone for `duration` seconds, and note who falls."""
    shadowed = with_shadows(graph, compiled)
    rows, service, services, counted = _rows(graph, shadowed)
    row_of = _row_of(rows, compiled, shadowed)
    kinds = [node.kind for node in graph.nodes.values()]
    asked = np.array([i for i, kind in enumerate(kinds) if kind not in _NO_CAUSE], dtype=np.int32)
    found = reach_split(split_core(shadowed.rows), asked, duration)
    cause, row = _pairs(found, row_of)
    hits = np.zeros(len(asked), dtype=np.bool_)
    hits[cause[row < counted]] = True
    counts = (row_of >= 0) & (row_of < counted)
    hits[closing(shadowed.rows, found, asked, hits, counts)] = True
    place_of = np.full(shadowed.rows.size, -1, dtype=np.int32)
    kept = asked[hits]
    place_of[kept] = np.arange(len(kept))
    taker, taken = _pairs(found, place_of)
    start, row = _columns(cause, row, hits)
    taken_start, taken = _columns(taker, taken, hits)
    return Falls(
        rows=rows,
        service=service,
        services=services,
        causes=tuple(compiled.ids[number] for number in kept),
        start=start,
        row=row,
        taken_start=taken_start,
        taken=taken,
        gates=gates_of(shadowed.rows, found, hits, Behind(row_of, place_of, start, row)),
        core=core_of(shadowed.rows),
        row_of=row_of,
        number=kept,
        duration=duration,
    )


def _rows(graph: Graph, shadowed: Shadowed) -> tuple[tuple[str, ...], Shorts, tuple[str, ...], int]:
    """The rows, their services, and how many rows are capabilities or names."""
    capabilities = sorted(
        (node.id for node in graph.nodes.values() if node.kind == "capability"),
        key=lambda name: (name.rpartition("/")[0], name),
    )
    names = sorted({name for name in shadowed.of if name not in graph.nodes})
    others = [n.id for n in graph.nodes.values() if n.kind not in _NO_CAUSE and not scope_of(n)]
    services: dict[str, int] = {}
    numbers = [services.setdefault(c.rpartition("/")[0], len(services)) for c in capabilities]
    service = np.full(len(capabilities) + len(names) + len(others), -1, dtype=np.int32)
    service[: len(capabilities)] = numbers
    rows = (*capabilities, *names, *others)
    return rows, service, tuple(services), len(capabilities) + len(names)


def _row_of(rows: Sequence[str], compiled: Compiled, shadowed: Shadowed) -> Shorts:
    row = {name: number for number, name in enumerate(rows)}
    ids = (*compiled.ids, *shadowed.of)
    return np.array([row.get(name, -1) for name in ids], dtype=np.int32)


def _pairs(found: Reach, of_node: Shorts) -> tuple[Shorts, Shorts]:
    """(cause, what falls with it), each once, in order; of the nodes that `of_node` numbers."""
    nodes = np.flatnonzero(of_node >= 0)
    many = (found.start[1:] - found.start[:-1])[nodes]
    spots = spread(found.start[nodes], many)
    cause = found.order[found.cause[spots]].astype(np.int64)
    wide = int(of_node.max(initial=0)) + 1
    key = np.unique(cause * wide + np.repeat(of_node[nodes], many))
    return (key // wide).astype(np.int32), (key % wide).astype(np.int32)


def _columns(cause: Shorts, row: Shorts, kept: Flags) -> tuple[Ints, Shorts]:
    many = np.bincount(cause, minlength=len(kept))[kept]
    return starts(many), row[kept[cause]]
