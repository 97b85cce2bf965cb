"""The parts that the loop puts to work."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.watch.alerts import Deliverer
from downwind.watch.elsewhere import Elsewhere
from downwind.watch.feeds import FeedWatch
from downwind.watch.history import Book, GroupKeeper, WatchStore
from downwind.watch.registrations import RegistrationWatch
from downwind.watch.schedule import Schedule
from downwind.watch.vantages import Inbox
from downwind.watch.vantages.confirmations import Confirmations


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each; the watcher owns none of them, and stops none."""

    store: WatchStore
    keeper: GroupKeeper
    book: Book
    deliverer: Deliverer
    schedule: Schedule
    reading: FeedWatch
    inbox: Inbox
    confirmations: Confirmations
    registrations: RegistrationWatch
    elsewhere: Elsewhere | None = None
    """Globalping, where the settings name it."""
