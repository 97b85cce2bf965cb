"""Fits correlated noise to the quiet days of public Upptime histories.

What they hold is one vantage's changes of state, seen by probes some ten minutes apart, each
failure tried three times within seconds. So a duration is known to some ten minutes, what is
shorter is mostly missed, and nothing is known of single lost probes.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CADENCE = 600.0
"""Seconds between two probes of Upptime, the median where every probe was committed."""
DAY = 86_400.0
REFUSALS = {"401", "403", "405", "429", "999"}
TOGETHER = 600.0
"""Seconds within which failures of several sites of one repository are one burst."""
SLOW = 3.0
"""Times a site's own median from which an answer belongs to a slow spell."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Failures of one kind: how often per thing and day, how uneven, how long."""

    seen: int
    """Seen in the data."""
    rate: float
    """A day, those too short to be seen included."""
    shape: float
    """Of the gamma distribution by which the rate differs from site to site; small is uneven."""
    median: float
    """Seconds."""
    sigma: float
    """Of the logarithm of the duration."""
    share_seen: float
    """Of all spells, by the fit; the rest is shorter than the data can show."""


@dataclass(frozen=True, slots=True)
class Noise:
    """All that the quiet days say."""

    site_days: int
    repo_days: int
    path: Spells
    """No HTTP answer, one site at a time: all taken as the path's fault, though some were not."""
    refused: Spells
    own: Spells
    """The site itself answers 404 or 5xx: real, and seen from everywhere."""
    network_rate: float
    """Bursts a day over most sites of one owner."""
    unseen_rate: float
    """Upper 95 % bound of what was not seen once in all days: bursts of a vantage or a resolver."""
    burst_share: tuple[float, float]
    slow_time: float
    """Share of the time in slow spells."""
    spread: float
    """Sigma of the logarithm of one site's answers, from those a day apart; robust."""
    base: tuple[float, ...]
    """Median answer of each site, seconds."""
    ratios: tuple[tuple[float, ...], ...]
    """Of each site, how many times slower it was in slow spells."""


@dataclass(frozen=True, slots=True)
class _Row:
    repo: str
    site: str
    at: float
    state: str
    code: str
    seconds: float
    probe: bool


@dataclass(frozen=True, slots=True)
class _Spell:
    repo: str
    site: str
    at: float
    lasted: float
    whole: bool
    code: str


