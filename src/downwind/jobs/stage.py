"""A scenario under way: orders to the world, rounds of probes, verdicts, crowd, status pages."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.jobs.foretell import Prediction
from downwind.jobs.map import Mapped
from downwind.model import Model
from downwind.observe import Network, StepDriver
from downwind.observe.feed import look_at_feed
from downwind.questions.attribute import QUIET, Attribution, attribute
from downwind.questions.attribution.ready import load_kernels
from downwind.questions.claims import Judgement
from downwind.questions.suspects import Suspects
from downwind.terms import CannotMeasure, Scope, State
from downwind.watch import Round, Watch, watch_rounds
from downwind.world.client import WorldProcess
from downwind.world.form.feeds import status_feeds
from downwind.world.form.scenario import Event, Scenario
from downwind.world.form.schema import WorldFile
from downwind.world.people.calls import CallDriver
from downwind.world.people.crowd_process import CrowdCount, CrowdProcess
from downwind.world.people.e2e import MessageDriver

MEMORY = 8
"""Rounds of probes that the attribution remembers."""

_WARM_UPS = 8
_ROUNDS = 12
"""Rounds that must fit between onset and mend: three in a row count, and both ends straddle."""
_FEED_EVERY = 2
"""Rounds between two looks at the status pages."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, for the one who tells the story. `at` is the time in history."""

    at: float
    kind: str
    """opened, started, mapped, predicted, claims, slowed, told, round, verdict, crowd or status."""
    scenario: Scenario
    fault: Scope | None = None
    event: Event | None = None
    mapped: Mapped | None = None
    prediction: Prediction | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    attribution: Attribution | None = None
    crowd: CrowdCount | None = None
    claims: tuple[Judgement, ...] = ()
    status: "Spoke | None" = None
    speed: float = 0.0
    """Scenario seconds in a real one, where the machine could not keep the speed asked for."""


Tell = Callable[[Moment], None]


@dataclass(frozen=True, slots=True)
class Spoke:
    """The first time that a provider's own status page told of trouble."""

    provider: str
    title: str
    at: float
    """On the scenario's clock."""


@dataclass(slots=True)
class Played:
    """What was seen while the scenario played, on its clock."""

    rounds: list[Round] = field(default_factory=list)
    verdicts: list[tuple[float, Attribution]] = field(default_factory=list)
    spoke: list[Spoke] = field(default_factory=list)
    crowd: list[CrowdCount] = field(default_factory=list)
    speed: float = 0.0
    """Scenario seconds in a real one, as it was played."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a stage needs to know."""

    scenario: Scenario
    process: WorldProcess
    handout: Mapping[str, Any]
    world: WorldFile
    model: Model
    catalog: Catalog
    prediction: Prediction
    fault: Scope
    dealt: bool
    users: int
    told: Callable[[str], str]
    """Fills in `{provider}`, `{product}` and `{region}`."""


