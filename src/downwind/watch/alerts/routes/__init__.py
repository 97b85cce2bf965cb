"""The ways to people: webhook, mail, Alertmanager, and whatever Apprise knows."""

from downwind.watch.alerts.routes.alertmanager import AlertmanagerRoute
from downwind.watch.alerts.routes.apprise import AppriseRoute
from downwind.watch.alerts.routes.configure import named_routes, routes_of
from downwind.watch.alerts.routes.mail import MailRoute
from downwind.watch.alerts.routes.webhook import WebhookRoute, sign, verify

__all__ = [
    "AlertmanagerRoute",
    "AppriseRoute",
    "MailRoute",
    "WebhookRoute",
    "named_routes",
    "routes_of",
    "sign",
    "verify",
]
