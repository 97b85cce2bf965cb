"""Of what kind, and how many, are the alerts when the way from one vantage fails?

.venv/bin/python benchmarks/quiet_bursts.py [--services 5400] [--bursts 20] [--first-seed 100]

A burst of the noise of quiet_world.py (one target, one network of 12, or all, of which 30 to 100 %
give no answer to one vantage) on a graph of attribution_worlds.py goes through attribution,
incidents and alerts as they are shipped.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np
from attribution_worlds import draw_pair
from quiet_fit import DAY

from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.search import Budget
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.terms import State
from downwind.watch.alerts import derive
from downwind.watch.detection import Settings
from downwind.watch.incidents import Incidents, Observed

SHARE = (0.3, 1.0)
REACHED = (1, 12, 1_000_000)
"""Targets behind the way that fails."""
LASTS = 3600.0
ROUNDS = 4
EVERY = 30.0


def heard(
    nodes: list[str], vantages: tuple[str, ...], reached: int, rng: np.random.Generator
) -> tuple[Testimony, frozenset[str]]:
    """Four rounds of a burst at the first vantage: its testimony, and whom it hit."""
    rule = Settings()
    weight = float((0.5 ** (np.arange(ROUNDS) / rule.memory)).sum())
    many = max(1, round(min(reached, len(nodes)) * rng.uniform(*SHARE)))
    hit = np.isin(np.arange(len(nodes)), rng.choice(len(nodes), many, replace=False))
    fails = np.zeros((len(nodes), len(vantages)), np.bool_)
    fails[:, 0] = hit
    flat = fails.reshape(-1)
    said = Testimony(
        [node for node in nodes for _ in vantages],
        vantages * len(nodes),
        weight * np.where(flat, np.log(rule.alpha), np.log(1 - rule.alpha)),
        weight * np.where(flat, np.log(1 - rule.beta), np.log(rule.beta)),
        [(Mark("dial"),) if each else () for each in flat.tolist()],
    )
    return said, frozenset(n for n, each in zip(nodes, hit.tolist(), strict=True) if each)


def one(
    suspects: Suspects, vantages: tuple[str, ...], reached: int, rng: np.random.Generator
) -> tuple[Counter[str], float]:
    """Alerts that open, by the verdict of their incident, and real seconds of attribution."""
    falls = suspects.falls
    nodes = [falls.rows[n] for n in np.flatnonzero(falls.service >= 0).tolist()]
    said, hit = heard(nodes, vantages, reached, rng)
    places = tuple(Place(each, frozenset([each])) for each in vantages)
    began = time.perf_counter()
    answer = attribute_all(suspects, said, places=places, budget=Budget.of(1.0))
    took = time.perf_counter() - began
    worst = State.DOWN if len(vantages) == 1 else State.DEGRADED
    states = {node: worst if node in hit else State.UP for node in nodes}
    incidents, events = Incidents(), []
    for number in range(ROUNDS):
        step = incidents.step(Observed(DAY + EVERY * number, answer.attributions, states))
        events += step.events
        incidents = step.incidents
    told = derive(Incidents().ledger, events).alerts
    return Counter(each.verdict for each in told if each.kind == "opened"), took


def main() -> None:
    """Print for one vantage and for three what a burst alerts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=5400)
    parser.add_argument("--bursts", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=100)
    asked = parser.parse_args()
    suspects = Suspects.of(draw_pair(asked.services, 120, asked.first_seed).thought, LASTS)
    many = int((suspects.falls.service >= 0).sum())
    print(f"{many:,} capabilities")
    for vantages in (("here",), ("here", "south", "west")):
        for reached in REACHED:
            found = [
                one(suspects, vantages, reached, np.random.default_rng(asked.first_seed + n))
                for n in range(asked.bursts)
            ]
            kinds = sum((each for each, _ in found), Counter[str]())
            once = sum(each == Counter(vantage=1) for each, _ in found)
            print(
                f"{len(vantages)} vantage(s), {asked.bursts} ways to {min(reached, many):,} fail: "
                f"alerts by verdict {dict(kinds) or 'none'}; {once} bursts told as the vantage, "
                f"once; attribution {np.median([took for _, took in found]):.2f} s in the middle",
                flush=True,
            )


if __name__ == "__main__":
    main()
