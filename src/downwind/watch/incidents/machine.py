"""Rounds of verdicts in, incidents out: one per cause, opened, updated, merged and closed.

A step changes nothing: it gives the events, and what is known after them. Whoever calls it logs the
events first and takes what is known after that, so that nothing counts before it is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from downwind.model.durations import say_duration
from downwind.watch.incidents.causes import SLOW, incident_id, pending_key
from downwind.watch.incidents.ledger import Ledger
from downwind.watch.incidents.maintenance import Maintenance
from downwind.watch.incidents.match import Blamed, Matches, blamed, match
from downwind.watch.incidents.slow import beneath
from downwind.watch.incidents.tell import (
    Telling,
    cause_kind,
    opening,
    tell_cause,
    tell_changes,
    tell_detail,
    tell_maintenance,
    tell_page,
    tell_recovered,
    tell_victims,
)
from downwind.watch.incidents.types import Incident, IncidentEvent, Observed, Rules


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted of an incident from round to round; after a restart it begins anew."""

    gone: int = 0
    """Rounds in a row without its verdict, or in which nobody failed under it."""
    proposed: str = ""
    """The other cause that the last rounds named."""
    stood: int = 0
    """Rounds in a row for which they did."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a round gave: events to log, and what is known once they are logged."""

    events: tuple[IncidentEvent, ...]
    incidents: Incidents


@dataclass(frozen=True, slots=True)
class Incidents:
    """The state machine between two rounds."""

    ledger: Ledger = field(default_factory=Ledger)
    counts: Mapping[str, Count] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    """Cause -> rounds for which it was blamed and has not opened yet."""

    def step(self, observed: Observed, maintenance: Maintenance | None = None) -> Step:
        """What this round tells; `observed.at` goes back only where the clock was set back."""
        if observed.blind:
            return Step((), self)
        windows = maintenance or Maintenance({})
        known = self.ledger.incidents
        mine = [each for each in known.values() if each.slow is observed.slow]
        found = match(blamed(observed), mine, observed.at, self.ledger.rules)
        if observed.slow:
            found = beneath(found, known.values())
        events: list[IncidentEvent] = []
        others = {each.id for each in known.values()}.difference(each.id for each in mine)
        counts = {id: count for id, count in self.counts.items() if id in others}
        for incident in mine:
            verdict = found.of.get(incident.id)
            if not incident.open and verdict is None and not incident.muted:
                continue
            told, count = self._go_on(incident, verdict, found, observed, windows)
            events += told
            if count is not None:
                counts[incident.id] = count
        fresh, pending = self._open(found, observed, windows)
        events += fresh
        ledger = self.ledger.apply(events)
        return Step(tuple(events), replace(self, ledger=ledger, counts=counts, pending=pending))

    def after(self, *events: IncidentEvent) -> Incidents:
        """With what a person did (`ledger.acknowledge` and the like)."""
        return replace(self, ledger=self.ledger.apply(events))

    def _go_on(
        self,
        incident: Incident,
        verdict: Blamed | None,
        found: Matches,
        observed: Observed,
        windows: Maintenance,
    ) -> tuple[list[IncidentEvent], Count | None]:
        telling = Telling(incident, observed.at)
        into = dict(found.merged).get(incident.id)
        if into is not None:
            _merge(telling, into)
            return telling.events, None
        rules = self.ledger.rules
        count = _counted(self.counts.get(incident.id, Count()), telling.incident, verdict, observed)
        if not incident.open:
            return _muted_or_again(telling, verdict, count, observed, rules.close_rounds)
        for absorbed in (self.ledger.incidents[a] for a, b in found.merged if b == incident.id):
            _absorb(telling, absorbed)
        if verdict is not None:
            kind = cause_kind(telling.incident, verdict, count.stood, rules)
            if kind:
                tell_cause(telling, verdict, kind, observed)
                count = replace(count, proposed="", stood=0)
        over = _over(telling.incident, count, observed, rules)
        tell_recovered(telling, verdict, observed, rules, at_once=over)
        if over:
            _close(telling)
            return telling.events, None
        tell_victims(telling, verdict, observed)
        tell_page(telling, observed)
        tell_changes(telling, observed, rules)
        tell_maintenance(telling, observed, windows)
        if verdict is not None:
            tell_detail(telling, verdict, observed, rules)
        return telling.events, count

    def _open(
        self, found: Matches, observed: Observed, windows: Maintenance
    ) -> tuple[list[IncidentEvent], dict[str, int]]:
        events: list[IncidentEvent] = []
        pending = {
            key: seen
            for key, seen in self.pending.items()
            if not observed.regular or key.startswith(SLOW) is not observed.slow
        }
        taken = set(self.ledger.incidents)
        rules = self.ledger.rules
        for verdict in found.fresh:
            key = pending_key(verdict.cause, slow=observed.slow)
            seen = self.pending.get(key, 0) + observed.regular
            if max(seen, 1) < _rounds_to_open(verdict, observed, rules):
                pending[key] = seen
                continue
            pending.pop(key, None)
            began = min(observed.since.get(v, observed.at) for v in verdict.victims)
            id = incident_id(began, verdict.cause, taken, slow=observed.slow)
            taken.add(id)
            events.append(opening(id, began, verdict, observed, windows, rules))
        return events, pending


