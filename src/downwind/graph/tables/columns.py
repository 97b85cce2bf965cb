"""The columns that a table may have, and what is said of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from downwind.terms import ModelError


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one kind of table."""

    table: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    unread: tuple[str, ...]
    """Known, and of no use to the solver."""


EDGES = Columns(
    table="an edge table",
    needed=("node", "need", "alternative"),
    optional=("k", "strength", "grace_s", "kind", "confidence"),
    unread=("evidence",),
)
NODES = Columns(
    table="a node table",
    needed=("node",),
    optional=("kind", "weight", "p", "rate", "dur_p50_s", "dur_p95_s", "recovery_s"),
    unread=("parent",),
)


def pick(columns: Columns, names: Sequence[str], where: str) -> tuple[list[str], list[str]]:
    """The columns to read and those that nobody knows; raises ModelError where one is missing.

    A strange column whose name is close to that of an absent one is taken for a slip: read as
    strange, it would turn into a default without a word.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelError(f"the column {twice[0]!a} is there more than once.", where=where)
    known = (*columns.needed, *columns.optional, *columns.unread)
    strange = [name for name in names if name not in known]
    for name in columns.needed:
        if name not in names:
            raise ModelError(
                f"the column {name} is missing.", where=where, todo=_meant(name, strange, columns)
            )
    for name in strange:
        absent = [other for other in known if other not in names]
        close = get_close_matches(name.strip().lower(), absent, n=1, cutoff=0.75)
        if close:
            raise ModelError(
                f"{columns.table} has no column {name!a}.",
                where=where,
                todo=f"Write {close[0]}, or leave it out.",
            )
    return [name for name in names if name in (*columns.needed, *columns.optional)], strange


def _meant(missing: str, strange: Sequence[str], columns: Columns) -> str:
    """What to do about a missing column."""
    lower = {name.strip().lower(): name for name in strange}
    close = get_close_matches(missing, lower, n=1, cutoff=0.4)
    if close:
        return f"Is it {lower[close[0]]!a}? Call it {missing}."
    return f"{columns.table.capitalize()} has {', '.join(columns.needed)}."
