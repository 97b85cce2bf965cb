"""What a history had shown by a moment, and by no later one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.jobs.backtest.hearing import FRESH, STALE, Heard, Track, Tracks
from downwind.jobs.backtest.rates import class_of
from downwind.jobs.backtest.shared import WINDOW, Fallen, Owned

# What a single probe is worth. Upptime asks again before it writes a change down.
FALSE_ALARM, MISS = 0.001, 0.05


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


@dataclass(slots=True)
class Listening:
    """Hears probes in the order of their times."""

    owner_of: Callable[[str], str]
    """The owner of a target."""
    tracks: Tracks = field(default_factory=Tracks)
    owned: dict[str, Owned] = field(default_factory=dict)
    troubled: dict[tuple[str, str], Track] = field(default_factory=dict)
    """Tracks that fell within FRESH."""

    def hear(self, probe: Heard) -> bool:
        """Take one in; whether its target has newly fallen."""
        track = self.tracks.hear(probe)
        owned = self.owned.setdefault(self.owner_of(probe.target), Owned())
        owned.watch(probe.at, STALE)
        if track is None:
            return False
        self.troubled[(track.target, track.vantage)] = track
        answer = class_of(probe.code)
        if answer:
            owned.habits[answer].fell(probe.at, FRESH)
        return True

    def in_trouble(self, at: float) -> bool:
        """Whether anything has newly fallen within FRESH."""
        for key, track in list(self.troubled.items()):
            if not track.fallen_since(at - FRESH, at):
                del self.troubled[key]
        return bool(self.troubled)

    def moment(self, at: float) -> Moment:
        """What counts at `at`, which lies behind all that was heard so far."""
        fell = self.troubled.values()
        news = [t for t in fell if t.fallen_since(at - FRESH, at) and not t.stale(at)]
        start = min((when for t in news for when, _ in t.fell if when >= at - FRESH), default=at)
        standings, chronic, sites = [], 0, dict[str, int]()
        for track in self.tracks.alive(at):
            owner = self.owner_of(track.target)
            sites[owner] = sites.get(owner, 0) + 1
            if track.chronic(at):
                chronic += 1
                continue
            standings.append(_standing(track, start, at))
        fallen = tuple(f for track in news for f in self._fallen(track, at))
        return Moment(at, tuple(standings), fallen, sites, chronic)

    def _fallen(self, track: Track, at: float) -> Sequence[Fallen]:
        answers = {class_of(code) for when, code in track.fell if at - WINDOW <= when <= at}
        owner = self.owner_of(track.target)
        return [
            Fallen(track.target, owner, track.vantage, answer)
            for answer in sorted(a for a in answers if a)
        ]


def _standing(track: Track, start: float, at: float) -> Standing:
    failed, held = track.counts(start, at)
    return Standing(
        target=track.target,
        vantage=track.vantage,
        log_up=failed * math.log(FALSE_ALARM) + held * math.log1p(-FALSE_ALARM),
        log_down=failed * math.log1p(-MISS) + held * math.log(MISS),
        step=track.step if failed > 0 else None,
        rate=track.rate(),
    )
