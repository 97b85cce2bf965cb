"""A replay of a store of evidence, and the backtest of a history: each on one screen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.catalog import Catalog
from downwind.evidence.upptime import BadRow
from downwind.jobs.backtest.court import Court
from downwind.jobs.backtest.hearing import hear
from downwind.jobs.backtest.listening import Listening
from downwind.jobs.backtest.load import import_history, read_history
from downwind.jobs.backtest.outages import Outage
from downwind.jobs.backtest.score import Report, score
from downwind.jobs.backtest.timeline import Timeline, replay
from downwind.jobs.stored.kept_model import MODEL_FILE
from downwind.jobs.stored.rounds import replay_rounds
from downwind.jobs.stored.setting import set_up, with_targets
from downwind.jobs.stored.survey import Store, look_into
from downwind.model import Model, load_model
from downwind.terms import CannotMeasure

FEWEST = 2
"""Probes below which nothing can be said: a fall shows against an earlier one."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest found."""

    report: Report
    timeline: Timeline
    bad: tuple[BadRow, ...]


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
    store = look_into(directory)
    if model is None:
        beside = directory / MODEL_FILE
        model = load_model([beside]) if beside.is_file() else Model()
    heard = _history if store.changes_only else _watched
    timeline = heard(store, model, catalog, start, until)
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


def _watched(store: Store, model: Model, catalog: Catalog, start: float, until: float) -> Timeline:
    """Every probe is stored: the watch's own detection hears them."""
    if not store.probed:
        return Timeline()
    live, maps = set_up(store, model, catalog)
    return replay_rounds(store.records(), live, maps, start=start, until=until)


def _history(store: Store, model: Model, catalog: Catalog, start: float, until: float) -> Timeline:
    """Only changes are stored: what the silence between them means is weighed."""
    probes = [probe for record in store.records() if (probe := hear(record))]
    probes.sort(key=lambda probe: probe.at)
    court = Court(with_targets(model, list(store.probed)), catalog)
    return replay(probes, Listening(court.owner_of), court.judge, start=start, until=until)
