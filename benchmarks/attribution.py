"""Does attribution name who is at fault, is it as sure as it is right, and is it fast enough?

    .venv/bin/python benchmarks/attribution.py [--incidents N] [--seed S] [--workers W]
        [--kept FILE] [--speed] [--tune]

Simulated incidents on random graphs: N in each cell of severity, number of faults and failing
dependants; the watcher's graph lacks 5 % of the needs and has 5 % wrong, probes err up to three
times as often or as seldom as the method takes them to, and one of three vantages is bad. Beside
it the same incidents by largest provider, SCORE and signatures alone, tuned on other seeds.
Verdicts are timed before. A run that was cut off goes on from what FILE keeps.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice, product
from pathlib import Path

import numpy as np
from attribution_incidents import PLACES, Incident, Watched, draw_incident, draw_quiet
from attribution_peers import largest, score, signatures
from attribution_results import (
    QUIET,
    Cell,
    Outcome,
    Told,
    calibration,
    keep,
    kept_in,
    precision,
    recall,
    reliability,
    times,
)
from attribution_speed import SEVERITIES, speed
from attribution_worlds import draw_pair

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import listen
from downwind.questions.attribution.parameters import PLAIN, Parameters
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import Answer
from downwind.terms import Scope

FAULTS = (1, 2, 3)
BUCKETS = {"<5": (1, 4), "5-20": (5, 20), ">20": (21, 10_000)}
CELLS: tuple[Cell, ...] = tuple(product(SEVERITIES, FAULTS, BUCKETS))
SERVICES, LARGER, PROVIDERS = 300, 1500, 36
"""Services of a graph, and of those that fill the cells of which the others hold too few."""
PER_GRAPH, PER_LARGER = 4, 20
"""Incidents of each cell on one graph."""
LARGER_SEED = 500_000
"""How far beyond the seeds are those of larger graphs."""
QUIET_SHARE = 8
"""Quiet moments on a graph, as a multiple of the incidents of one cell."""
SCORE_AT, SCORE_LEAST, SIGNATURES_AT = 0.4, 4, 0.05
"""The best F1 of --tune on seeds from 100 on, which are never tested."""
METHODS = ("downwind", "largest", "SCORE", "signatures")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--incidents", type=int, default=1000, help="in each cell")
    parser.add_argument("--seed", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="goes on from here, and keeps outcomes there")
    parser.add_argument("--speed", action="store_true", help="only time two graphs")
    parser.add_argument("--tune", action="store_true", help="only try the peers' thresholds")
    parser.add_argument("--prior", type=float, default=PLAIN.prior)
    parser.add_argument("--prior-told", type=float, default=PLAIN.prior_told)
    parser.add_argument("--temperature", type=float, default=PLAIN.temperature)
    asked = parser.parse_args()
    how = replace(
        PLAIN, prior=asked.prior, prior_told=asked.prior_told, temperature=asked.temperature
    )
    seeds = range(asked.seed, asked.seed - (-asked.incidents // PER_GRAPH))
    if asked.tune:
        tune(seeds, asked.workers)
        return
    began = time.perf_counter()
    speed(asked.seed, how)
    if not asked.speed:
        settings = f"{how} from seed {asked.seed}"
        outcomes = kept_in(asked.kept, settings) if asked.kept else []
        run(outcomes, seeds, asked.incidents, asked.workers, asked.kept, how)
        tell(outcomes)
    print(f"{time.perf_counter() - began:.0f} s in all")


def run(
    outcomes: list[Outcome], seeds: range, incidents: int, workers: int,
    kept: Path | None, how: Parameters,
) -> None:  # fmt: skip
    """Add what these seeds come to, then larger graphs until each cell has as many incidents."""
    done = {o.graph for o in outcomes}
    with multiprocessing.Pool(workers) as pool:
        plain = partial(
            run_graph, services=SERVICES, cells=(*CELLS, QUIET), each=PER_GRAPH, how=how
        )
        _gather(outcomes, pool.imap_unordered(plain, [s for s in seeds if s not in done]), kept)
        rest = (s for s in count(seeds.start + LARGER_SEED) if s not in done)
        while short := _short(outcomes, incidents):
            some = list(islice(rest, 2 * workers))
            larger = partial(run_graph, services=LARGER, cells=short, each=PER_LARGER, how=how)
            before = len(outcomes)
            _gather(outcomes, pool.imap_unordered(larger, some), kept)
            if len(outcomes) == before:
                break


def _short(outcomes: Iterable[Outcome], incidents: int) -> tuple[Cell, ...]:
    """The cells with fewer incidents than asked for."""
    many = Counter(o.cell for o in outcomes)
    return tuple(cell for cell in CELLS if many[cell] < incidents)


def _gather(outcomes: list[Outcome], parts: Iterable[list[Outcome]], kept: Path | None) -> None:
    for part in parts:
        outcomes += part
        if kept:
            keep(kept, part)
        print(f"{len(outcomes):,} moments", end="\r", flush=True)


def run_graph(
    seed: int, services: int, cells: Sequence[Cell], each: int, how: Parameters
) -> list[Outcome]:
    """`each` incidents of each of the cells on the graph of one seed."""
    watched = Watched.of(draw_pair(services, PROVIDERS, seed))
    rng = np.random.default_rng(seed)
    found = []
    for cell in cells:
        for _ in range(each * (QUIET_SHARE if cell == QUIET else 1)):
            if cell == QUIET:
                incident: Incident | None = draw_quiet(watched, rng)
            else:
                incident = draw_incident(watched, cell[1], cell[0], BUCKETS[cell[2]], rng)
            if incident:
                found.append(_try(seed, watched, incident, cell, how))
    return found


def _try(graph: int, watched: Watched, incident: Incident, cell: Cell, how: Parameters) -> Outcome:
    suspects = watched.thought
    truth = {scope.provider for scope in incident.faults}
    began = time.perf_counter()
    answer = attribute_all(suspects, incident.said, places=PLACES, budget=Budget.of(60.0), how=how)
    seconds = time.perf_counter() - began
    heard = listen(suspects, incident.said, PLAIN)
    blamed = {
        "downwind": {s.provider for _, s, sure in _named(answer) if sure >= 0.5},
        "largest": largest(suspects, heard),
        "SCORE": score(suspects, heard, SCORE_AT, SCORE_LEAST),
        "signatures": signatures(incident.said, SIGNATURES_AT),
    }
    named = {s.provider: sure for _, s, sure in _named(answer)}
    rivals = {
        name: sure
        for attribution in answer.attributions[:1]
        for name, sure in attribution.rivals
        if name in suspects.of_provider
    }
    return Outcome(
        graph, cell, len(truth),
        {method: len(said) for method, said in blamed.items()},
        {method: len(said & truth) for method, said in blamed.items()},
        tuple((sure, name in truth, name in named) for name, sure in {**rivals, **named}.items()),
        tuple(
            (sure, any(watched.inside(f, s) for f in incident.faults))
            for sure, s, _ in _named(answer)
        ),
        seconds,
    )  # fmt: skip


def _named(answer: Answer) -> list[tuple[float, Scope, float]]:
    """The scopes that are named: how sure that one is at fault, and how sure its provider is."""
    return [(a.confidence, a.scope, a.provider_confidence) for a in answer.attributions if a.scope]


def tell(outcomes: Sequence[Outcome]) -> None:
    """Print every figure."""
    print("severity faults failing      n  " + "  ".join(f"{m:^49}" for m in METHODS))
    for cell in (*CELLS, QUIET):
        here = [o for o in outcomes if o.cell == cell]
        print(f"{cell[0]:8} {cell[1]:6} {cell[2]:>7} {len(here):6}", end="  ")
        print("  ".join(_both(here, method) for method in METHODS))
    target = [o for o in outcomes if o.cell[0] >= 0.5 and o.cell[2] != "<5"]
    for method in METHODS:
        print(f"severity >= 0.5, >= 5 failing, {method}: {_both(target, method)}")
    incidents, quiet = ([o for o in outcomes if (o.cell == QUIET) == q] for q in (False, True))
    blamed = sum(map(bool, (o.named["downwind"] for o in quiet)))
    print(f"quiet moments in which a provider is named: {blamed} of {len(quiet):,}")
    for what, some in (("incidents", incidents), ("quiet moments", quiet), ("both", outcomes)):
        for told, of in (
            ("all told of", _told),
            ("of 0.05 or more", _shown),
            ("named", _providers),
            ("scopes named", _scopes),
        ):
            if any(map(of, some)):
                print(f"calibration error, {what}, {told}: {calibration(some, of)}")
        print(reliability(some, _told))
    for bucket in BUCKETS:
        here = [o for o in incidents if o.cell[2] == bucket]
        print(f"calibration error, {bucket} failing, all told of: {calibration(here, _told)}")
    print(times("verdicts", [o.seconds for o in outcomes]))


def _both(outcomes: Sequence[Outcome], method: str) -> str:
    if not outcomes:
        return f"{'-':49}"
    return f"P {precision(outcomes, method):22} R {recall(outcomes, method):22}"


def _told(outcome: Outcome) -> Told:
    return [(sure, right) for sure, right, _ in outcome.told]


def _shown(outcome: Outcome) -> Told:
    """As the incidents of `watch` tell them."""
    return [(sure, right) for sure, right, named in outcome.told if named or sure >= 0.05]


def _providers(outcome: Outcome) -> Told:
    return [(sure, right) for sure, right, named in outcome.told if named]


def _scopes(outcome: Outcome) -> Told:
    return outcome.scopes


def tune(seeds: Sequence[int], workers: int) -> None:
    """How each threshold of the peers does on these seeds, which must not be those of a test."""
    whole: Counter[tuple[str, str]] = Counter()
    with multiprocessing.Pool(workers) as pool:
        for part in pool.imap_unordered(_try_thresholds, seeds):
            whole.update(part)
    for name in sorted({name for name, _ in whole}):
        right, said, faults = (whole[name, what] for what in ("right", "said", "faults"))
        f1 = 2 * right / max(said + faults, 1)
        print(f"F1 {f1:.3f}  {name}: P {right / max(said, 1):.3f} R {right / max(faults, 1):.3f}")


def _try_thresholds(seed: int) -> Counter[tuple[str, str]]:
    """Every threshold on the incidents of one graph that the targets speak of."""
    found: Counter[tuple[str, str]] = Counter()
    watched = Watched.of(draw_pair(SERVICES, PROVIDERS, seed))
    rng = np.random.default_rng(seed)
    for severity, faults, bucket in CELLS:
        if severity < 0.5 or bucket == "<5":
            continue
        incident = draw_incident(watched, faults, severity, BUCKETS[bucket], rng)
        if incident is None:
            continue
        truth = {scope.provider for scope in incident.faults}
        heard = listen(watched.thought, incident.said, PLAIN)
        tried = {
            f"SCORE {at} {least}": score(watched.thought, heard, at, least)
            for at, least in product((0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), (2, 3, 4, 5))
        }
        for at in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3):
            tried[f"signatures {at}"] = signatures(incident.said, at)
        for name, said in tried.items():
            found[name, "right"] += len(said & truth)
            found[name, "said"] += len(said)
            found[name, "faults"] += len(truth)
    return found


if __name__ == "__main__":
    main()
