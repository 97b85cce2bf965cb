"""A replay held against what the providers reported: detected when, blamed whom, false blame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from downwind.evidence.upptime import Read
from downwind.evidence.upptime.convert import capability_of
from downwind.jobs.backtest.hearing import REFUSALS, STALE
from downwind.jobs.backtest.judge import PROVIDER, SHARED, SUSPECTED, VANTAGE, provider_of
from downwind.jobs.backtest.outages import Outage
from downwind.jobs.backtest.rates import DAY, class_of
from downwind.jobs.backtest.shared import WINDOW
from downwind.jobs.backtest.timeline import Fall, Timeline, Trouble
from downwind.model import Model

SLACK = 3600.0
"""Seconds behind an outage in which what it did may still be seen: the error of such data."""
QUIET = "quiet_"
TIED = 0.1
"""How sure a rival must be to be as good as named."""
NAMING = (PROVIDER, SUSPECTED)
ALARMS = (*NAMING, SHARED)
"""What would have woken somebody about somebody else's fault."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one outage."""

    outage: Outage
    repositories: int
    """Under watch when it began."""
    sites: int
    dependants: int
    """Of these, known by then to need a provider that was at fault."""
    dependants_fell: int
    fell: int
    """Sites newly seen to fall in it, refusals and 4xx left out."""
    owners_fell: int
    alike: int
    """The most owners whose sites fell within half an hour and answered alike."""
    answers: Mapping[str, int]
    troubles: tuple[Trouble, ...]
    """Alarms that were raised in it."""

    @property
    def noticed(self) -> float | None:
        """Minutes from the official start to the first alarm."""
        first = min((t.first for t in self.troubles if self._fair(t)), default=None)
        return None if first is None else (first - self.outage.starts.timestamp()) / 60

    @property
    def named(self) -> float | None:
        """Minutes to the first alarm that names a provider at fault."""
        right = [t.first for t in self.troubles if self.verdict(t) == "right"]
        return (min(right) - self.outage.starts.timestamp()) / 60 if right else None

    def verdict(self, trouble: Trouble) -> str:
        """right, knock-on (it fell with it), unknown (no name), tied, or wrong.

        Tied: another is named, and it is told that one at fault may as well be.
        """
        finding = trouble.finding
        if finding.kind == SHARED:
            return "unknown"
        if finding.key[1] in self.outage.providers:
            return "right"
        if finding.key[1] in self.outage.knocked_on:
            return "knock-on"
        rivals = {provider_of(name) for name, sure in finding.rivals if sure >= TIED}
        others = rivals | {provider_of(name) for name in finding.same}
        return "wrong" if others.isdisjoint(self.outage.providers) else "tied"

    def _fair(self, trouble: Trouble) -> bool:
        return self.verdict(trouble) != "wrong"


@dataclass(frozen=True, slots=True)
class Report:
    """The whole backtest."""

    rows: int
    bad_rows: int
    sites: int
    repositories: int
    site_days: float
    """Days for which sites were under watch, summed."""
    days: int
    """UTC days with at least one row."""
    quiet_days: int
    """Days of repositories on which nothing is known to have happened."""
    outcomes: tuple[Outcome, ...]
    """Outages in which somebody was under watch, oldest first."""
    unwatched: tuple[str, ...]
    false: tuple[Trouble, ...]
    """Alarms outside every outage, and those that named the wrong provider in one."""
    false_on_quiet_days: int
    vantage: tuple[Trouble, ...]
    own: int
    """Troubles that were put down to a site or its owner."""
    refusals: int
    """Rows that say down and are a refusal."""
    edge_falls: int
    """Falls with a status that only an edge gives, and that speaks of the origin."""
    edge_blamed: int
    """Of these, laid at somebody else's door."""
    looks: int

    @property
    def named(self) -> int:
        """How many alarms named a provider."""
        inside = sum(t.finding.kind in NAMING for o in self.outcomes for t in o.troubles)
        outages = {id(t) for o in self.outcomes for t in o.troubles}
        return inside + sum(t.finding.kind in NAMING for t in self.false if id(t) not in outages)

    @property
    def right(self) -> int:
        """How many of them named one that was at fault, or fell with it."""
        return sum(
            t.finding.kind in NAMING and o.verdict(t) in ("right", "knock-on")
            for o in self.outcomes
            for t in o.troubles
        )


