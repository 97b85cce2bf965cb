"""How many false pages reach people in 30 days at 10,000 capabilities, through the whole chain?

.venv/bin/python benchmarks/quiet_pages.py [--days 30] [--services 5400] [--seeds 2]
    [--first-seed 100] [--layout three|two|one] [--data ../shared/data/upptime]

The noise of quiet_world.py is heard by the detector as it is shipped; at the end of each round in
which a target is not published as up, attribution, incidents and alerts follow as they are shipped,
on a graph of attribution_worlds.py. In these days no provider fails: whoever names one is wrong. A
page is false where no victim of it really is down. An answer is used again while the same targets
are unwell in the same states; confirmations between rounds reach the detector and not the
incidents. Left out is what watch/live adds: one's own connectivity, waiting for a second voice, a
machine that is too busy. Every failure has the mark of a connection that is not taken, and each
opened alert counts as a page, warnings too.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from attribution_worlds import draw_pair
from quiet import OUTAGES, SEVERITIES, poisson_interval
from quiet_fit import DAY, Noise, fit
from quiet_run import GRACE, run
from quiet_world import LAYOUTS, Layout, World, draw

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.prior import NOTHING_LEARNED, OwnRates
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import Attribution
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import State
from downwind.watch.alerts import Alert, derive
from downwind.watch.detection import Settings, kernels
from downwind.watch.incidents import Incidents, Observed

Floats = npt.NDArray[np.float64]

EVERY = 30.0
LASTS = 3600.0
SETTLES, AGAIN = 2, 60
"""Rounds after a change after which it is asked once more; for which an answer is used again."""
KEPT = 6_000_000
_UP_ROUNDS = 3.4
"""Rounds that are remembered of one that always answers, decayed."""
_STATES = {kernels.DOWN: State.DOWN, kernels.PARTLY: State.DEGRADED}


@dataclass(frozen=True, slots=True)
class Job:
    noise: Noise
    layout: str
    days: float
    services: int
    seed: int


@dataclass(slots=True)
class Found:
    """One seed."""

    targets: int = 0
    pages: int = 0
    false: Counter[str] = field(default_factory=Counter)
    """False pages, by verdict."""
    blamed: Counter[str] = field(default_factory=Counter)
    """Pages that name a provider, by verdict: always wrong here."""
    real: set[int] = field(default_factory=set)
    """Inserted outages that were told."""
    delays: list[float] = field(default_factory=list)
    severities: Floats = field(default_factory=lambda: np.zeros(0))
    asked: int = 0
    took: float = 0.0


class Chain:
    """From the detector's words to alerts, for one graph."""

    def __init__(self, suspects: Suspects, layout: Layout) -> None:
        falls = suspects.falls
        self.suspects = suspects
        self.nodes = [falls.rows[n] for n in np.flatnonzero(falls.service >= 0).tolist()]
        self.names = tuple(f"v{number}" for number in range(len(layout.groups)))
        self.places = (
            *(Place(each, frozenset([each])) for each in self.names),
            *_shared(self.names, layout.networks, "network"),
            *_shared(self.names, layout.resolvers, "resolver"),
        )
        rule = Settings()
        self.up = _UP_ROUNDS * (np.log(rule.beta) - np.log(1 - rule.alpha))
        self.rows = [node for node in self.nodes for _ in self.names]
        self.of = self.names * len(self.nodes)
        self.rates: OwnRates = NOTHING_LEARNED

    def ask(self, unwell: Floats) -> tuple[Attribution, ...]:
        """Who is at fault, in the detector's words on those that are not well."""
        ratio = np.full((len(self.nodes), len(self.names)), self.up)
        ratio[unwell[:, 1].astype(np.int64)] = unwell[:, 3:]
        flat = ratio.reshape(-1)
        failing = flat > 0
        dial = (Mark("dial"),)
        said = Testimony(
            self.rows,
            self.of,
            np.zeros(len(flat)),
            flat,
            [dial if each else () for each in failing.tolist()],
        )
        return attribute_all(
            self.suspects, said, places=self.places, rates=self.rates, budget=Budget.of(5.0)
        ).attributions


def _shared(names: tuple[str, ...], of: tuple[int, ...], kind: str) -> list[Place]:
    """The networks, or the resolvers, that several of these vantages have."""
    found = []
    for number in sorted(set(of)):
        some = frozenset(name for name, each in zip(names, of, strict=True) if each == number)
        if len(some) > 1:
            found.append(Place(f"{kind} {number}", some, kind))
    return found


