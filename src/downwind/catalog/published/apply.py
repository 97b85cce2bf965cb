"""Puts fetched lists in the place of the packaged tables that they bring up to date."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from downwind.catalog.blocks import read_block
from downwind.catalog.published.check import Size, size_of
from downwind.catalog.published.sources import Source
from downwind.catalog.published.store import Kept
from downwind.catalog.read import Part
from downwind.catalog.schema import PrefixTable


def with_lists(parts: Sequence[Part], lists: Sequence[Kept]) -> tuple[Part, ...]:
    """The packaged parts without the tables that the lists replace, and then the lists."""
    sources = {kept.source.provider: kept.source for kept in lists}
    kept_parts = [
        _without_tables(part, sources[part.form.id]) if part.form.id in sources else part
        for part in parts
    ]
    return (*kept_parts, *(Part(str(kept.file), kept.form, yields=True) for kept in lists))


def packaged_size(parts: Iterable[Part], source: Source) -> Size | None:
    """How much the packaged tables of a list cover; None where there are none."""
    tables = [
        table
        for part in parts
        if part.form.id == source.provider
        for table in part.form.prefixes
        if source.replaces(table.source)
    ]
    lines = (line.split() for table in tables for line in table.table.splitlines())
    blocks = [read_block(words[0]) for words in lines if words]
    return size_of(blocks) if blocks else None


def _without_tables(part: Part, source: Source) -> Part:
    left: tuple[PrefixTable, ...] = tuple(
        table for table in part.form.prefixes if not source.replaces(table.source)
    )
    return replace(part, form=part.form.model_copy(update={"prefixes": left}))
