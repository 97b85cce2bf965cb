"""How many false pages in 30 days at 10,000 capabilities, and how late is a real outage told?

.venv/bin/python benchmarks/quiet.py [--days 30] [--capabilities 10000] [--seeds 4] [--workers 2]
    [--lone 1] [--only three|others|one] [--data ../shared/data/upptime]

Noise is fitted to the quiet days of public Upptime histories (quiet_fit.py), drawn (quiet_world.py)
and heard by the detector as it is shipped (quiet_run.py). Outages are inserted into the same days.
Both figures come from the same run; simpler rules hear the same probes. docs/detection.md says
what the noise leaves out.
"""

from __future__ import annotations

import argparse
import bisect
import math
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from quiet_fit import Noise, fit
from quiet_run import OVER, RULES, run
from quiet_world import LAYOUTS, World, coin_flips, draw

from downwind.watch.detection import Settings

Floats = npt.NDArray[np.float64]

SEVERITIES = (1.0, 0.8, 0.6)
OUTAGES = 1_500
TOGETHER = 300.0
"""Seconds within which alarms are one incident, and page once."""
AFTER = 600.0
HOLDS = (0.0, 120.0, 300.0, 600.0, 1800.0)
"""Seconds for which a page of one target waits, dropped if its incident is closed by then."""
CLOSES = 90.0
"""Seconds, three rounds, after which the incident of a target that is up is closed."""


@dataclass(frozen=True, slots=True)
class Job:
    noise: Noise
    layout: str
    days: float
    capabilities: int
    seed: int
    coins: bool
    lone: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed."""

    pages: tuple[int, ...]
    """False ones, per rule."""
    real: tuple[int, ...]
    """Alarms for faults that were there."""
    why: Counter[str]
    """What was going on at each false page of the detector."""
    held: tuple[int, ...]
    """False pages of the detector that are left, per hold."""
    delays: Floats
    """Rules x inserted outages that met no other fault; NaN: never told."""
    severities: Floats
    counts: tuple[int, ...]
    marginal: float
    took: float


def one(job: Job) -> Outcome:
    began = time.perf_counter()
    severities = np.resize(SEVERITIES, OUTAGES)
    layout = LAYOUTS[job.layout]
    world = draw(
        job.noise,
        layout,
        days=job.days,
        targets=job.capabilities,
        outages=severities,
        seed=job.seed,
        lone_times=job.lone,
    )
    if job.coins:
        world = coin_flips(world)
    alarms, delays, counts, _ = run(
        world, layout, Settings(), days=job.days, outages=OUTAGES, seed=job.seed
    )
    false = [alarms[(alarms[:, 2] == rule) & (alarms[:, 3] == 0)] for rule in range(len(RULES))]
    real = [int(((alarms[:, 2] == r) & (alarms[:, 3] == 1)).sum()) for r in range(len(RULES))]
    alone = _alone(world)
    return Outcome(
        tuple(len(_incidents(each)) for each in false),
        tuple(real),
        Counter(_why(world, float(at), int(t)) for at, t, _, _ in _incidents(false[0])),
        tuple(len(_incidents(_outlasting(false[0], alarms, hold))) for hold in HOLDS),
        delays[:, alone],
        severities[alone],
        tuple(int(each) for each in counts),
        world.marginal,
        time.perf_counter() - began,
    )


def _incidents(alarms: Floats) -> Floats:
    """The first alarm of each burst; a burst does not go on for longer because alarms go on."""
    kept, begun = [], -np.inf
    for n, at in enumerate(alarms[:, 0]):
        if at - begun > TOGETHER:
            kept.append(n)
            begun = at
    return alarms[kept]


def _outlasting(pages: Floats, alarms: Floats, hold: float) -> Floats:
    """Those of the detector's pages whose incident was not closed within `hold` seconds."""
    over: dict[int, list[float]] = {}
    for at, target, _, _ in alarms[alarms[:, 2] == OVER]:
        over.setdefault(int(target), []).append(float(at))
    ends = np.array([_next(over.get(int(t), []), float(at)) for at, t, _, _ in pages])
    return pages[ends + CLOSES > pages[:, 0] + hold] if len(pages) else pages


def _next(times: list[float], at: float) -> float:
    after = bisect.bisect_right(times, at)
    return times[after] if after < len(times) else math.inf


def _alone(world: World) -> npt.NDArray[np.bool_]:
    """Inserted outages whose target had no other real fault under way or just over."""
    alone = np.ones(OUTAGES, np.bool_)
    target = np.repeat(np.arange(len(world.first) - 1), np.diff(world.first))
    for n in np.nonzero(world.real >= 2)[0]:
        span = slice(world.first[target[n]], world.first[target[n] + 1])
        meets = (world.start[span] < world.end[n]) & (world.end[span] > world.start[n] - AFTER)
        if (meets & (world.real[span] > 0)).sum() > 1:
            alone[world.real[n] - 2] = False
    return alone