def one(job: Job) -> Found:
    began = time.perf_counter()
    suspects = Suspects.of(draw_pair(job.services, 120, job.seed).thought, LASTS)
    layout = LAYOUTS[job.layout]
    chain = Chain(suspects, layout)
    many = max(3, round(OUTAGES * job.days / 30))
    severities = np.resize(SEVERITIES, many)
    world = draw(
        job.noise,
        layout,
        days=job.days,
        targets=len(chain.nodes),
        outages=severities,
        seed=job.seed,
    )
    unwell = run(world, layout, Settings(), days=job.days, outages=many, seed=job.seed, kept=KEPT)[
        3
    ]
    found = Found(len(chain.nodes), severities=severities)
    _tell(chain, world, unwell, int(job.days * DAY / EVERY), found)
    found.took = time.perf_counter() - began
    return found


def _tell(chain: Chain, world: World, unwell: Floats, rounds: int, found: Found) -> None:
    number = {node: n for n, node in enumerate(chain.nodes)}
    states = dict.fromkeys(chain.nodes, State.UP)
    incidents, alerted = Incidents(), frozenset[str]()
    firsts = np.searchsorted(unwell[:, 0], np.arange(rounds + 1))
    key, answer, age, changed = b"", (), 0, {}
    for k in range(rounds):
        mine = unwell[firsts[k] : firsts[k + 1]]
        now = (k + 1) * EVERY
        if not len(mine) and not incidents.ledger.open() and not incidents.pending:
            key = b""
            continue
        fresh = mine[:, 1:3].tobytes()
        age += 1
        if fresh != key or age == SETTLES or age >= AGAIN:
            age = 0 if fresh != key or age >= AGAIN else age
            key = fresh
            answer = chain.ask(mine) if (mine[:, 3:] > 0).any() else ()
            found.asked += 1
        states |= dict.fromkeys(changed, State.UP)
        changed = {chain.nodes[int(t)]: _STATES[int(state)] for _, t, state in mine[:, :3]}
        states |= changed
        before = incidents.ledger
        step = incidents.step(Observed(now, answer, states))
        incidents = step.incidents
        if step.events:
            told = derive(before, step.events, alerted)
            alerted = told.alerted
            for alert in told.alerts:
                _count(alert, world, now, number, found)
        chain.rates = chain.rates.after({a.suspect for a in answer if a.verdict == "own"})


def _count(alert: Alert, world: World, now: float, number: dict[str, int], found: Found) -> None:
    if alert.kind in ("closed", "merged"):
        return
    really = False
    for victim in alert.victims:
        t = number[victim]
        span = slice(world.first[t], world.first[t + 1])
        under_way = (world.start[span] <= now) & (world.end[span] + GRACE + 2 * EVERY >= now)
        for real in world.real[span][under_way & (world.real[span] > 0)].tolist():
            really = True
            if real >= 2 and real - 2 not in found.real:
                found.real.add(real - 2)
                start = world.start[span][world.real[span] == real][0]
                found.delays.append(now - float(start))
    if alert.kind not in ("opened", "reopened"):
        return
    found.pages += 1
    if not really:
        found.false[alert.verdict] += 1
    if alert.verdict in ("provider", "suspected"):
        found.blamed[alert.verdict] += 1


def _words(each: Found, days: float) -> str:
    return (
        f"{each.targets:,} capabilities, {days:g} days: {each.pages:,} pages; false "
        f"{dict(each.false) or 'none'}; blame a provider {dict(each.blamed) or 'none'}; "
        f"{len(each.real)} of {len(each.severities):,} inserted outages told, median "
        f"{np.median(each.delays or [np.nan]):.0f} s; attribution asked {each.asked:,} times; "
        f"{each.took:,.0f} s"
    )


def main() -> None:
    """Print what reached people."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--services", type=int, default=5400)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--layout", choices=tuple(LAYOUTS), default="three")
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared/data/upptime"
    )
    asked = parser.parse_args()
    noise = fit(asked.data)
    jobs = [
        Job(noise, asked.layout, asked.days, asked.services, asked.first_seed + n)
        for n in range(asked.seeds)
    ]
    found = []
    with ProcessPoolExecutor(asked.workers) as pool:
        for each in pool.map(one, jobs):
            found.append(each)
            print(_words(each, asked.days), flush=True)
    spans = sum(each.targets for each in found) * asked.days / 300_000
    for title, counts in (("false pages", "false"), ("pages that blame a provider", "blamed")):
        many = sum(sum(getattr(each, counts).values()) for each in found)
        low, high = poisson_interval(many)
        print(
            f"{title} in 30 days at 10,000 capabilities: {many / spans:.2f} "
            f"({low / spans:.2f} to {high / spans:.2f})"
        )


if __name__ == "__main__":
    main()
