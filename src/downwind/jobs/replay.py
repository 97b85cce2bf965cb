"""Replays an outage: start a world, map it, predict, break it, watch, name the cause, compare."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.graph import Graph, build_graph
from downwind.jobs.map import Mapped, map_walled
from downwind.model import Model
from downwind.observe import Network
from downwind.questions.agreement import Agreement, agreement
from downwind.questions.attribute import QUIET, Attribution, attribute
from downwind.questions.observed import observed_state
from downwind.questions.suspects import Suspects
from downwind.questions.verdicts import Named, named
from downwind.questions.whatif import WhatIf, what_if
from downwind.terms import CannotMeasure, Scope, State
from downwind.watch import Round, Watch, watch_rounds
from downwind.world.client import WorldProcess
from downwind.world.form.deal import deal, deal_scope
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import Event, Scenario
from downwind.world.form.schema import WorldFile
from downwind.world.people.crowd_process import CrowdCount, CrowdProcess
from downwind.world.people.e2e import MessageDriver

MEMORY = 8
"""Rounds of probes that the attribution remembers."""

_WARM_UPS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How a replay is run."""

    speed: float = 480.0
    seed: int | None = None
    as_of: date | None = None
    users: int = 2000
    map_budget: float = 20.0
    """Real seconds that the map may take."""
    confine: bool = True
    declarations: Model | None = None
    """In place of what the world's owners declare; a test declares wrongly."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was foretold, by the outside view alone and with the owners' declarations."""

    outside: WhatIf
    declared: WhatIf


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, for the one who tells the story. `at` is the time in history."""

    at: float
    kind: str
    """started, mapped, predicted, told, round, verdict or crowd."""
    event: Event | None = None
    mapped: Mapped | None = None
    prediction: Prediction | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    attribution: Attribution | None = None
    crowd: CrowdCount | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One capability, in all columns."""

    service: str
    capability: str
    title: str
    predicted: State
    predicted_from_outside: State
    certain_from_outside: bool
    observed: State | None
    reported: State | None
    source: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay."""

    scenario: Scenario
    options: Options
    world: WorldFile
    fault: Scope
    cells: tuple[Cell, ...]
    named: Named | None
    first_failure: float | None
    """Seconds after the onset."""
    prediction: Prediction
    predicted: Agreement
    outside: Agreement
    reported: Agreement
    mapped: Mapped
    graph: Graph
    walls: tuple[str, ...]
    unmeasured: tuple[str, ...]
    """Capabilities with a journey that were probed too seldom to say how they fared."""

    @property
    def agrees(self) -> bool:
        """True where every observed capability fared as predicted, and the cause was named."""
        right = all(c.observed in (c.predicted, None) for c in self.cells)
        scope = self.named.attribution.scope if self.named else None
        hit = any(c.observed is not State.UP for c in self.cells)
        return right and (not hit or (scope is not None and scope.provider == self.fault.provider))


Tell = Callable[[Moment], None]


async def replay(scenario: Scenario, options: Options, tell: Tell) -> Replay:
    """Run it all and return the result; raises WorldError, CannotMeasure, ModelError."""
    world = deal(load_world(scenario.world_file), options.seed)
    check_scenario(scenario, world)
    fault = deal_scope(world, Scope.parse(scenario.spec.fault.scope), options.seed)
    model = owners_model(world)
    async with _running(scenario, options, world) as (process, folder):
        tell(Moment(scenario.start, "started"))
        catalog = Catalog.load([folder / "overlay.yaml"])
        mapped = await _map(process, model, folder, options)
        tell(Moment(scenario.start, "mapped", mapped=mapped))
        graph, prediction = _predict(scenario, options, mapped, catalog, model, fault)
        tell(Moment(scenario.start, "predicted", prediction=prediction))
        stage = _Stage(scenario, options, process, world, model, catalog, graph, fault, tell)
        rounds, verdicts = await stage.play(folder)
    return _compare(
        scenario, options, world, fault, model, mapped, graph, prediction, rounds, verdicts
    )


@asynccontextmanager
async def _running(
    scenario: Scenario, options: Options, world: WorldFile
) -> AsyncIterator[tuple[WorldProcess, Path]]:
    with tempfile.TemporaryDirectory(prefix="downwind-") as name:
        folder = Path(name)
        async with WorldProcess.start(
            scenario.world_file,
            folder / "world",
            deal=options.seed,
            speed=options.speed,
            start=scenario.start - 3600,
        ) as process:
            (folder / "overlay.yaml").write_text(process.overlay, encoding="utf-8")
            yield process, folder


async def _map(process: WorldProcess, model: Model, folder: Path, options: Options) -> Mapped:
    steps = [step for _, _, capability in model.capabilities() for step in capability.journey]
    hosts = dict.fromkeys(urlsplit(step.url).hostname or "" for step in steps)
    return await map_walled(
        list(hosts),
        process.handout,
        folder / "map",
        budget=options.map_budget,
        confine=options.confine,
    )


def _predict(
    scenario: Scenario,
    options: Options,
    mapped: Mapped,
    catalog: Catalog,
    model: Model,
    fault: Scope,
) -> tuple[Graph, Prediction]:
    lasts = scenario.until - scenario.onset
    owners = options.declarations or model
    outside = build_graph(mapped.records, catalog, model, declared=False, scopes=[fault])
    graph = build_graph(mapped.records, catalog, owners, as_of=options.as_of, scopes=[fault])
    bare = _without_declarations(model)
    return graph, Prediction(
        outside=what_if(outside, bare, [str(fault)], lasts),
        declared=what_if(graph, owners, [str(fault)], lasts),
    )


def _without_declarations(model: Model) -> Model:
    """The services and journeys, which anyone can see, and nothing that only owners know."""
    services = tuple(
        service.model_copy(
            update={
                "capabilities": tuple(
                    c.model_copy(update={"declares": ()}) for c in service.capabilities
                )
            }
        )
        for service in model.services
    )
    return Model(services=services)


class _Stage:
    """The scenario under way: orders to the world, rounds of probes, verdicts."""

    def __init__(
        self,
        scenario: Scenario,
        options: Options,
        process: WorldProcess,
        world: WorldFile,
        model: Model,
        catalog: Catalog,
        graph: Graph,
        fault: Scope,
        tell: Tell,
    ) -> None:
        self._scenario = scenario
        self._options = options
        self._process = process
        self._world = world
        self._model = model
        self._catalog = catalog
        self._graph = graph
        self._fault = fault
        self._tell = tell
        self._network = Network.from_handout(process.handout)
        self._drivers = {"message": MessageDriver()}
        self._suspects = Suspects.of(graph, scenario.until - scenario.onset)
        self._rounds: list[Round] = []
        self._verdicts: list[tuple[float, Attribution]] = []
        self._shift = 0.0

    async def play(self, folder: Path) -> tuple[list[Round], list[tuple[float, Attribution]]]:
        """Play the timeline; return rounds and verdicts on the scenario's clock."""
        async with CrowdProcess.start(
            self._process.handout,
            self._world,
            users=self._options.users,
            every=self._scenario.spec.probe_every * 6,
        ) as crowd:
            await self._settle()
            self._shift = self._network.clock.now() - self._scenario.start
            with EvidenceLog(folder / "watch") as log:
                watching = asyncio.create_task(self._watch(log))
                listening = asyncio.create_task(self._listen(crowd))
                try:
                    await self._orders()
                    await watching
                finally:
                    watching.cancel()
                    listening.cancel()
        return self._rounds, self._verdicts

    async def _settle(self) -> None:
        """Let the systems warm up; raises CannotMeasure where one fails before all is broken."""
        clock = self._network.clock
        watch = self._watching()
        troubles: tuple[str, ...] = ()
        for _ in range(_WARM_UPS):
            async for round_ in watch_rounds(watch, clock.now() + watch.every / 2):
                troubles = round_.troubles()
                if not troubles:
                    return
        raise CannotMeasure(
            f"this fails before anything is broken: {'; '.join(troubles[:4])}.",
            where=self._scenario.name,
            todo="Mend the world file: a journey, an account or a variable.",
        )

    def _watching(self) -> Watch:
        return Watch(
            self._model,
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
            if event.order:
                await self._process.tell(self._addressed(event.order))
            self._tell(Moment(event.said_at, "told", event=event))

    def _addressed(self, order: Mapping[str, object]) -> dict[str, object]:
        scope = {"scope": str(self._fault)}
        mode = {"mode": self._scenario.spec.fault.mode} if order["do"] == "break" else {}
        return {**scope, **mode, **order}

    async def _watch(self, log: EvidenceLog) -> None:
        async for round_ in watch_rounds(self._watching(), self._scenario.end + self._shift):
            for probe in round_.probes:
                log.append(probe)
            log.sync()
            self._hear(Round(round_.at - self._shift, round_.ended - self._shift, round_.probes))

    def _hear(self, round_: Round) -> None:
        self._rounds.append(round_)
        recent = [r.probes for r in self._rounds[-MEMORY:]]
        verdict = attribute(self._graph, self._suspects, self._catalog, recent)
        before = self._verdicts[-1][1] if self._verdicts else QUIET
        self._verdicts.append((round_.ended, verdict))
        at = self._scenario.said(round_.ended)
        self._tell(Moment(at, "round", states=round_.states()))
        if (verdict.verdict, verdict.scope) != (before.verdict, before.scope):
            self._tell(Moment(at, "verdict", attribution=verdict))

    async def _listen(self, crowd: CrowdProcess) -> None:
        async for count in crowd.counts():
            at = self._scenario.said(count.at - self._shift)
            self._tell(Moment(at, "crowd", crowd=count))


def _compare(
    scenario: Scenario,
    options: Options,
    world: WorldFile,
    fault: Scope,
    model: Model,
    mapped: Mapped,
    graph: Graph,
    prediction: Prediction,
    rounds: list[Round],
    verdicts: list[tuple[float, Attribution]],
) -> Replay:
    during = [r for r in rounds if scenario.onset <= r.at < scenario.until]
    observed = _observed(scenario, prediction.declared, rounds)
    failed = [r.at for r in during if any(s is not State.UP for s in r.states().values())]
    reports = {
        f"{r.service}/{r.capability}": r for r in scenario.spec.reported if options.seed is None
    }
    cells = tuple(
        Cell(
            service=service.name,
            capability=capability.id,
            title=capability.title,
            predicted=prediction.declared.worst[key],
            predicted_from_outside=prediction.outside.worst[key],
            certain_from_outside=prediction.outside.states[key] is prediction.outside.worst[key],
            observed=observed.get(key),
            reported=reports[key].state if key in reports else None,
            source=reports[key].source if key in reports else "",
        )
        for key, service, capability in model.capabilities()
    )
    told = {key: report.state for key, report in reports.items()}
    in_outage = [(at, v) for at, v in verdicts if failed and failed[0] <= at < scenario.until]
    return Replay(
        scenario=scenario,
        options=options,
        world=world,
        fault=fault,
        cells=cells,
        named=named(in_outage, failed[0]) if failed else None,
        first_failure=failed[0] - scenario.onset if failed else None,
        prediction=prediction,
        predicted=agreement(prediction.declared.worst, observed),
        outside=agreement(prediction.outside.worst, observed),
        reported=agreement(observed, told),
        mapped=mapped,
        graph=graph,
        walls=mapped.walls,
        unmeasured=tuple(
            key for key, _, c in model.capabilities() if c.journey and key not in observed
        ),
    )


def _observed(scenario: Scenario, prediction: WhatIf, rounds: list[Round]) -> dict[str, State]:
    """The worst held state of each capability from the onset until its predicted return."""
    observed = {}
    for fate in prediction.capabilities:
        back = fate.back_at if fate.state is State.DOWN else prediction.duration
        until = min(scenario.onset + max(back, prediction.duration), scenario.end)
        states = [r.states() for r in rounds if scenario.onset <= r.at < until]
        state = observed_state([s[fate.node] for s in states if fate.node in s])
        if state is not None:
            observed[fate.node] = state
    return observed
