"""How many incidents of slow ones does a quiet day open?

.venv/bin/python benchmarks/quiet_slow.py [--services 150] [--days 3] [--vantages 3]

Answers as the quiet days of public Upptime histories have them (quiet_fit.py): each target takes
the times of one site, its median, its spread and how much slower its slow answers were, in spells
that are as long as its failing paths and make up as much of the time, each target for itself.
They go through detection, attribution and incidents as these are shipped, on a graph of
attribution_worlds.py. Whatever is blamed but a service by itself is blamed wrongly.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from attribution_worlds import draw_pair
from quiet_fit import DAY, Noise, fit

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.prior import NOTHING_LEARNED
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import Attribution
from downwind.questions.suspects import Suspects
from downwind.solve.arrays import Floats
from downwind.terms import State
from downwind.watch.detection import Detector, Outcome
from downwind.watch.incidents import Incidents, Observed
from downwind.watch.live.slowness import spoken

EVERY = 30.0
WARM = 0.5 * DAY
"""Seconds of history before anything is counted."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Slow spells, and what answers take beside them; a row of `ends` for each target."""

    base: Floats
    starts: list[Floats]
    ends: list[Floats]
    ratios: list[Floats]

    def ratio(self, at: float) -> Floats:
        """Per target how many times slower it is now."""
        found = np.ones(len(self.base))
        for n, (starts, ends) in enumerate(zip(self.starts, self.ends, strict=True)):
            last = int(np.searchsorted(starts, at, "right")) - 1
            if last >= 0 and at < ends[last]:
                found[n] = self.ratios[n][last]
        return found


def draw(noise: Noise, targets: int, seconds: float, rng: np.random.Generator) -> Spells:
    """One that begins ends the one before: a target is slow in one way at a time."""
    site = rng.integers(0, len(noise.base), targets)
    counts = np.array([len(each) for each in noise.ratios])
    mean = noise.path.median * np.exp(noise.path.sigma**2 / 2)
    rate = counts / counts.mean() * noise.slow_time / mean
    spells = Spells(np.array(noise.base)[site], [], [], [])
    for where in site.tolist():
        many = rng.poisson(rate[where] * seconds)
        starts = np.sort(rng.uniform(0, seconds, many))
        lasted = noise.path.median * np.exp(noise.path.sigma * rng.standard_normal(many))
        ends = np.minimum(starts + lasted, np.append(starts[1:], np.inf))
        spells.starts.append(starts)
        spells.ends.append(ends)
        spells.ratios.append(rng.choice(noise.ratios[where], many) if many else np.zeros(0))
    return spells


@dataclass(frozen=True, slots=True)
class Told:
    """What one run opened."""

    capabilities: int
    opened: Counter[str]
    """By the verdict of the incident at its opening."""
    blind: int
    """Of those, how many where no slow spell was."""
    published: float
    """Share of the time in which a capability was published as slow."""


def run(noise: Noise, services: int, days: float, vantages: int, seed: int) -> Told:
    """Round by round; what comes before the warm-up is over is not counted."""
    rng = np.random.default_rng(seed)
    suspects = Suspects.of(draw_pair(services, 40, seed).thought, 3600.0)
    falls = suspects.falls
    nodes = [falls.rows[n] for n in np.flatnonzero(falls.service >= 0).tolist()]
    many = len(nodes)
    spells = draw(noise, many, WARM + days * DAY, rng)
    names = tuple(f"v{n}" for n in range(vantages))
    places = [Place(each, frozenset([each])) for each in names]
    detector = Detector.new(nodes, names)
    which, where = np.tile(np.arange(many), vantages), np.repeat(np.arange(vantages), many)
    answered = np.full(len(which), Outcome.ANSWERED, np.int64)
    incidents, rates = Incidents(), NOTHING_LEARNED
    opened: Counter[str] = Counter()
    blind, slow_rounds, rounds = 0, 0, int((WARM + days * DAY) / EVERY)
    last = np.full(many, -np.inf)
    for number in range(rounds):
        at = number * EVERY
        ratio = spells.ratio(at)
        last[ratio > 1] = at
        noisy = np.exp(noise.spread * rng.standard_normal(len(which)))
        seconds = np.minimum(np.tile(spells.base * ratio, vantages) * noisy, 10.0)
        detector.hear_many(which, where, np.full(len(which), at), answered, seconds)
        published = detector.judge(at + 1.0)
        faults: tuple[Attribution, ...] = ()
        if published.slow.any():
            heard = spoken(detector.slowness(at + 1.0), published)
            said = Testimony(
                [node for node in nodes for _ in names],
                names * many,
                heard.up.reshape(-1),
                heard.down.reshape(-1),
                [()] * (many * vantages),
            )
            faults = attribute_all(
                suspects, said, places=places, rates=rates, budget=Budget.of(1.0)
            ).attributions
        rates = rates.after({each.suspect for each in faults if each.verdict == "own"})
        states = {
            node: State.DEGRADED if slow else State.UP
            for node, slow in zip(nodes, published.slow.tolist(), strict=True)
        }
        step = incidents.step(Observed(at, faults, states, slow=True))
        incidents = step.incidents
        if at < WARM:
            continue
        slow_rounds += int(published.slow.sum())
        for event in step.events:
            if event.kind in ("opened", "reopened"):
                opened[f"{incidents.ledger.incidents[event.incident].verdict} {event.kind}"] += 1
                hit = [nodes.index(each) for each in event.joined]
                blind += bool(hit) and max(last[hit]) < at - 900.0
    return Told(many, opened, blind, slow_rounds / many / (days * DAY / EVERY))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--services", type=int, default=150)
    parser.add_argument("--days", type=float, default=3.0)
    parser.add_argument("--vantages", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared/data/upptime"
    )
    given = parser.parse_args()
    noise = fit(given.data)
    found = run(noise, given.services, given.days, given.vantages, given.seed)
    print(f"slow {noise.slow_time:.1%} of the time, sigma of the answers {noise.spread:.2f}")
    print(
        f"{found.capabilities:,} capabilities of {given.services:,} services, {given.vantages} "
        f"vantages, {given.days:g} days: published as slow {found.published:.2%} of the time; "
        f"incidents {dict(found.opened) or 'none'}, {found.blind} of them without a slow spell"
    )


if __name__ == "__main__":
    main()
