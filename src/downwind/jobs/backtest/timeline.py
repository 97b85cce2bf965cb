"""A history replayed as a watcher would have heard it: verdicts, and the troubles in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from downwind.jobs.backtest.hearing import FRESH, STALE, Heard
from downwind.jobs.backtest.judge import DOUBTFUL, OWN, SHARED, Finding, Verdict, without_own
from downwind.jobs.backtest.listening import Listening, Moment

SETTLE = 60.0
"""Seconds that a runner takes to write down what it saw of all its sites."""
STEP = 600.0
"""Seconds between two looks while something has newly fallen."""
HELD_OPEN = 2 * 3600.0
"""Seconds without the same finding after which a trouble is over."""

HELD_TAIL = DOUBTFUL
"""A common cause is told at shared.SIGNIFICANT, and held while it is less likely than this."""

Judge = Callable[[Listening, Moment], Verdict]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One finding from its first verdict to its last."""

    first: float
    """Seconds since 1970-01-01 UTC."""
    last: float
    finding: Finding
    """The first of the surest."""
    surest_at: float
    explains: tuple[str, ...]
    """All that it explained at any time."""
    alike: tuple[str, ...] = ()
    """Who fell with them and answered alike, and is not known to need it."""
    incident: str = ""
    """The incident that a watcher would have kept of it; empty in a history of changes."""

    @property
    def touches(self) -> frozenset[str]:
        """All who fell with it, as far as anybody can tell."""
        rest = self.finding.unexplained if self.finding.kind == SHARED else ()
        return frozenset((*self.explains, *self.alike, *rest))

    def with_(self, at: float, finding: Finding) -> Trouble:
        surer = finding.rank > self.finding.rank
        return replace(
            self,
            last=at,
            finding=finding if surer else self.finding,
            surest_at=at if surer else self.surest_at,
            explains=tuple(sorted({*self.explains, *finding.explains})),
            alike=tuple(sorted({*self.alike, *finding.alike})),
        )


@dataclass(frozen=True, slots=True)
class Fall:
    """A target newly seen to fall."""

    at: float
    target: str
    code: int
    """The HTTP status, 0 where there was none."""


@dataclass(slots=True)
class Timeline:
    """What a replay found."""

    troubles: list[Trouble] = field(default_factory=list)
    """In the order of their first verdicts."""
    probes: int = 0
    looks: int = 0
    begins: float = 0.0
    ends: float = 0.0
    targets: int = 0
    vantages: tuple[str, ...] = ()
    falls: list[Fall] = field(default_factory=list)
    """Every time that a target was newly seen to fall."""
    refusals: int = 0
    gaps: list[tuple[float, float]] = field(default_factory=list)
    """When nothing at all was heard for so long that nothing could be said: a blind watcher."""
    alive: int = 0
    """Targets of which something was known at the end."""
    last: Verdict | None = None
    """The verdict of the last look."""


def replay(
    probes: Iterable[Heard],
    listening: Listening,
    judge: Judge,
    *,
    start: float = float("-inf"),
    until: float = float("inf"),
) -> Timeline:
    """Hear the probes in order; troubles that end before `start` are left out.

    At each look only what had been heard by then is known.
    """
    found, watch = Timeline(), _Troubles()
    due: float | None = None
    for probe in _in_time(probes, until):
        while due is not None and probe.at > due:
            due = _look(listening, judge, found, watch, due)
        found.begins = found.begins if found.probes else probe.at
        if found.probes and probe.at - found.ends > STALE:
            found.gaps.append((found.ends, probe.at))
        found.ends = probe.at
        found.probes += 1
        found.refusals += probe.fared == "refused"
        if listening.hear(probe):
            found.falls.append(Fall(probe.at, probe.target, probe.code))
            settled = probe.at + SETTLE
            due = settled if due is None else min(due, settled)
    if due is not None and due <= until:
        _look(listening, judge, found, watch, due)
    if until < float("inf") and found.probes:
        found.last = judge(listening, listening.moment(until))
        watch.take(found.last)
    found.troubles = [t for t in watch.all() if t.last >= start]
    end = found.ends if until == float("inf") else until
    found.alive = sum(1 for _ in listening.tracks.alive(end))
    keys = listening.tracks.by_key
    found.targets = len({target for target, _ in keys})
    found.vantages = tuple(sorted({vantage for _, vantage in keys}))
    return found


def _in_time(probes: Iterable[Heard], until: float) -> Iterator[Heard]:
    for probe in probes:
        if probe.at > until:
            return
        yield probe


def _look(
    listening: Listening,
    judge: Judge,
    found: Timeline,
    watch: _Troubles,
    at: float,
) -> float | None:
    """Judge one moment; when to look again, if anything is still fresh by then."""
    found.last = judge(listening, listening.moment(at))
    found.looks += 1
    watch.take(found.last)
    return at + STEP if listening.in_trouble(at + STEP) else None


@dataclass(slots=True)
class _Troubles:
    open: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    closed: list[Trouble] = field(default_factory=list)

    def take(self, verdict: Verdict) -> None:
        for key, trouble in list(self.open.items()):
            if verdict.at - trouble.last > HELD_OPEN:
                self.closed.append(self.open.pop(key))
        for finding in self._held(verdict):
            known = self.open.get(finding.key)
            self.open[finding.key] = (
                known.with_(verdict.at, finding)
                if known
                else Trouble(
                    verdict.at, verdict.at, finding, verdict.at, finding.explains, finding.alike
                )
            )

    def _held(self, verdict: Verdict) -> Sequence[Finding]:
        """An unknown cause that was told goes on while owners still fall together in its way.

        Who fell with a common cause has no fault of its own as long as that is fresh, and who fell
        with a named one has no unknown one.
        """
        shared = verdict.shared
        fresh = [t for t in self.open.values() if verdict.at - t.last <= FRESH]
        taken = {target for t in fresh if t.finding.kind != OWN for target in t.touches}
        by_name = {x for t in fresh if t.finding.kind not in (OWN, SHARED) for x in t.touches}
        told = [
            finding
            for finding in verdict.findings
            if finding.kind != SHARED or not by_name.issuperset(finding.unexplained)
        ]
        trouble = self.open.get((SHARED, shared.answer))
        if trouble is None or shared.tail > HELD_TAIL:
            return without_own(told, taken)
        return [*without_own(told, {*taken, *shared.targets}), trouble.finding]

    def all(self) -> Sequence[Trouble]:
        return sorted((*self.closed, *self.open.values()), key=lambda t: (t.first, t.finding.key))
