"""Kept safely: what was seen and decided outlives a kill, a full disk and the years."""

from downwind.watch.history.book import Book
from downwind.watch.history.buffer import Bounds
from downwind.watch.history.group import GroupKeeper
from downwind.watch.history.restore import (
    Decided,
    Decision,
    Restored,
    Telling,
    commit,
    decide,
    decide_by_hand,
    restore,
    state_of,
)
from downwind.watch.history.retain import Held, Retained, retain
from downwind.watch.history.rollup import DAY, Period, Rollups
from downwind.watch.history.snapshot import oldest_place
from downwind.watch.history.store import StoreHealth, WatchStore
from downwind.watch.history.tally import HOUR

__all__ = [
    "DAY",
    "HOUR",
    "Book",
    "Bounds",
    "Decided",
    "Decision",
    "GroupKeeper",
    "Held",
    "Period",
    "Restored",
    "Retained",
    "Rollups",
    "StoreHealth",
    "Telling",
    "WatchStore",
    "commit",
    "decide",
    "decide_by_hand",
    "oldest_place",
    "restore",
    "retain",
    "state_of",
]
