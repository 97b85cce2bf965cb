"""Alerts: one for each event that matters, over routes that do not all fall with the suspect."""

from downwind.watch.alerts.deliver import Deliverer, RouteHealth
from downwind.watch.alerts.derive import Derived, derive, severity_of, watcher_alert
from downwind.watch.alerts.heartbeat import Heartbeat
from downwind.watch.alerts.outbox import KIND, Due, Outbox
from downwind.watch.alerts.routes import (
    AlertmanagerRoute,
    AppriseRoute,
    MailRoute,
    WebhookRoute,
    named_routes,
    routes_of,
    sign,
    verify,
)
from downwind.watch.alerts.types import Alert, Limits, NotSent, Route

__all__ = [
    "KIND",
    "Alert",
    "AlertmanagerRoute",
    "AppriseRoute",
    "Deliverer",
    "Derived",
    "Due",
    "Heartbeat",
    "Limits",
    "MailRoute",
    "NotSent",
    "Outbox",
    "Route",
    "RouteHealth",
    "WebhookRoute",
    "derive",
    "named_routes",
    "routes_of",
    "severity_of",
    "sign",
    "verify",
    "watcher_alert",
]
