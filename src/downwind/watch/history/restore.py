"""What a watcher knew when it ended, however it ended: a snapshot, and the log after it."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import Evidence, LogDamaged
from downwind.watch.alerts import Outbox
from downwind.watch.alerts.derive import Words, derive
from downwind.watch.alerts.words import text_of, title_of
from downwind.watch.history.snapshot import Snapshot
from downwind.watch.history.store import WatchStore
from downwind.watch.incidents import (
    IncidentEvent,
    Incidents,
    Ledger,
    Maintenance,
    Rules,
    Window,
    event_of_evidence,
    event_to_evidence,
)
from downwind.watch.incidents.form import KIND as INCIDENT
from downwind.watch.incidents.machine import Step

_STATE = "decided"
_logger = logging.getLogger(__name__)

Recall = Callable[[Mapping[str, bytes]], None]
"""Takes over the parts of a snapshot that are others' state, or raises ValueError."""


def _nothing(_: Mapping[str, bytes]) -> None:
    """There is no other state."""


@dataclass(frozen=True, slots=True)
class Decided:
    """All that was decided so far; `parts` is the state of others, such as the detector's."""

    incidents: Incidents = field(default_factory=Incidents)
    maintenance: Maintenance = field(default_factory=Maintenance.of)
    alerted: frozenset[str] = frozenset()
    """Incidents of which somebody was told."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restart found."""

    decided: Decided
    parts: Mapping[str, bytes]
    """The state of others, as of the snapshot; what was logged after it went to `hear`."""
    replayed: int
    """Records that were read after the snapshot."""
    skipped: int
    """Records of incidents that tell no event, and were passed over."""
    snapshot_at: float | None
    unread: str = ""
    """Why the snapshot was not understood, and the whole log was read; empty where it was."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A step of the incidents, and what goes with it."""

    records: tuple[Evidence, ...]
    """To be kept, all together, before `decided` counts."""
    decided: Decided
    events: tuple[IncidentEvent, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """How alerts are made of events."""

    outbox: Outbox
    vantage: str = "here"
    suspicions: bool = True
    """False: a mere suspicion alerts nobody."""
    title: Words = title_of
    text: Words = text_of


def decide(decided: Decided, step: Step, telling: Telling, at: float) -> Decision:
    """The records of a step: its events, and its alerts as queued. Nothing counts yet."""
    return _decision(decided, step.events, step.incidents, telling, at)


def decide_by_hand(decided: Decided, event: IncidentEvent, telling: Telling, at: float) -> Decision:
    """The same of what a person did (`ledger.acknowledge` and the like)."""
    return _decision(decided, (event,), decided.incidents.after(event), telling, at)


def restore(
    store: WatchStore,
    telling: Telling,
    at: float,
    rules: Rules | None = None,
    hear: Callable[[Evidence], object] | None = None,
    hear_from: float = -math.inf,
    seldom_from: float | None = None,
    recall: Recall = _nothing,
) -> Restored:
    """Everything as it was when the watcher ended; `hear` gets every record after the snapshot.

    `recall` gets the snapshot's parts before that; where it raises ValueError, the whole log is
    heard instead. What was merely observed before `hear_from` (WatchStore.load: `seldom_from`) is
    passed over: without a snapshot there may be months of it, and no detector wants more than the
    last hour or so.
    What was decided and killed before its alert was queued is queued now, and kept.
    """
    observed_from = hear_from if hear is not None else math.inf
    loaded, unread = store.load(observed_from, seldom_from=seldom_from), ""
    try:
        decided = _of_snapshot(loaded.snapshot, telling.outbox, rules or Rules())
        if loaded.snapshot is not None:
            recall(loaded.snapshot.parts)
    except (ValueError, KeyError, TypeError) as error:
        # Of an older version, perhaps. The log has it all, and takes longer.
        _logger.warning("The snapshot is not understood, and the whole log is read: %s", error)
        unread = str(error)
        loaded = store.load(observed_from, seldom_from=seldom_from, from_snapshot=False)
        decided = Decided(Incidents(Ledger(rules or Rules())))
    replayed = skipped = 0
    for record in loaded.records:
        replayed += 1
        decided, understood = _heard(decided, record, telling)
        skipped += not understood
        if hear is not None:
            hear(record)
    late = telling.outbox.settle(at)
    store.keep(late)
    for record in late:
        telling.outbox.heard(record)
    snapshot = loaded.snapshot
    parts = {k: v for k, v in snapshot.parts.items() if k != _STATE} if snapshot else {}
    at_snapshot = snapshot.at if snapshot else None
    return Restored(decided, parts, replayed, skipped, at_snapshot, unread)


def commit(decision: Decision, telling: Telling) -> Decided:
    """What is known from now on, once the records of the decision are kept."""
    for record in decision.records:
        telling.outbox.heard(record)
    return decision.decided


def state_of(decided: Decided, outbox: Outbox) -> dict[str, bytes]:
    """All that was decided, as a part of a snapshot."""
    state = {
        "ledger": decided.incidents.ledger.to_json(),
        "alerted": sorted(decided.alerted),
        "outbox": outbox.to_json(),
        "windows": [_window(each) for each in decided.maintenance.windows.values()],
    }
    return {_STATE: json.dumps(state, separators=(",", ":")).encode("ascii")}


def _decision(
    decided: Decided,
    events: tuple[IncidentEvent, ...],
    incidents: Incidents,
    telling: Telling,
    at: float,
) -> Decision:
    derived = derive(
        decided.incidents.ledger,
        events,
        decided.alerted,
        suspicions=telling.suspicions,
        title=telling.title,
        text=telling.text,
    )
    told = [event_to_evidence(event, telling.vantage) for event in events]
    records = (*told, *telling.outbox.queued(derived.alerts, at))
    after = Decided(incidents, decided.maintenance, derived.alerted)
    return Decision(records, after, events)


def _heard(decided: Decided, record: Evidence, telling: Telling) -> tuple[Decided, bool]:
    """With one record of the log; False where it should tell an event and does not."""
    telling.outbox.heard(record)
    maintenance = decided.maintenance.heard(record)
    if record.kind != INCIDENT:
        return Decided(decided.incidents, maintenance, decided.alerted), True
    try:
        event = event_of_evidence(record)
    except LogDamaged as error:
        _logger.warning("%s", error)
        return decided, False
    derived = derive(
        decided.incidents.ledger,
        (event,),
        decided.alerted,
        suspicions=telling.suspicions,
        title=telling.title,
        text=telling.text,
    )
    telling.outbox.expect(derived.alerts)
    return Decided(Incidents(derived.ledger), maintenance, derived.alerted), True


def _of_snapshot(snapshot: Snapshot | None, outbox: Outbox, rules: Rules) -> Decided:
    if snapshot is None:
        return Decided(Incidents(Ledger(rules)))
    state: Mapping[str, Any] = json.loads(snapshot.parts[_STATE])
    decided = Decided(
        Incidents(Ledger.of_json(state["ledger"], rules)),
        Maintenance.of(Window(**each) for each in state["windows"]),
        frozenset(state["alerted"]),
    )
    outbox.of_json(state["outbox"])
    return decided


def _window(window: Window) -> dict[str, Any]:
    return {
        "id": window.id,
        "of": window.of,
        "starts": window.starts,
        "ends": window.ends,
        "every": window.every,
        "title": window.title,
        "by": window.by,
    }
