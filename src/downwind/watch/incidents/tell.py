"""What a round tells of an incident that goes on: the events, each with what changed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from downwind.watch.incidents.causes import rank
from downwind.watch.incidents.form import changed, field_to_json
from downwind.watch.incidents.maintenance import Maintenance
from downwind.watch.incidents.match import Blamed
from downwind.watch.incidents.types import (
    Cause,
    Change,
    Further,
    Incident,
    IncidentEvent,
    Observed,
    Rules,
    StatusPage,
)

_CAUSE = ("cause", "verdict", "confidence", "layer", "saved", "same", "consequences", "dependent")
_WEIGHED = ("rivals", "contradicts", "watched", "severity", "separating", "alongside", "parts")
_DETAIL = (*_CAUSE[2:], *_WEIGHED)
_WEIGHT = 0.05
_TOLD = 0.1
"""A confidence that moves less is not told."""


class Telling:
    """Gathers the events of one incident in one round, each on top of the one before."""

    def __init__(self, incident: Incident, at: float) -> None:
        self.incident = incident
        self.at = at
        self.events: list[IncidentEvent] = []

    def tell(
        self,
        kind: str,
        changes: Mapping[str, Any],
        *,
        joined: Iterable[str] = (),
        back: Iterable[str] = (),
        text: str = "",
    ) -> None:
        """Add an event; `changes` are fields in their JSON form."""
        now = self.incident
        event = IncidentEvent(
            now.id,
            now.number + 1,
            self.at,
            kind,
            changes,
            tuple(sorted(joined)),
            tuple(sorted(back)),
            text=text,
        )
        moved = replace(
            now,
            number=event.number,
            updated_at=self.at,
            victims=now.victims.union(event.joined),
            failing=now.failing.union(event.joined).difference(event.back),
        )
        self.incident = changed(moved, changes)
        self.events.append(event)


def opening(
    id: str,
    began: float,
    verdict: Blamed,
    observed: Observed,
    maintenance: Maintenance,
    rules: Rules,
) -> IncidentEvent:
    """The first event of an incident."""
    first = Incident(id, verdict.cause, verdict.fault.verdict, 0.0, began, observed.at, observed.at)
    whole = _seen(replace(first, failing=verdict.victims), verdict, observed)
    failing = {target: observed.service(target) for target in verdict.victims}
    windows, silent = maintenance.touching(observed.at, failing, verdict.cause)
    whole = replace(
        whole,
        slow=observed.slow,
        changes=_own_changes(whole, observed, rules),
        detail_at=observed.at,
        windows=windows,
        silent=silent,
    )
    names = (*_CAUSE, *_WEIGHED, "slow", "changes", "page", "detail_at", "windows", "silent")
    changes = {name: field_to_json(whole, name) for name in names}
    changes |= {"since": began, "opened_at": observed.at}
    return IncidentEvent(
        id, 1, observed.at, "opened", changes, joined=tuple(sorted(verdict.victims))
    )


def cause_kind(incident: Incident, verdict: Blamed, stood: int, rules: Rules) -> str:
    """What a verdict does to the cause of its incident; empty where it changes nothing.

    `stood` is for how many rounds in a row, this one included, the same was proposed.
    """
    old, new = incident.cause, verdict.cause
    surer = rank(verdict.fault.verdict) - rank(incident.verdict)
    if new == old:
        return "escalated" if surer > 0 else ""
    if surer < 0 or new.kind == "unknown":
        return ""
    if old.kind == "unknown":
        return "named"
    settled = surer > 0 or stood >= rules.change_rounds
    mine, its = new.scope, old.scope
    if mine and its and its.covers(mine):
        return "narrowed"
    if mine and its and mine.covers(its):
        return "widened" if settled else ""
    return "moved" if settled else ""


def tell_cause(telling: Telling, verdict: Blamed, kind: str, observed: Observed) -> None:
    """The cause as it is named now, with all that hangs on it."""
    before = telling.incident
    after = _seen(
        replace(before, cause=verdict.cause, verdict=verdict.fault.verdict), verdict, observed
    )
    names = (*_CAUSE, *_WEIGHED)
    changes = _differing(before, after, names)
    page = observed.pages.get(after.cause.scope.provider) if after.cause.scope else None
    if page != before.page:
        changes["page"] = field_to_json(replace(after, page=page), "page")
    text = f"{before.cause} -> {after.cause}" if before.cause != after.cause else ""
    telling.tell(kind, changes, text=text)


def tell_victims(telling: Telling, verdict: Blamed | None, observed: Observed) -> None:
    """Who joined, at once; who recovered, at most every so often."""
    now = telling.incident
    joined = verdict.victims - now.failing if verdict else frozenset[str]()
    if joined:
        began = min(observed.since.get(v, observed.at) for v in joined)
        watched = {"watched": observed.watched or len(observed.states)}
        earlier = {"since": began} if began < now.since else {}
        telling.tell("victims", watched | earlier, joined=joined)


def tell_recovered(
    telling: Telling,
    verdict: Blamed | None,
    observed: Observed,
    rules: Rules,
    *,
    at_once: bool,
) -> None:
    """Who holds again."""
    now = telling.incident
    blamed = verdict.victims if verdict else ()
    back = frozenset(target for target in now.failing if observed.holds(target, blamed))
    if back and (at_once or _due(now, observed.at, rules)):
        telling.tell("recovered", {"detail_at": observed.at}, back=back)


def tell_page(telling: Telling, observed: Observed) -> None:
    """What the provider's status page says now."""
    scope = telling.incident.cause.scope
    page = observed.pages.get(scope.provider) if scope else None
    before = telling.incident.page
    if page is None or page == before:
        return
    if before and (page.state, page.title) == (before.state, before.title):
        return
    text = _page_text(before, page)
    after = replace(telling.incident, page=page)
    telling.tell("page", {"page": field_to_json(after, "page")}, text=text)


