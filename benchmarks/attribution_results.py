"""What each incident came to, kept in a file as it goes, and the figures made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cell = tuple[float, int, str]
QUIET: Cell = (0.0, 0, "quiet")
DRAWS = 200
"""How often the graphs are drawn anew for an interval."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One incident, by all methods."""

    graph: int
    cell: Cell
    faults: int
    named: dict[str, int]
    """Per method how many providers it named."""
    right: dict[str, int]
    """Of them those at fault."""
    told: tuple[tuple[float, bool, bool], ...]
    """Per provider told of: how sure that it is at fault, whether it was, and whether it was named
    rather than a rival."""
    scopes: tuple[tuple[float, bool], ...]
    """Per scope named: how sure, and whether a fault lay inside it or took the same nodes."""
    seconds: float
    """Of the clock, for the verdict."""


def kept_in(file: Path, settings: str) -> list[Outcome]:
    """What an earlier run of the same settings kept. Raises SystemExit where they differ."""
    if not file.exists():
        file.write_text(json.dumps(settings) + "\n", encoding="utf-8")
    first, *lines = file.read_text(encoding="utf-8").splitlines()
    if json.loads(first) != settings:
        raise SystemExit(f"{file} holds a run of other settings ({first}); name another file.")
    return [_outcome(json.loads(line)) for line in lines]


def _outcome(told: dict[str, object]) -> Outcome:
    pairs = {name: tuple(map(tuple, told[name])) for name in ("told", "scopes")}  # type: ignore[call-overload]
    return Outcome(**{**told, "cell": tuple(told["cell"]), **pairs})  # type: ignore[arg-type]


def keep(file: Path, outcomes: Iterable[Outcome]) -> None:
    """Add the outcomes of one graph at once: a run that is cut off repeats whole graphs."""
    lines = "".join(json.dumps(asdict(outcome)) + "\n" for outcome in outcomes)
    with file.open("a", encoding="utf-8") as out:
        out.write(lines)


def interval(
    outcomes: Sequence[Outcome],
    figure: Callable[[Floats], float],
    parts: Callable[[Outcome], Floats],
) -> tuple[float, float, float]:
    """A figure of summed parts with its 95 % interval; graphs are drawn anew with all of theirs."""
    number = {graph: n for n, graph in enumerate(dict.fromkeys(o.graph for o in outcomes))}
    sums: Floats = np.zeros((len(number), *parts(outcomes[0]).shape))
    for outcome in outcomes:
        sums[number[outcome.graph]] += parts(outcome)
    rng = np.random.default_rng(1)
    drawn = [
        figure(sums[rng.integers(len(sums), size=len(sums))].sum(axis=0)) for _ in range(DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return figure(sums.sum(axis=0)), float(low), float(high)


def precision(outcomes: Sequence[Outcome], method: str) -> str:
    """Of the providers named the share that was at fault."""
    return _ratio(outcomes, lambda o: (o.right[method], o.named[method]))


def recall(outcomes: Sequence[Outcome], method: str) -> str:
    """Of the providers at fault the share that was named."""
    return _ratio(outcomes, lambda o: (o.right[method], o.faults))


def _ratio(outcomes: Sequence[Outcome], of: Callable[[Outcome], tuple[int, int]]) -> str:
    if not sum(of(o)[1] for o in outcomes):
        return "-"
    return _shown(
        interval(
            outcomes, lambda s: float(s[0] / max(s[1], 1)), lambda o: np.array(of(o), dtype=float)
        )
    )


def _shown(figure: tuple[float, float, float]) -> str:
    return f"{figure[0]:.3f} [{figure[1]:.3f}, {figure[2]:.3f}]"


Told = Sequence[tuple[float, bool]]


def binned(told: Told) -> Floats:
    """float[3, 10]: per tenth of sureness how many, how sure in sum, and how many were right."""
    found = np.zeros((3, 10))
    for sure, right in told:
        found[:, min(int(sure * 10), 9)] += (1.0, sure, right)
    return found


def calibration_error(bins: Floats) -> float:
    """Expected calibration error: the mean gap between how sure and how often right, by bins."""
    return float(np.abs(bins[1] - bins[2]).sum() / max(bins[0].sum(), 1))


def calibration(outcomes: Sequence[Outcome], told: Callable[[Outcome], Told]) -> str:
    """The error with its interval, and how many it is of."""
    many = sum(len(told(o)) for o in outcomes)
    figure = interval(outcomes, calibration_error, lambda o: binned(told(o)))
    return f"{figure[0]:.4f} [{figure[1]:.4f}, {figure[2]:.4f}], {many:,} told"


def reliability(outcomes: Sequence[Outcome], told: Callable[[Outcome], Told]) -> str:
    """A line for each tenth."""
    bins = sum((binned(told(o)) for o in outcomes), np.zeros((3, 10)))
    lines = [
        f"  told {sure / many:.2f}, right {right / many:.2f} of {int(many):,}"
        for many, sure, right in bins.T
        if many
    ]
    return "\n".join(lines)


def times(what: str, seconds: Sequence[float]) -> str:
    """Median, the slowest hundredth and the worst."""
    ms = np.array(seconds) * 1000
    median, slow = np.quantile(ms, [0.5, 0.99])
    return f"{len(ms):,} {what}: median {median:.1f} ms, p99 {slow:.1f} ms, worst {ms.max():.1f} ms"