def _rounds_to_open(verdict: Blamed, observed: Observed, rules: Rules) -> int:
    if not observed.slow:
        return rules.rounds_to_open(verdict.fault.verdict)
    return rules.rounds_until_slow(len({observed.service(each) for each in verdict.victims}))


def _counted(count: Count, incident: Incident, verdict: Blamed | None, observed: Observed) -> Count:
    if not observed.regular:
        return count
    proposed = str(verdict.cause) if verdict and verdict.cause != incident.cause else ""
    stood = count.stood + 1 if proposed and proposed == count.proposed else int(bool(proposed))
    return Count(
        gone=0 if verdict else count.gone + 1,
        proposed=proposed,
        stood=stood,
    )


def _muted_or_again(
    telling: Telling, verdict: Blamed | None, count: Count, observed: Observed, rounds: int
) -> tuple[list[IncidentEvent], Count | None]:
    """A closed incident: its cause is back, or was never gone since a person closed it."""
    incident = telling.incident
    if verdict is not None and not incident.muted:
        changes = {
            "status": "open",
            "closed_at": None,
            "closed_why": "",
            "reopened": incident.reopened + 1,
            "acknowledged_by": "",
            "acknowledged_at": None,
        }
        back = {v for v in incident.failing if observed.holds(v, verdict.victims)}
        away = say_duration(telling.at - (incident.closed_at or telling.at))
        text = f"after {away} without it"
        telling.tell("reopened", changes, joined=verdict.victims, back=back, text=text)
        return telling.events, Count()
    if verdict is None and count.gone >= rounds:
        telling.tell("rearmed", {"muted": False})
        return telling.events, None
    return [], count


def _over(incident: Incident, count: Count, observed: Observed, rules: Rules) -> bool:
    if incident.slow:
        return count.gone >= rules.slow_rounds
    left = sum(not observed.holds(target, ()) for target in incident.failing)
    stubborn = 2 * left >= len(incident.victims)
    return count.gone >= (rules.stubborn_rounds if stubborn else rules.close_rounds)


def _close(telling: Telling) -> None:
    why = "no longer blamed" if telling.incident.failing else "all victims are back"
    changes = {"status": "closed", "closed_at": telling.at, "closed_why": why, "silent": False}
    telling.tell("closed", changes, text=why)


def _merge(telling: Telling, into: str) -> None:
    changes = {
        "status": "closed",
        "closed_at": telling.at,
        "closed_why": f"it is one with {into}",
        "merged_into": into,
    }
    telling.tell("merged", changes, text=into)


def _absorb(telling: Telling, other: Incident) -> None:
    earlier = {"since": other.since} if other.since < telling.incident.since else {}
    telling.tell("absorbed", earlier, joined=other.failing, text=other.id)
