"""What an incident is: one cause, those it hit, and every step of what was known of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from downwind.terms import Scope, State

CauseKind = Literal["scope", "own", "vantage", "unknown"]


class Consequence(Protocol):
    """A scope of another provider that fell with the blamed one."""

    @property
    def scope(self) -> Scope: ...
    @property
    def why(self) -> str: ...


class Further(Protocol):
    """A probe that would tell the verdict from its rivals."""

    @property
    def node(self) -> str: ...
    @property
    def vantage(self) -> str: ...


class Fault(Protocol):
    """What an incident reads of a verdict; `questions` gives such values as Attribution."""

    @property
    def verdict(self) -> str: ...
    @property
    def scope(self) -> Scope | None: ...
    @property
    def suspect(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def severity(self) -> float: ...
    @property
    def explains(self) -> tuple[str, ...]: ...
    @property
    def unexplained(self) -> tuple[str, ...]: ...
    @property
    def alongside(self) -> tuple[str, ...]: ...
    @property
    def parts(self) -> tuple[str, ...]: ...
    @property
    def contradicts(self) -> tuple[str, ...]: ...
    @property
    def rivals(self) -> tuple[tuple[str, float], ...]: ...
    @property
    def same(self) -> tuple[str, ...]: ...
    @property
    def separating(self) -> Sequence[Further]: ...
    @property
    def consequences(self) -> Sequence[Consequence]: ...


@dataclass(frozen=True, slots=True)
class Cause:
    """What is at fault: a provider's scope, one's own service, a vantage, or nothing known."""

    kind: CauseKind
    name: str
    """The scope, the service or component, or the vantage; empty where the cause is unknown."""

    @property
    def scope(self) -> Scope | None:
        return Scope.read(self.name) if self.kind == "scope" else None

    def __str__(self) -> str:
        return self.name if self.kind == "scope" else f"{self.kind}:{self.name}".rstrip(":")


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the blamed provider says of itself."""

    provider: str
    state: Literal["green", "posted", "unknown"]
    since: float | None = None
    """When it was posted, or since when it is known to be green; None where unknown."""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A deploy or another change of one's own."""

    at: float
    service: str
    """A service, or * for all."""
    title: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One cause and its victims. Every field comes from the events alone."""

    id: str
    cause: Cause
    verdict: str
    """provider, suspected, own, vantage or unknown."""
    confidence: float
    since: float
    """When its first victim first failed."""
    opened_at: float
    updated_at: float
    number: int = 1
    """Of the last event."""
    status: Literal["open", "closed"] = "open"
    layer: str = ""
    """Where most of the failing probes fail: dns, dial, tls, http or expect."""
    victims: frozenset[str] = frozenset()
    """All that it ever hit."""
    failing: frozenset[str] = frozenset()
    """Those that have not come back."""
    watched: int = 0
    """How many targets were watched when it was last told."""
    saved: tuple[str, ...] = ()
    """Targets that stand on the cause, and hold by a second need."""
    slow: bool = False
    """Nothing fails: its victims answer slower than they used to. It stays so."""
    severity: float = 0.0
    """Share of those who stand on the cause alone that fails; 0 where it is not known."""
    contradicts: tuple[str, ...] = ()
    """Witnesses that hold although the cause should have taken them down."""
    rivals: tuple[tuple[str, float], ...] = ()
    """Other causes that the evidence leaves possible, each with its weight."""
    alongside: tuple[str, ...] = ()
    """Victims that fell with the cause, though no known need of theirs leads there."""
    parts: tuple[str, ...] = ()
    """What of the cause is at fault together, where it is more than one part of it."""
    same: tuple[str, ...] = ()
    """Causes that the witnesses cannot tell from the named one."""
    separating: tuple[str, ...] = ()
    """What to probe to tell the cause from its rivals: a node, or `node from vantage`."""
    consequences: tuple[tuple[str, str], ...] = ()
    """Scopes of other providers that fell with it, and the chain to it in words."""
    page: StatusPage | None = None
    changes: tuple[Change, ...] = ()
    """One's own changes to the victims shortly before it began, latest first."""
    dependent: str = ""
    """Why the watcher's verdict is not independent of the cause; empty where it is."""
    windows: tuple[str, ...] = ()
    """Maintenance windows that coincide with it."""
    silent: bool = False
    """All that fail are in maintenance."""
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    closed_at: float | None = None
    closed_why: str = ""
    muted: bool = False
    """Closed by a person while its cause was still there: it does not open again by itself."""
    merged_into: str = ""
    reopened: int = 0
    detail_at: float = 0.0
    """When rivals, recoveries and the like were last told."""

    @property
    def open(self) -> bool:
        return self.status == "open"

    @property
    def suspected(self) -> bool:
        return self.verdict == "suspected"


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One step of an incident: what changed, and why it is told."""

    incident: str
    number: int
    """1 for the first of its incident, and so on."""
    at: float
    kind: str
    """opened, named, narrowed, widened, moved, escalated, victims, recovered, page, detail,
    maintenance, change, merged, absorbed, closed, reopened, rearmed, acknowledged, comment or
    note."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the incident in their JSON form, as they are from now on."""
    joined: tuple[str, ...] = ()
    """New victims, or such as fail again."""
    back: tuple[str, ...] = ()
    """Victims that recovered."""
    by: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """When an incident opens, changes and closes. Rounds are regular rounds of the loop."""

    provider_rounds: int = 1
    suspected_rounds: int = 2
    own_rounds: int = 2
    vantage_rounds: int = 1
    unknown_rounds: int = 2
    close_rounds: int = 3
    """Rounds without the verdict, or with all victims back, after which it is over."""
    stubborn_rounds: int = 10
    """The same, while at least half of all that it ever hit still fails."""
    slow_rounds: int = 10
    """Rounds for which several services must be slow until it opens, and nobody until it closes."""
    slow_alone_rounds: int = 240
    """The same for one service: many are slow for an hour now and then."""
    change_rounds: int = 3
    """Rounds that a wider or another cause of no greater certainty must stand."""
    overlap: float = 0.5
    """Share of an incident's victims that another verdict must explain to be of the same."""
    reopen_within: float = 900.0
    """Seconds after the close in which the same cause is the same incident."""
    detail_every: float = 60.0
    """Seconds between two tellings of details."""
    changes_before: float = 6 * 3600.0
    """Seconds before the onset in which one's own changes are told."""
    keep_closed: int = 200
    """Closed incidents kept in memory; the log has all."""
    keep_events: int = 500
    """Events of an incident kept in memory; the log has all."""

    def rounds_until_slow(self, services: int) -> int:
        """Rounds after which so many slow services are an incident."""
        return self.slow_rounds if services > 1 else self.slow_alone_rounds

    def rounds_to_open(self, verdict: str) -> int:
        return {
            "provider": self.provider_rounds,
            "suspected": self.suspected_rounds,
            "own": self.own_rounds,
            "vantage": self.vantage_rounds,
        }.get(verdict, self.unknown_rounds)


