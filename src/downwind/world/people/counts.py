"""How it went for a crowd: counts per capability, and per place where users talk."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from downwind.world.people.talk import Remark
from downwind.world.people.users import Action, Outcome, User


@dataclass(slots=True)
class _Count:
    tried: int = 0
    failed: int = 0
    degraded: int = 0
    by: Counter[str] = field(default_factory=Counter)
    users: set[int] = field(default_factory=set)

    def add(self, action: Action, outcome: Outcome) -> None:
        self.tried += 1
        self.failed += outcome.failed
        self.degraded += outcome.degraded
        self.by.update(outcome.by)
        self.users.add(action.user.number)

    def to_json(self) -> dict[str, Any]:
        return {
            "tried": self.tried,
            "failed": self.failed,
            "degraded": self.degraded,
            "users": len(self.users),
            "by": dict(sorted(self.by.items())),
        }


@dataclass(slots=True)
class _Talk:
    """What was tried at one place, and whom those blamed who got through."""

    tried: int = 0
    failed: int = 0
    blamed: Counter[str] = field(default_factory=Counter)

    def add(self, remark: Remark, outcome: Outcome) -> None:
        self.tried += 1
        self.failed += outcome.failed
        if remark.blamed is not None and not outcome.failed:
            self.blamed[remark.blamed] += 1

    def to_json(self) -> dict[str, Any]:
        return {
            "tried": self.tried,
            "failed": self.failed,
            "blamed": dict(sorted(self.blamed.items())),
        }


@dataclass(slots=True)
class _Counted:
    capabilities: defaultdict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    talk: defaultdict[str, _Talk] = field(default_factory=lambda: defaultdict(_Talk))

    def to_json(self) -> dict[str, Any]:
        return {
            "capabilities": {
                key: count.to_json() for key, count in sorted(self.capabilities.items())
            },
            "talk": {place: count.to_json() for place, count in sorted(self.talk.items())},
        }


class Counts:
    """Counts per capability and per place of talk, of an interval and in all."""

    def __init__(self) -> None:
        self._interval = _Counted()
        self._all = _Counted()

    def add(self, action: Action, outcome: Outcome) -> None:
        """Count one action."""
        for counts in (self._interval, self._all):
            counts.capabilities[action.key].add(action, outcome)

    def add_talk(self, remark: Remark, guest: User, outcome: Outcome) -> None:
        """Count one attempt to talk."""
        for counts in (self._interval, self._all):
            counts.talk[guest.service.name].add(remark, outcome)

    def end_interval(self) -> dict[str, Any]:
        """What happened since the last call."""
        ended, self._interval = self._interval, _Counted()
        return ended.to_json()

    def total(self) -> dict[str, Any]:
        """What happened in all."""
        return self._all.to_json()