def _why(world: World, at: float, target: int) -> str:
    span = slice(world.first[target], world.first[target + 1])
    near = (world.start[span] <= at) & (world.end[span] > at - 60)
    if ((world.real[span] > 0) & (world.start[span] <= at) & (world.end[span] > at - AFTER)).any():
        return "after a real fault"
    fails = world.fails[span][near]
    if ((fails > 0.05) & (fails < 0.5)).any():
        return "slow spell in which some probes fail everywhere"
    return "paths that fail at once" if (fails == 1).any() else "lost probes"


def poisson_interval(count: int, level: float = 0.95) -> tuple[float, float]:
    """Exact bounds of a Poisson mean, by bisection (Garwood 1936)."""
    tail = (1 - level) / 2

    def below(mean: float, up_to: int) -> float:
        logs = (n * math.log(mean) - mean - math.lgamma(n + 1) for n in range(up_to + 1))
        return math.fsum(math.exp(each) for each in logs)

    def solve(wanted: float, up_to: int) -> float:
        low, high = 1e-9, 10.0 * (count + 5)
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle, up_to) > wanted else (low, middle)
        return low

    return (0.0 if count == 0 else solve(1 - tail, count - 1)), solve(tail, count)


def _print(title: str, found: list[Outcome], share: float) -> None:
    """`share`: how many spans of 30 days at 10,000 capabilities one seed is."""
    spans = len(found) * share
    routine, confirms, failed = (sum(each.counts[n] for each in found) for n in range(3))
    print(f"\n{title}: {len(found)} seed(s), {spans:g} x (30 days, 10,000 capabilities)")
    print(
        f"  {routine / 1e6:,.0f} million routine probes, {failed / 1e6:,.2f} million failed; "
        f"{confirms / routine:.2%} more for confirmation; "
        f"{sum(each.took for each in found):,.0f} s of computing"
    )
    header = "false pages in 30 days (95 %)"
    print(f"  {'rule':34} {header:34} {'real':>7}  delay s: median, p95, p99; never told")
    severities = np.concatenate([each.severities for each in found])
    for rule, name in enumerate(RULES):
        many = sum(each.pages[rule] for each in found)
        low, high = poisson_interval(many)
        told = f"{many / spans:,.2f} ({low / spans:,.2f} to {high / spans:,.2f})"
        real = sum(each.real[rule] for each in found)
        delays = np.concatenate([each.delays[rule] for each in found])
        lines = [_delays(delays[severities == s], s) for s in SEVERITIES]
        print(f"  {name:34} {told:34} {real:7,}  {'; '.join(lines)}")
    for number, hold in enumerate(HOLDS):
        many = sum(each.held[number] for each in found)
        low, high = (bound / spans for bound in poisson_interval(many))
        told = f"{many / spans:,.2f} ({low:,.2f} to {high:,.2f})"
        print(f"  detector, pages held for {hold:4.0f} s: {told}")
    why = sum((each.why for each in found), Counter())
    print(f"  false pages of the detector: {dict(why) or 'none'}", flush=True)


def _delays(delays: Floats, severity: float) -> str:
    never = f"{np.isnan(delays).sum()}/{len(delays)}"
    if np.isnan(delays).all():
        return f"[{severity:g}] never told {never}"
    middle, late, last = np.nanquantile(delays, (0.5, 0.95, 0.99))
    return f"[{severity:g}] {middle:.0f}, {late:.0f}, {last:.0f}; {never}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--capabilities", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--lone", type=float, default=1.0, help="times the assumed lost probes")
    parser.add_argument("--only", choices=("all", "three", "others", "one"), default="all")
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared/data/upptime"
    )
    return parser.parse_args()


def main() -> None:
    """Fit, run, and print a table for each layout of vantages."""
    asked = _arguments()
    noise = fit(asked.data)
    print(f"quiet days: {noise.site_days} of sites, {noise.repo_days} of repositories")
    for name in ("path", "refused", "own"):
        spells = getattr(noise, name)
        print(
            f"  {name:8} {spells.seen} seen; {spells.rate:.4f} a target and day, shape "
            f"{spells.shape:.3f}, median {spells.median:.0f} s, sigma {spells.sigma:.1f}, "
            f"{spells.share_seen:.0%} long enough to be seen"
        )
    print(
        f"  bursts a day: {noise.network_rate:.3f} a way to a network, {noise.unseen_rate:.3f} a "
        f"vantage's network and a resolver; slow {noise.slow_time:.1%} of the time, sigma "
        f"{noise.spread:.2f}"
    )
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    share = asked.days * asked.capabilities / 300_000
    runs = []
    if asked.only in ("all", "three"):
        runs.append(
            ("correlated noise, three voices of five vantages", "three", False, list(seeds))
        )
    first = [asked.first_seed]
    if asked.only in ("all", "others"):
        runs.append(("independent coin flips of the same rate, the same", "three", True, first))
        runs.append(("correlated noise, two voices of two vantages", "two", False, first))
    if asked.only != "three":
        runs.append(("correlated noise, one vantage", "one", False, first))
    with ProcessPoolExecutor(asked.workers) as pool:
        for title, layout, coins, which in runs:
            jobs = [
                Job(noise, layout, asked.days, asked.capabilities, seed, coins, asked.lone)
                for seed in which
            ]
            _print(title, list(pool.map(one, jobs)), share)


if __name__ == "__main__":
    main()
