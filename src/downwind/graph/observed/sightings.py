"""The latest evidence of each kind about each subject."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import Evidence, Seen

_Latest = dict[str, tuple[str, Evidence]]


@dataclass(slots=True)
class Sightings:
    """The latest evidence of each kind about each subject, with its id."""

    _latest: dict[str, _Latest] = field(default_factory=dict)
    """Kind -> subject -> (id, record)."""

    @classmethod
    def of(cls, evidence: Iterable[tuple[str, Evidence]]) -> "Sightings":
        """Sort evidence by kind and subject; the later record wins, whatever the order."""
        latest: dict[str, _Latest] = {}
        for record_id, record in evidence:
            subjects = latest.setdefault(record.kind, {})
            known = subjects.get(record.subject)
            if known is None or (record.at, record_id) > (known[1].at, known[0]):
                subjects[record.subject] = (record_id, record)
        return cls({kind: dict(sorted(found.items())) for kind, found in sorted(latest.items())})

    def seen(self, kind: str, subject: str) -> tuple[str, Mapping[str, Any]] | None:
        """(id, value) of what was seen, or None."""
        found = self._latest.get(kind, {}).get(subject)
        if found is None or not isinstance(found[1].finding, Seen):
            return None
        return found[0], found[1].finding.value

    def get(self, kind: str, subject: str) -> Evidence | None:
        """The latest record, seen or not."""
        found = self._latest.get(kind, {}).get(subject)
        return found[1] if found else None

    def of_kind(self, kind: str) -> Iterable[tuple[str, str, Evidence]]:
        """(id, subject, record) of every record of a kind, by subject."""
        for subject, (record_id, record) in self._latest.get(kind, {}).items():
            yield record_id, subject, record

    def seen_of_kind(self, kind: str) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        """(id, subject, value) of everything that was seen of a kind, by subject."""
        for record_id, subject, record in self.of_kind(kind):
            if isinstance(record.finding, Seen):
                yield record_id, subject, record.finding.value

    def all(self) -> Iterable[Evidence]:
        """Every latest record."""
        return (record for found in self._latest.values() for _, record in found.values())
