"""What keeps a vantage itself from looking: no socket, no resolver, no time. It blames nobody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from downwind.terms import Evidence, Unanswered

_MOSTLY = 0.5
"""Share of its targets from which a vantage is hindered ..."""
_WHOLLY = 0.8
"""... and from which it sees nothing."""


@dataclass(slots=True)
class Hindered:
    """Of one vantage: which of its targets the latest probe said nothing of, and why."""

    _why: dict[str, str] = field(default_factory=dict)
    """Target -> why; empty where something was seen."""
    _many: int = 0

    def hear(self, record: Evidence) -> None:
        """Take in a probe, whatever it is of."""
        finding = record.finding
        why = finding.reason if isinstance(finding, Unanswered) else ""
        self._many += bool(why) - bool(self._why.get(record.subject))
        self._why[record.subject] = why

    @property
    def wholly(self) -> bool:
        """Whether it sees as good as nothing."""
        return bool(self._why) and self._many >= _WHOLLY * len(self._why)

    def words(self) -> str:
        """What hinders it most, where that is most of what it does; else empty."""
        if not self._why or self._many < _MOSTLY * len(self._why):
            return ""
        reasons = Counter(why for why in self._why.values() if why)
        most = min(reasons, key=lambda why: (-reasons[why], why))
        return f"{'hardly any' if self.wholly else 'only some'} targets can be probed: {most}"