class Stage:
    """Plays one scenario in a world that runs."""

    def __init__(self, setting: Setting, tell: Tell) -> None:
        self._set = setting
        self._scenario = setting.scenario
        self._tell = tell
        self._network = Network.from_handout(setting.handout)
        messages = MessageDriver()
        self._drivers: Mapping[str, StepDriver] = {
            "message": messages,
            "call": CallDriver(messages),
        }
        lasts = self._scenario.until - self._scenario.onset
        self._suspects = Suspects.of(setting.prediction.graph, lasts)
        self._played = Played(speed=float(setting.handout["clock"]["speed"]))
        self._told = QUIET
        self._shift = 0.0

    async def play(self, folder: Path) -> Played:
        """Play the timeline; raises WorldError, CannotMeasure."""
        # Compiled once, which takes seconds that nobody has when something fails.
        await asyncio.to_thread(load_kernels)
        handout = await self._settle()
        async with CrowdProcess.start(
            handout,
            self._set.world,
            users=self._set.users,
            every=self._scenario.spec.probe_every * 12,
        ) as crowd:
            self._shift = self._network.clock.now() - self._scenario.start
            with EvidenceLog(folder / f"watch-{self._scenario.name}") as log:
                watching = asyncio.create_task(self._watch(log))
                listening = asyncio.create_task(self._listen(crowd))
                reading = asyncio.create_task(self._read_feeds(log))
                try:
                    await self._orders()
                    await watching
                finally:
                    for task in (watching, listening, reading):
                        task.cancel()
        return self._played

    async def _settle(self) -> Mapping[str, Any]:
        """Let the systems warm up, and the handout at a speed that this machine can keep.

        Raises CannotMeasure where one fails before all is broken.
        """
        clock = self._network.clock
        watch = self._watching()
        troubles: tuple[str, ...] = ()
        took: list[float] = []
        for _ in range(_WARM_UPS):
            async for round_ in watch_rounds(watch, clock.now() + watch.every / 2):
                troubles = round_.troubles()
                if not troubles:
                    took.append(round_.ended - round_.at)
            if len(took) == 2:  # the first one also opens what was never opened
                return await self._paced(min(took))
        raise CannotMeasure(
            f"this fails before anything is broken: {'; '.join(troubles[:4])}.",
            where=self._scenario.name,
            todo="Mend the world file: a journey, an account or a variable.",
        )

    async def _paced(self, round_takes: float) -> Mapping[str, Any]:
        """Slow the clock down where too few rounds (of so many seconds) would see the fault."""
        most = (self._scenario.until - self._scenario.onset) / _ROUNDS
        if round_takes <= most:
            return self._set.handout
        slower = self._played.speed * most / round_takes
        told = await self._set.process.tell({"do": "tune", "speed": slower})
        handout = {**self._set.handout, "clock": told["clock"]}
        self._network = Network.from_handout(handout)
        self._played.speed = slower
        self._say("slowed", self._scenario.start, speed=slower)
        return handout

    def _watching(self) -> Watch:
        return Watch(
            self._set.model,
            self._network,
            every=self._scenario.spec.probe_every,
            drivers=self._drivers,
        )

    async def _orders(self) -> None:
        clock = self._network.clock
        for event in self._scenario.events:
            wait = event.at + self._shift - clock.now()
            if wait > 0:
                await clock.sleep(wait)
            if self._set.dealt and "provider" in (event.order or {}):
                continue  # the words of another provider were said of another deal
            if event.order:
                await self._set.process.tell(self._addressed(event.order))
            self._say("told", event.said_at, event=event)

    def _addressed(self, order: Mapping[str, Any]) -> dict[str, Any]:
        if order["do"] == "announce":
            return self._announced(order)
        scope = {"scope": str(self._set.fault)}
        mode = {"mode": self._scenario.spec.fault.mode} if order["do"] == "break" else {}
        return {**scope, **mode, **order}

    def _announced(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """The words of the hit provider, unless the order says whose they are."""
        if "provider" in order:
            return dict(order)
        fault = self._set.fault
        product = fault.product if fault.product != "*" else None
        return {
            **order,
            "provider": fault.provider,
            "title": self._set.told(str(order["title"])),
            "text": self._set.told(str(order["text"])),
            "products": [product] if product else [],
            "regions": [fault.region] if fault.region else [],
        }

    async def _watch(self, log: EvidenceLog) -> None:
        async for round_ in watch_rounds(self._watching(), self._scenario.end + self._shift):
            for probe in round_.probes:
                log.append(probe)
            log.sync()
            self._hear(Round(round_.at - self._shift, round_.ended - self._shift, round_.probes))

    def _hear(self, round_: Round) -> None:
        rounds, verdicts = self._played.rounds, self._played.verdicts
        rounds.append(round_)
        recent = [r.probes for r in rounds[-MEMORY:]]
        graph, catalog = self._set.prediction.graph, self._set.catalog
        verdict = attribute(graph, self._suspects, catalog, recent)
        before = verdicts[-1][1] if verdicts else QUIET
        verdicts.append((round_.ended, verdict))
        at = self._scenario.said(round_.ended)
        self._say("round", at, states=round_.states())
        # A verdict that names nobody must hold for two rounds: an outage that ends passes by it.
        settled = verdict.scope is not None or _same(verdict, before) or verdict.verdict == "quiet"
        if settled and not _same(verdict, self._told):
            self._told = verdict
            self._say("verdict", at, attribution=verdict)

    async def _listen(self, crowd: CrowdProcess) -> None:
        async for count in crowd.counts():
            told = replace(count, at=count.at - self._shift)
            if told.at < self._scenario.start:
                continue  # from the warming up
            self._played.crowd.append(told)
            self._say("crowd", self._scenario.said(told.at), crowd=told)

    async def _read_feeds(self, log: EvidenceLog) -> None:
        """Look at every provider's status page, round after round."""
        feeds = status_feeds(self._set.world)
        clock = self._network.clock
        while True:
            for provider, feed in feeds.items():
                if any(spoke.provider == provider for spoke in self._played.spoke):
                    continue
                seen = await look_at_feed(feed.url, feed.format, self._network)
                log.append(seen)
                self._hear_feed(provider, seen.value)
            await clock.sleep(self._scenario.spec.probe_every * _FEED_EVERY)

    def _hear_feed(self, provider: str, reading: Mapping[str, Any] | None) -> None:
        begun = self._scenario.start + self._shift
        for incident in (reading or {}).get("incidents", ()):
            started = incident.get("started_at")
            if incident["state"] != "open" or (started is not None and started < begun):
                continue
            now = self._network.clock.now() - self._shift
            at = now if started is None else started - self._shift
            spoke = Spoke(provider, str(incident["title"]), at)
            self._played.spoke.append(spoke)
            self._say("status", self._scenario.said(now), status=spoke)
            return

    def _say(self, kind: str, at: float, **more: Any) -> None:
        self._tell(Moment(at, kind, self._scenario, self._set.fault, **more))


def _same(a: Attribution, b: Attribution) -> bool:
    return (a.verdict, a.scope) == (b.verdict, b.scope)
