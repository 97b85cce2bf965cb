"""Keeps the lists that were fetched, compactly, where the catalogue reads them when it starts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from downwind.catalog.blocks import BITS, SHORTEST, Block
from downwind.catalog.places import data_folder, write_whole
from downwind.catalog.published.check import Size
from downwind.catalog.published.formats import Row
from downwind.catalog.published.sources import SOURCES, Source
from downwind.catalog.schema import Form, PrefixTable, ProviderFile

_Said = tuple[str | None, str | None]


class StoredList(Form):
    """A list as it is kept."""

    id: str
    rows: int
    ipv4: int
    ipv6: int
    provider: ProviderFile


@dataclass(frozen=True, slots=True)
class Kept:
    """A list that was fetched earlier."""

    source: Source
    file: Path
    size: Size
    form: ProviderFile

    @property
    def confirmed(self) -> date | None:
        """The day on which it was fetched, or that it carries."""
        return next((table.last_confirmed for table in self.form.prefixes), None)


def lists_folder() -> Path | None:
    """Where lists are kept; None where the user has no home."""
    folder = data_folder()
    return folder / "prefixes" if folder else None


def kept_lists(folder: Path | None) -> Sequence[Kept]:
    """The lists of a folder. One that is damaged counts as not there: the packaged one is used."""
    if folder is None:
        return ()
    found = ((source, _read(folder / f"{source.id}.json")) for source in SOURCES)
    return [
        Kept(s, folder / f"{s.id}.json", Size(f.rows, f.ipv4, f.ipv6), f.provider)
        for s, f in found
        if f is not None and f.id == s.id and f.provider.id == s.provider
    ]


def list_form(source: Source, rows: Sequence[Row], confirmed: date) -> ProviderFile:
    """A list as a catalogue file says it: what it adds to its provider."""
    tables = tuple(
        PrefixTable(product=product, source=source.name, last_confirmed=confirmed, table=table)
        for product, table in _tables(rows)
    )
    regions = tuple(sorted({row.region for row in rows if row.region}))
    return ProviderFile(id=source.provider, regions=regions, prefixes=tables)


def save_list(folder: Path, source: Source, form: ProviderFile, size: Size) -> Path:
    """Keep a list, whole or not at all; raises OSError."""
    stored = StoredList(
        id=source.id, rows=size.rows or 0, ipv4=size.ipv4, ipv6=size.ipv6, provider=form
    )
    file = folder / f"{source.id}.json"
    write_whole(file, stored.model_dump_json(exclude_defaults=True) + "\n")
    return file


def _read(file: Path) -> StoredList | None:
    try:
        return StoredList.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def _tables(rows: Sequence[Row]) -> Iterator[tuple[str | None, str]]:
    """A table for each product: the fewest blocks that say the same of every address."""
    owners: dict[str | None, list[str]] = {}
    for block, region, product in aggregated(rows):
        owners.setdefault(product, []).append(f"{block} {region}" if region else str(block))
    for product in sorted(owners, key=str):
        yield product, "\n".join(owners[product]) + "\n"


def aggregated(rows: Iterable[Row]) -> list[Row]:
    """The same said with fewer blocks: the longest wins, of two alike the one that says more."""
    best: dict[Block, Row] = {}
    for row in rows:
        known = best.get(row.block)
        if known is None or _detail(row) > _detail(known):
            best[row.block] = row
    said = _siblings_merged({block: (row.region, row.product) for block, row in best.items()})
    return [Row(block, *said[block]) for block in _needed(said)]


def _detail(row: Row) -> tuple[bool, bool, str, str]:
    product, region = row.product or "", row.region or ""
    return bool(product), bool(region), product, region


def _siblings_merged(said: dict[Block, _Said]) -> dict[Block, _Said]:
    """Two halves that say the same are one block, whatever that block itself said."""
    merged = dict(said)
    by_length: dict[tuple[int, int], set[Block]] = {}
    for block in merged:
        by_length.setdefault((block.version, block.length), set()).add(block)
    for version, shortest in SHORTEST.items():
        for length in range(BITS[version], shortest, -1):
            for block in sorted(by_length.get((version, length), ())):
                half = 1 << (BITS[version] - length)
                sibling = Block(version, block.start + half, length)
                if block.start & half or merged.get(sibling) != merged[block]:
                    continue
                parent = Block(version, block.start, length - 1)
                merged[parent] = merged.pop(block)
                del merged[sibling]
                by_length.setdefault((version, length - 1), set()).add(parent)
    return merged


def _needed(said: Mapping[Block, _Said]) -> Iterator[Block]:
    """All blocks but those that say what the block around them says already."""
    around: list[Block] = []
    for block in sorted(said):
        while around and (around[-1].version != block.version or around[-1].end < block.start):
            around.pop()
        if not around or said[around[-1]] != said[block]:
            yield block
            around.append(block)
