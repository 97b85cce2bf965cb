"""Reads a list of names: one a line, or a table with a column of names; broken rows are told."""

from __future__ import annotations

import csv
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import idna

from downwind.observe.names import is_address
from downwind.terms import UsageError

COLUMNS = ("domain", "name", "site", "host")
"""Headers under which a table may hold the names, in any case; the first that is there counts."""
STDIN = "-"
_LONGEST_NAME = 253
_LONGEST_LINE = 10_000
_TOLD = 10
_MOST_LABELS = 20
_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A name of the list, and what else its row says."""

    name: str
    line: int
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Read:
    """How the reading went so far."""

    rows: int = 0
    """Good rows, repeats included."""
    repeats: int = 0
    broken: int = 0
    told: list[str] = field(default_factory=list)
    """The first few faults and repeats, each with its line."""

    def tell(self, line: int, what: str) -> None:
        if len(self.told) < _TOLD:
            self.told.append(f"line {line:,}: {what}")


class NamesFile:
    """A list of names as a stream; what is wrong with a row is told and does not end it."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self.read = Read()

    def rows(self) -> Iterator[Row]:
        """Each name once, in the order of the list; raises UsageError where it cannot be read."""
        seen: set[str] = set()
        with _opened(self.path) as file:
            for row in self._all(file):
                self.read.rows += 1
                if row.name in seen:
                    self.read.repeats += 1
                    self.read.tell(row.line, f"{row.name} was there before")
                    continue
                seen.add(row.name)
                yield row

    def count(self) -> int | None:
        """How many lines there are, to tell how long it takes; None for a stream.

        Raises UsageError where the list cannot be read.
        """
        if self.path == STDIN:
            return None
        try:
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                return None
            with open(self.path, "rb") as file:
                return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        except OSError as error:
            raise _unreadable(error, self.path) from error

    def _all(self, file: TextIO) -> Iterator[Row]:
        table: _Table | None = None
        first = True
        for number, line in enumerate(_lines(file), start=1):
            text = line.strip("\r\n \ufeff") if first else line.strip("\r\n ")
            if not text.strip() or text.lstrip()[0] in "#;":
                continue
            if first:
                first = False
                table = _Table.of(text)
                if table is not None:
                    continue
            row = self._row(number, text, table)
            if row is not None:
                yield row

    def _row(self, number: int, text: str, table: _Table | None) -> Row | None:
        try:
            if len(text) > _LONGEST_LINE:
                raise ValueError(f"longer than {_LONGEST_LINE:,} characters")
            cell, labels = (text, {}) if table is None else table.cells(text)
            return Row(site_name(cell), number, labels)
        except ValueError as error:
            self.read.broken += 1
            self.read.tell(number, str(error))
            return None


def _lines(file: TextIO) -> Iterator[str]:
    """Line by line; of one that never ends only the beginning is held."""
    while line := file.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith("\n"):
            rest = file.readline(_LONGEST_LINE + 1)
        yield line


def site_name(text: str) -> str:
    """The host name that a cell gives, in ASCII and small letters; raises ValueError."""
    name = text.strip().rstrip(".").lower()
    shown = ascii(text.strip()[:60])
    if not name:
        raise ValueError("no name")
    if "/" in name or "@" in name or any(c.isspace() for c in name):
        raise ValueError(f"{shown} is not a host name; a list has names, not URLs")
    if is_address(name):
        raise ValueError(f"{shown} is an address, not a name")
    if not name.isascii():
        name = _punycode(name, shown)
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"{shown} is longer than {_LONGEST_NAME} characters")
    for label in name.split("."):
        # RFC 2181, 11 allows anything in a label; what people register is less.
        plain = label.replace("-", "").replace("_", "")
        if not label or len(label) > 63 or (plain and not plain.isalnum()):
            raise ValueError(f"{shown} is not a host name")
    return name


def _punycode(name: str, shown: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"{shown} is not an international name: {error}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """Where a table has the names and the labels."""

    delimiter: str
    place: int
    header: Sequence[str]

    @classmethod
    def of(cls, line: str) -> _Table | None:
        """The table whose header this line is, or None where the list is plain."""
        for delimiter in ("\t", ",", ";"):
            header = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
            known = [cell.lower() for cell in header]
            for column in COLUMNS:
                if column in known:
                    return cls(delimiter, known.index(column), header)
        if "," in line or "\t" in line:
            raise UsageError(
                f"The first line has several columns, and none is called {', '.join(COLUMNS)}.",
                todo="Give it a header, or one name a line.",
            )
        return None

    def cells(self, line: str) -> tuple[str, dict[str, str]]:
        """The name and the labels of a row; raises ValueError."""
        try:
            cells = next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise ValueError(f"not a row of the table: {error}") from error
        if len(cells) != len(self.header):
            raise ValueError(f"{len(cells)} fields, and the header has {len(self.header)}")
        labels = {
            name: cell.strip()[:_LONGEST_LABEL]
            for place, (name, cell) in enumerate(zip(self.header, cells, strict=True))
            if place != self.place and name and cell.strip()
        }
        return cells[self.place], dict(list(labels.items())[:_MOST_LABELS])


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    if path == STDIN:
        yield sys.stdin
        return
    try:
        with open(path, encoding="utf-8", errors="replace", newline=None) as file:
            yield file
    except OSError as error:
        raise _unreadable(error, path) from error


def _unreadable(error: OSError, path: str) -> UsageError:
    return UsageError(f"The list cannot be read: {error.strerror}.", where=path)