@dataclass(frozen=True, slots=True)
class Observed:
    """What the loop knows in one round; all mappings are by target unless they say otherwise."""

    at: float
    faults: Sequence[Fault]
    """The verdicts of this round, most confident first; quiet ones are passed over."""
    states: Mapping[str, State]
    """The published state of each watched target, as far as it is known."""
    watched: int = 0
    """How many are watched, those of unknown state included; 0: as many as there are states."""
    since: Mapping[str, float] = field(default_factory=dict)
    """When the present failure of a target began."""
    layers: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    """Its service, where it is not what stands before the last slash."""
    saved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Suspect or scope as text -> targets that hold by a second need."""
    pages: Mapping[str, StatusPage] = field(default_factory=dict)
    """Provider -> its status page."""
    changes: Sequence[Change] = ()
    dependent: Mapping[str, str] = field(default_factory=dict)
    """Suspect or scope as text -> why the watcher itself stands on it."""
    regular: bool = True
    """False between rounds: such a step opens and updates, and counts nothing towards a close."""
    slow: bool = False
    """It is told of who is slow, and not of who fails: in `states` all that is slow is DEGRADED."""
    blind: bool = False
    """The watcher sees nothing, or no verdict was reached in time: all stays as it is."""

    def service(self, target: str) -> str:
        return self.services.get(target) or target.rpartition("/")[0] or target

    def failing(self, target: str) -> bool:
        """Whether it fails now; one without a published state fails where a verdict says so."""
        return self.states.get(target) is not State.UP

    def holds(self, target: str, blamed: Collection[str]) -> bool:
        """Whether a victim is back, or watched no longer and in no verdict."""
        state = self.states.get(target)
        return state is State.UP or (state is None and target not in blamed)
