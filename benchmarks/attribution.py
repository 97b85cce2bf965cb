"""Does attribution name who is at fault, is it as sure as it is right, and is it fast enough?

    .venv/bin/python benchmarks/attribution.py [--incidents N] [--seed S] [--jobs J] [--speed]

Simulated incidents on random graphs: N in each cell of severity, number of faults and failing
dependants; the watcher's graph lacks 5 % of the needs and has 5 % wrong, probes err up to three
times as often or as seldom as the method takes them to, and one of three vantages is bad. Beside
it the same incidents by largest provider, SCORE and signatures alone, tuned on other seeds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product

import numpy as np
from attribution_incidents import LASTS, PLACES, Incident, Watched, draw_incident, draw_quiet
from attribution_peers import largest, score, signatures
from attribution_worlds import draw_pair

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import listen
from downwind.questions.attribution.parameters import PLAIN, Parameters
from downwind.questions.attribution.search import Budget
from downwind.questions.suspects import Suspects
from downwind.solve.arrays import Floats

SEVERITIES = (0.1, 0.3, 0.5, 0.9, 1.0)
FAULTS = (1, 2, 3)
BUCKETS = {"<5": (1, 4), "5-20": (5, 20), ">20": (21, 10_000)}
SERVICES, PROVIDERS = 300, 36
SIZES = ((102, 36), (5000, 620))
"""Services and providers of the graphs that are timed."""
PER_GRAPH = 4
"""Incidents of each cell on one graph."""
SCORE_AT, SCORE_LEAST, SIGNATURES_AT = 0.4, 4, 0.05
"""The best F1 of --tune on seeds from 100 on, which are never tested."""

QUIET_SHARE = 15
"""Quiet moments on a graph, as a multiple of the incidents of one cell: a quarter of all."""

Cell = tuple[float, int, str]
QUIET: Cell = (0.0, 0, "quiet")


Told = tuple[float, bool]
"""How sure the method was of a provider, and whether it was at fault."""


@dataclass(slots=True)
class Tally:
    """How one method did in one cell; a row for each incident."""

    named: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)

    def add(self, said: set[str], truth: set[str]) -> None:
        """Note one incident."""
        self.named.append(len(said))
        self.right.append(len(said & truth))
        self.faults.append(len(truth))

    def join(self, other: Tally) -> None:
        """Add another cell or run."""
        self.named += other.named
        self.right += other.right
        self.faults += other.faults


@dataclass(slots=True)
class Results:
    """All tallies of one run."""

    tallies: dict[tuple[Cell, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    named: list[tuple[Cell, Told]] = field(default_factory=list)
    """Each provider that was named at all, however unsure."""
    told: list[tuple[Cell, Told]] = field(default_factory=list)
    """Each provider that was given some probability, rivals included."""
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--incidents", type=int, default=1000, help="in each cell")
    parser.add_argument("--seed", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--speed", action="store_true", help="only time two graphs")
    parser.add_argument("--tune", action="store_true", help="only try the peers' thresholds")
    parser.add_argument("--prior", type=float, default=PLAIN.prior)
    parser.add_argument("--temperature", type=float, default=PLAIN.temperature)
    asked = parser.parse_args()
    how = replace(PLAIN, prior=asked.prior, temperature=asked.temperature)
    if asked.tune:
        tune(range(asked.seed, asked.seed + -(-asked.incidents // PER_GRAPH)), asked.jobs)
        return
    if asked.speed:
        speed(asked.seed, how)
        return
    graphs = -(-asked.incidents // PER_GRAPH)
    began = time.perf_counter()
    seeds = range(asked.seed, asked.seed + graphs)
    with multiprocessing.Pool(asked.jobs) as pool:
        results = _joined(pool.imap_unordered(partial(run_graph, how=how), seeds))
    _print(results)
    print(f"{time.perf_counter() - began:.0f} s in all")


def tune(seeds: Sequence[int], jobs: int) -> None:
    """How each threshold of the peers does on these seeds, which must not be those of a test."""
    whole: dict[str, Tally] = defaultdict(Tally)
    with multiprocessing.Pool(jobs) as pool:
        for part in pool.imap_unordered(_try_thresholds, seeds):
            for name, tally in part.items():
                whole[name].join(tally)
    for name, tally in sorted(whole.items()):
        right, said, faults = sum(tally.right), sum(tally.named), sum(tally.faults)
        print(f"F1 {2 * right / max(said + faults, 1):.3f}  {name}: {_both(tally)}")


def _try_thresholds(seed: int) -> dict[str, Tally]:
    """Every threshold on the incidents of one graph that the targets speak of."""
    found: dict[str, Tally] = defaultdict(Tally)
    watched = Watched.of(draw_pair(SERVICES, PROVIDERS, seed))
    rng = np.random.default_rng(seed)
    buckets = [bucket for name, bucket in BUCKETS.items() if name != "<5"]
    severities = [severity for severity in SEVERITIES if severity >= 0.5]
    for severity, faults, bucket in product(severities, FAULTS, buckets):
        incident = draw_incident(watched, faults, severity, bucket, rng)
        if incident is None:
            continue
        truth = {scope.provider for scope in incident.faults}
        heard = listen(watched.thought, incident.said, PLAIN)
        for at, least in product((0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), (2, 3, 4, 5)):
            said = score(watched.thought, heard, at, least)
            found[f"SCORE {at} {least}"].add(said, truth)
        for at in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3):
            found[f"signatures {at}"].add(signatures(incident.said, at), truth)
    return dict(found)


def speed(seed: int, how: Parameters, incidents: int = 100) -> None:
    """Time verdicts on a graph of some 200 capabilities and on one of some 10,000."""
    for services, providers in SIZES:
        pair = draw_pair(services, providers, seed)
        watched = Watched.of(pair)
        began = time.perf_counter()
        suspects = Suspects.of(pair.thought, LASTS)
        built = time.perf_counter() - began
        rng = np.random.default_rng(seed)
        capabilities = int((suspects.falls.service >= 0).sum())
        print(f"{capabilities:,} capabilities, {len(suspects.names):,} causes, ", end="")
        print(f"{len(suspects.falls.row):,} pairs; solved in {built:.2f} s")
        seconds: list[float] = []
        busy: list[float] = []
        while len(seconds) < incidents:
            severity, faults = float(rng.choice(SEVERITIES)), int(rng.integers(1, 4))
            incident = draw_incident(watched, faults, severity, (5, capabilities), rng)
            if incident is None:
                continue
            if not seconds:
                attribute_all(suspects, incident.said, places=PLACES, how=how)  # loads kernels
            began, worked = time.perf_counter(), time.process_time()
            attribute_all(suspects, incident.said, places=PLACES, budget=Budget.of(60.0), how=how)
            seconds.append(time.perf_counter() - began)
            busy.append(time.process_time() - worked)
        _print_times("verdicts without a deadline", seconds)
        _print_times("the same, seconds of the processor", busy)


def run_graph(seed: int, how: Parameters = PLAIN) -> Results:
    """PER_GRAPH incidents of every cell on the graph of one seed, and quiet moments."""
    watched = Watched.of(draw_pair(SERVICES, PROVIDERS, seed))
    rng = np.random.default_rng(seed)
    results = Results()
    for severity, faults, bucket in product(SEVERITIES, FAULTS, BUCKETS):
        for _ in range(PER_GRAPH):
            incident = draw_incident(watched, faults, severity, BUCKETS[bucket], rng)
            if incident:
                _try(watched, incident, (severity, faults, bucket), how, results)
    for _ in range(QUIET_SHARE * PER_GRAPH):
        _try(watched, draw_quiet(watched, rng), QUIET, how, results)
    return results


def _try(
    watched: Watched, incident: Incident, cell: Cell, how: Parameters, results: Results
) -> None:
    truth = {scope.provider for scope in incident.faults}
    suspects = watched.thought
    began = time.perf_counter()
    answer = attribute_all(suspects, incident.said, places=PLACES, budget=Budget.of(60.0), how=how)
    results.seconds.append(time.perf_counter() - began)
    blamed = {
        a.scope.provider for a in answer.attributions if a.scope and a.provider_confidence >= 0.5
    }
    heard = listen(suspects, incident.said, PLAIN)
    for method, said in (
        ("downwind", blamed),
        ("largest", largest(suspects, heard)),
        ("SCORE", score(suspects, heard, SCORE_AT, SCORE_LEAST)),
        ("signatures", signatures(incident.said, SIGNATURES_AT)),
    ):
        results.tallies[cell, method].add(said, truth)
    told = {a.scope.provider: a.provider_confidence for a in answer.attributions if a.scope}
    results.named += [(cell, (sure, provider in truth)) for provider, sure in told.items()]
    for attribution in answer.attributions[:1]:
        for name, weight in attribution.rivals:
            if name in suspects.of_provider:
                told.setdefault(name, weight)
    results.told += [(cell, (sure, provider in truth)) for provider, sure in told.items()]


def _joined(parts: Iterator[Results]) -> Results:
    whole = Results()
    for part in parts:
        for key, tally in part.tallies.items():
            whole.tallies[key].join(tally)
        whole.named += part.named
        whole.told += part.told
        whole.seconds += part.seconds
    return whole


def interval(above: Sequence[int], below: Sequence[int]) -> str:
    """The ratio of two sums with its 95 % interval, incidents drawn anew 200 times."""
    a, b = np.array(above), np.array(below)
    if not b.sum():
        return "-"
    rng = np.random.default_rng(1)
    drawn = rng.integers(len(a), size=(200, len(a)))
    ratios = a[drawn].sum(axis=1) / np.maximum(b[drawn].sum(axis=1), 1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return f"{a.sum() / b.sum():.3f} [{low:.3f}, {high:.3f}]"


def calibration_error(sure: Floats, right: Floats, bins: int = 10) -> float:
    """Expected calibration error: the mean gap between how sure and how often right, by bins."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gap = np.bincount(place, weights=sure - right, minlength=bins)
    return float(np.abs(gap).sum() / max(len(sure), 1))


