"""The rows of an edge table as they were read: runs of rows of one node, needs, alternatives."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from downwind.graph.tables.types import Flags, Floats, Ints, Shorts


@dataclass(slots=True)
class Rows:
    """A run is rows of one node that stand together, a need rows of a run that stand together."""

    heads: pa.ChunkedArray
    """The node of each run."""
    run_start: Ints
    """The needs of run i are run_start[i] up to run_start[i + 1]."""
    need: Shorts
    """Which of `need_names` each need is called."""
    k: Shorts
    hard: Flags
    grace: Floats
    sure: Flags
    """False for a need of which every row is doubtful."""
    row: Ints
    """The row of the file in which each need begins."""
    alt_start: Ints
    """The alternatives of need q are alt_start[q] up to alt_start[q + 1]."""
    alt: Shorts
    """Which of `core` each alternative is."""
    core: pa.Array
    """The names of all alternatives."""
    need_names: tuple[str, ...]

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.run_start) - 1
