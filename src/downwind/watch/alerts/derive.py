"""Which events of incidents are worth waking somebody: the same events give the same alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from downwind.model.durations import say_duration
from downwind.watch.alerts.growth import TURNS, growth
from downwind.watch.alerts.types import Alert
from downwind.watch.alerts.words import text_of, title_of
from downwind.watch.incidents import Incident, IncidentEvent, Ledger, parts_of

_SHOWN = 50
_LONGEST_TITLE = 300


class Words(Protocol):
    """Puts an incident into words for an alert of this kind."""

    def __call__(self, incident: Incident, kind: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Derived:
    """The ledger after the events, and what they are to be told by."""

    ledger: Ledger
    alerts: tuple[Alert, ...]
    alerted: frozenset[str]
    """Incidents of which somebody was told, and whose end is told too."""


def derive(
    ledger: Ledger,
    events: Iterable[IncidentEvent],
    alerted: frozenset[str] = frozenset(),
    *,
    suspicions: bool = True,
    title: Words = title_of,
    text: Words = text_of,
) -> Derived:
    """The alerts of these events: opened, grew, escalated, moved, reopened, closed, merged.

    Nobody is told of an incident whose victims are all in maintenance, nor of one that somebody
    acknowledged until it ends, nor, without `suspicions`, of a mere suspicion; of an end only who
    was told of the beginning.
    """
    alerts = []
    told = set(alerted)
    for event in events:
        before = ledger.incidents.get(event.incident)
        ledger = ledger.apply((event,))
        after = ledger.incidents.get(event.incident)
        if after is None or after is before:
            continue
        timeline = ledger.timelines.get(event.incident, ())
        kind = _kind(event, after, timeline, event.incident in told)
        unsure = after.suspected and not suspicions and event.incident not in told
        if kind == "" or unsure:
            continue
        (told.discard if kind in ("closed", "merged") else told.add)(event.incident)
        alerts.append(_alert(before, event, after, kind, title, text))
    return Derived(ledger, tuple(alerts), frozenset(told))


def severity_of(incident: Incident) -> str:
    """critical where the cause is certain or victims are many together; else, and where they are
    slow only, a warning."""
    if incident.slow:
        return "warning"
    sure = incident.verdict in ("provider", "own", "unknown")
    return "critical" if sure else "warning"


def watcher_alert(at: float, what: str, title: str, text: str, *, over: bool = False) -> Alert:
    """An alert on the watcher itself, such as a full disk; `what` is its short name.

    Opened twice without an end in between, it has another id; whoever calls it does so on change.
    """
    return Alert(
        id=f"watcher-{what}/{at:.0f}{'-over' if over else ''}",
        incident=f"watcher-{what}",
        kind="closed" if over else "opened",
        at=at,
        severity="warning",
        title=title,
        text=text,
        cause=what,
        blame="watcher",
        verdict="watcher",
        confidence=1.0,
        since=at,
        closed_at=at if over else None,
    )


def _kind(
    event: IncidentEvent,
    after: Incident,
    timeline: Sequence[IncidentEvent],
    told: bool,
) -> str:
    if event.kind in ("closed", "merged"):
        return event.kind if told else ""
    if after.silent or after.acknowledged_by or not after.open:
        return ""
    if not told:
        # It opened, or it was silent and is so no more, whatever made it loud.
        return "reopened" if event.kind == "reopened" else "opened"
    if event.kind in TURNS or event.kind == "reopened":
        return TURNS.get(event.kind, event.kind)
    return growth(timeline) if event.kind == "victims" else ""


def _gap(before: Incident | None, event: IncidentEvent) -> str:
    """How long it was away, where it is back."""
    if event.kind != "reopened" or before is None or before.closed_at is None:
        return ""
    return f"It is back, after {say_duration(event.at - before.closed_at)} without it.\n"


def _alert(
    before: Incident | None,
    event: IncidentEvent,
    after: Incident,
    kind: str,
    title: Words,
    text: Words,
) -> Alert:
    parts = parts_of(after, event.at)
    severity = severity_of(after)
    was = severity_of(before) if before is not None else severity
    alert = Alert(
        id=f"{event.incident}/{event.number}",
        incident=event.incident,
        kind=kind,
        at=event.at,
        severity=severity,
        title=" ".join(title(after, kind).split())[:_LONGEST_TITLE],
        text=_gap(before, event) + text(after, kind),
        cause=parts.who,
        blame=parts.blame,
        verdict=after.verdict,
        confidence=after.confidence,
        since=after.since,
        closed_at=after.closed_at,
        layer=after.layer,
        victims=parts.victims[:_SHOWN],
        hit=parts.hit,
        of=parts.of,
        independent=parts.independent,
    )
    return replace(alert, was=was) if was != severity else alert
