"""What agents sent before a restart: known again, so that what they send twice is taken once."""

from __future__ import annotations

import json
from contextlib import suppress

from downwind.evidence.records import payload_id
from downwind.watch.history.position import START, read_since
from downwind.watch.history.snapshot import read_snapshot
from downwind.watch.history.store import WatchStore
from downwind.watch.vantages import Inbox
from downwind.watch.vantages.inbox import PART


def remember(store: WatchStore, inbox: Inbox, here: str) -> None:
    """The ids in the snapshot, then those logged after it, of records of any time: an agent that
    was cut off for days sends old ones. Without a snapshot the whole log is read."""
    snapshot, position = read_snapshot(store.directory), START
    if snapshot is not None:
        with suppress(ValueError, KeyError):
            inbox.of_bytes(snapshot.parts[PART])
            position = snapshot.position
    own = f'"vantage":{json.dumps(here)}}}'.encode()

    def known(payload: bytes) -> bool:
        if not payload.endswith(own) and b'"kind":"probe.' in payload:
            inbox.remember(json.loads(payload)["vantage"], payload_id(payload))
        return False

    for _ in read_since(store.log_directory, position, known):
        pass  # nothing is wanted but what was known on the way
