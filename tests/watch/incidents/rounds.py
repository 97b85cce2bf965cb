"""Rounds of verdicts for the tests of incidents: faults, states, and a loop that logs first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from downwind.terms import Evidence, Scope, State
from downwind.watch.incidents import (
    IncidentEvent,
    Incidents,
    Maintenance,
    Observed,
    event_of_evidence,
)
from downwind.watch.incidents.form import KIND

T0 = 1763465280.0  # 2025-11-18T11:28:00Z


def events_of(evidence: Iterable[Evidence]) -> Iterator[IncidentEvent]:
    """The events of incidents among these records, in their order."""
    return (event_of_evidence(each) for each in evidence if each.kind == KIND)


@dataclass(frozen=True, slots=True)
class Fell:
    """Another provider that fell with the blamed one."""

    scope: Scope
    why: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What to probe next."""

    node: str
    vantage: str


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict of one moment."""

    verdict: str
    scope: Scope | None
    suspect: str
    confidence: float
    explains: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    rivals: tuple[tuple[str, float], ...] = ()
    same: tuple[str, ...] = ()
    separating: tuple[Probe, ...] = ()
    alongside: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    severity: float = 0.0
    consequences: tuple[Fell, ...] = ()


def fault(
    name: str,
    victims: Iterable[str],
    confidence: float = 0.97,
    verdict: str | None = None,
    rivals: tuple[tuple[str, float], ...] = (),
    contradicts: tuple[str, ...] = (),
) -> Said:
    """A verdict: `own:x.test`, `vantage:here`, `unknown`, or a scope."""
    kind, _, rest = name.partition(":")
    explains, unexplained = tuple(victims), ()
    scope = None
    if kind in ("own", "vantage") and rest:
        kind = verdict or kind
    elif name == "unknown":
        kind, rest, explains, unexplained = "unknown", "", (), explains
    else:
        scope, rest = Scope.parse(name), name
        kind = verdict or ("provider" if confidence >= 0.9 else "suspected")
    return Said(kind, scope, rest, confidence, explains, unexplained, contradicts, rivals)


class Loop:
    """The watcher's part: it logs every event before it counts."""

    def __init__(self, targets: Iterable[str], incidents: Incidents | None = None) -> None:
        self.targets = tuple(targets)
        self.incidents = incidents or Incidents()
        self.at = T0
        self.log: list[IncidentEvent] = []
        self.maintenance = Maintenance.of()

    def round(
        self,
        faults: Sequence[Said] = (),
        down: Iterable[str] | None = None,
        seconds: float = 30.0,
        **more: object,
    ) -> tuple[str, ...]:
        """One round; without `down`, those fail whom the faults name. Returns the kinds told."""
        named = {t for f in faults for t in (*f.explains, *f.unexplained)}
        failing = named if down is None else set(down)
        states = {t: State.DOWN if t in failing else State.UP for t in self.targets}
        observed = replace(Observed(self.at, tuple(faults), states), **more)  # type: ignore[arg-type]
        step = self.incidents.step(observed, self.maintenance)
        self.log += step.events
        self.incidents = step.incidents
        self.at += seconds
        return tuple(event.kind for event in step.events)

    def does(self, event: IncidentEvent) -> None:
        """What a person does."""
        self.log.append(event)
        self.incidents = self.incidents.after(event)

    @property
    def open(self) -> list[str]:
        return [str(incident.cause) for incident in self.incidents.ledger.open()]