def score(read: Read, model: Model, timeline: Timeline, outages: Sequence[Outage]) -> Report:
    """Put the figures together."""
    seen = _seen(read)
    runners = {capability_of(s): s.repository for s in read.sightings}
    watched = [(o, _watched(seen, o)) for o in outages]
    outcomes = tuple(_outcome(o, alive, model, timeline, runners) for o, alive in watched if alive)
    alarms = [t for t in timeline.troubles if t.finding.kind in ALARMS]
    fair = {id(t) for o in outcomes for t in o.troubles if o.verdict(t) != "wrong"}
    false = tuple(t for t in alarms if id(t) not in fair)
    quiet = _quiet_days(read)
    blamed = {t for trouble in alarms if trouble.finding.kind in NAMING for t in trouble.explains}
    edge = [fall for fall in timeline.falls if class_of(fall.code) == "edge"]
    return Report(
        rows=len(read.sightings),
        bad_rows=len(read.bad),
        sites=len(seen),
        repositories=len({s.repository for s in read.sightings}),
        site_days=_site_days(seen),
        days=len({int(s.at // DAY) for s in read.sightings}),
        quiet_days=len(quiet),
        outcomes=outcomes,
        unwatched=tuple(o.id for o, alive in watched if not alive),
        false=false,
        false_on_quiet_days=sum(_touches(t, quiet, runners) for t in false),
        vantage=tuple(t for t in timeline.troubles if t.finding.kind == VANTAGE),
        own=sum(t.finding.kind == "own" for t in timeline.troubles),
        refusals=sum(s.state == "down" and s.code in REFUSALS for s in read.sightings),
        edge_falls=len(edge),
        edge_blamed=sum(fall.target in blamed and _within(fall, alarms) for fall in edge),
        looks=timeline.looks,
    )


def _outcome(
    outage: Outage,
    alive: frozenset[str],
    model: Model,
    timeline: Timeline,
    runners: Mapping[str, str],
) -> Outcome:
    falls = [f for f in timeline.falls if outage.holds(f.at) and class_of(f.code)]
    fell = {f.target: f for f in falls}
    known = _dependants(outage, model) & alive
    troubles = tuple(
        t for t in timeline.troubles if t.finding.kind in ALARMS and outage.holds(t.first, SLACK)
    )
    owner = {key: service.owner for key, service, _ in model.capabilities()}
    return Outcome(
        outage=outage,
        repositories=len({runners[target] for target in alive}),
        sites=len(alive),
        dependants=len(known),
        dependants_fell=len(known & fell.keys()),
        fell=len(fell),
        owners_fell=len({owner.get(target, target) for target in fell}),
        alike=_alike(falls, owner),
        answers=Counter(str(f.code or "none") for f in fell.values()),
        troubles=troubles,
    )


def _alike(falls: Sequence[Fall], owner: Mapping[str, str]) -> int:
    """Over all half hours that begin with a fall."""
    most = 0
    for first in falls:
        answer = class_of(first.code)
        together = {
            owner.get(f.target, f.target)
            for f in falls
            if 0 <= f.at - first.at <= WINDOW and class_of(f.code) == answer
        }
        most = max(most, len(together))
    return most


def _dependants(outage: Outage, model: Model) -> frozenset[str]:
    day = outage.starts.date()
    return frozenset(
        key
        for key, _, capability in model.capabilities()
        for need in capability.declares
        if (need.known_since is None or need.known_since <= day)
        and need.any_of[0].split("/")[0] in outage.providers
    )


def _seen(read: Read) -> Mapping[str, Sequence[float]]:
    found: dict[str, list[float]] = {}
    for sighting in read.sightings:
        found.setdefault(capability_of(sighting), []).append(sighting.at)
    return found


def _watched(seen: Mapping[str, Sequence[float]], outage: Outage) -> frozenset[str]:
    start = outage.starts.timestamp()
    return frozenset(
        t for t, times in seen.items() if any(start - STALE <= a <= start for a in times)
    )


def _site_days(seen: Mapping[str, Sequence[float]]) -> float:
    gaps = (b - a for times in seen.values() for a, b in pairwise(times))
    return sum(gap for gap in gaps if gap <= STALE) / DAY


def _quiet_days(read: Read) -> frozenset[tuple[str, str]]:
    """(repository, day) of the segments that were drawn as quiet."""
    return frozenset(
        (s.repository, s.segment.removeprefix(QUIET))
        for s in read.sightings
        if s.segment.startswith(QUIET)
    )


def _touches(
    trouble: Trouble, quiet: frozenset[tuple[str, str]], runners: Mapping[str, str]
) -> bool:
    day = datetime.fromtimestamp(trouble.first, UTC).date().isoformat()
    targets = (*trouble.explains, *trouble.finding.unexplained)
    return any((runners.get(target), day) in quiet for target in targets)


def _within(fall: Fall, alarms: Sequence[Trouble]) -> bool:
    return any(t.first <= fall.at <= t.last and fall.target in t.explains for t in alarms)
