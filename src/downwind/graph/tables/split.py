"""Core nodes and sites told apart, each with its needs, doubtful ones left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from downwind.graph.tables.ranges import spread, starts
from downwind.graph.tables.rows import Rows
from downwind.graph.tables.types import Flags, Ints, NeedRows

RUNS_AT_A_TIME = 1 << 17


def core_of_runs(rows: Rows) -> Ints:
    """Which core node each run is, -1 for a site."""
    if not len(rows.core):
        return np.full(rows.runs, -1, dtype=np.int64)
    found = pc.fill_null(pc.index_in(rows.heads, value_set=rows.core), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def core_needs(rows: Rows, core: Ints, *, names: bool) -> NeedRows:
    """The needs of each core node; none where it has no run."""
    runs = np.flatnonzero(core >= 0)
    runs = runs[np.argsort(core[runs])]
    many = np.diff(rows.run_start)[runs]
    needs = spread(rows.run_start[runs], many)
    sure = rows.sure[needs]
    owner = np.repeat(core[runs], many)[sure]
    needs = needs[sure]
    alternatives = rows.alt_start[needs + 1] - rows.alt_start[needs]
    return NeedRows(
        start=starts(np.bincount(owner, minlength=len(rows.core))),
        k=rows.k[needs],
        hard=rows.hard[needs],
        grace=rows.grace[needs],
        alt_start=starts(alternatives),
        alt=rows.alt[spread(rows.alt_start[needs], alternatives)],
        name=rows.need[needs] if names else None,
    )


def site_needs(rows: Rows, is_site: Flags, *, names: bool) -> NeedRows:
    """The needs of each site. It moves them within the arrays of `rows`, which are spent.

    A copy would double the memory that a table of a hundred million rows takes.
    """
    to_run = to_need = to_alt = 0
    next_need = next_alt = 0
    for first in range(0, rows.runs, RUNS_AT_A_TIME):
        sites = is_site[first : first + RUNS_AT_A_TIME]
        ends = rows.run_start[first + 1 : first + len(sites) + 1]
        many = np.diff(ends, prepend=next_need)
        need = slice(next_need, int(ends[-1]))
        alt_many = np.diff(rows.alt_start[need.start + 1 : need.stop + 1], prepend=next_alt)
        alt = slice(next_alt, next_alt + int(alt_many.sum()))
        next_need, next_alt = need.stop, alt.stop
        kept = np.repeat(sites, many) & rows.sure[need]
        many = np.bincount(np.repeat(np.arange(len(many)), many)[kept], minlength=len(many))
        kept_alt = np.repeat(kept, alt_many)
        to_run = _move(rows.run_start, to_run, many[sites], behind=1)
        _move(rows.need, to_need, rows.need[need][kept])
        _move(rows.k, to_need, rows.k[need][kept])
        _move(rows.hard, to_need, rows.hard[need][kept])
        _move(rows.grace, to_need, rows.grace[need][kept])
        to_need = _move(rows.alt_start, to_need, alt_many[kept], behind=1)
        to_alt = _move(rows.alt, to_alt, rows.alt[alt][kept_alt])
    return NeedRows(
        start=_summed(rows.run_start, to_run),
        k=rows.k[:to_need],
        hard=rows.hard[:to_need],
        grace=rows.grace[:to_need],
        alt_start=_summed(rows.alt_start, to_need),
        alt=rows.alt[:to_alt],
        name=rows.need[:to_need] if names else None,
    )


def _move(array: NDArray[Any], to: int, values: NDArray[Any], behind: int = 0) -> int:
    array[to + behind : to + behind + len(values)] = values
    return to + len(values)


def _summed(sizes: Ints, many: int) -> Ints:
    """Sizes that stand behind the first entry, turned into starts in place."""
    found = sizes[: many + 1]
    found[0] = 0
    return np.cumsum(found, out=found)
