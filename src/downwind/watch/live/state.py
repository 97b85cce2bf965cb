"""All that the watcher knows, from records alone: the same records give the same verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from downwind.catalog import Catalog
from downwind.evidence.domains import registrable_domain
from downwind.graph import Graph
from downwind.model import WatchSettings
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.prior import NOTHING_LEARNED, OwnRates
from downwind.questions.hidden import Decision, decide, decision_from_json
from downwind.questions.suspects import Suspects
from downwind.terms import Evidence, Seen, State
from downwind.watch.detection import (
    Condition,
    Connectivity,
    Detector,
    Likelihoods,
    Published,
    Sight,
    Wanted,
    Witness,
    connectivity,
    voices,
)
from downwind.watch.feeds import FeedBoard, FeedEvent
from downwind.watch.live.domains import KIND as REGISTRATION
from downwind.watch.live.domains import Domains
from downwind.watch.live.endings import KIND as ENDING
from downwind.watch.live.endings import ToldEndings
from downwind.watch.live.hindered import Hindered
from downwind.watch.live.latest import Latest
from downwind.watch.live.saved import stood_on
from downwind.watch.live.set_back import keep_age
from downwind.watch.live.states import Capabilities
from downwind.watch.live.testimony import Voices
from downwind.watch.picture import ChangeSeen
from downwind.watch.registered import OwnDomains
from downwind.watch.vantages import VantageSpec
from downwind.watch.vantages.spec import traits
from downwind.watch.watched import SIGHT, Watched

LASTS = 3600.0
"""Seconds for which a fault is taken to last, where it is asked who falls with it."""
NEED = "watch.need"
"""The kind of a record that tells what a person made of a suspected need."""
CHANGES_KEPT = 500


@dataclass(frozen=True, slots=True)
class Setting:
    """What is watched, from where, and what it stands on."""

    watched: tuple[Watched, ...]
    vantages: tuple[VantageSpec, ...]
    graph: Graph
    """With the vantages, and what the watcher itself needs."""
    suspects: Suspects
    catalog: Catalog
    settings: WatchSettings

    def places(self) -> tuple[Place, ...]:
        """Where a fault of one's own may lie: each vantage, and each network of several."""
        alone = [Place(each.name, frozenset([each.name])) for each in self.vantages]
        networks: dict[str, set[str]] = {}
        for each in self.vantages:
            if each.network:
                networks.setdefault(each.network, set()).add(each.name)
        shared = [
            Place(network, frozenset(names), "network")
            for network, names in sorted(networks.items())
            if len(names) > 1
        ]
        return (*alone, *shared)


@dataclass(frozen=True, slots=True)
class View:
    """What is known at one moment, before it is asked who is at fault."""

    at: float
    published: Published
    testimony: Testimony
    sights: Mapping[str, Connectivity]
    """Per vantage."""
    blind: bool


