"""All incidents, as their events tell them: the same events give the same incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from downwind.terms import UsageError
from downwind.watch.incidents.form import (
    changed,
    event_of_json,
    event_to_json,
    incident_of_json,
    incident_to_json,
)
from downwind.watch.incidents.types import Cause, Incident, IncidentEvent, Rules

_LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every open incident, the last closed ones, and what happened to each."""

    rules: Rules = field(default_factory=Rules)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    timelines: Mapping[str, tuple[IncidentEvent, ...]] = field(default_factory=dict)
    """The events of each incident, oldest first; of many, the first and the last."""

    def open(self) -> tuple[Incident, ...]:
        """The open incidents, oldest first."""
        return tuple(incident for incident in self.incidents.values() if incident.open)

    def apply(self, events: Iterable[IncidentEvent]) -> Ledger:
        """The ledger after these events; one that it knows already changes nothing."""
        incidents, timelines = dict(self.incidents), dict(self.timelines)
        touched = False
        for event in events:
            known = incidents.get(event.incident)
            after = _after(known, event)
            if after is known or after is None:
                continue
            touched = True
            incidents[event.incident] = after
            told = (*timelines.get(event.incident, ()), event)
            if len(told) > self.rules.keep_events:
                told = (told[0], *told[-(self.rules.keep_events - 1) :])
            timelines[event.incident] = told
            if not after.open:
                # One by one, so that a replay forgets the same ones at the same events.
                for id in self._too_old(incidents):
                    del incidents[id], timelines[id]
        if not touched:
            return self
        return replace(self, incidents=incidents, timelines=timelines)

    def _too_old(self, incidents: Mapping[str, Incident]) -> list[str]:
        closed = [incident for incident in incidents.values() if not incident.open]
        closed.sort(key=lambda each: (each.updated_at, each.id))
        return [each.id for each in closed[: max(0, len(closed) - self.rules.keep_closed)]]

    @classmethod
    def replay(cls, events: Iterable[IncidentEvent], rules: Rules | None = None) -> Ledger:
        """The incidents that these events tell, in the order in which they were logged."""
        ledger = cls(rules or Rules())
        for event in events:
            ledger = ledger.apply((event,))
        return ledger

    def to_json(self) -> dict[str, Any]:
        """All of it in JSON's own types, for a snapshot."""
        return {
            "incidents": [incident_to_json(each) for each in self.incidents.values()],
            "timelines": {
                id: [event_to_json(event) for event in told] for id, told in self.timelines.items()
            },
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any], rules: Rules | None = None) -> Ledger:
        """The ledger of a snapshot; raises ValueError where this is none."""
        try:
            incidents = [incident_of_json(each) for each in data["incidents"]]
            timelines = {
                str(id): tuple(event_of_json(event) for event in told)
                for id, told in data["timelines"].items()
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no ledger: {error}") from error
        if {incident.id for incident in incidents} != timelines.keys():
            raise ValueError("this is no ledger: incidents and timelines differ")
        return cls(rules or Rules(), {each.id: each for each in incidents}, timelines)

    # What a person does. Each gives the event; it counts once it is logged and applied.

    def acknowledge(self, at: float, id: str, by: str, note: str = "") -> IncidentEvent:
        """Somebody looks after it: nothing more is alerted until it closes or opens again."""
        incident = self._known(id, "acknowledge")
        changes = {"acknowledged_by": by[:200] or "somebody", "acknowledged_at": at}
        return self._event(incident, at, "acknowledged", changes, by, note)

    def comment(self, at: float, id: str, by: str, text: str) -> IncidentEvent:
        """A remark of a person."""
        return self._event(self._known(id, None), at, "comment", {}, by, text)

    def note(self, at: float, id: str, text: str) -> IncidentEvent:
        """A remark of the watcher, such as a suspected need."""
        return self._event(self._known(id, None), at, "note", {}, "", text)

    def close(self, at: float, id: str, by: str, note: str = "") -> IncidentEvent:
        """Closed by a person: it stays closed until its cause has been gone once."""
        incident = self._known(id, "close")
        changes = {
            "status": "closed",
            "closed_at": at,
            "closed_why": f"closed by {by or 'a person'}"[:200],
            "muted": True,
        }
        return self._event(incident, at, "closed", changes, by, note)

    def _known(self, id: str, to: str | None) -> Incident:
        incident = self.incidents.get(id)
        if incident is None:
            raise UsageError(
                f"There is no incident {id!r:.120}.", todo="See the list of incidents."
            )
        if to and not incident.open:
            raise UsageError(
                f"The incident {id} is closed: there is nothing to {to}.",
                todo="Comment on it instead.",
            )
        return incident

    @staticmethod
    def _event(
        incident: Incident, at: float, kind: str, changes: Mapping[str, object], by: str, text: str
    ) -> IncidentEvent:
        number = incident.number + 1
        return IncidentEvent(
            incident.id, number, at, kind, changes, by=by[:200], text=text[:_LONGEST_TEXT]
        )


def _after(incident: Incident | None, event: IncidentEvent) -> Incident | None:
    """The incident after the event; the same one where the event is old or has no beginning."""
    if incident is None:
        if event.number != 1:
            return None
        incident = _blank(event)
    elif event.number <= incident.number:
        return incident
    victims = incident.victims.union(event.joined)
    failing = incident.failing.union(event.joined).difference(event.back)
    moved = replace(
        incident, number=event.number, updated_at=event.at, victims=victims, failing=failing
    )
    return changed(moved, event.changes)


def _blank(event: IncidentEvent) -> Incident:
    return Incident(
        event.incident, Cause("unknown", ""), "unknown", 0.0, event.at, event.at, event.at
    )
