"""What the latest probes of each target looked like, beside what the detector counts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.catalog import Catalog
from downwind.questions.witnesses import Mark, mark_of
from downwind.terms import Evidence, Unanswered
from downwind.watch.detection import Outcome, outcome_of
from downwind.watch.live.addresses import Addresses

_MARKS = 4
_TIMES = 120
"""Answers of which the median is told: an hour at one every 30 s."""
LOOKS = 12
"""Latest looks at a target's certificate: servers behind one name, asked by turns, may show
different ones."""


@dataclass(slots=True)
class Latest:
    """One target, over all vantages."""

    probed_at: float | None = None
    reason: str = ""
    """How the latest probe failed; empty where it did not."""
    unheard: str = ""
    """Why the latest probe says nothing of the target; empty where it does."""
    layer: str = ""
    answered: bool = False
    """Whether the latest failed probe got any answer."""
    failing_since: float | None = None
    """The first failed probe since it was last seen well."""
    marks: dict[str, deque[Mark]] = field(default_factory=dict)
    """Vantage -> how its latest failed probes looked."""
    addresses: Addresses = field(default_factory=Addresses)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_TIMES))
    certificates: deque[tuple[float, float | None]] = field(
        default_factory=lambda: deque(maxlen=LOOKS)
    )
    """When the certificate ends that each of the latest looks showed, and when it began."""

    @property
    def certificate_ends(self) -> float | None:
        """When the first of them ends."""
        return min((ends for ends, _ in self.certificates), default=None)

    def hear(self, record: Evidence, catalog: Catalog) -> tuple[Outcome, float] | None:
        """How this probe counts, and its seconds; None where it says nothing of the target."""
        value = record.value
        self.unheard = record.finding.reason if isinstance(record.finding, Unanswered) else ""
        if value is None:
            return None
        self.probed_at = record.at
        outcome = outcome_of(value)
        steps: Sequence[Mapping[str, Any]] = value.get("steps") or ()
        self.addresses.hear(steps)
        seconds = sum(float(step.get("milliseconds") or 0.0) for step in steps) / 1000
        lives = [life for step in steps if (life := _life(step)) is not None]
        if lives:
            self.certificates.append(min(lives, key=lambda each: each[0]))
        if outcome in (Outcome.FAILED, Outcome.DEGRADED):
            self._fail(record, steps, catalog)
            return outcome, seconds if outcome is Outcome.DEGRADED else math.nan
        self.reason = self.layer = ""
        self.seconds.append(seconds)
        return outcome, seconds

    def _fail(self, record: Evidence, steps: Sequence[Mapping[str, Any]], catalog: Catalog) -> None:
        if self.failing_since is None:
            self.failing_since = record.at
        here = self.marks.setdefault(record.vantage, deque(maxlen=_MARKS))
        for step in steps:
            if not step.get("ok"):
                here.append(mark_of(step, catalog))
                self.layer = str(step.get("layer") or "expect")
                self.reason = _words(step)
                self.answered = step.get("status") is not None

    def is_well(self) -> None:
        """It is up again as published: what it looked like before counts no more."""
        self.failing_since = None
        self.marks.clear()

    def quantile(self, share: float) -> float | None:
        """Seconds within which this share of the latest answers came."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _life(step: Mapping[str, Any]) -> tuple[float, float | None] | None:
    """End and begin of the certificate that a step saw; an agent may have told anything."""
    begins, ends = step.get("not_before"), step.get("not_after")
    if not isinstance(ends, int | float) or isinstance(ends, bool):
        return None
    return float(ends), float(begins) if isinstance(begins, int | float) else None


def _words(step: Mapping[str, Any]) -> str:
    reason, status = str(step.get("reason") or ""), step.get("status")
    if status is None or f"{status}" in reason:
        return reason
    return f"status {status}: {reason}" if reason else f"status {status}"
