"""How long a verdict takes, on a graph of some 200 capabilities and on one of some 10,000."""

from __future__ import annotations

import time

import numpy as np
from attribution_incidents import LASTS, PLACES, Watched, draw_incident
from attribution_results import times
from attribution_worlds import draw_pair

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.parameters import Parameters
from downwind.questions.attribution.search import Budget
from downwind.questions.suspects import Suspects

SIZES = ((102, 36), (5000, 620))
"""Services and providers of the graphs that are timed."""
SEVERITIES = (0.1, 0.3, 0.5, 0.9, 1.0)


def speed(seed: int, how: Parameters, incidents: int = 200) -> None:
    """Print the times of verdicts without a deadline: by the clock, and of the processor."""
    for services, providers in SIZES:
        pair = draw_pair(services, providers, seed)
        watched = Watched.of(pair)
        began = time.perf_counter()
        suspects = Suspects.of(pair.thought, LASTS)
        built = time.perf_counter() - began
        capabilities = int((suspects.falls.service >= 0).sum())
        print(f"{capabilities:,} capabilities, {len(suspects.names):,} causes, ", end="")
        print(f"{len(suspects.falls.row):,} pairs; solved in {built:.2f} s")
        clock, busy = _verdicts(watched, suspects, how, incidents, np.random.default_rng(seed))
        print(times("verdicts", clock))
        print(times("the same, seconds of the processor", busy), flush=True)


def _verdicts(
    watched: Watched, suspects: Suspects, how: Parameters, incidents: int, rng: np.random.Generator
) -> tuple[list[float], list[float]]:
    capabilities = int((suspects.falls.service >= 0).sum())
    clock: list[float] = []
    busy: list[float] = []
    while len(clock) < incidents:
        severity, faults = float(rng.choice(SEVERITIES)), int(rng.integers(1, 4))
        incident = draw_incident(watched, faults, severity, (5, capabilities), rng)
        if incident is None:
            continue
        if not clock:
            attribute_all(suspects, incident.said, places=PLACES, how=how)  # loads kernels
        began, worked = time.perf_counter(), time.process_time()
        attribute_all(suspects, incident.said, places=PLACES, budget=Budget.of(60.0), how=how)
        clock.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
    return clock, busy
