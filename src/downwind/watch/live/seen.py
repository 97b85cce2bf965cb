"""The live picture, drawn from the live state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from downwind.model import Model
from downwind.watch.detection import Condition
from downwind.watch.feeds import Delay, lateness
from downwind.watch.incidents import Change, Incident, IncidentEvent, StatusPage, Window
from downwind.watch.incidents.ledger import Ledger
from downwind.watch.itself import VantageSeen, WatcherSeen
from downwind.watch.live.names import who_of
from downwind.watch.live.quorum import voices_seen
from downwind.watch.live.state import Live
from downwind.watch.live.targets import Targets
from downwind.watch.picture import (
    ChangeSeen,
    Entry,
    FeedSeen,
    IncidentSeen,
    NeedSeen,
    Phase,
    Picture,
    Rival,
    Verdict,
)
from downwind.watch.picture import StatusPage as PageSeen

_SIGNS = {
    "dns": "does not answer for names",
    "dial": "takes no connections",
    "tls": "breaks off TLS handshakes",
    "http": "answers with errors",
    "expect": "answers with what is not expected",
}
_SERVER_ERROR = re.compile(r"\bstatus 5\d\d\b")
_CLOSED_SHOWN = 20
_VERDICTS: Mapping[str, Verdict] = {name: name for name in get_args(Verdict)}


@dataclass(frozen=True, slots=True)
class Around:
    """What the picture tells of what is not in the live state."""

    started_at: float
    ledger: Ledger
    watcher: WatcherSeen
    vantages: tuple[VantageSeen, ...] = ()
    needs: tuple[NeedSeen, ...] = ()
    delays: tuple[Delay, ...] = ()
    availability: Mapping[str, float] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    """Maintenance, planned and under way."""
    targets: Targets = field(default_factory=Targets)
    """As they were drawn last."""


def draw(live: Live, model: Model, now: float, around: Around) -> Picture:
    """The picture of now."""
    ledger = around.ledger
    incidents = _shown(ledger)
    seen = tuple(incident_seen(live, each, ledger.timelines.get(each.id, ())) for each in incidents)
    return Picture(
        at=now,
        started_at=around.started_at,
        watcher=around.watcher,
        targets=around.targets.draw(live, model, seen, around.availability),
        incidents=seen,
        feeds=tuple(_feeds(live, now, around.delays)),
        vantages=around.vantages,
        voices=voices_seen(live, around.vantages),
        needs=around.needs,
        changes=_changes(live, around),
    )


def _changes(live: Live, around: Around) -> tuple[ChangeSeen, ...]:
    """The latest changes and all maintenance that is known, newest first."""
    planned = [
        ChangeSeen(each.id, "maintenance", each.starts, each.of, each.title, each.by, "", each.ends)
        for each in around.windows
    ]
    return tuple(sorted([*live.changes[-50:], *planned], key=lambda each: -each.at))


def _shown(ledger: Ledger) -> list[Incident]:
    """Those that are open, then those closed lately, the newest first."""
    known = sorted(ledger.incidents.values(), key=lambda each: -each.opened_at)
    closed = sorted((e for e in known if not e.open), key=lambda each: -(each.closed_at or 0.0))
    return [*(each for each in known if each.open), *closed[:_CLOSED_SHOWN]]


def incident_seen(
    live: Live, incident: Incident, timeline: Iterable[IncidentEvent]
) -> IncidentSeen:
    """An incident for the reader, with its timeline."""
    scope = incident.cause.scope
    return IncidentSeen(
        id=incident.id,
        phase=_phase(incident),
        verdict=_VERDICTS.get(incident.verdict, "unknown"),
        since=incident.since,
        detected_at=incident.opened_at,
        scope=str(scope) if scope else "",
        suspect=incident.cause.name,
        who=who_of(live.setting.catalog, incident),
        slow=incident.slow,
        layer=incident.layer,
        signs=_signs(live, incident),
        confidence=incident.confidence,
        severity=None if incident.slow else incident.severity or None,
        victims=tuple(sorted(incident.failing if incident.open else incident.victims)),
        saved=incident.saved,
        of=incident.watched,
        contradicting=incident.contradicts,
        rivals=tuple(Rival(name, weight) for name, weight in incident.rivals),
        alongside=incident.alongside,
        parts=incident.parts,
        same=incident.same,
        separating=incident.separating,
        consequences=tuple(
            f"{name}: {why}" if why else name for name, why in incident.consequences
        ),
        status_page=_page(incident.page),
        deploys=tuple(_change(live, each) for each in incident.changes),
        deploys_within=live.setting.settings.own_changes_within,
        dependent=(incident.dependent,) if incident.dependent else (),
        timeline=_entries(timeline),
        acknowledged_by=incident.acknowledged_by,
        closed_at=incident.closed_at,
        still=() if incident.open else tuple(sorted(incident.failing)),
        reopened=incident.reopened,
    )


def _signs(live: Live, incident: Incident) -> tuple[str, ...]:
    """How it shows: what the errors are like, and whether the provider's DNS still answers."""
    if incident.slow:
        return ("answers slower than usual",)
    if incident.cause.kind == "own" and incident.layer == "dns":
        return ("does not resolve",)
    shown = (_SIGNS[incident.layer],) if incident.layer in _SIGNS else ()
    if incident.layer == "http":
        shown = (_of_http(live, incident),)
    scope = incident.cause.scope
    if scope is None or incident.layer == "dns":
        return shown
    answering = _servers_answer(live, scope.provider)
    if answering is None:
        return shown
    return (*(shown or ("fails",)), "its DNS answers" if answering else "its DNS does not answer")


