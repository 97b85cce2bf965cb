"""A scenario file: an outage on a timeline, what was reported of it, and the story of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from downwind.model import read_yaml
from downwind.model.durations import Duration
from downwind.model.load import say_validation
from downwind.terms import ModelError, Scope, State, UsageError
from downwind.world.form.owners import RECOVERY, recovery_after

Clock = Annotated[
    str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T)?[0-9]{2}:[0-9]{2}(:[0-9]{2})?$")
]
Texts = Annotated[dict[Annotated[str, Field(pattern=r"^(en|fr)$")], str], Field(min_length=1)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultSpec(_Written):
    """The fault that history, or the author, put on the world."""

    scope: str
    mode: str
    onset: Clock
    until: Clock
    """When the fault itself is mended; what leans on it may come back later."""
    recovered: Clock | None = None
    """When control planes that had lost their leases by it launch again."""

    @model_validator(mode="after")
    def _scope_is_one(self) -> Self:
        try:
            Scope.parse(self.scope)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return self


class EventSpec(_Written):
    """One moment: an order to the world, words of the story, or both."""

    at: Clock
    do: Literal["break", "set", "mend", "announce"] | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    """Further words of the order, as docs/world-file.md lists them for each mode; of an
    announcement what the status page says, and whose it is where it is not the hit provider's."""
    tell: Texts | None = None
    source: str = ""


class ReportSpec(_Written):
    """What was publicly said of one capability, and by whom."""

    service: str
    capability: str
    state: State
    source: Annotated[str, Field(min_length=1)]


class ScenarioSpec(_Written):
    """The file as it is written; docs/scenario-file.md explains it."""

    scenario: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Texts
    about: Texts
    world: str
    """The name of a world that comes with Downwind, or a file beside this one."""
    start: datetime
    end: Clock
    probe_every: Duration = 300.0
    speed: Annotated[float, Field(ge=1, le=2000)] = 480.0
    """Scenario seconds in a real one, unless `--speed` says otherwise."""
    fault: FaultSpec
    timeline: tuple[EventSpec, ...] = Field(min_length=1)
    reported: tuple[ReportSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of the timeline, in seconds since 1970-01-01 UTC on the scenario's clock."""

    at: float
    said_at: float
    """The moment in history; differs from `at` where the timeline is shortened."""
    order: Mapping[str, Any] | None
    tell: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its times worked out."""

    spec: ScenarioSpec
    file: Path
    world_file: Path
    start: float
    onset: float
    until: float
    recovery: float
    """Seconds that control planes need after the fault is mended; 0 where it is within a lease."""
    end: float
    events: tuple[Event, ...]
    marks: tuple[tuple[float, float], ...]
    """(scenario clock, history) at each moment; equal where nothing is shortened."""

    @property
    def name(self) -> str:
        return self.spec.scenario

    def said(self, at: float) -> float:
        """The time in history for a time of the scenario's clock."""
        clock, history = self.marks[0]
        for mark in self.marks:
            if mark[0] > at:
                break
            clock, history = mark
        return history + (at - clock)


def load_scenario(name: str, *, longest_gap: float | None = None) -> Scenario:
    """A scenario that comes with Downwind, or a file; raises ModelError.

    With `longest_gap` (seconds) no two moments lie further apart than that: the shape of the
    outage stays, its plateaus shrink.
    """
    path = _find(name)
    spec = _read(path)
    start = spec.start if spec.start.tzinfo else spec.start.replace(tzinfo=UTC)
    moments = _Moments(start, path, longest_gap)
    times = [event.at for event in spec.timeline]
    fault = spec.fault
    recovered = [fault.recovered] if fault.recovered else []
    moments.learn([*times, *recovered, fault.onset, fault.until, spec.end])
    events = tuple(_event(event, moments) for event in spec.timeline)
    onset, until, end = (moments.at(text) for text in (fault.onset, fault.until, spec.end))
    recovery = moments.at(fault.recovered) - until if fault.recovered else RECOVERY
    if recovery < 0:
        raise ModelError("the fault has recovered before it is mended.", where=str(path))
    if not start.timestamp() <= onset < until <= end:
        raise ModelError(
            "the times must run start <= onset < until <= end.", where=str(path), todo="Mend them."
        )
    if fault.recovered and until + recovery > end:
        todo = "Put `end` at `recovered` or later."
        raise ModelError("the fault has recovered after the end.", where=str(path), todo=todo)
    return Scenario(
        spec=spec,
        file=path,
        world_file=_world_file(spec.world, path),
        start=start.timestamp(),
        onset=onset,
        until=until,
        recovery=recovery_after(until - onset, recovery),
        end=end,
        events=tuple(sorted(events, key=lambda event: event.at)),
        marks=moments.marks(),
    )


def packaged(kind: Literal["worlds", "scenarios"]) -> Mapping[str, Path]:
    """The worlds or scenarios that come with Downwind, by name."""
    folder = Path(str(resources.files("downwind.world") / kind))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


class _Moments:
    """Turns the times of the file into the scenario's clock, shortening long gaps if asked."""

    def __init__(self, start: datetime, path: Path, longest_gap: float | None) -> None:
        self._start = start
        self._path = path
        self._gap = longest_gap
        self._known: dict[float, float] = {}

    def learn(self, times: list[str]) -> None:
        """Lay out all moments in order, so that each gets its place."""
        here = last = self._start.timestamp()
        self._known[here] = here
        for moment in sorted({self.said(text) for text in times}):
            gap = moment - last
            here += gap if self._gap is None else min(gap, self._gap)
            last = moment
            self._known[moment] = here

    def said(self, text: str) -> float:
        """The moment in history; a time before the start is one of the next day."""
        if "T" in text:
            moment = datetime.fromisoformat(text).replace(tzinfo=self._start.tzinfo)
        else:
            parts = [int(part) for part in text.split(":")]
            if parts[0] > 23 or any(part > 59 for part in parts[1:]):
                raise ModelError(f"{text!r} is no time of day.", where=str(self._path))
            moment = self._start.replace(
                hour=parts[0], minute=parts[1], second=parts[2] if len(parts) > 2 else 0
            )
            if moment < self._start:
                moment += timedelta(days=1)
        return moment.timestamp()

    def at(self, text: str) -> float:
        """The time on the scenario's clock."""
        return self._known[self.said(text)]

    def marks(self) -> tuple[tuple[float, float], ...]:
        """(scenario clock, history) of each moment, in order."""
        return tuple(sorted((clock, history) for history, clock in self._known.items()))


def _event(spec: EventSpec, moments: _Moments) -> Event:
    order = {"do": spec.do, **spec.with_} if spec.do else None
    return Event(moments.at(spec.at), moments.said(spec.at), order, spec.tell or {}, spec.source)


def _find(name: str) -> Path:
    known = packaged("scenarios")
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_file():
        return path
    raise UsageError(
        f"there is no scenario {name!r}.",
        todo=f"Name a file, or one of: {', '.join(known)}.",
    )


def _world_file(world: str, path: Path) -> Path:
    known = packaged("worlds")
    if world in known:
        return known[world]
    file = path.parent / world
    if file.is_file():
        return file
    raise ModelError(
        f"there is no world {world!r}.",
        where=str(path),
        todo=f"Name a file beside the scenario, or one of: {', '.join(known)}.",
    )


def _read(path: Path) -> ScenarioSpec:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"it cannot be read: {error}.", where=str(path)) from error
    document = read_yaml(text, str(path))
    try:
        return ScenarioSpec.model_validate(document)
    except ValidationError as error:
        raise say_validation(error, str(path), "scenario", "docs/scenario-file.md") from error