def tell_maintenance(telling: Telling, observed: Observed, maintenance: Maintenance) -> None:
    """Which windows coincide with it, and whether all that fails is in one."""
    now = telling.incident
    failing = {target: observed.service(target) for target in sorted(now.failing)}
    if not failing:
        return
    windows, silent = maintenance.touching(observed.at, failing, now.cause)
    if (windows, silent) == (now.windows, now.silent):
        return
    text = "all that fails is in maintenance" if silent else "coincides" if windows else "over"
    telling.tell("maintenance", {"windows": list(windows), "silent": silent}, text=text)


def tell_changes(telling: Telling, observed: Observed, rules: Rules) -> None:
    """One's own changes that became known."""
    now = telling.incident
    changes = _own_changes(now, observed, rules)
    fresh = [change for change in changes if change not in now.changes]
    if fresh:
        kept = sorted({*now.changes, *fresh}, key=lambda c: (-c.at, c.service, c.title))[:20]
        after = replace(now, changes=tuple(kept))
        told = "; ".join(
            f"{c.title or 'a change'} of {'everything' if c.service == '*' else c.service}"
            for c in fresh
        )
        telling.tell("change", {"changes": field_to_json(after, "changes")}, text=told[:500])


def tell_detail(telling: Telling, verdict: Blamed, observed: Observed, rules: Rules) -> None:
    """Rivals, contradictions and confidence, where they moved enough, every so often."""
    now = telling.incident
    if verdict.cause != now.cause or not _due(now, observed.at, rules):
        return
    after = _seen(now, verdict, observed)
    moved = abs(after.confidence - now.confidence) >= _TOLD
    told = ("contradicts", "layer", "saved", "dependent", "consequences", "alongside", "parts")
    names = [name for name, _ in after.rivals] != [name for name, _ in now.rivals]
    if moved or names or _differing(now, after, told):
        changes = _differing(now, after, _DETAIL) | {"detail_at": observed.at}
        telling.tell("detail", changes)


def _seen(incident: Incident, verdict: Blamed, observed: Observed) -> Incident:
    fault = verdict.fault
    asked = (str(verdict.cause), fault.suspect)
    return replace(
        incident,
        confidence=round(fault.confidence, 4),
        layer=_layer(verdict.victims, observed),
        saved=next((observed.saved[name] for name in asked if name in observed.saved), ()),
        same=fault.same,
        consequences=tuple((str(c.scope), c.why) for c in fault.consequences),
        dependent=next((observed.dependent[n] for n in asked if n in observed.dependent), ""),
        rivals=tuple((name, round(w, 3)) for name, w in fault.rivals if w >= _WEIGHT),
        contradicts=fault.contradicts,
        alongside=fault.alongside,
        parts=fault.parts,
        severity=round(fault.severity, 3),
        separating=tuple(_probe(each) for each in fault.separating),
        watched=observed.watched or len(observed.states),
        page=_page_of(verdict.cause, observed) or incident.page,
    )


def _probe(further: Further) -> str:
    return f"{further.node} from {further.vantage}" if further.vantage else further.node


def _page_of(cause: Cause, observed: Observed) -> StatusPage | None:
    return observed.pages.get(cause.scope.provider) if cause.scope else None


def _layer(victims: Iterable[str], observed: Observed) -> str:
    counted = Counter(layer for v in victims if (layer := observed.layers.get(v)))
    return min(counted, key=lambda layer: (-counted[layer], layer), default="")


def _own_changes(incident: Incident, observed: Observed, rules: Rules) -> tuple[Change, ...]:
    services = {observed.service(target) for target in incident.victims | incident.failing}
    earliest = incident.since - rules.changes_before
    found = {
        change
        for change in observed.changes
        if earliest <= change.at <= observed.at and change.service in {"*", *services}
    }
    return tuple(sorted(found, key=lambda c: (-c.at, c.service, c.title))[:20])


def _differing(before: Incident, after: Incident, names: Iterable[str]) -> dict[str, Any]:
    return {
        name: field_to_json(after, name)
        for name in names
        if getattr(before, name) != getattr(after, name)
    }


def _due(incident: Incident, at: float, rules: Rules) -> bool:
    """A clock that was set back since the last telling puts none off."""
    return not 0 <= at - incident.detail_at < rules.detail_every


def _page_text(before: StatusPage | None, page: StatusPage) -> str:
    if page.state == "posted":
        return f"{page.provider} posted: {page.title}"[:500]
    if page.state == "unknown":
        return f"the status page of {page.provider} cannot be read"
    resolved = before is not None and before.state == "posted"
    return f"{page.provider} {'says that it is over' if resolved else 'posted nothing'}"
