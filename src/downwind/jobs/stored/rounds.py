"""Stored records heard by the watch's own live state, and judged round after round as it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.jobs.backtest.judge import VANTAGE, Finding, Verdict
from downwind.jobs.backtest.timeline import Fall, Timeline, Trouble
from downwind.jobs.stored.findings import finding_of
from downwind.jobs.stored.maps import Maps
from downwind.terms import Evidence, Seen
from downwind.watch.detection import Condition, Outcome, outcome_of
from downwind.watch.incidents import Incidents, Maintenance, Window
from downwind.watch.live.state import Live
from downwind.watch.live.verdict import ask, observe

SECONDS = 60.0
"""Real seconds that one verdict may take: it must not hang on the speed of the machine."""
SILENT = 4.0
"""Rounds without any record after which nobody watched."""
_BETWEEN = 6
"""Looks in a round, at most, while a target fails again and again and is not yet down."""
_AGAIN = 2
"""Failed probes in a row that are worth a look before the round is over."""


@dataclass(slots=True)
class Rounds:
    """The loop of the watch on a clock that the records drive."""

    live: Live
    maps: Maps
    incidents: Incidents = field(default_factory=Incidents)
    maintenance: Maintenance = field(default_factory=Maintenance.of)
    found: Timeline = field(default_factory=Timeline)
    _troubles: dict[str, Trouble] = field(default_factory=dict)
    """By incident, or `blind VANTAGE`."""
    _blind: dict[str, str] = field(default_factory=dict)
    """Vantage -> its trouble that goes on."""
    _failing: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Target -> failed probes in a row, and the status of the last."""
    _down: frozenset[str] = frozenset()
    _heard: dict[str, float] = field(default_factory=dict)
    """Target -> when it was probed last."""

    def __post_init__(self) -> None:
        """Take in the maintenance that the model plans."""
        for number, each in enumerate(self.live.setting.settings.maintenance):
            begins, ends = each.begins.timestamp(), each.ends.timestamp()
            window = Window(f"file-{number}", each.service, begins, ends, title=each.title)
            self.maintenance = Maintenance.of([*self.maintenance.windows.values(), window])

    @property
    def every(self) -> float:
        """Seconds between two rounds."""
        return self.live.setting.settings.every

    def hear(self, record: Evidence) -> bool:
        """Take one record in; whether it is worth a look before the round is over."""
        self.maintenance = self.maintenance.heard(record)
        if not record.kind.startswith("probe.") or not isinstance(record.finding, Seen):
            self.live.hear(record)
            return False
        if not _has_steps(record.finding.value):
            return False
        self.live.hear(record)
        self.found.probes += 1
        self._heard[record.subject] = record.at
        outcome = outcome_of(record.finding.value)
        self.found.refusals += outcome is Outcome.REFUSED
        if outcome is not Outcome.FAILED:
            self._failing.pop(record.subject, None)
            return False
        row = self._failing.get(record.subject, (0, 0))[0] + 1
        self._failing[record.subject] = (row, _status(record))
        return row >= _AGAIN and record.subject not in self._down

    def look(self, now: float, *, regular: bool) -> None:
        """Publish, ask who is at fault, let the incidents know."""
        if regular:
            self.maps.renew(self.live, now)
        self.live.wanted(now)  # what was asked for out of turn lies among the records
        view = self.live.look(now)
        self._note_falls(now, view.published.those(Condition.DOWN))
        self._note_blind(now)
        question = ask(self.live, view)
        self.found.looks += 1
        if question is None and not regular and not self.incidents.ledger.open():
            return
        answer = question.answer(SECONDS) if question else None
        observed = observe(self.live, view, answer, regular=regular)
        self.incidents = self.incidents.step(observed, self.maintenance).incidents
        if regular and answer is not None:
            own = {each.suspect for each in answer.attributions if each.verdict == "own"}
            self.live.rates = self.live.rates.after(own)
        self._note_incidents(now)

    def verdict(self, now: float) -> Verdict:
        """What a reader was told at this moment."""
        mute = [Finding(VANTAGE, name, 1.0, ()) for name in sorted(self._blind)]
        told = [finding_of(each) for each in self.incidents.ledger.open()]
        return Verdict(now, (*mute, *sorted(told, key=lambda f: (-f.rank, f.named))))

    def timeline(self, start: float, end: float) -> Timeline:
        """What was found; troubles that end before `start` are left out."""
        told = (each for each in self._troubles.values() if each.last >= start)
        self.found.troubles = sorted(told, key=lambda each: (each.first, each.finding.key))
        self.found.targets = len(self._heard)
        self.found.vantages = tuple(sorted(self.live.heard_at))
        intervals = {each.target.name: each.target.interval for each in self.live.setting.watched}
        self.found.alive = sum(
            end - at <= SILENT * intervals.get(name, self.every) for name, at in self._heard.items()
        )
        return self.found

    def _note_falls(self, now: float, down: Iterable[str]) -> None:
        before, self._down = self._down, frozenset(down)
        for name in sorted(self._down - before):
            self.found.falls.append(Fall(now, name, self._failing.get(name, (0, 0))[1]))

    def _note_blind(self, now: float) -> None:
        blind = {vantage for vantage, is_blind in self.live.sight().items() if is_blind}
        for vantage in sorted(blind):
            key = self._blind.setdefault(vantage, f"blind {vantage} {now}")
            self._note(key, now, Finding(VANTAGE, vantage, 1.0, ()))
        for vantage in set(self._blind) - blind:
            del self._blind[vantage]

    def _note_incidents(self, now: float) -> None:
        """An incident that is open and not blamed any more has ended, as far as anybody knows."""
        for incident in self.incidents.ledger.open():
            count = self.incidents.counts.get(incident.id)
            if count is None or not count.gone:
                self._note(incident.id, now, finding_of(incident), incident.id)

    def _note(self, key: str, now: float, finding: Finding, incident: str = "") -> None:
        known = self._troubles.get(key)
        if known is not None:
            self._troubles[key] = known.with_(now, finding)
            return
        self._troubles[key] = Trouble(
            now, now, finding, now, finding.explains, finding.alike, incident
        )


