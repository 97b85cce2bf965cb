"""Reads the AS database that a user has: which network announces an address."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from downwind.catalog.artefacts import read_address, read_number
from downwind.catalog.blocks import BITS, address_number
from downwind.catalog.mmdb import MaxMindFile, NotMaxMind
from downwind.terms import UsageError

# GeoLite2-ASN and DB-IP, then IPinfo and IPLocate.
_KEYS = ("autonomous_system_number", "asn", "as_number")
_MOST_LINES = 5_000_000
"""The whole table of 2026 has some 1.3 million."""


class AsDatabase(Protocol):
    """Which network announces an address."""

    def number(self, address: str) -> int | None:
        """The AS number; None where none is known, or where it is no address."""


def open_as_database(file: Path) -> AsDatabase:
    """A MaxMind database (.mmdb), or pyasn's text (prefix, tab, AS number a line; .gz too).

    Raises UsageError where it is neither.
    """
    try:
        if file.suffix == ".mmdb":
            return _MaxMind(MaxMindFile(file))
        return _Table(_lines(file))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, ValueError) as error:
        raise UsageError(
            f"it is no AS database that can be read: {_why(error)}.",
            where=str(file),
            todo="Give a .mmdb file with AS numbers, or lines of a prefix, a tab and a number.",
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start})"
    return getattr(error, "strerror", None) or str(error)


class _MaxMind:
    def __init__(self, database: MaxMindFile) -> None:
        self._database = database

    def number(self, address: str) -> int | None:
        plain = read_address(address)
        try:
            record = self._database.record(plain) if plain else None
        except NotMaxMind:
            return None
        return _number_of(record) if isinstance(record, dict) else None


class _Table:
    """Prefixes by length: the longest that holds the address is found in one look-up a length."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        by_length: dict[tuple[int, int], dict[int, int]] = {}
        for version, start, length, number in rows:
            by_length.setdefault((version, length), {})[start] = number
        if not by_length:
            raise ValueError("it has no line of a prefix, a tab and an AS number")
        self._by_length = sorted(by_length.items(), reverse=True)

    def number(self, address: str) -> int | None:
        plain = read_address(address)
        if not plain:
            return None
        version, number = address_number(plain)
        for (of_version, length), starts in self._by_length:
            if of_version == version:
                free = BITS[version] - length
                if (found := starts.get(number >> free << free)) is not None:
                    return found
        return None


def _number_of(record: Mapping[str, Any]) -> int | None:
    for key in _KEYS:
        value = record.get(key)
        if isinstance(value, int | str) and (number := read_number(str(value))) is not None:
            return number
    return None


def _lines(file: Path) -> Iterator[tuple[int, int, int, int]]:
    with file.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
    with gzip.open(file, "rt") if packed else file.open(encoding="utf-8") as text:
        for count, line in enumerate(text):
            if count > _MOST_LINES:
                raise ValueError(f"it has more than {_MOST_LINES:,} lines")
            words = line.split()
            if not words or words[0].startswith((";", "#")):
                continue
            yield _row(words, count + 1)


def _row(words: list[str], at: int) -> tuple[int, int, int, int]:
    prefix, _, bits = words[0].partition("/")
    # Where several networks announce a prefix, pyasn's converter writes {1_2}: the first counts.
    number = read_number(words[1].strip("{}").split("_")[0].split(",")[0]) if words[1:] else None
    try:
        version, start = address_number(prefix)
    except ValueError:
        version = 0
    if number is None or not version or not bits.isdigit() or int(bits) > BITS[version]:
        raise ValueError(f"line {at} is no prefix and AS number: {' '.join(words)[:60]!r}")
    free = BITS[version] - int(bits)
    return version, start >> free << free, int(bits), number
