"""The live picture: one frozen value with all that a page, an API or a metric can say.

Times are seconds since 1970-01-01 UTC by the watcher's clock, durations seconds, shares 0 to 1.
Titles, reasons and notes come from outside: whoever shows them escapes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, Literal

from downwind.terms import State
from downwind.watch.itself import VantageSeen, VoicesSeen, WatcherSeen

Phase = Literal["open", "acknowledged", "maintenance", "closed"]
Verdict = Literal["provider", "suspected", "own", "vantage", "unknown", "quiet"]
Posted = Literal["green", "posted", "unknown"]


@dataclass(frozen=True, slots=True)
class TargetSeen:
    """A watched capability, or a node beneath one."""

    key: str
    title: str = ""
    """What people call it; the key where nothing is given."""
    service: str = ""
    kind: str = "capability"
    """capability, or the kind of the node: host, zone, nameserver, address..."""
    state: State | None = None
    """The published state; null where it is not known."""
    since: float | None = None
    """Since when it is in this state."""
    slow: bool = False
    flapping: bool = False
    latency_p50: float | None = None
    """Seconds, median of what was measured lately."""
    latency_p95: float | None = None
    probed_at: float | None = None
    reason: str = ""
    """How the latest failed probe failed, or why it said nothing; empty where it was answered."""
    partly: str = ""
    """Which addresses of its name fail while others answer; empty where none does."""
    availability: float | None = None
    """Share of the last 24 hours in which it was not down."""
    saved_by: str = ""
    """The need (edge, dns...) whose second alternative keeps it up while the first is down."""
    stands_on: str = ""
    """That second alternative, as people call it."""
    incident: str = ""
    """The open incident of which it is a victim."""
    certificate_ends: float | None = None
    domain_ends: float | None = None
    """When the registration ends of the first of the domains that it visits."""
    domain_unknown: str = ""
    """Of which of its domains that is not known, and why; empty where all are known."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another cause that the evidence leaves possible."""

    name: str
    weight: float
    """Posterior probability."""


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the blamed provider's own status page says."""

    provider: str = ""
    state: Posted = "unknown"
    posted_at: float | None = None
    """When the provider posted the incident."""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChangeSeen:
    """A change of one's own: a deploy, another dependency, maintenance."""

    id: str
    kind: Literal["deploy", "dependency", "maintenance"]
    at: float
    service: str = "*"
    """The service or node that it concerns; * for all."""
    title: str = ""
    by: str = ""
    url: str = ""
    until: float | None = None
    """When maintenance ends."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an incident's timeline."""

    at: float
    kind: str
    """opened, updated, escalated, acknowledged, comment, posted, alert, closed..."""
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class IncidentSeen:
    """One incident: one cause, and who fell with it."""

    id: str
    phase: Phase
    verdict: Verdict
    since: float
    """The first failing probe."""
    detected_at: float
    scope: str = ""
    """The provider's scope, as aws/dynamodb/us-east-1; empty where no provider is named."""
    suspect: str = ""
    """The node, service or vantage that is named; empty where nothing is."""
    who: str = ""
    """The cause as people call it: Cloudflare's edge."""
    slow: bool = False
    """Nothing fails: its victims answer slower than they used to."""
    layer: str = ""
    """edge, origin, dns, network, certificate... as the errors say; empty where they do not."""
    signs: tuple[str, ...] = ()
    """Clauses that follow `who`: "makes these 5xx", "its DNS answers"; none: it fails."""
    confidence: float = 0.0
    severity: float | None = None
    """Share of the requests through the cause that fail."""
    victims: tuple[str, ...] = ()
    """Keys of the targets that are down or degraded by it."""
    saved: tuple[str, ...] = ()
    """Keys of the targets that stand on their second alternative."""
    of: int = 0
    """Watched capabilities in all."""
    contradicting: tuple[str, ...] = ()
    """Witnesses that hold although this cause should have taken them down."""
    alongside: tuple[str, ...] = ()
    """Victims that fell with the cause, though no known need of theirs leads there."""
    parts: tuple[str, ...] = ()
    """What of the cause is at fault together, where it is more than one part of it."""
    rivals: tuple[Rival, ...] = ()
    same: tuple[str, ...] = ()
    """Causes that these witnesses cannot tell from the named one."""
    separating: tuple[str, ...] = ()
    """Further probes that would tell the rivals apart."""
    consequences: tuple[str, ...] = ()
    """Other providers that fell with the cause, in words."""
    status_page: StatusPage = StatusPage()
    deploys: tuple[ChangeSeen, ...] = ()
    """Changes of one's own shortly before it began."""
    deploys_within: float = 6 * 3600.0
    """Seconds before `since` in which changes were looked for."""
    dependent: tuple[str, ...] = ()
    """Why this verdict is not independent: what the watcher itself needs of the suspect."""
    timeline: tuple[Entry, ...] = ()
    acknowledged_by: str = ""
    closed_at: float | None = None
    still: tuple[str, ...] = ()
    """Victims of a closed incident that had not come back when it was closed."""
    reopened: int = 0
    """How often it came back soon after it was closed."""


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """A provider's status feed, and how late it has spoken so far."""

    provider: str
    url: str
    health: Literal["fresh", "stale", "broken"]
    reason: str = ""
    fetched_at: float | None = None
    """The last successful fetch."""
    state: Posted = "unknown"
    incidents: int = 0
    """Open incidents that it tells of."""
    delays: int = 0
    """Incidents over which its delay against our verdict is known."""
    delay_min: float | None = None
    delay_median: float | None = None
    delay_max: float | None = None
    silent: int = 0
    """Incidents that ended, and of which it never spoke."""


