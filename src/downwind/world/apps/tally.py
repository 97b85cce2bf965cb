"""How many reports of a service came in each minute, and when they are well above the usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY_MINUTES = 24 * 60
BIN_MINUTES = 15
_HOUR_MINUTES = 60
_SETTLED_MINUTES = 5
"""Older minutes have all their reports: at speed 480 a scenario minute is an eighth of a second,
and storing a report may take longer."""
_ABOVE_USUAL = 3
_TEXTS_KEPT = 5
_BLAMED_KEPT = 100


@dataclass(frozen=True, slots=True)
class Minute:
    """The reports of one minute."""

    count: int = 0
    blames: Mapping[str, int] = field(default_factory=dict)
    """Reports by the provider that they blame."""
    texts: tuple[str, ...] = ()
    """The latest things that were said."""

    def plus(self, other: Minute) -> Minute:
        """Both together; of names and texts no more than there is room for."""
        blames = Counter(self.blames)
        for provider, count in other.blames.items():
            if provider in blames or len(blames) < _BLAMED_KEPT:
                blames[provider] += count
        texts = (*self.texts, *other.texts)[-_TEXTS_KEPT:]
        return Minute(self.count + other.count, dict(blames), texts)

    def written(self) -> dict[str, Any]:
        """As a JSON value."""
        return {"count": self.count, "blames": dict(self.blames), "texts": list(self.texts)}

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Minute:
        """From the JSON value."""
        return cls(value["count"], value["blames"], tuple(value["texts"]))


_NONE = Minute()


def minute_of(at: float) -> int:
    """The minute, counted from 1970, in which a scenario time lies."""
    return int(at // 60)


class Tally:
    """The reports of one service in the last 24 hours.

    Trouble is at least `least` reports in 15 minutes, and at least three times the usual. The usual
    is the mean of all calm minutes since the tracker first ran. A minute is calm where neither the
    15 minutes up to it nor the 5 from it on are that high, by what was known of the minutes before.
    The first minute counts as calm; until it is settled, nothing is known and nothing is trouble.
    """

    def __init__(self, since: int, least: int) -> None:
        self._minutes: dict[int, Minute] = {}
        self._least = least
        self._next_to_learn = since
        self._calm_minutes = 0
        self._calm_reports = 0

    def minute(self, minute: int) -> Minute:
        """The reports of a minute."""
        return self._minutes.get(minute, _NONE)

    def put(self, minute: int, reports: Minute) -> None:
        """Say what the reports of a minute are."""
        self._minutes[minute] = reports
        if len(self._minutes) > 2 * DAY_MINUTES:
            kept = minute - DAY_MINUTES
            self._minutes = {m: found for m, found in self._minutes.items() if m > kept}

    def last_hour(self, now: float) -> int:
        """Reports of this minute and the 59 before it."""
        return self._sum(minute_of(now), _HOUR_MINUTES)

    def usual(self, now: float) -> float:
        """Reports in an hour without trouble; 0 while nothing is known."""
        self._learn(now)
        return _HOUR_MINUTES * self._calm_rate()

    def is_trouble(self, now: float) -> bool:
        """Whether the reports of this minute and the 14 before it are well above the usual."""
        self._learn(now)
        return self._calm_minutes > 0 and self._is_high(minute_of(now), BIN_MINUTES)

    def bins(self, now: float) -> list[dict[str, int]]:
        """Reports in each quarter of an hour by the clock, the last 24 hours, oldest first."""
        last = minute_of(now) // BIN_MINUTES * BIN_MINUTES
        starts = range(last - DAY_MINUTES + BIN_MINUTES, last + 1, BIN_MINUTES)
        return [
            {"from": start * 60, "count": self._sum(start + BIN_MINUTES - 1, BIN_MINUTES)}
            for start in starts
        ]

    def blames(self, now: float) -> dict[str, int]:
        """Reports of the last hour by the provider that they blame, the most blamed first."""
        total: Counter[str] = Counter()
        for found in self._of_last_hour(now):
            total.update(found.blames)
        return dict(total.most_common())

    def texts(self, now: float, most: int) -> list[str]:
        """What was said in the last hour, the latest first."""
        said = [text for found in self._of_last_hour(now) for text in found.texts]
        return said[::-1][:most]

    def _of_last_hour(self, now: float) -> list[Minute]:
        last = minute_of(now)
        return [self.minute(m) for m in range(last - _HOUR_MINUTES + 1, last + 1)]

    def _sum(self, last: int, minutes: int) -> int:
        return sum(self.minute(m).count for m in range(last - minutes + 1, last + 1))

    def _calm_rate(self) -> float:
        return self._calm_reports / self._calm_minutes if self._calm_minutes else 0.0

    def _is_high(self, last: int, minutes: int) -> bool:
        usual = minutes * self._calm_rate()
        return self._sum(last, minutes) >= max(self._least, _ABOVE_USUAL * usual)

    def _is_calm(self, minute: int) -> bool:
        if self._calm_minutes == 0:
            return True
        # Looking ahead keeps the first minutes of an outage out of the usual.
        ahead = minute + _SETTLED_MINUTES - 1
        return not (self._is_high(minute, BIN_MINUTES) or self._is_high(ahead, _SETTLED_MINUTES))

    def _learn(self, now: float) -> None:
        settled = minute_of(now) - _SETTLED_MINUTES
        for minute in range(max(self._next_to_learn, settled - DAY_MINUTES), settled):
            if self._is_calm(minute):
                self._calm_minutes += 1
                self._calm_reports += self.minute(minute).count
        self._next_to_learn = max(self._next_to_learn, settled)