def calibration_interval(told: Sequence[Told]) -> tuple[float, float, float]:
    """The error with its 95 % interval, what was told drawn anew 200 times."""
    sure, right = np.array([t[0] for t in told]), np.array([t[1] for t in told], dtype=float)
    rng = np.random.default_rng(1)
    drawn = rng.integers(len(told), size=(200, len(told)))
    again = [calibration_error(sure[rows], right[rows]) for rows in drawn]
    low, high = np.quantile(again, [0.025, 0.975])
    return calibration_error(sure, right), float(low), float(high)


def _print(results: Results) -> None:
    methods = ("downwind", "largest", "SCORE", "signatures")
    print("severity faults failing     n  " + "  ".join(f"{m:^52}" for m in methods))
    for cell in [*product(SEVERITIES, FAULTS, BUCKETS), QUIET]:
        tallies = [results.tallies[cell, method] for method in methods]
        print(f"{cell[0]:8} {cell[1]:6} {cell[2]:>7} {len(tallies[0].named):5}", end="  ")
        print("  ".join(_both(tally) for tally in tallies))
    for method in methods:
        whole = Tally()
        for ((severity, _, bucket), m), tally in results.tallies.items():
            if m == method and severity >= 0.5 and bucket != "<5":
                whole.join(tally)
        print(f"severity >= 0.5, >= 5 failing, {method}: {_both(whole)}")
    quiet = results.tallies[QUIET, "downwind"].named
    print(f"quiet moments in which a provider is named: {sum(map(bool, quiet))} of {len(quiet):,}")
    _print_calibration("all that is named", [told for _, told in results.named])
    _print_calibration("all providers told of", [told for _, told in results.told])
    _print_times("verdicts", results.seconds)


def _both(tally: Tally) -> str:
    precision, recall = interval(tally.right, tally.named), interval(tally.right, tally.faults)
    return f"P {precision:22} R {recall:22}"


def _print_calibration(what: str, told: Sequence[Told]) -> None:
    error, low, high = calibration_interval(told)
    print(f"calibration error of {what}: {error:.4f} [{low:.4f}, {high:.4f}], {len(told):,} told")
    sure = np.array([t[0] for t in told])
    right = np.array([t[1] for t in told], dtype=float)
    place = np.minimum((sure * 10).astype(int), 9)
    for b in np.unique(place).tolist():
        here = place == b
        print(f"  told {sure[here].mean():.2f}, right {right[here].mean():.2f} of {here.sum():,}")


def _print_times(what: str, seconds: Sequence[float]) -> None:
    ms = np.array(seconds) * 1000
    median, slow = np.quantile(ms, [0.5, 0.99])
    print(f"{len(ms):,} {what}: median {median:.1f} ms, p99 {slow:.1f} ms, worst {ms.max():.1f} ms")


if __name__ == "__main__":
    main()