def fit(folder: Path) -> Noise:
    """Read `rows.tsv.gz` and fit; the order of rows does not matter."""
    days: dict[tuple[str, str, str], list[_Row]] = defaultdict(list)
    with gzip.open(folder / "rows.tsv.gz", "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text, delimiter="\t"):
            if row["segment"].startswith("quiet_"):
                days[row["repo"], row["site_name"], row["segment"]].append(_row(row))
    spells = [each for rows in days.values() for each in _spells(rows)]
    site_days = Counter((repo, site) for repo, site, _ in days)
    repo_days = len({(repo, segment) for repo, _, segment in days})
    path = [each for each in spells if each.code == "0"]
    alone, bursts = _bursts(path)
    base, ratios, slow_time, spread = _slow(row for rows in days.values() for row in rows)
    lengths = _durations(path)
    return Noise(
        sum(site_days.values()),
        repo_days,
        _fit_spells(alone, site_days, lengths),
        _fit_spells([each for each in spells if each.code in REFUSALS], site_days),
        _fit_spells([s for s in spells if s.code != "0" and s.code not in REFUSALS], site_days),
        bursts / repo_days / lengths[2],
        -math.log(0.05) / repo_days / lengths[2],
        (0.3, 1.0),
        slow_time,
        spread,
        base,
        ratios,
    )


def _row(row: dict[str, str]) -> _Row:
    at = datetime.fromisoformat(row["time_utc"].replace("Z", "+00:00")).timestamp()
    seconds = float(row["latency_ms"] or 0) / 1000
    return _Row(
        row["repo"],
        row["site_name"],
        at,
        row["state"],
        row["http_code"],
        seconds,
        row["kind"] == "probe",
    )


def _spells(rows: list[_Row]) -> list[_Spell]:
    """From up to down within one quiet day; who is down all day long is no spell."""
    rows = sorted(rows, key=lambda row: row.at)
    found = []
    for n, (before, row) in enumerate(pairwise(rows)):
        if not (row.probe and row.state == "down" and before.state == "up"):
            continue
        ends = [later.at for later in rows[n + 2 :] if later.state == "up"]
        midnight = (row.at // DAY + 1) * DAY
        lasted = (ends[0] if ends else midnight) - row.at
        found.append(_Spell(row.repo, row.site, row.at, lasted, bool(ends), row.code))
    return found


def _bursts(spells: Sequence[_Spell]) -> tuple[list[_Spell], int]:
    """Spells of one site alone, and how often several sites of a repository failed together."""
    alone, bursts = [], set()
    for spell in spells:
        near = [
            other
            for other in spells
            if other.repo == spell.repo and abs(other.at - spell.at) <= TOGETHER
        ]
        if len({other.site for other in near}) > 1:
            bursts.add((spell.repo, min(other.at for other in near)))
        else:
            alone.append(spell)
    return alone, len(bursts)


def _fit_spells(
    spells: Sequence[_Spell],
    site_days: Counter[tuple[str, str]],
    lengths: tuple[float, float, float] | None = None,
) -> Spells:
    median, sigma, share = lengths or _durations(spells)
    counts = Counter((each.repo, each.site) for each in spells)
    rate = len(spells) / sum(site_days.values())
    shapes = np.geomspace(0.003, 10, 120)
    exposure = np.array([site_days[site] for site in site_days], float)
    seen = np.array([counts[site] for site in site_days], float)
    likely = [_negative_binomial(shape, rate, exposure, seen) for shape in shapes]
    shape = float(shapes[int(np.argmax(likely))])
    return Spells(len(spells), rate / share, shape, median, sigma, share)


def _negative_binomial(shape: float, rate: float, exposure: Floats, seen: Floats) -> float:
    mean = rate * exposure
    gammas = np.array([math.lgamma(n + shape) - math.lgamma(shape) for n in seen])
    logs = gammas + shape * np.log(shape / (shape + mean)) + seen * np.log(mean / (shape + mean))
    return float(logs.sum())


def _durations(spells: Sequence[_Spell]) -> tuple[float, float, float]:
    """Median and sigma of a log-normal duration, and the share of spells that can be seen.

    A spell of d seconds meets floor(d / cadence) probes or one more, by chance of phase; one that
    meets none is not in the data. An unfinished spell says that it meets at least so many.
    """
    grid = np.geomspace(5.0, 5 * DAY, 500)
    met = grid / CADENCE
    best = (-math.inf, 0.0, 0.0, 0.0)
    for median in np.geomspace(60.0, 6 * 3600.0, 60):
        for sigma in np.linspace(0.4, 2.0, 33):
            weight = np.exp(-0.5 * (np.log(grid / median) / sigma) ** 2)
            weight /= weight.sum()
            share = float((weight * np.minimum(met, 1.0)).sum())
            likely = 0.0
            for spell in spells:
                k = max(1, round(spell.lasted / CADENCE))
                exact = np.clip(1.0 - np.abs(met - k), 0.0, 1.0)
                chance = exact if spell.whole else np.clip(met - (k - 1), 0.0, 1.0)
                likely += math.log(float((weight * chance).sum()) / share + 1e-300)
            best = max(best, (likely, float(median), float(sigma), share))
    return best[1:]


def _slow(
    rows: Iterable[_Row],
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...], float, float]:
    """Median per site, how much slower slow answers were, their share of all answers, and how far
    two answers of a site differ that came a day apart."""
    answers: dict[tuple[str, str], list[float]] = defaultdict(list)
    times: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row.state == "up" and row.code != "0" and row.seconds > 0:
            answers[row.repo, row.site].append(row.seconds)
            times[row.repo, row.site].append((row.at, row.seconds))
    known = [values for _, values in sorted(answers.items()) if len(values) >= 8]
    base = tuple(float(np.median(values)) for values in known)
    ratios = tuple(
        tuple(sorted(v / middle for v in values if v > SLOW * middle))
        for values, middle in zip(known, base, strict=True)
    )
    total = sum(len(values) for values in known)
    steps = [
        math.log(later / earlier)
        for each in times.values()
        for (at, earlier), (then, later) in pairwise(sorted(set(each)))
        if 0.6 * DAY <= then - at <= 1.1 * DAY
    ]
    low, high = np.quantile(steps, (0.25, 0.75))
    spread = float((high - low) / 1.349 / math.sqrt(2))
    return base, ratios, sum(len(each) for each in ratios) / total, spread
