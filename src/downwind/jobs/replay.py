"""Replays outages: start a world, map it, predict, break it, watch, name the cause, compare."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.jobs.emulated import Emulated, emulated
from downwind.jobs.foretell import Prediction, foretell
from downwind.jobs.map import Mapped
from downwind.jobs.outcome import (
    Cell,
    JudgedClaim,
    Replay,
    agreements,
    cells_of,
    held_states,
    unmeasured,
    verdict_of,
)
from downwind.jobs.stage import Moment, Played, Setting, Stage, Tell
from downwind.model import Model
from downwind.questions.claims import Judgement, judge
from downwind.terms import Scope, State
from downwind.world.form.called import Called
from downwind.world.form.deal import deal, deal_scope
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import Scenario
from downwind.world.form.schema import WorldFile

_AT_SCALE = 2
"""Regions that a provider has at least where its offer counts as one at large scale."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a replay is run."""

    speed: float | None = None
    """Scenario seconds in a real one; None leaves it to each scenario."""
    seed: int | None = None
    as_of: date | None = None
    users: int = 2000
    map_budget: float = 20.0
    """Real seconds that the map may take."""
    confine: bool = True
    declarations: Model | None = None
    """In place of what the world's owners declare; a test declares wrongly."""


async def replay(scenario: Scenario, options: Options, tell: Tell) -> Replay:
    """Run it all and return the result; raises WorldError, CannotMeasure, ModelError."""
    results = [result async for result in replay_all([scenario], options, tell)]
    return results[0]


async def replay_all(
    scenarios: Sequence[Scenario], options: Options, tell: Tell
) -> AsyncIterator[Replay]:
    """Several scenarios one after the other; those of one world share it, started and mapped once.

    Raises as `replay` does.
    """
    for file in dict.fromkeys(scenario.world_file for scenario in scenarios):
        here = [scenario for scenario in scenarios if scenario.world_file == file]
        world = deal(load_world(file), options.seed)
        for scenario in here:
            check_scenario(scenario, world)
        async with emulated(
            file,
            deal=options.seed,
            speed=options.speed or here[0].spec.speed,
            start=here[0].start - 3600,
        ) as there:
            running = _Running(options, world, there)
            for number, scenario in enumerate(here):
                yield await running.play(scenario, tell, first=number == 0)


@dataclass
class _Running:
    options: Options
    world: WorldFile
    there: Emulated
    mapped: Mapped | None = None

    async def play(self, scenario: Scenario, tell: Tell, *, first: bool) -> Replay:
        options, world = self.options, self.world
        fault = deal_scope(world, Scope.parse(scenario.spec.fault.scope), options.seed)
        model = owners_model(world, scenario.recovery)
        speed = options.speed or scenario.spec.speed
        tuned = {"do": "tune", "speed": speed, "recovery": scenario.recovery}
        clock = (await self.there.process.tell(tuned))["clock"]
        handout = {**self.there.process.handout, "clock": clock}
        tell(Moment(scenario.start, "opened", scenario, fault))
        if first:
            tell(Moment(scenario.start, "started", scenario, fault))
        mapped = self.mapped or await self._map(model, handout)
        if self.mapped is None:
            tell(Moment(scenario.start, "mapped", scenario, fault, mapped=mapped))
        self.mapped = mapped
        owners = options.declarations or model
        prediction = foretell(scenario, mapped, self.there.catalog, owners, fault, options.as_of)
        tell(Moment(scenario.start, "predicted", scenario, fault, prediction=prediction))
        ledger = _Ledger(scenario, world, owners, fault, mapped, self.there.catalog, options.as_of)
        before = ledger.before()
        tell(Moment(scenario.start, "claims", scenario, fault, claims=before))
        setting = Setting(
            scenario=scenario,
            process=self.there.process,
            handout=handout,
            world=world,
            model=model,
            catalog=self.there.catalog,
            prediction=prediction,
            fault=fault,
            dealt=options.seed is not None,
            users=options.users,
            told=Called(world, fault).told,
        )
        played = await Stage(setting, tell).play(self.there.folder)
        cells = cells_of(scenario, model, prediction, played, dealt=options.seed is not None)
        return self._result(scenario, fault, model, prediction, played, cells, ledger)

    async def _map(self, model: Model, handout: Mapping[str, Any]) -> Mapped:
        budget, confine = self.options.map_budget, self.options.confine
        return await self.there.map(model, handout, budget=budget, confine=confine)

    def _result(
        self,
        scenario: Scenario,
        fault: Scope,
        model: Model,
        prediction: Prediction,
        played: Played,
        cells: tuple[Cell, ...],
        ledger: "_Ledger",
    ) -> Replay:
        assert self.mapped is not None
        blamed, first_failure = verdict_of(scenario, played)
        predicted, outside, reported = agreements(cells)
        return Replay(
            scenario=scenario,
            seed=self.options.seed,
            speed=played.speed,
            as_of=self.options.as_of.isoformat() if self.options.as_of else None,
            world=self.world,
            fault=fault,
            cells=cells,
            named=blamed,
            first_failure=first_failure,
            prediction=prediction,
            predicted=predicted,
            outside=outside,
            reported=reported,
            claims=ledger.judged(cells),
            played=played,
            mapped=self.mapped,
            unmeasured=unmeasured(cells, model),
        )


@dataclass(frozen=True)
class _Ledger:
    """Judges the claims of a world by what could be known, what was seen, and what is known."""

    scenario: Scenario
    world: WorldFile
    model: Model
    fault: Scope
    mapped: Mapped
    catalog: Catalog
    as_of: date | None

    def before(self) -> tuple[Judgement, ...]:
        """By what was known on the day before."""
        eve = datetime.fromtimestamp(self.scenario.start, UTC).date() - timedelta(days=1)
        return self._judged(self._graph(min(self.as_of or eve, eve)))

    def judged(self, cells: tuple[Cell, ...]) -> tuple[JudgedClaim, ...]:
        """Each claim three times."""
        seen = held_states(cells)
        whole = self._graph(None)
        before, during, after = self.before(), self._judged(whole, seen), self._judged(whole)
        return tuple(JudgedClaim(*three) for three in zip(before, during, after, strict=True))

    def _graph(self, as_of: date | None) -> Graph:
        return build_graph(
            self.mapped.records, self.catalog, self.model, as_of=as_of, scopes=[self.fault]
        )

    def _judged(
        self, graph: Graph, seen: Mapping[str, State] | None = None
    ) -> tuple[Judgement, ...]:
        return tuple(
            judge(
                claim,
                graph,
                self.model,
                observed=seen,
                fault=self.fault,
                duration=self.scenario.until - self.scenario.onset,
                choices=_choices(self.world),
            )
            for claim in self.world.claims
        )


def _choices(world: WorldFile) -> dict[str, tuple[str, ...]]:
    """Role -> the providers that offer it at large scale: in several regions."""
    found: dict[str, list[str]] = {}
    for provider in world.providers:
        for product in provider.products:
            if product.role and len(product.regions) >= _AT_SCALE:
                found.setdefault(product.role, []).append(provider.called)
    return {role: tuple(dict.fromkeys(names)) for role, names in found.items()}
