"""Counts of probes by target, vantage and hour, with latencies in buckets that can be added up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HOUR = 3600
GROWTH = 1.1
"""Each bucket reaches a tenth further than the one before: a quantile is right within 5 %."""
_LOG = math.log(GROWTH)
_SHORTEST, _LONGEST = 0.1, 600_000.0


@dataclass(slots=True)
class Cell:
    """One hour of one target from one vantage."""

    up: int = 0
    degraded: int = 0
    down: int = 0
    unanswered: int = 0
    """Probes that the watcher itself could not make: no fault of the target."""
    buckets: dict[int, int] = field(default_factory=dict)
    """Bucket -> probes that succeeded with such a latency."""


class Tally:
    """Adds up probes, in any order."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, int], Cell] = {}

    def add(self, target: str, vantage: str, at: float, finding: Mapping[str, Any]) -> None:
        """Count one probe; `finding` in the JSON form of evidence."""
        key = (target, vantage, int(at // HOUR) * HOUR)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell()
        value = finding.get("value")
        state = value.get("state") if isinstance(value, Mapping) else None
        if state == "up":
            cell.up += 1
        elif state == "degraded":
            cell.degraded += 1
        elif state == "down":
            cell.down += 1
            return
        else:
            cell.unanswered += 1
            return
        took = _milliseconds(value.get("steps")) if value else 0.0
        if took > 0:
            bucket = bucket_of(took)
            cell.buckets[bucket] = cell.buckets.get(bucket, 0) + 1

    def cells(self) -> Iterator[tuple[str, str, int, Cell]]:
        """Target, vantage, begin of the hour, and its counts; in order."""
        for key in sorted(self._cells):
            yield *key, self._cells[key]


def bucket_of(milliseconds: float) -> int:
    """The bucket of a latency."""
    return math.floor(math.log(min(max(milliseconds, _SHORTEST), _LONGEST)) / _LOG)


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds below which this share lies, within 5 %; None of nothing."""
    total = sum(buckets.values())
    if total == 0:
        return None
    wanted, seen = max(1, math.ceil(share * total)), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            break
    return float(GROWTH ** (bucket + 0.5))


def _milliseconds(steps: object) -> float:
    if not isinstance(steps, list | tuple):
        return 0.0
    took = (step.get("milliseconds") for step in steps if isinstance(step, Mapping))
    return sum(t for t in took if isinstance(t, int | float) and math.isfinite(t) and t > 0)
