"""Maintenance as the model plans it: what it plans no more is taken back at the start."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.model.watching import Maintenance
from downwind.watch.history import Book
from downwind.watch.incidents import OF_THE_MODEL, windows_of


async def plan(book: Book, wanted: Iterable[Maintenance], now: float) -> None:
    """Let the book know these windows, and no others of a model."""
    windows = {each.id: each for each in windows_of(wanted)}
    known = tuple(book.decided.maintenance.windows)
    for id in known:
        if id.startswith(OF_THE_MODEL) and id not in windows:
            await book.cancel(id, "model")
    for window in windows.values():
        if not window.over(now):
            await book.plan(window)
