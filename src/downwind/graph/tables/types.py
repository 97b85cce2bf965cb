"""A large graph as columns: what an edge table and a node table say, checked once on the way in.

Nodes are numbered: first the core, the nodes that something needs, then the sites, the nodes that
nothing needs. So a site's needs point at core nodes only, and a million sites are a few columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class NeedRows:
    """The needs of a run of nodes, row by row, and the alternatives of each need."""

    start: Ints
    """The needs of the i-th node of the run are start[i] up to start[i + 1]."""
    k: Shorts
    """How many of a need's alternatives must stand."""
    hard: Flags
    grace: Floats
    """Seconds; inf for a need that is never missed."""
    alt_start: Ints
    """The alternatives of need q are alt_start[q] up to alt_start[q + 1]."""
    alt: Shorts
    """Core nodes; no repeats within a need."""
    name: Shorts | None = None
    """Which of Table.need_names each need is called; None where nobody asked for names."""

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self.start) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Core nodes 0..C-1 and sites C..N-1. Per-node columns are None where no table has them."""

    core_names: Sequence[str]
    site_names: Sequence[str] | None
    """None where nobody asked for names."""
    core: NeedRows
    sites: NeedRows
    need_names: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    kind: Shorts | None = None
    """Which of `kinds` each node is; -1 for unknown."""
    weight: Floats | None = None
    """1 for every node where None."""
    count: Ints | None = None
    """How many sites each site stands for, where these are signatures; else 1."""
    p: Floats | None = None
    """Probability that the node itself has failed; nan where not given. So are the next ones."""
    rate: Floats | None = None
    """Faults a year."""
    dur_p50: Floats | None = None
    """Median seconds that a fault lasts."""
    dur_p95: Floats | None = None
    recovery: Floats | None = None
    """Recovery lag in seconds."""
    doubtful: int = 0
    """Needs left out because they are suspected or below the confidence floor."""
    told: tuple[str, ...] = ()
    """What was mended on the way in, in sentences: repeats merged, columns not known."""

    @property
    def size(self) -> int:
        """The number of nodes."""
        return self.core.size + self.sites.size
