"""Signatures as a table that the solver reads, and what a collapse counted on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from downwind.graph.tables.broken import SHOWN, faults
from downwind.graph.tables.types import Floats, Ints, Table
from downwind.terms import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class Signatures:
    """A table whose sites are signatures: sites with the same set of needs, taken together."""

    table: Table
    count: Ints
    """How many sites each signature stands for."""
    weight: Floats
    """The sum of their weights, exact and then rounded once; also in `table.weight`."""

    @property
    def sites(self) -> int:
        """The number of sites before they were collapsed."""
        return int(self.count.sum())


class Place(NamedTuple):
    """Where something is broken."""

    file: str
    """Empty for what only shows where rows meet."""
    row: int
    """From 1; 0 where the file does not say."""
    node: str
    what: str

    def __str__(self) -> str:
        """Names are strangers' text: what is not for printing is escaped, and none is endless."""
        row = f"row {self.row:,}" if self.row else ""
        node = f"node {self.node:.60}" if self.node else ""
        text = ", ".join(part for part in (self.file, row, node) if part) + f": {self.what}"
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted while rows were read; tallies of parts of the rows add up."""

    broken: int = 0
    places: tuple[Place, ...] = ()
    """The first few of them."""
    doubtful: int = 0
    """Needs left out because they are suspected or below the confidence floor."""
    repeats: int = 0
    """Rows that named an alternative of their need once more."""
    unused: int = 0
    """Sites with a probability, a rate, a duration or a lag, which a signature does not carry."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.broken + other.broken,
            tuple(sorted(self.places + other.places)[:SHOWN]),
            self.doubtful + other.doubtful,
            self.repeats + other.repeats,
            self.unused + other.unused,
        )

    def refuse_broken(self) -> None:
        """Raise ModelError, naming the first few places, where anything is broken."""
        if not self.broken:
            return
        lines = [f"{faults(self.broken)}; nothing was read.", *map(str, self.places)]
        if self.broken > len(self.places):
            lines.append(f"and {self.broken - len(self.places):,} more")
        raise ModelError("\n  ".join(lines), where="edge and node tables")

    def told(self) -> tuple[str, ...]:
        """What was mended or left out, in sentences."""
        told = []
        if self.repeats:
            told.append(f"{self.repeats} repeated alternatives were merged.")
        if self.unused:
            told.append(f"{self.unused} sites have a p, rate, duration or lag: not carried over.")
        return tuple(told)
