"""The routes that a model asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from downwind.model.watching import Route as Wanted
from downwind.terms import ModelError
from downwind.watch.alerts.routes.alertmanager import AlertmanagerRoute
from downwind.watch.alerts.routes.apprise import AppriseRoute
from downwind.watch.alerts.routes.mail import MailRoute
from downwind.watch.alerts.routes.webhook import WebhookRoute
from downwind.watch.alerts.types import Route

_UNNAMED = "route"
_SMTP_PORT = 25


def routes_of(
    wanted: Iterable[Wanted], now: Callable[[], float], *, page: str = ""
) -> tuple[Route, ...]:
    """The routes, each with a name of its own; `now` gives the real time, which receivers check.

    Raises ModelError where two have one name, UsageError where one cannot work.
    """
    return tuple(_route(each, name, now, page) for name, each in named_routes(wanted).items())


def named_routes(wanted: Iterable[Wanted]) -> Mapping[str, Wanted]:
    """Each by its name; one without a name is called by its kind. Raises ModelError."""
    routes: dict[str, Wanted] = {}
    for each in wanted:
        name = each.name
        if name == _UNNAMED:
            name = next(n for n in _names(_kind(each)) if n not in routes)
        if name in routes:
            raise ModelError(f"Two alert routes are called {name!r}.", todo="Name each its own.")
        routes[name] = each
    return routes


def _kind(wanted: Wanted) -> str:
    ways = ("webhook", "alertmanager", "apprise", "smtp")
    return next(way for way in ways if getattr(wanted, way) is not None)


def _names(kind: str) -> Iterable[str]:
    yield kind
    number = 2
    while True:
        yield f"{kind}-{number}"
        number += 1


def _route(wanted: Wanted, name: str, now: Callable[[], float], page: str) -> Route:
    kind = _kind(wanted)
    if kind == "webhook":
        return WebhookRoute(name, wanted.webhook or "", now, wanted.secret or "")
    if kind == "alertmanager":
        return AlertmanagerRoute(name, wanted.alertmanager or "", now, page)
    if kind == "apprise":
        return AppriseRoute(name, wanted.apprise or "")
    host, port = _host_and_port(wanted.smtp or "")
    return MailRoute(
        name,
        host,
        port,
        wanted.sender or "",
        wanted.to,
        wanted.user or "",
        wanted.password or "",
        wanted.starttls,
    )


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, _SMTP_PORT
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ModelError(f"{text!r:.100} is no mail server.", todo="Write HOST or HOST:PORT.")
    return host.strip("[]"), int(port)
