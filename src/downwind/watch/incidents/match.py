"""Which verdict of this round belongs to which incident: at most one to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from downwind.watch.incidents.causes import (
    RELATED,
    affinity,
    cause_of,
    rank,
    victims_of,
)
from downwind.watch.incidents.types import Cause, Fault, Incident, Observed, Rules


@dataclass(frozen=True, slots=True)
class Blamed:
    """One verdict of the round, with what is compared of it."""

    fault: Fault
    cause: Cause
    victims: frozenset[str]


@dataclass(frozen=True, slots=True)
class Matches:
    """What belongs together."""

    of: dict[str, Blamed]
    """Incident -> its verdict."""
    fresh: tuple[Blamed, ...]
    """Verdicts of no incident that is known."""
    merged: tuple[tuple[str, str], ...]
    """(incident, the one that it turned out to be)."""


def blamed(observed: Observed) -> tuple[Blamed, ...]:
    """The verdicts that blame something and under which something fails, one for each cause."""
    found: dict[Cause, Blamed] = {}
    for fault in observed.faults:
        victims = victims_of(fault, observed)
        if fault.verdict != "quiet" and victims:
            cause = cause_of(fault)
            first = found.get(cause)
            if first is not None:
                fault, victims = first.fault, first.victims | victims
            found[cause] = Blamed(fault, cause, victims)
    return tuple(found.values())


def match(
    verdicts: Sequence[Blamed], incidents: Iterable[Incident], at: float, rules: Rules
) -> Matches:
    """Pair verdicts and incidents by their affinity, the closest first."""
    known = [i for i in incidents if i.open or _recent(i, at, rules)]
    scores = _scores(verdicts, known, rules)
    of: dict[str, Blamed] = {}
    used: set[int] = set()
    for _, v, incident in scores:
        if v not in used and incident.id not in of:
            of[incident.id] = verdicts[v]
            used.add(v)
    owner = {id(verdict): incident for incident, verdict in of.items()}
    merged = []
    for incident in known:
        if incident.open and incident.id not in of:
            other = _swallowed_by(incident, [v for v in verdicts if id(v) in owner], rules)
            if other is not None:
                merged.append((incident.id, owner[id(other)]))
    fresh = tuple(
        verdict
        for v, verdict in enumerate(verdicts)
        if v not in used and not _explained_already(verdict, known)
    )
    return Matches(of, fresh, tuple(merged))


def _scores(
    verdicts: Sequence[Blamed], known: Sequence[Incident], rules: Rules
) -> list[tuple[float, int, Incident]]:
    found = []
    for v, verdict in enumerate(verdicts):
        for incident in known:
            score = affinity(verdict.cause, verdict.victims, incident, rules.overlap)
            if not incident.open:
                score -= 0.25  # an open one of the same cause comes first
            if score > 0:
                found.append((score, v, incident))
    return sorted(found, key=lambda each: (-each[0], each[1], each[2].since, each[2].id))


def _recent(incident: Incident, at: float, rules: Rules) -> bool:
    if incident.merged_into or incident.closed_at is None:
        return False
    # The clock may have been set back since.
    return incident.muted or abs(at - incident.closed_at) <= rules.reopen_within


def _swallowed_by(incident: Incident, verdicts: Sequence[Blamed], rules: Rules) -> Blamed | None:
    """The verdict that explains what still fails of an incident that has none of its own."""
    if not incident.failing:
        return None
    for verdict in verdicts:
        named = verdict.cause.kind != "unknown" or incident.cause.kind == "own"
        weak = rank(verdict.fault.verdict) < rank(incident.verdict) and incident.cause.kind != "own"
        shared = len(verdict.victims & incident.failing) / len(incident.failing)
        if named and not weak and shared >= rules.overlap and not _apart(incident, verdict):
            return verdict
    return None


def _apart(incident: Incident, verdict: Blamed) -> bool:
    """Two certain verdicts on different providers are two causes, whomever they hit."""
    mine, its = incident.cause.scope, verdict.cause.scope
    return bool(mine and its and mine.provider != its.provider and incident.verdict == "provider")


def _explained_already(verdict: Blamed, known: Sequence[Incident]) -> bool:
    """Whether all that a verdict of little certainty explains is hit by open incidents already."""
    if rank(verdict.fault.verdict) >= rank("provider"):
        return False
    hit: set[str] = set()
    for incident in known:
        if incident.open and affinity(verdict.cause, verdict.victims, incident, 0.0) < RELATED:
            hit |= incident.failing
    return verdict.victims <= hit
