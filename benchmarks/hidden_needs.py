"""How many hidden needs are found that are none, and how many of those that are there?

.venv/bin/python benchmarks/hidden_needs.py [--histories 100]

Histories of 200 targets over 90 days are drawn: faults of their own, bursts that hit targets drawn
by lot, and four targets that share a need which nobody knows of. A pair that was not planted is
false. docs/self-check.md quotes the figures.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.questions.hidden.falling import (
    bursts,
    common_faults,
    history,
    names,
    own_faults,
)

from downwind.questions.hidden import Fell, find_hidden

TARGETS = names(200)
GROUP = TARGETS[:4]
DAYS = 90.0
Draw = Callable[[random.Random], list[Fell]]


def measure(label: str, draw: Draw, histories: int, planted: bool) -> None:
    """Print false pairs and, where needs were planted, the share that was found."""
    pairs = {frozenset((a, b)) for a in GROUP for b in GROUP if a < b} if planted else set()
    wrong = right = 0
    began = time.perf_counter()
    for seed in range(histories):
        drawn = history(draw(random.Random(seed * 7919 + len(label))), TARGETS, DAYS)
        found = {pair for hidden in find_hidden(drawn, {}) for pair in hidden.pairs}
        wrong, right = wrong + len(found - pairs), right + len(found & pairs)
    took = (time.perf_counter() - began) / histories
    share = f", {right / (len(pairs) * histories):.0%} found" if pairs else ""
    print(f"{label}: {histories} histories, {wrong} false pairs{share}, {took:.3f} s each")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=100)
    histories = parser.parse_args().histories
    for rate in (0.2, 1.0, 3.0, 10.0):
        label = f"independent, {rate:g} a week"
        measure(label, lambda rng, r=rate: own_faults(TARGETS, DAYS, r, rng), histories, False)
    for size, daily in ((4, 2.0), (8, 1.0), (20, 1.0), (40, 0.5)):
        label = f"bursts of {size}, {daily:g} a day"

        def crowd(rng: random.Random, size: int = size, daily: float = daily) -> list[Fell]:
            drawn = own_faults(TARGETS, DAYS, 1.0, rng)
            return drawn + bursts(TARGETS, daily, size, DAYS, rng)

        measure(label, crowd, histories, False)
    for times, hit, own in (
        (2, 1.0, 0.25),
        (2, 1.0, 1.0),
        (3, 1.0, 0.25),
        (3, 1.0, 1.0),
        (4, 1.0, 1.0),
        (4, 0.8, 0.25),
        (6, 0.8, 0.25),
    ):
        label = f"planted: {times} times, {hit:.0%} hit, {own:g} a week of their own"

        def shared(
            rng: random.Random, times: int = times, hit: float = hit, own: float = own
        ) -> list[Fell]:
            drawn = own_faults(TARGETS, DAYS, own, rng)
            return drawn + common_faults(GROUP, times, DAYS, rng, hit)

        measure(label, shared, histories, True)


if __name__ == "__main__":
    main()
