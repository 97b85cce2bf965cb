"""The result of a replay: prediction, observation, verdict and report, capability by capability."""

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.graph import Graph
from downwind.jobs.foretell import Prediction
from downwind.jobs.map import Mapped
from downwind.jobs.stage import Played, Spoke
from downwind.model import Model
from downwind.questions.agreement import Agreement, agreement
from downwind.questions.claims import Judgement
from downwind.questions.observed import HELD, observed_state
from downwind.questions.verdicts import Named, named
from downwind.questions.whatif import WhatIf
from downwind.terms import Scope, State
from downwind.watch import Round
from downwind.world.form.scenario import Scenario
from downwind.world.form.schema import WorldFile


@dataclass(frozen=True, slots=True)
class Cell:
    """One capability, in all columns. Times are seconds of the scenario after the onset."""

    service: str
    capability: str
    title: str
    predicted: State
    predicted_from_outside: State
    certain_from_outside: bool
    observed: State | None
    reported: State | None
    source: str
    predicted_back: float | None
    """When it is foretold to be back, where it is foretold to be down."""
    observed_back: float | None
    """The first round after which it stayed up, where it was seen down."""

    @property
    def key(self) -> str:
        """service/capability."""
        return f"{self.service}/{self.capability}"


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim of the ledger, judged by what could be known before, what was seen, what is known."""

    before: Judgement
    during: Judgement
    after: Judgement


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay."""

    scenario: Scenario
    seed: int | None
    speed: float
    as_of: str | None
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
    claims: tuple[JudgedClaim, ...]
    played: Played
    mapped: Mapped
    unmeasured: tuple[str, ...]
    """Capabilities with a journey that were probed too seldom to say how they fared."""

    @property
    def agrees(self) -> bool:
        """True where every observed capability fared as predicted, and the cause was named."""
        right = all(c.observed in (c.predicted, None) for c in self.cells)
        scope = self.named.attribution.scope if self.named else None
        hit = any(c.observed is not State.UP for c in self.cells)
        return right and (not hit or (scope is not None and scope.provider == self.fault.provider))

    @property
    def graph(self) -> Graph:
        """What the verdicts were given by."""
        return self.prediction.graph

    @property
    def walls(self) -> tuple[str, ...]:
        """What kept the mapper from the world's files."""
        return self.mapped.walls

    @property
    def outage_end(self) -> float | None:
        """Seconds after the onset at which the last of those that fell was back."""
        back = [cell.observed_back for cell in self.cells if cell.observed is State.DOWN]
        return None if None in back else max((b for b in back if b is not None), default=None)

    @property
    def spoke(self) -> Spoke | None:
        """The first word of the hit provider's own status page."""
        return next((s for s in self.played.spoke if s.provider == self.fault.provider), None)


def cells_of(
    scenario: Scenario, model: Model, prediction: Prediction, played: Played, *, dealt: bool
) -> tuple[Cell, ...]:
    """One row for each capability, in the order of the world."""
    observed = _observed(scenario, prediction.declared, played.rounds)
    reports = {f"{r.service}/{r.capability}": r for r in scenario.spec.reported if not dealt}
    back = {fate.node: fate.back_at for fate in prediction.declared.capabilities}
    outside, declared = prediction.outside, prediction.declared
    return tuple(
        Cell(
            service=service.name,
            capability=capability.id,
            title=capability.title,
            predicted=declared.worst[key],
            predicted_from_outside=outside.worst[key],
            certain_from_outside=outside.states[key] is outside.worst[key],
            observed=observed.get(key),
            reported=reports[key].state if key in reports else None,
            source=reports[key].source if key in reports else "",
            predicted_back=back[key] if declared.states[key] is State.DOWN else None,
            observed_back=_back(scenario, played.rounds, key),
        )
        for key, service, capability in model.capabilities()
    )


def verdict_of(scenario: Scenario, played: Played) -> tuple[Named | None, float | None]:
    """The verdict that stood, and the first failure in seconds after the onset."""
    during = [r for r in played.rounds if scenario.onset <= r.at < scenario.until]
    failed = [r.at for r in during if any(s is not State.UP for s in r.states().values())]
    if not failed:
        return None, None
    spoken = [(at, v) for at, v in played.verdicts if failed[0] <= at < scenario.until]
    return named(spoken, failed[0]), failed[0] - scenario.onset


def agreements(cells: tuple[Cell, ...]) -> tuple[Agreement, Agreement, Agreement]:
    """Predicted with declarations, predicted from outside, and observed against reported."""
    observed = {cell.key: cell.observed for cell in cells if cell.observed is not None}
    told = {cell.key: cell.reported for cell in cells if cell.reported is not None}
    return (
        agreement({cell.key: cell.predicted for cell in cells}, observed),
        agreement({cell.key: cell.predicted_from_outside for cell in cells}, observed),
        agreement(observed, told),
    )


def held_states(cells: tuple[Cell, ...]) -> Mapping[str, State]:
    """The observed states, for those who judge what was said."""
    return {cell.key: cell.observed for cell in cells if cell.observed is not None}


def unmeasured(cells: tuple[Cell, ...], model: Model) -> tuple[str, ...]:
    """Capabilities with a journey of which too few rounds were seen."""
    seen = held_states(cells)
    return tuple(k for k, _, c in model.capabilities() if c.journey and k not in seen)


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


def _back(scenario: Scenario, rounds: list[Round], key: str) -> float | None:
    """When it was up again after it had held down for the last time, in seconds after the onset."""
    states = [(r.at, r.states().get(key)) for r in rounds if r.at >= scenario.onset]
    run, last = 0, None
    for place, (_, state) in enumerate(states):
        run = run + 1 if state is State.DOWN else 0
        last = place if run >= HELD else last
    if last is None or last + 1 >= len(states):
        return None
    return states[last + 1][0] - scenario.onset
