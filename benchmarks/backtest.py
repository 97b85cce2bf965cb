"""How much of a backtest is chance, and how much hangs on one repository?

    .venv/bin/python benchmarks/backtest.py fit DATA
    .venv/bin/python benchmarks/backtest.py shuffle DATA [--times 40] [--seed 1]
    .venv/bin/python benchmarks/backtest.py leave-out DATA

DATA is what `downwind attribute --backtest` takes. `fit` prints what the constants of
jobs/backtest/rates.py were fitted to: the quiet days alone. `shuffle` leaves out the rows
of the outages' own hours, and moves the history of each repository by a whole number of days of its
own, up to 60 either way: bursts, flapping and the hours of the day stay as they are, and nothing is
shared between repositories any more, so that every alarm is false.
`leave-out` leaves out each repository in turn.
"""

import argparse
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from downwind.catalog import Catalog
from downwind.evidence.upptime import Read, to_evidence
from downwind.jobs.backtest.court import Court
from downwind.jobs.backtest.hearing import Tracks, hear
from downwind.jobs.backtest.known import as_model, known_sites
from downwind.jobs.backtest.listening import Listening
from downwind.jobs.backtest.load import read_history
from downwind.jobs.backtest.outages import read_outages
from downwind.jobs.backtest.rates import DAY, OTHER, answer_of
from downwind.jobs.backtest.score import ALARMS, NAMING, SLACK, Report, score
from downwind.jobs.backtest.timeline import Timeline, replay

_SHAPES = (0.02, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1.0)
_MEANS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("fit", "shuffle", "leave-out"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    history = read_history(asked.data)
    if asked.what == "fit":
        fit(history)
    elif asked.what == "shuffle":
        shuffle(history, Catalog.load(), asked.times, random.Random(asked.seed))
    else:
        leave_out(history, Catalog.load())


def run(history: Read, catalog: Catalog) -> tuple[Timeline, Report]:
    """One replay, without the way over the disk."""
    model = as_model(known_sites(history, catalog))
    court = Court(model, catalog)
    probes = (probe for record in to_evidence(history.sightings) if (probe := hear(record)))
    timeline = replay(probes, Listening(court.owner_of), court.judge)
    return timeline, score(history, model, timeline, read_outages())


def fit(history: Read) -> None:
    """A gamma prior of a site's falls a day, 4xx left out, by maximum likelihood over a grid."""
    quiet = [s for s in history.sightings if s.segment.startswith("quiet_")]
    tracks, answers = Tracks(), Counter[str]()
    fell: list[tuple[float, str, str]] = []
    for record in to_evidence(quiet):
        probe = hear(record)
        if probe and tracks.hear(probe):
            answers[answer_of(probe.code)] += 1
            if answer_of(probe.code) != OTHER:
                fell.append((probe.at, probe.vantage, probe.target))
    sites = [
        (sum(h.falls for a, h in track.habits.items() if a != OTHER), track.watched / DAY)
        for track in tracks.by_key.values()
        if track.watched
    ]
    falls, days = sum(n for n, _ in sites), sum(t for _, t in sites)
    best = max(product(_SHAPES, _MEANS), key=lambda each: _likelihood(sites, *each))
    print(f"{days:,.0f} quiet site-days of {len(sites)} sites, {falls} falls (one an hour at most)")
    print(f"shape {best[0]:g}, mean {best[1]:g} falls a day")
    days_of = len({(s.repository, s.segment) for s in quiet})
    print(
        f"{_together(fell)} times several sites of a repository fell, {days_of} quiet days of them"
    )
    print("falls by what was answered:", dict(answers.most_common()))


def _together(fell: Sequence[tuple[float, str, str]]) -> int:
    """How often several sites of one repository fell within an hour, counted once an hour."""
    times, last = 0, dict[str, float]()
    for at, vantage, _ in fell:
        sites = {t for when, v, t in fell if v == vantage and 0 <= when - at <= 3600}
        if len(sites) > 1 and at - last.get(vantage, -math.inf) > 3600:
            times, last[vantage] = times + 1, at
    return times


def _likelihood(sites: Sequence[tuple[int, float]], shape: float, mean: float) -> float:
    rate = shape / mean
    return sum(
        math.lgamma(shape + n)
        - math.lgamma(shape)
        - math.lgamma(n + 1)
        + shape * math.log(rate / (rate + days))
        + n * math.log(days / (rate + days))
        for n, days in sites
    )


def shuffle(history: Read, catalog: Catalog, times: int, random_: random.Random) -> None:
    """Alarms where nothing is shared."""
    alarms, site_days, began = Counter[str](), 0.0, time.perf_counter()
    for shuffled in _shuffles(history, times, random_):
        timeline, report = run(shuffled, catalog)
        site_days += report.site_days
        for trouble in timeline.troubles:
            if trouble.finding.kind in ALARMS:
                alarms[trouble.finding.kind] += 1
                print(f"  {trouble.finding.kind} {trouble.finding.named}: {trouble.explains}")
    spent = time.perf_counter() - began
    print(f"{times} shuffles, {site_days:,.0f} site-days, {spent:.0f} s: {dict(alarms)} alarms")


def _shuffles(history: Read, times: int, random_: random.Random) -> Iterator[Read]:
    repositories = sorted({s.repository for s in history.sightings})
    outages = read_outages()
    quiet = [s for s in history.sightings if not any(o.holds(s.at, SLACK) for o in outages)]
    for _ in range(times):
        moved = {name: DAY * random_.randint(-60, 60) for name in repositories}
        rows = [replace(s, at=s.at + moved[s.repository]) for s in quiet]
        yield Read.of(rows, history.sites, history.bad)


def leave_out(history: Read, catalog: Catalog) -> None:
    """What is found without each repository."""
    for name in ("", *sorted({s.repository for s in history.sightings})):
        rows = [s for s in history.sightings if s.repository != name]
        _, report = run(Read.of(rows, history.sites, history.bad), catalog)
        found = [
            f"{o.outage.id} {o.verdict(t)} {t.finding.named} {t.finding.confidence:.2f} "
            f"+{(t.first - o.outage.starts.timestamp()) / 60:.0f} min"
            for o in report.outcomes
            for t in o.troubles
        ]
        named = sum(t.finding.kind in NAMING for t in report.false)
        print(f"without {name or 'none'}: {'; '.join(found)}; false {len(report.false)} ({named})")


if __name__ == "__main__":
    main()
