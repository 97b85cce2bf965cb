"""Reads rows and sites from the tables rows.tsv and sites.tsv, gzipped or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from downwind.evidence.upptime.sightings import (
    BadRow,
    Read,
    Sighting,
    Site,
    parse_code,
    parse_codes,
    parse_milliseconds,
    parse_name,
    parse_state,
    parse_time,
    parse_url,
)
from downwind.terms import UsageError

LARGEST_TABLE = 1 << 30
"""Bytes of text that a table may unpack to."""
LONGEST_LINE = 16_384
_ROW = ("repo", "site_name", "url", "time_utc", "state", "http_code", "latency_ms")
_SITE = ("repo", "site_name", "url")

Row = tuple[str, dict[str, str]]


def is_tables(folder: Path) -> bool:
    """True where the folder holds a table of rows."""
    return _find(folder, "rows") is not None


def read_tables(folder: Path) -> Read:
    """Read both tables; a broken row is told and left out. Raises UsageError for a broken table."""
    rows = _find(folder, "rows")
    if rows is None:
        raise UsageError("there is no rows.tsv or rows.tsv.gz.", where=str(folder))
    bad: list[BadRow] = []
    sightings = [s for row in _table(rows, _ROW, bad) if (s := _sighting(row, bad))]
    sites_file = _find(folder, "sites")
    found = _table(sites_file, _SITE, bad) if sites_file else iter(())
    sites = [site for row in found if (site := _site(row, bad))]
    return Read.of(sightings, sites, bad)


def _find(folder: Path, name: str) -> Path | None:
    names = (folder / f"{name}.tsv.gz", folder / f"{name}.tsv")
    return next((file for file in names if file.is_file()), None)


def _table(file: Path, wanted: Sequence[str], bad: list[BadRow]) -> Iterator[Row]:
    lines = _lines(file)
    number, head = next(lines, (1, ""))
    columns = head.split("\t")
    missing = [name for name in wanted if name not in columns]
    if missing or len(set(columns)) < len(columns):
        raise UsageError(
            f"the table lacks the column {missing[0]}." if missing else "a column is there twice.",
            where=f"{file}:{number}",
            todo=f"Its first line names the columns {', '.join(wanted)}.",
        )
    for number, line in lines:
        place, cells = f"{file}:{number}", line.split("\t")
        if len(cells) == len(columns):
            yield place, dict(zip(columns, cells, strict=True))
        elif line:
            bad.append(BadRow(place, f"{len(cells)} cells, where {len(columns)} were expected"))


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    left = LARGEST_TABLE
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rb") as raw:
            number = 0
            while line := raw.readline(LONGEST_LINE):
                number, left = number + 1, left - len(line)
                if left < 0 or (len(line) == LONGEST_LINE and not line.endswith(b"\n")):
                    raise UsageError(
                        "the table or a line of it is too long.", where=f"{file}:{number}"
                    )
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                yield number, text.removeprefix("\ufeff") if number == 1 else text
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"the table cannot be read: {error}.", where=str(file)) from error


def _sighting(row: Row, bad: list[BadRow]) -> Sighting | None:
    place, cells = row
    try:
        return Sighting(
            repository=parse_name(cells["repo"]),
            site=parse_name(cells["site_name"]),
            url=parse_url(cells["url"]),
            at=parse_time(cells["time_utc"]),
            state=parse_state(cells["state"]),
            code=parse_code(cells["http_code"]),
            milliseconds=parse_milliseconds(cells["latency_ms"]),
            segment=cells.get("segment", "")[:80],
            commit=cells.get("commit", "")[:64],
        )
    except ValueError as error:
        bad.append(BadRow(place, str(error)))
        return None


def _site(row: Row, bad: list[BadRow]) -> Site | None:
    place, cells = row
    try:
        return Site(
            repository=parse_name(cells["repo"]),
            name=parse_name(cells["site_name"]),
            url=parse_url(cells["url"]),
            provider=cells.get("provider_stated", "")[:80].strip(),
            stated_by=cells.get("evidence", "")[:200].strip(),
            expected=parse_codes(cells.get("expected_status_codes", "").split(",")),
        )
    except ValueError as error:
        bad.append(BadRow(place, str(error)))
        return None
