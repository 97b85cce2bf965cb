"""What is wrong with a table: the first ten places, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from downwind.graph.tables.types import Ints
from downwind.terms import ModelError

SHOWN = 10
LONGEST_VALUE = 60


class Fault(NamedTuple):
    """One broken place."""

    row: int
    """Counted from 0 over all parts of the table."""
    column: str
    what: str


@dataclass(slots=True)
class Broken:
    """Collects the faults of one table."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, rows: Ints, column: str, what: Callable[[int], str]) -> None:
        """Note broken rows; `what(i)` says what is wrong with rows[i]."""
        self.count += len(rows)
        for i in np.argsort(rows, kind="stable")[:SHOWN].tolist():
            self.first.append(Fault(int(rows[i]), column, what(i)))
        self.first.sort()
        del self.first[SHOWN:]

    def check(self, table: str, places: Callable[[list[int]], list[str]]) -> None:
        """Raise ModelError where a fault was noted; `places` turns rows into what people read."""
        if not self.count:
            return
        where = places([fault.row for fault in self.first])
        lines = [
            f"  {place}, column {fault.column}: {fault.what}"
            for place, fault in zip(where, self.first, strict=True)
        ]
        if self.count > len(lines):
            lines.append(f"  and {self.count - len(lines):,} more")
        raise ModelError(
            "\n".join([f"{faults(self.count)}; nothing was read.", *lines]), where=table
        )


def faults(count: int) -> str:
    """The number of faults in words."""
    return "1 fault" if count == 1 else f"{count:,} faults"


def shown(value: object) -> str:
    """A value from a file as it may be printed: quoted, escaped, not endless."""
    if not isinstance(value, str):
        return str(value)
    return ascii(value) if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]!a}..."
