"""Alerts to Prometheus's Alertmanager, by its API v2.

Alertmanager knows an alert by its labels, and forgets one that is not told again. So the labels
hold what never changes of an incident and its severity, all else are annotations, and what stands
is told again every minute. When the severity changes, the old one is resolved in the same request.
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from downwind.watch.alerts.routes.http import TIMEOUT, request, route_host
from downwind.watch.alerts.types import Alert

PATH = "/api/v2/alerts"
STANDS = 300.0
"""Seconds for which an alert stands without being told again."""
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class AlertmanagerRoute:
    """POSTs to /api/v2/alerts of a base URL."""

    name: str
    url: str = field(repr=False)
    now: Callable[[], float]
    """Seconds since 1970 UTC, as Alertmanager counts them."""
    page: str = ""
    """The watcher's own page, for generatorURL."""
    timeout: float = TIMEOUT
    repeat: float = 60.0
    """Seconds after which what stands is told again."""

    def __post_init__(self) -> None:
        route_host(self.url)

    @property
    def hosts(self) -> tuple[str, ...]:
        return (route_host(self.url),)

    async def send(self, alert: Alert) -> None:
        posted = [self._posted(alert)]
        if alert.was:
            posted.append(self._posted(alert, severity=alert.was))
        await self._post(posted)

    async def again(self, standing: Sequence[Alert]) -> None:
        """Tell again what stands; raises NotSent."""
        if standing:
            await self._post([self._posted(alert) for alert in standing])

    def _posted(self, alert: Alert, severity: str = "") -> dict[str, Any]:
        """`severity`: an earlier one, which is over."""
        over = alert.over or bool(severity)
        ends = (alert.closed_at or alert.at) if over else self.now() + STANDS
        posted = {
            "labels": {
                "alertname": "DownwindIncident",
                "incident": alert.incident,
                "severity": severity or alert.severity,
            },
            "annotations": {
                "summary": alert.title,
                "description": alert.text[:_LONGEST],
                "cause": alert.cause or "unknown",
                "blame": alert.blame,
                "verdict": alert.verdict,
                "victims": ", ".join(alert.victims)[:_LONGEST],
            },
            "startsAt": _time(alert.since),
            "endsAt": _time(max(ends, alert.since)),
        }
        return posted | ({"generatorURL": self.page} if self.page else {})

    async def _post(self, posted: Sequence[dict[str, Any]]) -> None:
        url = self.url.rstrip("/")
        url = url if url.endswith(PATH) else url + PATH
        body = json.dumps(list(posted)).encode("ascii")
        headers = {"Content-Type": "application/json"}
        await request("POST", url, body, headers, timeout=self.timeout)


def _time(at: float) -> str:
    """RFC 3339, as the schema's date-time wants it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
