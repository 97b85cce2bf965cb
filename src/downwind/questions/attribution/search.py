"""The likeliest hypotheses of up to three faults: every cause alone, then a beam."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from downwind.questions.attribution.parameters import SEVERITIES
from downwind.questions.attribution.posterior import NOBODY, Posterior
from downwind.questions.attribution.trial import Columns, Trial, log_mean
from downwind.solve.arrays import Flags, Floats, Ints, Shorts

_WIDE = 4
"""Three causes and a place."""

_PATIENCE = 2.5
"""How much further below the best a single cause may lie than a pair: a second may help it."""
_LOOKED_AT = 256
"""Scores among which a beam is chosen."""

Extra = dict[int, dict[int, Shorts]]
"""Per cause, and per partner of it: the rows that fall with both and with neither alone."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The seconds that a search may take."""

    seconds: float
    clock: Callable[[], float] = time.perf_counter
    began: float = field(default=0.0)

    @classmethod
    def of(cls, seconds: float, clock: Callable[[], float] = time.perf_counter) -> Budget:
        """One that begins now, by this clock."""
        return cls(seconds, clock, clock())

    @property
    def spent(self) -> bool:
        """True where the time is up."""
        return self.clock() - self.began > self.seconds


class Hypothesis(NamedTuple):
    """Who is at fault, and what the nodes' likelihood is then."""

    members: tuple[int, ...]
    score: float
    here: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What the search found."""

    posterior: Posterior
    """At any moment."""
    told: Posterior
    """Where it is known that somebody is at fault."""
    extra: Extra
    columns: Columns
    """Of the causes under which somebody fails."""
    cut_short: bool


class _Scored(NamedTuple):
    members: Ints
    scores: Floats


class Search:
    """One search over one trial."""

    def __init__(self, trial: Trial, budget: Budget) -> None:
        self._trial = trial
        self._how = trial.how
        self._budget = budget
        self._many = len(trial.suspects.names)
        self._extra = _extra(trial)
        self._columns = trial.columns(_candidates(trial, self._extra))
        self._place_of = {c: p for p, c in enumerate(self._columns.cause.tolist())}
        self._prior = trial.prior.causes[self._columns.cause]
        self._found = [_Scored(np.full((1, _WIDE), NOBODY), np.zeros(1))]
        self._cut_short = False

    def weigh(self) -> Weighed:
        """Every cause alone, then the likeliest few with a second and a third; all that where no
        vantage is at fault, and where one is."""
        bases = [Hypothesis((), 0.0, self._trial.nothing), *self._places()]
        found = self._next(bases, self._how.beam)
        for level in range(self._how.depth - 1):
            worth = self._worth([*bases, *found], found, 1 if level else _PATIENCE)
            seeds = [] if level else self._seeds()
            leading = self._leading([*worth, *seeds], self._how.beam + len(seeds))
            found = self._next(leading, self._how.beam_of_pairs)
        members = np.concatenate([scored.members for scored in self._found])
        scores = np.concatenate([scored.scores for scored in self._found])
        posterior = Posterior.of(members, scores, self._how.temperature)
        told = Posterior.of(members, scores + self._rise(members), self._how.temperature)
        return Weighed(posterior, told, self._extra, self._columns, self._cut_short)

    def _rise(self, members: Ints) -> Floats:
        """Per hypothesis how much likelier it is in log where somebody is at fault."""
        beside = np.zeros(len(self._trial.places) + 1)  # the last one is for NOBODY, which is -1
        return np.asarray(np.concatenate([self._trial.prior.rise, beside])[members].sum(axis=1))

    def _worth(
        self, known: Sequence[Hypothesis], found: Sequence[Hypothesis], patience: float
    ) -> list[Hypothesis]:
        """Those that are not hopelessly below the best one known."""
        least = max(h.score for h in known) - patience * self._how.hopeless
        return [h for h in found if h.score > least]

    def _next(self, hypotheses: Sequence[Hypothesis], most: int) -> list[Hypothesis]:
        found: list[Hypothesis] = []
        for hypothesis in hypotheses:
            if self._budget.spent:
                self._cut_short = True
                break
            found += self._with_one_more(hypothesis, most)
        return found

    def _leading(self, hypotheses: Sequence[Hypothesis], most: int) -> list[Hypothesis]:
        """The best ones that hold different suspects."""
        best: dict[frozenset[int], Hypothesis] = {}
        for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
            best.setdefault(frozenset(hypothesis.members), hypothesis)
        return list(best.values())[:most]

    def _with_one_more(self, base: Hypothesis, most: int) -> list[Hypothesis]:
        """Note the score with each cause; returns the best ones that take different nodes."""
        gained = self._trial.add(base.here, self._columns)
        joined = self._joined(base, gained)
        scores = base.score + self._prior + log_mean(gained)
        others = self._others(base)
        members = np.full((len(scores), _WIDE), NOBODY)
        members[:, 0] = self._columns.cause
        members[:, 1 : 1 + len(base.members)] = base.members
        self._found.append(_Scored(members[others], scores[others]))
        chosen: list[Hypothesis] = []
        taken: set[int] = set()
        for place in _highest(scores):
            mark = int(self._columns.mark[place])
            if len(chosen) == most:
                break
            if mark in taken or not others[place]:
                continue
            taken.add(mark)
            cause = int(self._columns.cause[place])
            severity = float(SEVERITIES[gained[place].argmax()])
            columns, at = (joined[place], 0) if place in joined else (self._columns, place)
            after = self._trial.hurt(base.here, columns, at, severity)
            chosen.append(Hypothesis((*base.members, cause), float(scores[place]), after))
        return chosen

    def _others(self, base: Hypothesis) -> Flags:
        """Per column whether its cause is no member yet."""
        found = np.ones(len(self._columns.cause), dtype=np.bool_)
        found[[p for m in base.members if (p := self._place_of.get(m)) is not None]] = False
        return found

    def _joined(self, base: Hypothesis, gained: Floats) -> dict[int, Columns]:
        """Score anew the causes with which more falls now than with them alone."""
        found: dict[int, Columns] = {}
        partners: dict[int, list[tuple[int, Shorts]]] = {}
        for member in base.members:
            for cause, rows in self._extra.get(member, {}).items():
                partners.setdefault(cause, []).append((member, rows))
        for cause, extra in partners.items():
            place = self._place_of[cause]
            found[place] = self._trial.joined(cause, extra)
            gained[place] = self._trial.add(base.here, found[place])[0]
        return found

    def _seeds(self) -> list[Hypothesis]:
        """Causes that explain little alone, and much together with another."""
        trial, found = self._trial, []
        for cause in list(self._extra)[: self._how.seeds]:
            column = trial.columns(np.array([cause]))
            gained = trial.add(trial.nothing, column)[0]
            here = trial.hurt(trial.nothing, column, 0, float(SEVERITIES[gained.argmax()]))
            score = float(trial.prior.causes[cause] + log_mean(gained))
            found.append(Hypothesis((cause,), score, here))
        return found

    def _places(self) -> list[Hypothesis]:
        """Each vantage, resolver and network alone."""
        trial, found = self._trial, []
        nothing = trial.log_likelihood(trial.nothing)
        for number in range(len(trial.places)):
            worlds = [trial.within(number, float(p)) for p in SEVERITIES]
            gained = np.array([trial.log_likelihood(world) - nothing for world in worlds])
            score = float(np.log(self._how.prior_vantage) + log_mean(gained))
            member = self._many + number
            members = np.array([[member] + [NOBODY] * (_WIDE - 1)])
            self._found.append(_Scored(members, np.array([score])))
            found.append(Hypothesis((member,), score, worlds[int(gained.argmax())]))
        return sorted(found, key=lambda h: -h.score)[: self._how.places]


def _highest(scores: Floats) -> list[int]:
    """The places of the highest scores, the highest first."""
    if len(scores) <= _LOOKED_AT:
        return list(np.argsort(-scores, kind="stable").tolist())
    some = np.sort(np.argpartition(-scores, _LOOKED_AT)[:_LOOKED_AT])
    return list(some[np.argsort(-scores[some], kind="stable")].tolist())


def _candidates(trial: Trial, extra: Extra) -> Ints:
    """The causes under which somebody fails, alone or with another."""
    falls, heard = trial.suspects.falls, trial.heard
    node = heard.place_of[falls.row]
    fails = np.concatenate([heard.fails, [False]])[node]  # the last place is for node -1
    running = np.concatenate([[0], np.cumsum(fails)])
    own = running[falls.start[1:]] > running[falls.start[:-1]]
    own[list(extra)] = True
    return np.flatnonzero(own)


def _extra(trial: Trial) -> Extra:
    """The pairs of causes with which the most evidence of failure falls beyond either alone."""
    falls, heard = trial.suspects.falls, trial.heard
    weight = np.zeros(len(falls.rows))
    weight[heard.row] = np.clip(heard.ratio, -5.0, 5.0)
    pairs = falls.gates.likeliest(weight, trial.how.pairs)
    found: Extra = {}
    for (a, b), rows in zip(pairs, falls.together(pairs), strict=True):
        if (heard.place_of[rows] >= 0).any():
            found.setdefault(a, {})[b] = rows
            found.setdefault(b, {})[a] = rows
    return found
