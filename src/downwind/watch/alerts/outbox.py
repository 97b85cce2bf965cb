"""What is still to be sent, over which route: derived from the log, so that a restart knows it too.

Each alert is logged as queued, together with the event that it tells, and as sent once a route took
it. Queued and not sent is what is to be sent: a watcher killed in between sends again, and the
alert's id tells the receiver that it has it already. Nothing is sent before it is logged: a queued
record counts when it is heard, whether just now or at a restart.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from downwind.terms import Evidence, Seen
from downwind.watch.alerts.types import GATHER, GROW, Alert, Limits, NotSent

KIND = "watch.alert"
VERSION = 1
_DONE = ("sent", "given up")
_HOLD = {"opened": GATHER, "reopened": GATHER, "grew": GROW}
"""Seconds for which an alert waits for a better one in its place."""


@dataclass(frozen=True, slots=True)
class Due:
    """One alert for one route."""

    alert: Alert
    route: str
    attempts: int = 0
    not_before: float = 0.0
    reason: str = ""
    """Why the last attempt failed."""


class Outbox:
    """Alerts that are to be sent. One loop owns it; what it returns is to be logged."""

    def __init__(
        self, routes: Sequence[str], limits: Limits | None = None, vantage: str = "here"
    ) -> None:
        self.routes = tuple(routes)
        self.limits = limits or Limits()
        self._vantage = vantage
        self._pending: dict[tuple[str, str], Due] = {}
        self._expected: dict[str, Alert] = {}
        self._standing: dict[str, Alert] = {}
        self._recent: dict[str, deque[float]] = {route: deque() for route in routes}

    def __len__(self) -> int:
        return len(self._pending)

    def pending(self) -> tuple[Due, ...]:
        """All that is to be sent, oldest first."""
        return tuple(self._pending.values())

    def queued(self, alerts: Iterable[Alert], at: float) -> tuple[Evidence, ...]:
        """The records that queue alerts: to be logged with the events that they tell, and heard."""
        return tuple(
            self._record(
                alert.id,
                at,
                "queued",
                alert=alert.to_json(),
                routes=[r for r in self.routes if self.limits.wants(r, alert.severity)],
            )
            for alert in alerts
        )

    def standing(self) -> tuple[Alert, ...]:
        """The last alert of each incident that somebody was told of and that goes on."""
        waiting = {d.alert.id for d in self._pending.values() if self.limits.alone(d.alert)}
        return tuple(each for each in self._standing.values() if each.id not in waiting)

    def due(self, route: str, at: float, *, held: bool = False) -> Due | None:
        """What this route is to send now, the oldest first; None where nothing is.

        `held`: also what was not tried yet and waits for a better one in its place.
        """
        if not self._may(route, at):
            return None
        mine = (due for due in self._pending.values() if due.route == route)
        return next((d for d in mine if d.not_before <= at or (held and self._hurries(d))), None)

    def wait(self, route: str, at: float) -> float | None:
        """Seconds until this route has something to send; None where nothing is pending."""
        times = [d.not_before for d in self._pending.values() if d.route == route]
        if not times:
            return None
        recent = self._recent[route]
        full = len(recent) >= self.limits.most
        free = recent[0] + self.limits.within if full else at
        return max(0.0, min(times) - at, free - at)

    def sent(self, due: Due, at: float) -> tuple[Evidence, ...]:
        """A route took an alert."""
        self._recent.setdefault(due.route, deque()).append(at)
        return self._finish(due, at, "sent", f"attempt {due.attempts + 1}")

    def failed(self, due: Due, at: float, why: NotSent) -> tuple[Evidence, ...]:
        """A route did not take it: later again, or never where it is too old."""
        if (due.alert.id, due.route) not in self._pending:
            return ()
        if at - due.alert.at > self.limits.give_up:
            return self._finish(due, at, "given up", why.reason)
        limits = self.limits
        pause = min(limits.last_retry, limits.first_retry * 2 ** min(due.attempts, 20))
        if why.refused:
            pause = limits.last_retry
        pause = max(pause, min(why.retry_after, 3600.0))
        self._pending[due.alert.id, due.route] = replace(
            due, attempts=due.attempts + 1, not_before=at + pause, reason=why.reason[:300]
        )
        return ()

    def expect(self, alerts: Iterable[Alert]) -> None:
        """These follow from events in the log; their queueing should be there too."""
        self._expected |= {alert.id: alert for alert in alerts}

    def heard(self, record: Evidence) -> None:
        """One record that was logged; one that tells nothing of alerts is passed over."""
        value = record.value
        if record.kind != KIND or value is None or value.get("version") != VERSION:
            return
        what, route = value.get("what"), str(value.get("route", ""))
        if what == "queued":
            self._heard_queued(value)
        elif what in _DONE:
            due = self._pending.pop((record.subject, route), None)
            if due is not None and what == "sent" and route in self._recent:
                self._recent[route].append(record.at)

    def settle(self, at: float) -> tuple[Evidence, ...]:
        """After a restart: queue what was logged as an event, by a watcher killed before it was
        queued. To be logged, and heard."""
        late = [a for a in self._expected.values() if at - a.at <= self.limits.late]
        self._expected.clear()
        return self.queued(late, at)

    def to_json(self) -> dict[str, Any]:
        """What is pending and what stands, for a snapshot."""
        return {
            "pending": [
                {"alert": due.alert.to_json(), "route": due.route} for due in self._pending.values()
            ],
            "standing": [alert.to_json() for alert in self._standing.values()],
        }

    def of_json(self, data: Mapping[str, Any]) -> None:
        """Take over what was pending; raises ValueError where this tells nothing of it."""
        try:
            pending = [(Alert.of_json(d["alert"]), str(d["route"])) for d in data["pending"]]
            standing = [Alert.of_json(each) for each in data["standing"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no outbox: {error}") from error
        for alert in standing:
            self._stands(alert)
        for alert, route in pending:
            if route in self.routes:
                wait = self._held_until(alert) if self.limits.alone(alert) else 0.0
                self._pending[alert.id, route] = Due(alert, route, not_before=wait)

    def _stands(self, alert: Alert) -> None:
        self._standing.pop(alert.incident, None)
        if not alert.over:
            self._standing[alert.incident] = alert

    def _heard_queued(self, value: Mapping[str, Any]) -> None:
        try:
            alert = Alert.of_json(value["alert"])
            routes = [str(route) for route in value["routes"]]
        except (KeyError, TypeError, ValueError):
            return
        self._expected.pop(alert.id, None)
        self._stands(alert)
        self._queue(alert, [r for r in routes if r in self.routes])

    def _queue(self, alert: Alert, routes: Iterable[str]) -> None:
        """The newest alert of an incident takes the place of older ones that were not sent, and
        waits no longer than they would have. The end of one that was held back and never told is
        not told either."""
        for route in routes:
            older = [
                due
                for due in self._pending.values()
                if due.route == route and due.alert.incident == alert.incident
            ]
            for due in older:
                del self._pending[due.alert.id, route]
            if alert.over and any(self.limits.alone(d.alert) and not d.attempts for d in older):
                continue
            attempts = max((due.attempts for due in older), default=0)
            held = min((due.not_before for due in older if not due.attempts), default=math.inf)
            again = max((due.not_before for due in older if due.attempts), default=0.0)
            not_before = max(again, min(held, self._held_until(alert)))
            self._pending[alert.id, route] = Due(_with(older, alert), route, attempts, not_before)

    def _held_until(self, alert: Alert) -> float:
        """When it goes out at the latest; what is told of the watcher itself does not grow."""
        if self.limits.alone(alert):
            return alert.at + self.limits.hold_alone
        wait = 0.0 if alert.blame == "watcher" else _HOLD.get(alert.kind, 0.0)
        return alert.at + wait if wait else 0.0

    def _hurries(self, due: Due) -> bool:
        """Whether it may go out before its time: it waits for a better one alone."""
        return not due.attempts and not self.limits.alone(due.alert)

    def _finish(self, due: Due, at: float, what: str, why: str) -> tuple[Evidence, ...]:
        if self._pending.pop((due.alert.id, due.route), None) is None and what != "sent":
            return ()
        return (self._record(due.alert.id, at, what, route=due.route, detail=why[:300]),)

    def _may(self, route: str, at: float) -> bool:
        recent = self._recent.setdefault(route, deque())
        # What a clock that was set back since put into the future is as old as anything.
        while recent and not 0 <= at - recent[0] < self.limits.within:
            recent.popleft()
        return len(recent) < self.limits.most

    def _record(self, id: str, at: float, what: str, **more: object) -> Evidence:
        value = {"version": VERSION, "what": what, **more}
        return Evidence(id, KIND, Seen(value), at, self._vantage)


def _with(older: Iterable[Due], alert: Alert) -> Alert:
    """The alert, which also ends the severity that an unsent one in whose place it is would end."""
    was = next((due.alert.was for due in older if due.alert.was), "")
    return alert if alert.was or was in ("", alert.severity) else replace(alert, was=was)
