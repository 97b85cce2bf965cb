"""Puts rows of one node, and of one need, together where they stand apart in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from downwind.graph.tables.broken import Broken
from downwind.graph.tables.ranges import any_twice, spread, starts
from downwind.graph.tables.rows import Rows
from downwind.graph.tables.types import Flags, Ints

RUNS_AT_A_TIME = 1 << 17
FEW_HEADS = 1 << 16


def is_apart(rows: Rows) -> bool:
    """True where a node has several runs, a need several places, an alternative several rows."""
    if _heads_repeat(rows.heads):
        return True
    for first in range(0, rows.runs, RUNS_AT_A_TIME):
        run = rows.run_start[first : first + RUNS_AT_A_TIME + 1]
        need = slice(int(run[0]), int(run[-1]))
        if any_twice(run - run[0], rows.need[need]):
            return True
        alt = rows.alt_start[need.start : need.stop + 1]
        if any_twice(alt - alt[0], rows.alt[int(alt[0]) : int(alt[-1])]):
            return True
    return False


def gather(rows: Rows, broken: Broken) -> tuple[Rows, int]:
    """The same with one run a node and one place a need, and how many repeats were left out.

    Nodes and needs come in the order in which the file first names them.
    """
    names = rows.heads.dictionary_encode().combine_chunks()
    node = names.indices.to_numpy().astype(np.int64)
    names_of_needs = max(len(rows.need_names), 1)
    owner = np.repeat(node, np.diff(rows.run_start))
    key: Ints = np.add(owner * names_of_needs, rows.need, dtype=np.int64)
    order = np.argsort(key, kind="stable")
    first = _first_of_each(key[order])
    _check_agree(rows, order, ~first, broken)
    head = order[first]
    group = np.cumsum(first) - 1
    alternatives, start, repeats = _alternatives(rows, order, group, len(head))
    gathered = Rows(
        heads=pa.chunked_array([names.dictionary]),
        run_start=starts(np.bincount(owner[head], minlength=len(names.dictionary))),
        need=rows.need[head],
        k=rows.k[head],
        hard=rows.hard[head],
        grace=rows.grace[head],
        sure=np.logical_or.reduceat(rows.sure[order], np.flatnonzero(first)),
        row=rows.row[head],
        alt_start=start,
        alt=alternatives,
        core=rows.core,
        need_names=rows.need_names,
    )
    return gathered, repeats


def _heads_repeat(heads: pa.ChunkedArray) -> bool:
    """True where two heads are the same, or, rarely and harmlessly, only their hashes are.

    Sorted hashes take a fifth of the time of a hash table of a million names, and less memory.
    """
    if len(heads) < FEW_HEADS:
        return len(heads.unique()) < len(heads)
    import duckdb

    with duckdb.connect() as memory:
        memory.register("heads", pa.table({"node": heads}))
        hashes = memory.sql("SELECT hash(node) AS hash FROM heads").fetchnumpy()["hash"]
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def _first_of_each(key: Ints) -> Flags:
    first = np.ones(len(key), dtype=np.bool_)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    return first


def _alternatives(
    rows: Rows, order: Ints, group: Ints, needs: int
) -> tuple[NDArray[np.int32], Ints, int]:
    """The alternatives of each need without repeats, where they start, how many were repeats."""
    many = np.diff(rows.alt_start)[order]
    alt = rows.alt[spread(rows.alt_start[:-1][order], many)]
    need = np.repeat(group, many)
    pair = need * max(len(rows.core), 1) + alt
    by_pair = np.argsort(pair, kind="stable")
    kept = np.zeros(len(pair), dtype=np.bool_)
    kept[by_pair[_first_of_each(pair[by_pair])]] = True
    return alt[kept], starts(np.bincount(need[kept], minlength=needs)), int((~kept).sum())


def _check_agree(rows: Rows, order: Ints, same: Flags, broken: Broken) -> None:
    """Places of one need say the same of it."""
    said: list[tuple[str, NDArray[Any], Callable[[Any], str]]] = [
        ("k", rows.k, str),
        ("strength", rows.hard, lambda hard: "hard" if hard else "soft"),
        ("grace_s", rows.grace, lambda grace: f"{grace:g}"),
    ]
    for name, values, text in said:
        here = values[order]
        wrong = same.copy()
        wrong[1:] &= here[1:] != here[:-1]
        at = order[wrong]
        if len(at):
            _note(rows, at, name, values, text, broken)


def _note(
    rows: Rows,
    at: Ints,
    name: str,
    values: NDArray[Any],
    text: Callable[[Any], str],
    broken: Broken,
) -> None:
    def say(i: int) -> str:
        return f"{text(values[at[i]])} is not what an earlier row says of the same need"

    broken.add(rows.row[at], name, say)