@dataclass(frozen=True, slots=True)
class NeedSeen:
    """A need inferred from falls in common, until a person decides."""

    id: str
    node: str
    needs: str
    why: str = ""
    strength: float = 0.0
    """Posterior probability."""
    together: int = 0
    """Times that both fell together..."""
    times: int = 0
    """...of so many falls of the needed one."""
    standing: Literal["suspected", "accepted", "rejected"] = "suspected"


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known at one moment."""

    at: float
    started_at: float
    watcher: WatcherSeen = field(default_factory=WatcherSeen)
    targets: tuple[TargetSeen, ...] = ()
    incidents: tuple[IncidentSeen, ...] = ()
    """Those that are not closed, then those closed lately, newest first."""
    feeds: tuple[FeedSeen, ...] = ()
    vantages: tuple[VantageSeen, ...] = ()
    voices: VoicesSeen = field(default_factory=VoicesSeen)
    needs: tuple[NeedSeen, ...] = ()
    """Suspected needs."""
    changes: tuple[ChangeSeen, ...] = ()
    """Newest first."""

    def running(self) -> tuple[IncidentSeen, ...]:
        """The incidents that are not closed, in their order."""
        return tuple(each for each in self.incidents if each.phase != "closed")

    def incident(self, incident_id: str) -> IncidentSeen | None:
        """The incident of that id, if the picture holds it."""
        return next((each for each in self.incidents if each.id == incident_id), None)

    def target(self, key: str) -> TargetSeen | None:
        """The target of that key, if it is watched."""
        return next((each for each in self.targets if each.key == key), None)


def as_seen(picture: Picture) -> Picture:
    """The picture as it may be shown: while the watcher is blind, no target's state is known."""
    if not picture.watcher.blind:
        return picture
    return replace(picture, targets=tuple(replace(each, state=None) for each in picture.targets))


def to_json(value: object) -> Any:
    """JSON values of a picture or of any part of it; a number that is not finite is null."""
    kind: Any = type(value)
    if kind is float:
        return value if math.isfinite(value) else None  # type: ignore[arg-type]
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [to_json(inner) for inner in value]
    return {name: to_json(getattr(value, name)) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))
