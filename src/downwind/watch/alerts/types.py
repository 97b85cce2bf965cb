"""What is sent to people, and over which routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Protocol

_SEVERITIES = ("critical", "warning", "info")
_WAY = ("dns", "dial", "tls")
"""Layers at which the way to a target fails; at the others the target itself has spoken."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message on one incident, or on the watcher itself."""

    id: str
    """The incident and the number of its event: the same alert has the same id for ever."""
    incident: str
    kind: str
    """opened, grew, escalated, moved, reopened, closed or merged; of the watcher: opened or
    closed."""
    at: float
    severity: str
    """critical, warning or info."""
    title: str
    """One line that names the cause and the number of victims."""
    text: str
    """What is known, in a few sentences."""
    cause: str
    """The scope, service or vantage at fault; empty where unknown."""
    blame: str
    """them, us, vantage, unknown, or watcher."""
    verdict: str
    confidence: float
    since: float
    closed_at: float | None = None
    layer: str = ""
    victims: tuple[str, ...] = ()
    """At most 50 of them; `hit` has their number."""
    hit: int = 0
    of: int = 0
    independent: bool = True
    was: str = ""
    """The severity told before, where it changed."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.kind in ("closed", "merged")

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"victims": list(self.victims)}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Alert:
        """The alert that this JSON form tells; raises ValueError where it tells none."""
        try:
            told = {each.name: data[each.name] for each in fields(cls)}
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no alert: {error}") from error
        for name, kind in _TYPES.items():
            if not isinstance(told[name], kind) or isinstance(told[name], bool):
                raise ValueError(f"this is no alert: its {name} is {told[name]!r:.40}")
        if told["severity"] not in _SEVERITIES:
            raise ValueError(f"this is no alert: its severity is {told['severity']!r:.40}")
        return cls(**told | {"victims": tuple(map(str, told["victims"]))})


_NUMBER = (int, float)
_TEXTS = ("id", "incident", "kind", "severity", "title", "text", "cause", "blame", "verdict")
_TYPES: Mapping[str, Any] = {
    **dict.fromkeys((*_TEXTS, "layer", "was"), str),
    **dict.fromkeys(("at", "since", "confidence"), _NUMBER),
    **dict.fromkeys(("hit", "of"), int),
    "closed_at": (*_NUMBER, type(None)),
    "victims": list,
}


GATHER = 5.0
"""Seconds for which the first alert of an incident waits: its victims follow one another."""
GROW = 30.0
"""Seconds for which an alert that it grew waits, since it may go on growing."""


class NotSent(Exception):
    """A route did not take an alert, and why; it is tried again."""

    def __init__(self, reason: str, *, retry_after: float = 0.0, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds that the route asks to wait; 0 where it does not say."""
        self.refused = refused
        """It was understood and refused: soon trying again helps little."""


class Route(Protocol):
    """A way to people."""

    @property
    def name(self) -> str:
        """Unique, and the same after a restart: the log speaks of the route by it."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts without which it does not work."""
        ...

    async def send(self, alert: Alert) -> None:
        """Deliver; raises NotSent. It ends within its own time-out."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a route is used."""

    most: int = 20
    """Alerts within `within` seconds; more wait, and the newest of each incident is sent."""
    within: float = 600.0
    first_retry: float = 5.0
    """Seconds until the first repetition; each later one waits twice as long."""
    last_retry: float = 300.0
    give_up: float = 86400.0
    """Seconds after which an alert is too old to be sent."""
    late: float = 3600.0
    """An alert of an event that was logged without its queueing is sent when no older than this."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """Route -> the least severity that it wants: critical, warning or info."""
    hold_alone: float = 0.0
    """Seconds for which an alert waits that may be of the watcher's own way to one target; it is
    not sent where that is over by then. 0 where several voices look."""

    def alone(self, alert: Alert) -> bool:
        """Whether it is of one target that gave no answer at all, and of no certain provider."""
        return (
            self.hold_alone > 0
            and not alert.over
            and alert.hit == 1
            and alert.layer in _WAY
            and alert.blame not in ("watcher", "vantage")
            and alert.verdict != "provider"
        )

    def wants(self, route: str, severity: str) -> bool:
        least = self.severities.get(route, "info")
        return _SEVERITIES.index(severity) <= _SEVERITIES.index(least)
