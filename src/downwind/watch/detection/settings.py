"""The numbers by which detection decides, each with its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from downwind.terms import UsageError
from downwind.watch.detection.kernels import Floats

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Settings:
    """One failure weighs log((1 - beta) / alpha) = +3.86, one answer log(beta / (1 - alpha)) =
    -2.98, as long as nothing else has been learned of the pair."""

    memory: float = 2.0
    """Half-life of what was heard, in rounds of the target's interval."""
    long_memory: float = 3 * DAY
    """Half-life, in seconds, of the history from which a pair's false alarms are learned."""
    alpha: float = 0.02
    """Probability that a probe fails though the target is up; the least that is ever learned."""
    alpha_max: float = 0.5
    """The most that is learned."""
    alpha_trust: float = 1000.0
    """Probes of history against which `alpha` holds its own: an outage in the first hours is not
    taken for a habit."""
    beta: float = 0.05
    """Probability that a probe is answered though the target is down."""
    own: float = 0.003
    """Probability, before anything is heard, that a target is down."""
    open_at: float = 0.9
    """Posterior from which a target is published as down."""
    close_below: float = 0.3
    """Posterior under which it comes up again ..."""
    calm_rounds: float = 3.0
    """... after so many rounds of its interval in a row."""
    agree: float = 7.0
    """Nats from which a group of vantages counts as seeing it down."""
    dissent: float = 5.0
    """Nats below which a group dissents: one such group that sees, and the target is not down, at
    most partly. Over 0, since a target that fails every third probe everywhere is degraded."""
    stale: float = 4.0
    """Rounds after which a vantage's word no longer counts."""
    pause: float = 2.0
    """Rounds between two confirmations of the same target, at least."""
    quorum: int = 2
    """Groups that must see it down, where there are as many; never fewer than half."""
    confirm_after: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    """Seconds after a first failure at which every vantage probes again."""
    confirm_at_once: int = 200
    """Targets that are confirmed at the same time, those that failed first; others wait for their
    rounds. When a vantage or a provider falls, thousands fail in one round, and a few tell why."""
    flaps: int = 4
    """Changes between down and not down that make a target flapping (2 to 6) ..."""
    flap_window: float = 3_600.0
    """... within so many seconds."""

    def __post_init__(self) -> None:
        numbers = [getattr(self, field.name) for field in fields(self)]
        plain = [each for each in numbers if isinstance(each, int | float)]
        if not all(math.isfinite(each) and each > 0 for each in plain):
            raise UsageError("Settings of detection must be finite and above zero.")
        if not self.alpha <= self.alpha_max < 1 - self.beta:
            raise UsageError("It takes alpha <= alpha_max < 1 - beta: a failure must weigh.")
        if not (self.alpha < 1 and self.beta < 1 and self.own < 1):
            raise UsageError("alpha, beta and own are probabilities below 1.")
        if not self.close_below < self.open_at < 1:
            raise UsageError("It takes close_below < open_at < 1.")
        if self.dissent > self.agree:
            raise UsageError("A group cannot see it down and dissent: dissent <= agree.")
        if not 2 <= self.flaps <= 6:
            raise UsageError("flaps counts 2 to 6 changes.")
        if any(step < 0 for step in self.confirm_after) or list(self.confirm_after) != sorted(
            self.confirm_after
        ):
            raise UsageError("confirm_after rises from 0 seconds or later.")

    def rule(self) -> Floats:
        """The thresholds in the order that the kernels know."""
        return np.array(
            [
                self.memory,
                self.long_memory,
                self.alpha,
                self.alpha_max,
                self.alpha_trust,
                self.beta,
                self.own,
                self.open_at,
                self.close_below,
                self.calm_rounds,
                self.agree,
                self.stale,
                self.pause,
                self.quorum,
                self.dissent,
            ],
            dtype=np.float64,
        )
