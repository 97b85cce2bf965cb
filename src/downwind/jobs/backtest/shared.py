"""Do more owners fall at once than chance would have it? A tail test that needs no graph.

Owners fall independently, each at its own learned rate; those who answer alike are compared. The
sites of one owner count once, since they may share what nobody sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from downwind.jobs.backtest.rates import (
    CLASSES,
    DAY,
    SHARED_SHAPE,
    USUAL_A_DAY,
    Habit,
    chance,
    rate_of,
)

WINDOW = 1800.0
"""Seconds within which falls count as together."""
SIGNIFICANT = 1e-6
"""The tail below which chance is ruled out: once in 20 years of looks every ten minutes."""
NO_ANSWER = "none"


@dataclass(frozen=True, slots=True)
class Shared:
    """Owners whose sites fell together and answered alike."""

    tail: float
    """How likely at least so many are by chance, over all answers that were compared."""
    answer: str
    """The HTTP status, `edge` or `none`."""
    owners: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def significant(self) -> bool:
        return self.tail < SIGNIFICANT and len(self.owners) > 1


NOTHING_SHARED = Shared(1.0, "", (), ())


@dataclass(slots=True)
class Owned:
    """What one owner's sites did so far, by answer."""

    habits: dict[str, Habit] = field(default_factory=lambda: {each: Habit() for each in CLASSES})
    heard_at: float | None = None

    def watch(self, at: float, longest: float) -> None:
        """One of the owner's sites was heard; gaps longer than `longest` seconds do not count."""
        if self.heard_at is not None and 0 < at - self.heard_at <= longest:
            for habit in self.habits.values():
                habit.watched += at - self.heard_at
        self.heard_at = at

    def chance(self, answer: str, sites: int) -> float:
        """That one of its sites falls within WINDOW and answers so."""
        usual = USUAL_A_DAY / DAY * CLASSES[answer] * max(1, sites)
        habit = self.habits[answer]
        return chance(rate_of(habit.falls, habit.watched, usual, SHARED_SHAPE), WINDOW)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A target that fell within WINDOW."""

    target: str
    owner: str
    vantage: str
    answer: str


def test(fallen: Sequence[Fallen], owned: Mapping[str, Owned], sites: Mapping[str, int]) -> Shared:
    """The least likely coincidence among the answers; `sites` are the live ones of each owner."""
    by_answer: dict[str, list[Fallen]] = defaultdict(list)
    for each in fallen:
        by_answer[each.answer].append(each)
    best = NOTHING_SHARED
    for answer in sorted(by_answer):
        some = by_answer[answer]
        owners = sorted({each.owner for each in some})
        # Where nothing came back it may be the one watcher; a status is an answer.
        if answer == NO_ANSWER and len({each.vantage for each in some}) < 2:
            continue
        chances = [owned[owner].chance(answer, count) for owner, count in sorted(sites.items())]
        tail = min(1.0, len(CLASSES) * tail_of(chances, len(owners)))
        if tail < best.tail:
            targets = tuple(sorted({each.target for each in some}))
            best = Shared(tail, answer, tuple(owners), targets)
    return best


def tail_of(chances: Sequence[float], least: int) -> float:
    """P(at least `least` of independent events happen), exactly: a Poisson binomial tail.

    Summed from the rare end, so that small tails keep their digits.
    """
    if least <= 0:
        return 1.0
    exactly = [1.0] + [0.0] * least  # the last one is "least or more"
    for p in chances:
        exactly[least] += exactly[least - 1] * p
        for count in range(least - 1, 0, -1):
            exactly[count] = exactly[count] * (1 - p) + exactly[count - 1] * p
        exactly[0] *= 1 - p
    return min(1.0, exactly[least])
