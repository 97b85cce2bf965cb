"""A replay of a store of evidence, and the backtest of a history: each on one screen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from downwind.catalog import Catalog
from downwind.evidence.log import read
from downwind.evidence.upptime import BadRow
from downwind.jobs.backtest.court import Court, with_targets
from downwind.jobs.backtest.hearing import Heard, hear
from downwind.jobs.backtest.listening import Listening
from downwind.jobs.backtest.load import MODEL_FILE, import_history, read_history
from downwind.jobs.backtest.outages import Outage
from downwind.jobs.backtest.score import Report, score
from downwind.jobs.backtest.timeline import Timeline, replay
from downwind.model import Model, load_model
from downwind.terms import CannotMeasure, Evidence
from downwind.watch.watched import SIGHT

_OF_A_WATCH = ("log", "map")
"""Folders of watch/history."""
_OF_THE_WATCH = ("feed.", "watch.")
"""Kinds of records that say nothing of who needs whom."""
FEWEST = 2
"""Probes below which nothing can be said: a fall shows against an earlier one."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest found."""

    report: Report
    timeline: Timeline
    bad: tuple[BadRow, ...]


@dataclass(slots=True)
class _Kept:
    """What a store holds, by what it is for."""

    probes: list[Heard] = field(default_factory=list)
    changes: list[Evidence] = field(default_factory=list)
    mapped: list[tuple[str, Evidence]] = field(default_factory=list)


def replay_store(
    directory: Path,
    catalog: Catalog,
    model: Model | None = None,
    *,
    start: float = float("-inf"),
    until: float = float("inf"),
) -> Timeline:
    """Replay the probes that are stored there; all up to `until` are heard, so as to learn.

    Without a model, that which lies beside the evidence counts. Raises CannotMeasure where there
    are too few probes to say anything.
    """
    kept = _sorted_out(each for log in _logs(directory) for each in read(log))
    if model is None:
        beside = directory / MODEL_FILE
        model = load_model([beside]) if beside.is_file() else Model()
    timeline = _replayed(kept, model, catalog, start, until)
    if timeline.probes < FEWEST or not timeline.alive:
        raise CannotMeasure(
            f"{timeline.probes} probes lie in {directory} up to then, of {timeline.alive} targets "
            "that were still watched: too few to say anything.",
            todo="Name the folder in which `downwind watch` keeps its evidence, or a later time.",
        )
    return timeline


def backtest(folder: Path, catalog: Catalog, outages: Sequence[Outage]) -> Backtest:
    """Import a history into a store, replay the store, and hold the outcome against the outages."""
    history = read_history(folder)
    with tempfile.TemporaryDirectory(prefix="downwind-backtest-") as name:
        store = Path(name) / "store"
        model = load_model([import_history(history, catalog, store).model])
        timeline = replay_store(store, catalog, model)
    return Backtest(score(history, model, timeline, outages), timeline, history.bad)


def _replayed(kept: _Kept, model: Model, catalog: Catalog, start: float, until: float) -> Timeline:
    targets = {probe.target for probe in kept.probes if not probe.target.startswith(SIGHT)}
    court = Court(with_targets(model, sorted(targets)), catalog, kept.mapped, kept.changes)
    return replay(kept.probes, Listening(court.owner_of), court.judge, start=start, until=until)


def _logs(directory: Path) -> list[Path]:
    """The log itself, or what `downwind watch` keeps in its folder: the probes, and the maps."""
    inner = [directory / name for name in _OF_A_WATCH]
    found = [folder for folder in inner if folder.is_dir()]
    return found or ([directory] if directory.is_dir() else [])


def _sorted_out(records: Iterable[tuple[str, Evidence]]) -> _Kept:
    """By time; a record that was written twice counts once."""
    kept = _Kept()
    seen: set[str] = set()
    for name, record in records:
        if name in seen:
            continue
        seen.add(name)
        if record.kind.startswith("change."):
            kept.changes.append(record)
        elif record.kind.startswith("probe."):
            kept.probes += [probe for probe in (hear(record),) if probe]
        elif not record.kind.startswith(_OF_THE_WATCH):
            kept.mapped.append((name, record))
    kept.probes.sort(key=lambda probe: probe.at)
    kept.changes.sort(key=lambda change: change.at)
    kept.mapped.sort(key=lambda each: each[1].at)
    return kept
