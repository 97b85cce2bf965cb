"""Plays rounds of probes to a live state, as the loop does, without a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.model import Model, model_from_texts
from downwind.questions.suspects import Suspects
from downwind.terms import Evidence, Seen
from downwind.watch.feeds import FeedBoard
from downwind.watch.incidents import Incident, IncidentEvent, Incidents, Maintenance, Observed
from downwind.watch.live.slowness import ask_slow, learn, observe_slow
from downwind.watch.live.state import LASTS, Live, Setting
from downwind.watch.live.verdict import ask, observe
from downwind.watch.selfcheck import AlertRoute, WatcherNeeds, with_watcher
from downwind.watch.vantages import VantageSpec
from downwind.watch.watched import watched_of

EVERY = 30.0
BEGAN = 1_800_000_000.0


@cache
def catalog() -> Catalog:
    return Catalog.load([])


def model_of(edges: Mapping[str, Sequence[str]], **watch: Any) -> Model:
    """A service for each name, on these edges; any one of them will do."""
    services = [
        {
            "name": name,
            "capabilities": [
                {
                    "id": "page",
                    "probes": [{"http": f"http://192.0.2.{number}/"}],
                    "declares": [{"need": "edge", "any_of": list(any_of)}],
                }
            ],
        }
        for number, (name, any_of) in enumerate(edges.items(), start=1)
    ]
    return Model.model_validate({"services": services, "watch": watch})


def probe(subject: str, at: float, *, vantage: str = "here", **step: Any) -> Evidence:
    """A probe; without further words it was answered."""
    told = {"step": 0, "ok": True, "layer": None, "reason": "", "status": 200} | step
    told |= {"milliseconds": 40.0, "strength": "hard"} | step
    state = "up" if told["ok"] else "down"
    value = {"ok": told["ok"], "state": state, "steps": [told]}
    return Evidence(subject, "probe.http", Seen(value), at, vantage)


def failed(subject: str, at: float, *, vantage: str = "here", **step: Any) -> Evidence:
    words = {"ok": False, "layer": "http", "reason": "status 500", "status": 500} | step
    return probe(subject, at, vantage=vantage, **words)


@dataclass
class Play:
    """A live state with its incidents."""

    model: Model
    vantages: tuple[VantageSpec, ...] = (VantageSpec("here"),)
    routes: tuple[AlertRoute, ...] = ()
    incidents: Incidents = field(default_factory=Incidents)
    maintenance: Maintenance = field(default_factory=lambda: Maintenance({}))
    events: list[IncidentEvent] = field(default_factory=list)
    now: float = BEGAN
    slowness: bool = True
    """Whether it is asked who is slow."""

    def __post_init__(self) -> None:
        settings = self.model.watch
        assert settings is not None
        graph = with_watcher(
            build_graph([], catalog(), self.model),
            WatcherNeeds(vantages=self.vantages, routes=self.routes),
        )
        names = [each.name for each in self.vantages]
        setting = Setting(
            watched_of(self.model, settings, names),
            self.vantages,
            graph,
            Suspects.of(graph, LASTS),
            catalog(),
            settings,
        )
        self.live = Live.of(setting, FeedBoard((), catalog()))

    def calm(self, rounds: int = 40) -> None:
        for _ in range(rounds):
            self.round()

    def round(self, *records: Evidence, silent: Sequence[str] = ()) -> None:
        """One round: these records, and an answer from whoever they say nothing of.

        A failed probe is confirmed twice at once, as the schedule does.
        """
        told = {(record.subject, record.vantage) for record in records}
        for each in self.live.setting.watched:
            for vantage in self.vantages:
                key = (each.target.name, vantage.name)
                if key not in told and each.target.name not in silent:
                    self.live.hear(probe(each.target.name, self.now, vantage=vantage.name))
        for after in (0.0, 5.0, 10.0):
            for record in records:
                self.live.hear(replace(record, at=record.at + after))
        self.now += EVERY
        self.judge()

    def judge(self) -> None:
        view = self.live.look(self.now)
        question = ask(self.live, view)
        answer = question.answer() if question else None
        observed = observe(self.live, view, answer, regular=True)
        self._tell(observed)
        if self.slowness:
            slow = ask_slow(self.live, view)
            said = slow.answer() if slow else None
            self._tell(observe_slow(self.live, view, said))
            learn(self.live, said)

    def _tell(self, observed: Observed) -> None:
        step = self.incidents.step(observed, self.maintenance)
        self.incidents = step.incidents
        self.events += step.events

    def fail(self, *names: str, rounds: int = 3, **step: Any) -> None:
        for _ in range(rounds):
            now, all_of = self.now, [each.name for each in self.vantages]
            self.round(
                *(failed(f"{n}/page", now, vantage=v, **step) for n in names for v in all_of)
            )

    @property
    def open(self) -> list[Incident]:
        return list(self.incidents.ledger.open())


def shops(many: int, *edges: str, prefix: str = "shop") -> dict[str, tuple[str, ...]]:
    return {f"{prefix}{n}.test": edges for n in range(many)}


def read_model(text: str) -> Model:
    return model_from_texts([("m.yaml", text)], {})
