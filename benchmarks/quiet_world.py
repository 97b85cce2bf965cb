"""Days of noise, drawn from what was fitted: spells of targets, each over some of the vantages.

Five vantages: two in one network, two others that ask the same resolver, one alone; so three
voices. A burst of a vantage's network, of a resolver or of the way from a network to a target's
network takes many targets at once; a slow spell or an own fault of a target shows everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from quiet_fit import DAY, Noise, Spells

from downwind.watch.detection import voices

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SITES_A_NETWORK = 12
"""220 sites of 18 owners in the data."""
LONE = (3e-4, 1.5)
"""Median and sigma, log-normal, of the rate at which a single probe is lost, per pair. An
assumption: Upptime tries again within seconds and so hides them. Its mean is 0.9 in a thousand."""
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The vantages."""

    networks: tuple[int, ...]
    resolvers: tuple[int, ...]

    @property
    def groups(self) -> tuple[int, ...]:
        return voices(
            [
                (f"network {network}", f"resolver {resolver}")
                for network, resolver in zip(self.networks, self.resolvers, strict=True)
            ]
        )


LAYOUTS = {
    "three": Layout((0, 0, 1, 2, 3), (0, 0, 1, 1, 2)),
    "two": Layout((0, 1), (0, 1)),
    "one": Layout((0,), (0,)),
}


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Spells in the order of their targets and starts; `first[t]` is where those of t begin."""

    first: Ints
    start: Floats
    end: Floats
    mask: Ints
    """Bits of the vantages that it hits."""
    fails: Floats
    """Probability that a probe fails in it; below 0: it is refused."""
    real: Ints
    """0 noise, 1 really down, 2 and more: an inserted outage, by its number."""
    lone: Floats
    """Targets x vantages."""
    marginal: float
    """How often a routine probe fails, all noise together, inserted outages and own faults not."""


@dataclass(slots=True)
class _Draw:
    days: float
    targets: int
    layout: Layout
    noise: Noise
    rng: np.random.Generator
    rows: list[tuple[Ints, Floats, Floats, Ints, Floats, Ints]]

    def add(
        self, target: Ints, start: Floats, lasted: Floats, mask: Ints, fails: Floats, real: Ints
    ) -> None:
        self.rows.append((target, start, start + lasted, mask, fails, real))

    def lengths(self, spells: Spells, many: int) -> Floats:
        drawn = np.exp(np.log(spells.median) + spells.sigma * self.rng.standard_normal(many))
        return np.minimum(drawn, 2 * DAY)

    def network_mask(self, network: int) -> int:
        return sum(1 << v for v, each in enumerate(self.layout.networks) if each == network)

    def everyone(self) -> int:
        return (1 << len(self.layout.networks)) - 1

    def each_site(self, spells: Spells, mask: int, fails: float, real: int, rate: Floats) -> None:
        """Spells of single targets at their own rates a day."""
        target = np.repeat(np.arange(self.targets), self.rng.poisson(rate * self.days))
        many = len(target)
        start = self.rng.uniform(0, self.days * DAY, many)
        lasted = self.lengths(spells, many)
        ones = np.ones(many, np.int64)
        self.add(target, start, lasted, mask * ones, fails * np.ones(many), real * ones)

    def rates(self, spells: Spells) -> Floats:
        return spells.rate * self.rng.gamma(spells.shape, 1 / spells.shape, self.targets)

    def bursts(self, rate: float, mask: int, members: Ints) -> None:
        """Bursts that take a share of `members` for as long as a failing path lasts."""
        low, high = self.noise.burst_share
        for _ in range(self.rng.poisson(rate * self.days)):
            share = self.rng.uniform(low, high)
            hit = members[self.rng.random(len(members)) < share]
            start = np.full(len(hit), self.rng.uniform(0, self.days * DAY))
            lasted = np.full(len(hit), self.lengths(self.noise.path, 1)[0])
            ones = np.ones(len(hit), np.int64)
            self.add(hit, start, lasted, mask * ones, ones.astype(float), 0 * ones)

    def slow(self) -> None:
        """Slow spells: a target takes the times of one site of the data, base and ratios. One that
        begins ends the one before: a target is slow in one way at a time."""
        noise, rng = self.noise, self.rng
        site = rng.integers(0, len(noise.base), self.targets)
        answers = max(len(r) for r in noise.ratios)
        ratios = np.full((len(noise.base), answers), np.nan)
        for n, values in enumerate(noise.ratios):
            ratios[n, : len(values)] = values
        count = np.array([len(r) for r in noise.ratios])
        lasted_mean = noise.path.median * np.exp(noise.path.sigma**2 / 2)
        per_site = count / count.mean() * noise.slow_time * DAY / lasted_mean
        many = rng.poisson(per_site[site] * self.days)
        target = np.repeat(np.arange(self.targets), many)
        where = site[target]
        ratio = ratios[where, (rng.random(len(target)) * count[where]).astype(np.int64)]
        middle = np.array(noise.base)[where] * ratio
        fails = _beyond((np.log(TIMEOUT) - np.log(middle)) / noise.spread)
        kept = fails > 0.002  # less is lost among the lost probes
        target, fails = target[kept], fails[kept]
        ones = np.ones(len(target), np.int64)
        start = rng.uniform(0, self.days * DAY, len(target))
        lasted = self.lengths(noise.path, len(target))
        order = np.lexsort((start, target))
        target, fails, start, lasted = (each[order] for each in (target, fails, start, lasted))
        same = target[1:] == target[:-1]
        lasted[:-1] = np.where(same, np.minimum(lasted[:-1], np.diff(start)), lasted[:-1])
        self.add(target, start, lasted, self.everyone() * ones, fails, (fails >= 0.5) * ones)


def _beyond(z: Floats) -> Floats:
    """Upper tail of the normal distribution (Abramowitz and Stegun 7.1.26, to 1.5e-7)."""
    x = np.abs(z) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    half = 0.5 * series * np.exp(-x * x)
    return np.where(z >= 0, half, 1 - half)


def draw(
    noise: Noise,
    layout: Layout,
    *,
    days: float,
    targets: int,
    outages: Floats,
    seed: int,
    lone_times: float = 1.0,
) -> World:
    """All spells of so many days; `outages` are severities of faults inserted at random times, of
    ten minutes each, seen everywhere."""
    rng = np.random.default_rng(seed)
    drawn = _Draw(days, targets, layout, noise, rng, [])
    path, refused = drawn.rates(noise.path), drawn.rates(noise.refused)
    everybody = np.arange(targets)
    network_of = rng.integers(0, max(1, targets // SITES_A_NETWORK), targets)
    for network in sorted(set(layout.networks)):
        mask = drawn.network_mask(network)
        drawn.each_site(noise.path, mask, 1.0, 0, path)
        drawn.each_site(noise.refused, mask, -1.0, 0, refused)
        drawn.bursts(noise.unseen_rate, mask, everybody)
        for target_network in range(network_of.max() + 1):
            members = np.nonzero(network_of == target_network)[0]
            drawn.bursts(noise.network_rate, mask, members)
    for resolver in sorted(set(layout.resolvers)):
        mask = sum(1 << v for v, each in enumerate(layout.resolvers) if each == resolver)
        drawn.bursts(noise.unseen_rate, mask, everybody)
    drawn.slow()
    drawn.each_site(noise.own, drawn.everyone(), 1.0, 1, drawn.rates(noise.own))
    many = len(outages)
    start = rng.uniform(600, days * DAY - 1200, many)
    ones = np.ones(many, np.int64)
    hit = rng.choice(targets, many, replace=many > targets)
    drawn.add(
        hit, start, np.full(many, 600.0), drawn.everyone() * ones, outages, 2 + np.arange(many)
    )
    median, sigma = LONE
    shape = (targets, len(layout.networks))
    lone = median * np.exp(sigma * rng.standard_normal(shape)) * lone_times
    return _world(drawn, np.minimum(lone, 0.05))


def _world(drawn: _Draw, lone: Floats) -> World:
    parts = [np.concatenate(part) for part in zip(*drawn.rows, strict=True)]
    order = np.lexsort((parts[1], parts[0]))
    target, start, end, mask, fails, real = (part[order] for part in parts)
    end = np.minimum(end, drawn.days * DAY)
    first = np.searchsorted(target, np.arange(drawn.targets + 1))
    noisy = (real == 0) & (fails > 0)
    vantages = len(drawn.layout.networks)
    hit = sum((mask[noisy] >> v) & 1 for v in range(vantages)) / vantages
    lost = float(((end - start)[noisy] * fails[noisy] * hit).sum())
    marginal = lost / (drawn.targets * drawn.days * DAY) + float(lone.mean())
    return World(first, start, end, mask, fails, real, lone, marginal)


def coin_flips(world: World) -> World:
    """The same share of failing probes, each by itself; outages and own faults stay."""
    kept = world.real > 0
    target = np.repeat(np.arange(len(world.first) - 1), np.diff(world.first))[kept]
    first = np.searchsorted(target, np.arange(len(world.first)))
    lone = np.full_like(world.lone, world.marginal)
    return World(
        first,
        world.start[kept],
        world.end[kept],
        world.mask[kept],
        world.fails[kept],
        world.real[kept],
        lone,
        world.marginal,
    )
