"""What a folder of stored probes holds: who was probed, from where, how often, in which order."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from downwind.evidence.log import read
from downwind.terms import Evidence, Seen

_OF_A_WATCH = ("log", "map")
"""Folders of watch/history."""
_OF_THE_WATCH = ("feed.", "watch.", "probe.", "change.")
"""Kinds of records that say nothing of who needs whom."""
_SHORTEST = 0.5
"""Seconds: what comes sooner again is a repeat, and no interval."""
_GAPS = 40
"""Probes of a target by which its interval is learned."""
_LATE = 60.0
"""Seconds that a record may lie behind another in the order of a log that was written live."""
_REMEMBERED = 500_000
"""Records among which one that was written twice is known again."""
# The canonical text of a record has sorted keys: these are its first and its last ones.
_AT = re.compile(rb'\{"at":([-+0-9.eE]+),')
_TEXT = rb'("(?:[^"\\]|\\.)*")'
_ENDING = re.compile(
    rb'"kind":"probe\.\w+","subject":' + _TEXT + rb',"vantage":' + _TEXT + rb"\}\Z"
)
_LONGEST_ENDING = 1200


@dataclass(slots=True)
class Probed:
    """One target from all vantages."""

    vantages: dict[str, list[float]] = field(default_factory=dict)
    """Vantage -> when it was probed from there, the first few times."""
    every: float | None = None
    """Seconds between two probes, as a record says."""
    many: int = 0

    def interval(self) -> float | None:
        """Seconds, as told or else as usual; None where it was probed once."""
        gaps = [
            later - earlier
            for times in self.vantages.values()
            for earlier, later in pairwise(sorted(times))
            if later - earlier >= _SHORTEST
        ]
        return self.every or (statistics.median(gaps) if gaps else None)


@dataclass(slots=True)
class Store:
    """A folder of stored probes that was looked through once."""

    directory: Path
    logs: tuple[Path, ...]
    mapped: list[tuple[str, Evidence]] = field(default_factory=list)
    """What was seen of who needs whom, by time."""
    probed: dict[str, Probed] = field(default_factory=dict)
    """Target -> how it was probed."""
    begins: float = float("inf")
    changes_only: bool = False
    """Rows are changes of state, as Upptime writes them: silence between them is no probe."""
    _latest: float = float("-inf")
    _disorder: float = 0.0

    @property
    def vantages(self) -> tuple[str, ...]:
        return tuple(sorted({name for each in self.probed.values() for name in each.vantages}))

    @property
    def probes(self) -> int:
        return sum(each.many for each in self.probed.values())

    def records(self) -> Iterator[Evidence]:
        """All but the maps, each once, in the order in which they were heard.

        That is the order of the log; one that was not written live is sorted by time.
        """
        found = self._each_once()
        if self._disorder <= _LATE:
            return found
        return iter(sorted(found, key=lambda record: record.at))

    def _each_once(self) -> Iterator[Evidence]:
        seen: set[int] = set()
        for log in self.logs:
            for name, record in read(log):
                number = int(name, 16)
                if number in seen or not record.kind.startswith(_OF_THE_WATCH):
                    continue
                if len(seen) >= _REMEMBERED:
                    seen.clear()
                seen.add(number)
                yield record

    def note(self, payload: bytes) -> bool:
        """Take in what a record's text says; whether it has to be read whole as well."""
        ending = _ENDING.search(payload, max(0, len(payload) - _LONGEST_ENDING))
        at = _AT.match(payload)
        if ending is None or at is None:
            return True
        return self._probe(ending[1], ending[2], float(at[1]))

    def _probe(self, subject: bytes, vantage: bytes, at: float) -> bool:
        """True for the first one of a target, which tells more."""
        known = self.probed.get(subject[1:-1].decode("utf-8"))
        if known is None or b"\\" in subject or b"\\" in vantage:
            return True
        self._heard(known, vantage[1:-1].decode("utf-8"), at)
        return False

    def take(self, name: str, record: Evidence) -> None:
        """Take in a record that was read whole."""
        if not record.kind.startswith(_OF_THE_WATCH):
            self.mapped.append((name, record))
        elif record.kind.startswith("probe.") and isinstance(record.finding, Seen):
            known = self.probed.setdefault(record.subject, Probed())
            value = record.finding.value
            every = value.get("every")
            if isinstance(every, int | float) and not isinstance(every, bool) and every > 0:
                known.every = float(every)
            self.changes_only = self.changes_only or bool(value.get("changes_only"))
            self._heard(known, record.vantage, record.at)

    def _heard(self, probed: Probed, vantage: str, at: float) -> None:
        times = probed.vantages.setdefault(vantage, [])
        probed.many += 1
        if len(times) < _GAPS:
            times.append(at)
        self.begins = min(self.begins, at)
        self._disorder = max(self._disorder, self._latest - at)
        self._latest = max(self._latest, at)


def look_into(directory: Path) -> Store:
    """Look a folder through: a log itself, or what `downwind watch` keeps.

    Raises UsageError or LogDamaged where it cannot be read.
    """
    inner = [directory / name for name in _OF_A_WATCH]
    of_a_watch = [folder for folder in inner if folder.is_dir()]
    logs = of_a_watch or ([directory] if directory.is_dir() else [])
    store = Store(directory, tuple(logs))
    for log in logs:
        for name, record in read(log, wanted=store.note):
            store.take(name, record)
    store.mapped.sort(key=lambda each: each[1].at)
    return store
