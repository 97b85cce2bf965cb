"""The prefix lists that providers publish: where they are, what they say, whether to believe it."""

from downwind.catalog.published.apply import packaged_size, with_lists
from downwind.catalog.published.check import Size, refusal, size_of
from downwind.catalog.published.formats import NotItsFormat, Row, read_rows
from downwind.catalog.published.sources import SOURCES, Source
from downwind.catalog.published.store import (
    Kept,
    kept_lists,
    list_form,
    lists_folder,
    save_list,
)

__all__ = [
    "SOURCES",
    "Kept",
    "NotItsFormat",
    "Row",
    "Size",
    "Source",
    "kept_lists",
    "list_form",
    "lists_folder",
    "packaged_size",
    "read_rows",
    "refusal",
    "save_list",
    "size_of",
    "with_lists",
]
