"""Loads the compiled kernels of the blast radius ahead of their first use."""

from __future__ import annotations

import numpy as np

from downwind.graph.tables.types import NeedRows, Table
from downwind.solve.blast.blast import blast

_CHAIN = 20


def load_kernels() -> None:
    """Solve a chain of nodes with one site at its end: enough hubs and lists to need all kernels
    of one duration."""
    many = np.arange(_CHAIN)
    core = NeedRows(
        start=np.concatenate(([0], many)),
        k=np.ones(_CHAIN - 1, dtype=np.int32),
        hard=np.ones(_CHAIN - 1, dtype=np.bool_),
        grace=np.zeros(_CHAIN - 1),
        alt_start=many,
        alt=many[:-1].astype(np.int32),
    )
    site = NeedRows(
        start=np.array([0, 1]),
        k=np.ones(1, dtype=np.int32),
        hard=np.ones(1, dtype=np.bool_),
        grace=np.zeros(1),
        alt_start=np.array([0, 2]),
        alt=np.array([_CHAIN - 2, _CHAIN - 1], dtype=np.int32),
    )
    table = Table([], None, core, site, (), weight=np.ones(_CHAIN + 1))
    blast(table, many.astype(np.int32), 1.0)