def replay_rounds(
    records: Iterable[Evidence],
    live: Live,
    maps: Maps,
    *,
    start: float = float("-inf"),
    until: float = float("inf"),
) -> Timeline:
    """Hear the records in their order; at each look only what had come in by then is known."""
    rounds = Rounds(live, maps)
    every = rounds.every
    now, due, soon = float("-inf"), float("inf"), float("inf")
    for record in records:
        if record.at > until:
            continue  # one that came late may lie behind it
        if record.at - now > SILENT * every:
            _fall_silent(rounds, now, record.at)
            due, soon = record.at + every, float("inf")
        now = max(now, record.at)
        while now >= min(due, soon):
            at = min(due, soon)
            rounds.look(at, regular=at == due)
            due, soon = (due + every if at == due else due), float("inf")
        if rounds.hear(record):
            soon = min(soon, now + every / _BETWEEN)
    return _ended(rounds, now, start, until)


def _fall_silent(rounds: Rounds, ended: float, begins: float) -> None:
    """Nobody watched between these two moments: what was heard before is worth nothing now."""
    if ended == float("-inf"):
        rounds.found.begins = begins
        return
    rounds.look(ended + rounds.every, regular=True)
    rounds.found.gaps.append((ended, begins))


def _ended(rounds: Rounds, now: float, start: float, until: float) -> Timeline:
    found = rounds.found
    found.ends = now
    if now > float("-inf"):
        end = now if until == float("inf") else until
        if end - now <= SILENT * rounds.every:
            rounds.look(end, regular=True)
        found.last = rounds.verdict(end)
        return rounds.timeline(start, end)
    return found


def _has_steps(value: Mapping[str, Any]) -> bool:
    """Whether it has the form that detection reads: a store may be written by strangers."""
    steps = value.get("steps")
    return isinstance(steps, list) and bool(steps) and all(isinstance(s, Mapping) for s in steps)


def _status(record: Evidence) -> int:
    steps = (record.value or {}).get("steps") or ()
    return next((int(s.get("status") or 0) for s in steps if not s.get("ok")), 0)