@dataclass(slots=True)
class Live:
    """Hears records in the order of their time. Nothing here opens a file or a socket."""

    setting: Setting
    detector: Detector
    board: FeedBoard
    latest: dict[str, Latest]
    capabilities: Capabilities
    changes: list[ChangeSeen] = field(default_factory=list)
    rates: OwnRates = NOTHING_LEARNED
    slow_rates: OwnRates = NOTHING_LEARNED
    """How often each service is slow by itself."""
    published: Published | None = None
    sights: dict[tuple[str, str], Witness] = field(default_factory=dict)
    """(vantage, target) -> how one of the hosts that show one's own connectivity fares."""
    heard_at: dict[str, float] = field(default_factory=dict)
    """Vantage -> its latest probe."""
    hindered: dict[str, Hindered] = field(default_factory=dict)
    """Vantage -> what keeps it from looking."""
    probes: int = 0
    decisions: tuple[Decision, ...] = ()
    """What people made of suspected needs."""
    domains: Domains = field(default_factory=Domains)
    told: ToldEndings = field(default_factory=ToldEndings)
    """Certificates and domains of whose end people were told."""
    touched: set[str] = field(default_factory=set)
    """Targets of which something was heard since they were drawn."""
    _reached: dict[str, frozenset[str]] = field(default_factory=dict)
    _stood_on: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: Setting, board: FeedBoard, own: OwnDomains | None = None) -> Live:
        """Nothing heard yet; `own` are the domains whose registrations are watched."""
        names = [each.name for each in setting.vantages]
        witnesses = [each for each in setting.watched if each.node]
        detector = Detector.new(
            [each.target.name for each in witnesses],
            names,
            intervals=[each.target.interval for each in witnesses],
            groups=voices([traits(each) for each in setting.vantages]),
        )
        latest = {each.target.name: Latest() for each in witnesses}
        live = cls(setting, detector, board, latest, Capabilities.of_targets(witnesses))
        if own is not None:
            live.domains = Domains.of(own)
        return live

    def hear(self, record: Evidence) -> tuple[FeedEvent, ...]:
        """Take one record in; tells what a status feed has changed by it."""
        if record.kind.startswith("probe."):
            self._hear_probe(record)
        elif record.kind in ("change.deploy", "change.dependency"):
            self._hear_change(record)
        elif record.kind == NEED:
            self._hear_decision(record)
        elif record.kind == ENDING:
            self.told.hear(record)
        elif record.kind == REGISTRATION:
            self.touched.update(self.domains.hear(record))
        elif record.kind == "feed.status":
            return self.board.hear(record)
        return ()

    def wanted(self, now: float) -> tuple[Wanted, ...]:
        """Probes to be made out of turn, now: somebody failed for the first time."""
        return self.detector.wanted(now)

    def look(self, now: float) -> View:
        """Publish the states of this moment."""
        sights = self._look_round(now)
        published = self.detector.judge(now)
        self.published = published
        for name in published.those(Condition.UP):
            if self.latest[name].failing_since is not None:
                self._calm(name, now)
        witnesses = [each for each in self.setting.watched if each.node]
        voices_ = Voices.of(witnesses, self.detector.vantages)
        testimony = voices_.testimony(self._likelihoods(now), self.latest)
        seeing = self.sight()
        blind = bool(seeing) and all(seeing.values())
        return View(now, published, testimony, sights, blind)

    def _likelihoods(self, now: float) -> Likelihoods:
        """Of each pair whether it fails or, where that says more, whether it lacks a soft need.

        Attribution asks who is hurt: who is degraded by a cause is no witness against it.
        """
        down = self.detector.likelihoods(now)
        up, hurt = self.detector.degraded.likelihoods(now, self.detector.rule)
        louder = (hurt - up > down.down - down.up) & (hurt > up)
        return Likelihoods(np.where(louder, up, down.up), np.where(louder, hurt, down.down))

    def states(self) -> dict[str, State | None]:
        """The published state of each capability: that of the worst of its targets."""
        if self.published is None:
            return {}
        return self.capabilities.states(self.published, self.latest)

    def sight(self) -> dict[str, bool]:
        """Vantage -> whether it is blind, for those that look at their own connectivity; for all
        where one of them can look at nothing at all."""
        places = self.detector.vantages
        told = {where for where, _ in self.sights}
        if any(each.wholly for each in self.hindered.values()):
            told = set(places)
        return {
            vantage: bool(self.detector.mute[number])
            for number, vantage in enumerate(places)
            if vantage in told
        }

    def reach(self, capability: str) -> frozenset[str]:
        """All that the capability leans on."""
        if capability not in self._reached:
            self._reached[capability] = frozenset(self.setting.graph.reach(capability))
        return self._reached[capability]

    def stood_on(self, capability: str) -> frozenset[str]:
        """All that it leans on by hard needs alone."""
        if capability not in self._stood_on:
            self._stood_on[capability] = stood_on(self.setting.graph, capability)
        return self._stood_on[capability]

    def stand_on(self, graph: Graph, suspects: Suspects) -> None:
        """From now on what the watched stand on is this."""
        self.setting = replace(self.setting, graph=graph, suspects=suspects)
        self._reached.clear()
        self._stood_on.clear()

    def _hear_probe(self, record: Evidence) -> None:
        if record.vantage not in self.detector.vantages:
            return
        keep_age(self, record)
        self.hindered.setdefault(record.vantage, Hindered()).hear(record)
        self.heard_at[record.vantage] = max(record.at, self.heard_at.get(record.vantage, 0.0))
        if record.subject.startswith(SIGHT):
            self._hear_sight(record)
            return
        latest = self.latest.get(record.subject)
        if latest is None:
            return
        self.probes += 1
        self.touched.add(record.subject)
        mute = self.detector.mute[self.detector.vantages.index(record.vantage)]
        heard = latest.hear(record, self.setting.catalog)
        if heard is not None and not mute:
            outcome, seconds = heard
            self.detector.hear(record.subject, record.vantage, record.at, outcome, seconds)

    def _hear_sight(self, record: Evidence) -> None:
        value = record.value
        host = record.subject.removeprefix(SIGHT)
        failed = value is None or value.get("state") == "down"
        self.sights[record.vantage, host] = Witness(
            host, registrable_domain(host), failed, record.at
        )

    def _look_round(self, now: float) -> dict[str, Connectivity]:
        """How well each vantage sees; one that is blind is not listened to."""
        found: dict[str, Connectivity] = {}
        fresh = 3 * self.setting.settings.every
        for vantage in self.detector.vantages:
            witnesses = [w for (where, _), w in self.sights.items() if where == vantage]
            if witnesses:
                found[vantage] = connectivity(witnesses, now, fresh=fresh)
            blind = vantage in found and found[vantage].sight is Sight.BLIND
            hindered = self.hindered.get(vantage)
            self.detector.set_mute(vantage, blind or (hindered is not None and hindered.wholly))
        return found

    def _hear_change(self, record: Evidence) -> None:
        value = record.value if isinstance(record.finding, Seen) else None
        if value is None:
            return
        service = str(value.get("service") or "*")
        told = ChangeSeen(
            id=f"{record.at:.0f}-{service}",
            kind="deploy" if record.kind == "change.deploy" else "dependency",
            at=record.at,
            service=service,
            title=str(value.get("title", "")),
            by=str(value.get("by", "")),
            url=str(value.get("url", "")),
        )
        if told not in self.changes:  # heard again, after a restart
            self.changes = [*self.changes, told][-CHANGES_KEPT:]

    def _hear_decision(self, record: Evidence) -> None:
        if record.value is not None:
            with suppress(ValueError, KeyError, TypeError):
                self.decisions = decide(self.decisions, decision_from_json(record.value))

    def _calm(self, name: str, now: float) -> None:
        """A target that is published as up, and of which no vantage thinks otherwise."""
        latest = self.latest[name]
        if not latest.reason and (latest.probed_at or now) > (latest.failing_since or 0.0):
            latest.is_well()
            self.touched.add(name)
