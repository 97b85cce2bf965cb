"""A history of changes heard row after row: who has newly fallen, and how well that is shown.

The watch's own detection counts probes; here there is a row where a state changes, and one a day:

- a row is a probe, and the state that it tells goes on until the next row;
- a runner that wrote a row for one site had probed all its sites: their silence is half a probe;
- silence without any row is a tenth of a probe an interval, and after STALE nothing at all;
- what is down when it is first seen, or has been for longer than FRESH, is no news of now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from downwind.jobs.backtest.rates import (
    DAY,
    SHAPE,
    USUAL_A_DAY,
    Habit,
    answer_of,
    rate_of,
    share_of,
)
from downwind.terms import Evidence

FRESH = 3600.0
"""Seconds for which a fall counts as one of now."""
STALE = 26 * 3600.0
"""Seconds of silence after which a history of changes (one row a day at least) says nothing."""
HALF_LIFE_INTERVALS = 3.0
SILENT_RUN, SILENCE = 0.5, 0.1
"""How much of a probe it is when a runner that was there wrote nothing; and when nobody did."""
REFUSALS = frozenset({401, 403, 405, 407, 429, 999})
"""Answers of somebody who is there and will not serve the watcher."""
EVERY = 600.0
"""Seconds between two probes, where a row does not say."""


class Fared(StrEnum):
    """What came of a probe."""

    HELD = "held"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Heard:
    """A probe, as far as detection needs it."""

    target: str
    vantage: str
    at: float
    fared: Fared
    step: Mapping[str, Any] | None
    """The step that failed."""
    every: float = EVERY
    """Seconds between two probes, most of which left no row."""

    @property
    def code(self) -> int:
        """The HTTP status of the failed step; 0 where no answer came."""
        return int((self.step or {}).get("status") or 0)


def hear(record: Evidence) -> Heard | None:
    """A probe out of its record; None for anything else, and where the probe could not be made."""
    value = record.value
    if not record.kind.startswith("probe.") or value is None:
        return None
    steps = value.get("steps")
    if not isinstance(steps, list):
        return None
    failed = next((s for s in steps if isinstance(s, Mapping) and s.get("ok") is False), None)
    status = failed.get("status") if failed else None
    fared = Fared.HELD if failed is None else Fared.FAILED
    if status in REFUSALS:
        fared = Fared.REFUSED
    every = value.get("every")
    return Heard(
        target=record.subject,
        vantage=record.vantage,
        at=record.at,
        fared=fared,
        step=failed,
        every=float(every) if isinstance(every, int | float) and every > 0 else EVERY,
    )


@dataclass(slots=True)
class Track:
    """One target as one vantage sees it."""

    target: str
    vantage: str
    every: float = EVERY
    last_at: float = -1e18
    failing: bool = False
    since: float = 0.0
    """When it was first seen in this state."""
    news: bool = False
    """It was seen to fall: it was up before."""
    step: Mapping[str, Any] | None = None
    """The failed step, of the last failure."""
    fell: deque[tuple[float, int]] = field(default_factory=deque)
    """When it fell of late, and with which status."""
    recent: deque[tuple[float, bool, float]] = field(default_factory=deque)
    """Probes of late: when, failed, and how much of a probe it was."""
    habits: dict[str, Habit] = field(default_factory=dict)
    """How often it fell, by what it answered then."""
    watched: float = 0.0
    """Seconds."""

    @property
    def half_life(self) -> float:
        return HALF_LIFE_INTERVALS * self.every

    def stale(self, at: float) -> bool:
        """True where nothing is known of it any more."""
        return at - self.last_at > STALE

    def hear(self, probe: Heard) -> bool:
        """Take a probe in; True where the target is newly seen to have fallen."""
        self.every = probe.every
        unknown = self.stale(probe.at)
        if not unknown:
            self.watched += probe.at - self.last_at
        failing = probe.fared is Fared.FAILED
        fallen = failing and not self.failing and not unknown
        if unknown or failing != self.failing:
            self.since, self.news = probe.at, fallen
        if fallen:
            self.fell.append((probe.at, probe.code))
            self.habits.setdefault(answer_of(probe.code), Habit()).fell(probe.at, FRESH)
        if failing:
            self.step = probe.step
        self.failing, self.last_at = failing, probe.at
        if probe.fared is not Fared.REFUSED:
            self.recent.append((probe.at, failing, 1.0))
        self._forget(probe.at)
        return fallen

    def rate(self) -> float:
        """Falls a second by itself, with the answer that it gives now; with any while it holds."""
        if not self.fell:
            falls = sum(habit.falls for habit in self.habits.values())
            return rate_of(falls, self.watched, USUAL_A_DAY / DAY, SHAPE)
        answer = answer_of(self.fell[-1][1])
        falls = self.habits[answer].falls - 1  # that of now is what is to be explained
        return rate_of(falls, self.watched, USUAL_A_DAY / DAY * share_of(answer), SHAPE)

    def was_silent(self, at: float) -> None:
        """Its runner was there and wrote nothing of it: nothing had changed."""
        if self.stale(at) or (self.recent and at - self.recent[-1][0] < self.every / 2):
            return
        self.recent.append((at, self.failing, SILENT_RUN))
        self._forget(at)

    def fallen_since(self, start: float, at: float) -> bool:
        """Whether it was seen to fall since `start`, as news."""
        return any(start <= when <= at for when, _ in self.fell)

    def chronic(self, at: float) -> bool:
        """Down on entry, or for long: no news of now."""
        return self.failing and (not self.news or at - self.since > FRESH)

    def counts(self, start: float, at: float) -> tuple[float, float]:
        """How many probes failed and held since `start`, with less weight to those of before the
        latest change."""
        failed = held = 0.0
        for when, bad, weight in self.recent:
            if start <= when <= at:
                fresh = bad == self.failing and when >= self.since
                worth = weight if fresh else weight * 0.5 ** ((at - when) / self.half_life)
                failed, held = (failed + worth, held) if bad else (failed, held + worth)
        silent = SILENCE * max(0.0, at - max(start, self.last_at)) / self.every
        return (failed + silent, held) if self.failing else (failed, held + silent)

    def _forget(self, at: float) -> None:
        while self.recent and at - self.recent[0][0] > FRESH:
            self.recent.popleft()
        while self.fell and at - self.fell[0][0] > FRESH:
            self.fell.popleft()


@dataclass(slots=True)
class Tracks:
    """All that was heard, by target and vantage."""

    by_key: dict[tuple[str, str], Track] = field(default_factory=dict)
    of_vantage: dict[str, list[Track]] = field(default_factory=dict)

    def hear(self, probe: Heard) -> Track | None:
        """Take a probe in; the track where its target has newly fallen."""
        key = (probe.target, probe.vantage)
        track = self.by_key.get(key)
        if track is None:
            track = self.by_key[key] = Track(*key)
            self.of_vantage.setdefault(probe.vantage, []).append(track)
        fallen = track.hear(probe)
        for other in self.of_vantage[probe.vantage]:
            if other is not track:
                other.was_silent(probe.at)
        return track if fallen else None

    def alive(self, at: float) -> Iterator[Track]:
        """Those of which something is known at that time, in a fixed order."""
        for key in sorted(self.by_key):
            if not self.by_key[key].stale(at):
                yield self.by_key[key]