def _of_http(live: Live, incident: Incident) -> str:
    """What the latest failed probes of its victims got for an answer."""
    told = [
        live.latest[each.target.name]
        for each in live.setting.watched
        if each.capability in incident.failing
    ]
    answers = [each.reason for each in told if each.answered]
    if not answers:
        return "does not answer"
    made = incident.verdict == "provider" and all(map(_SERVER_ERROR.search, answers))
    return "makes these 5xx" if made else _SIGNS["http"]


def _servers_answer(live: Live, provider: str) -> bool | None:
    """Whether most of the provider's name servers answer; None where none is watched."""
    if live.published is None:
        return None
    places = {name: n for n, name in enumerate(live.detector.targets)}
    states = [
        live.published.standing(places[each.target.name]).condition
        for each in live.setting.watched
        if each.node.startswith("server:")
        and any(node.partition("/")[0].rstrip("?") == provider for node in live.reach(each.node))
    ]
    known = [state for state in states if state is not Condition.UNKNOWN]
    return sum(s is Condition.UP for s in known) * 2 > len(known) if known else None


def _phase(incident: Incident) -> Phase:
    if not incident.open:
        return "closed"
    if incident.acknowledged_by:
        return "acknowledged"
    return "maintenance" if incident.silent else "open"


def _page(page: StatusPage | None) -> PageSeen:
    if page is None:
        return PageSeen()
    return PageSeen(page.provider, page.state, page.since, page.title, page.url)


def _change(live: Live, change: Change) -> ChangeSeen:
    for known in live.changes:
        if (known.at, known.service) == (change.at, change.service):
            return known
    id = f"{change.at:.0f}-{change.service}"
    return ChangeSeen(id, "deploy", change.at, change.service, change.title, change.by)


def _entries(timeline: Iterable[IncidentEvent]) -> tuple[Entry, ...]:
    """What there is to tell; a detail without words shows elsewhere."""
    told = map(_entry, timeline)
    return tuple(each for each in told if each.text or each.kind != "detail")


def _entry(event: IncidentEvent) -> Entry:
    told = event.text
    if not told and event.joined:
        told = f"failing: {', '.join(event.joined[:5])}"
        told += f" and {len(event.joined) - 5} more" if len(event.joined) > 5 else ""
    if not told and event.back:
        told = f"back: {', '.join(event.back[:5])}"
        told += f" and {len(event.back) - 5} more" if len(event.back) > 5 else ""
    return Entry(event.at, event.kind, told, event.by)


def _feeds(live: Live, now: float, delays: Iterable[Delay]) -> Iterable[FeedSeen]:
    late = {each.provider: each for each in lateness(delays, now)}
    for health in live.board.health(now):
        for provider in health.providers:
            green = live.board.green(provider, now)
            posts = [p for p in live.board.posts(now) if p.provider == provider and p.speaks]
            known = late.get(provider)
            yield FeedSeen(
                provider=provider,
                url=health.url,
                health=health.health,
                reason=health.reason,
                fetched_at=health.seen_at,
                state="unknown" if green is None else "green" if green else "posted",
                incidents=len({post.incident for post in posts}),
                delays=known.n if known else 0,
                delay_min=known.minimum if known else None,
                delay_median=known.median if known else None,
                delay_max=known.maximum if known else None,
                silent=known.silent if known else 0,
            )
