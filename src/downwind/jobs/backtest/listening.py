"""What stored probes had shown by a moment, and by no later one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from downwind.jobs.backtest.hearing import FRESH, USUAL_INTERVAL, Heard, Track, Tracks
from downwind.jobs.backtest.rates import class_of
from downwind.jobs.backtest.shared import WINDOW, Fallen, Owned
from downwind.jobs.backtest.sight import FRESH_SIGHT, Sights

# What a single probe is worth. Upptime asks again before it writes a change down.
FALSE_ALARM, FALSE_ALARM_OF_CHANGES, MISS = 0.02, 0.001, 0.05
_LONGEST_GAP = 26 * 3600.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One target as one vantage sees it at a moment."""

    target: str
    vantage: str
    log_up: float
    """log P(its probes | it is up)."""
    log_down: float
    step: Mapping[str, Any] | None
    """The step that failed of late; None where none did."""
    rate: float
    """Falls a second by itself, as learned by then."""

    @property
    def fails(self) -> bool:
        return self.log_down > self.log_up


@dataclass(frozen=True, slots=True)
class Moment:
    """All that counts at one moment."""

    at: float
    witnesses: tuple[Standing, ...]
    fallen: tuple[Fallen, ...]
    """Who fell within the last half hour, in a way that a shared cause could have."""
    sites: Mapping[str, int]
    """How many sites of each owner are known of."""
    chronic: int
    """Down on entry or for long, and left out."""
    blind: tuple[str, ...] = ()
    """Vantages that see nobody, and so are not believed."""


class News(StrEnum):
    """What a probe brought."""

    NONE = "none"
    FELL = "fell"
    BLIND = "blind"


@dataclass(slots=True)
class Listening:
    """Hears probes in the order of their times."""

    owner_of: Callable[[str], str]
    """The owner of a target."""
    tracks: Tracks = field(default_factory=Tracks)
    owned: dict[str, Owned] = field(default_factory=dict)
    sights: Sights = field(default_factory=Sights)
    troubled: dict[tuple[str, str], Track] = field(default_factory=dict)
    """Tracks that fell within FRESH."""

    def hear(self, probe: Heard) -> News:
        """Take one in. The blind are not heard, nor what they said just before."""
        if self.sights.take(probe):
            if not self.sights.blind(probe.vantage, probe.at):
                return News.NONE
            self.tracks.unsay(probe.vantage, probe.at - FRESH_SIGHT)
            return News.BLIND
        if self.sights.blind(probe.vantage, probe.at):
            return News.NONE
        track = self.tracks.hear(probe)
        owned = self.owned.setdefault(self.owner_of(probe.target), Owned())
        owned.watch(probe.at, _LONGEST_GAP)
        if track is None:
            return News.NONE
        self.troubled[(track.target, track.vantage)] = track
        answer = class_of(probe.code)
        if answer:
            owned.habits[answer].fell(probe.at, FRESH)
        return News.FELL

    def every(self, probe: Heard) -> float:
        """Seconds between two probes of this target from there."""
        track = self.tracks.by_key.get((probe.target, probe.vantage))
        return track.every if track else USUAL_INTERVAL

    def in_trouble(self, at: float) -> bool:
        """Whether anything has newly fallen within FRESH, or somebody sees nothing."""
        for key, track in list(self.troubled.items()):
            if not track.fallen_since(at - FRESH, at):
                del self.troubled[key]
        return bool(self.troubled) or bool(self._blind(at))

    def _blind(self, at: float) -> set[str]:
        return {v for v in self.sights.of_vantage if self.sights.blind(v, at)}

    def moment(self, at: float) -> Moment:
        """What counts at `at`, which lies behind all that was heard so far."""
        blind = self._blind(at)
        fell = (t for t in self.troubled.values() if t.vantage not in blind)
        news = [t for t in fell if t.fallen_since(at - FRESH, at) and not t.stale(at)]
        start = min((when for t in news for when, _ in t.fell if when >= at - FRESH), default=at)
        standings, chronic, sites = [], 0, dict[str, int]()
        for track in self.tracks.alive(at):
            if track.vantage in blind:
                continue
            owner = self.owner_of(track.target)
            sites[owner] = sites.get(owner, 0) + 1
            if track.chronic(at):
                chronic += 1
                continue
            standings.append(_standing(track, start, at))
        fallen = tuple(f for track in news for f in self._fallen(track, at))
        return Moment(at, tuple(standings), fallen, sites, chronic, tuple(sorted(blind)))

    def _fallen(self, track: Track, at: float) -> Sequence[Fallen]:
        answers = {class_of(code) for when, code in track.fell if at - WINDOW <= when <= at}
        owner = self.owner_of(track.target)
        return [
            Fallen(track.target, owner, track.vantage, answer)
            for answer in sorted(a for a in answers if a)
        ]


def _standing(track: Track, start: float, at: float) -> Standing:
    failed, held = track.counts(start, at)
    alarm = FALSE_ALARM_OF_CHANGES if track.changes_only else FALSE_ALARM
    return Standing(
        target=track.target,
        vantage=track.vantage,
        log_up=failed * math.log(alarm) + held * math.log1p(-alarm),
        log_down=failed * math.log1p(-MISS) + held * math.log(MISS),
        step=track.step if failed > 0 else None,
        rate=track.rate(),
    )
