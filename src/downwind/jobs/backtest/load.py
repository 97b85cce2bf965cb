"""Brings histories in: from tables and clones to a store of evidence with its model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.evidence.upptime import (
    BadRow,
    Read,
    Sighting,
    Site,
    is_tables,
    read_tables,
    to_evidence,
)
from downwind.jobs.backtest.known import as_model, known_sites
from downwind.jobs.backtest.repository import is_repository, read_repository
from downwind.jobs.stored.kept_model import MODEL_FILE, write_model
from downwind.terms import CannotMeasure, DownwindError, Evidence, UsageError

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Imported:
    """What was brought in."""

    rows: int
    sites: int
    repositories: int
    bad: tuple[BadRow, ...]
    model: Path


def read_history(folder: Path) -> Read:
    """Tables, a clone of an Upptime repository, or a folder of either; raises UsageError.

    The clones of a folder may lie in it as NAME or as OWNER/NAME. One of several that cannot be
    read is told among what is bad.
    """
    found = _read_one(folder)
    if found is not None:
        return found
    bad: list[BadRow] = []
    read = [found for each in _clones(folder) if (found := _tried(each, folder, bad)) is not None]
    if not read:
        raise UsageError(
            "there is no Upptime history here.",
            where=str(folder),
            todo=str(bad[0])
            if bad
            else "Name a clone of an Upptime repository, a folder of clones, or one with rows.tsv.",
        )
    sightings: list[Sighting] = [s for each in read for s in each.sightings]
    sites: list[Site] = [s for each in read for s in each.sites]
    return Read.of(sightings, sites, [*bad, *(row for each in read for row in each.bad)])


def import_history(read: Read, catalog: Catalog, into: Path) -> Imported:
    """Write every row as evidence, and beside it the model of what is known of the sites.

    Raises CannotMeasure where there is no row, UsageError where something is there already.
    """
    if not read.sightings:
        raise CannotMeasure("no row could be read.", todo="; ".join(map(str, read.bad[:3])))
    if into.exists() and any(into.iterdir()):
        raise UsageError("the folder is not empty.", where=str(into), todo="Name a new one.")
    model = as_model(known_sites(read, catalog))
    with EvidenceLog(into) as log:
        for batch in _batches(to_evidence(read.sightings)):
            log.append_many(batch)
        log.sync()
    write_model(model, into / MODEL_FILE)
    return Imported(
        rows=len(read.sightings),
        sites=len({s.key for s in read.sightings}),
        repositories=len({s.repository for s in read.sightings}),
        bad=read.bad,
        model=into / MODEL_FILE,
    )


def _read_one(folder: Path, name: str | None = None) -> Read | None:
    if is_tables(folder):
        return read_tables(folder)
    return read_repository(folder, name) if is_repository(folder) else None


def _tried(folder: Path, within: Path, bad: list[BadRow]) -> Read | None:
    """What is in this folder; None where it cannot be read, which is told."""
    try:
        return _read_one(folder, str(folder.relative_to(within)).removesuffix(".git"))
    except DownwindError as error:
        bad.append(BadRow(str(folder), str(error)))
        return None


def _clones(folder: Path) -> Iterator[Path]:
    """The folders that hold a history, and those within the others, by name."""
    for each in _folders(folder):
        yield from (each,) if _holds_one(each) else _folders(each)


def _holds_one(folder: Path) -> bool:
    return is_tables(folder) or is_repository(folder)


def _folders(folder: Path) -> Sequence[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ()


def _batches(records: Iterator[Evidence]) -> Iterator[Sequence[Evidence]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
