"""The table of routes: the app serves it, and the OpenAPI document is made from it."""

from __future__ import annotations

from typing import Any

from downwind.show.watch_words import STATES
from downwind.show.web import badges, handlers, metrics, views
from downwind.show.web.access import Right
from downwind.show.web.bodies import (
    Changes,
    Comment,
    Deploy,
    Done,
    Feeds,
    Health,
    Holder,
    Incidents,
    Maintenance,
    Needs,
    Note,
    Taken,
    Targets,
    Vantages,
    Windows,
)
from downwind.show.web.operations import Operation, Param
from downwind.watch.picture import IncidentSeen, Picture
from downwind.watch.vantages.confirmations import LONGEST_WAIT

_API = "/api/v1"
_HTML, _SVG, _TEXT = "text/html", "image/svg+xml", "text/plain"
_NO_INCIDENT = {404: "There is no such incident, or it is closed."}
_NO_NEED = {404: "There is no such suspected need."}

_PAGES = (
    Operation("GET", "/", "page", "The live page.", views.live, media=_HTML),
    Operation(
        "GET", "/incidents/{id}", "incident_page", "An incident with its timeline.",
        views.incident, media=_HTML, fails=_NO_INCIDENT,
    ),
    Operation("GET", "/icon.svg", "icon", "The sign of the page: how things are.",
              badges.icon, media=_SVG),
    Operation(
        "GET", "/static/{name}", "static", "A style sheet or script of the page.", views.static,
        media="text/css, text/javascript", fails={404: "There is no such file."},
    ),
    Operation("GET", "/events", "events",
              "Server-sent events: `picture` with {\"at\": ...} whenever there is another picture.",
              views.events, media="text/event-stream", fails={503: "Too many listen already."}),
    Operation("GET", "/badge/incident.svg", "incident_badge", "A badge: the open incidents.",
              badges.incidents, media=_SVG),
    Operation("GET", "/badge/{target:path}.svg", "target_badge", "A badge: the state of a target.",
              badges.target, media=_SVG, fails={404: "It is not watched (a badge, too)."}),
    Operation("GET", "/metrics", "metrics", "Metrics for Prometheus.", metrics.scrape, media=_TEXT),
    Operation("GET", "/healthz", "alive", "The process answers.", handlers.alive,
              right=None, shape=Health),
    Operation("GET", "/readyz", "ready", "The loop goes round, and the watcher sees.",
              handlers.ready, right=None, shape=Health,
              fails={503: "It stands still, or is blind."}),
)  # fmt: skip

_READS = (
    Operation("GET", f"{_API}/picture", "picture", "All of it.", handlers.picture, shape=Picture),
    Operation(
        "GET", f"{_API}/targets", "targets", "What is watched.", handlers.targets, shape=Targets,
        query=(
            Param("state", "Only those in this state.", among=tuple(STATES.values())),
            Param("service", "Only those of this service."),
            Param("limit", "At most so many.", most=10_000, default=1_000),
            Param("offset", "Without the first so many.", most=10_000_000, default=0),
        ),
    ),
    Operation(
        "GET", f"{_API}/incidents", "incidents", "Those not closed, and those closed lately.",
        handlers.incidents, shape=Incidents,
        query=(Param("phase", "Only those in this phase.",
                     among=("open", "acknowledged", "maintenance", "closed")),),
    ),
    Operation("GET", f"{_API}/incidents/{{id}}", "incident", "An incident of any age.",
              handlers.incident, shape=IncidentSeen, fails=_NO_INCIDENT),
    Operation("GET", f"{_API}/feeds", "feeds", "Status feeds.", handlers.feeds, shape=Feeds),
    Operation("GET", f"{_API}/vantages", "vantages", "Whence probes are sent.", handlers.vantages,
              shape=Vantages),
    Operation("GET", f"{_API}/needs", "needs", "Suspected needs.", handlers.needs, shape=Needs),
    Operation("GET", f"{_API}/changes", "changes", "Changes of one's own.", handlers.changes,
              shape=Changes),
    Operation("GET", f"{_API}/maintenance", "windows", "Maintenance, planned and under way.",
              handlers.windows, shape=Windows),
    Operation("GET", f"{_API}/token", "token", "Who asks, and what may be done with the token.",
              handlers.holder, shape=Holder),
    Operation("GET", f"{_API}/orders", "orders", "What the token's vantage is to probe.",
              handlers.orders, right=Right.REPORT, shape=dict[str, Any],
              fails={404: "There is no vantage of that name."},
              query=(Param("vantage", "The vantage that asks; its token has the same name."),)),
    Operation("GET", f"{_API}/confirmations", "confirmations",
              "What the token's vantage is to probe at once: somebody saw it fail.",
              handlers.confirmations, right=Right.REPORT, shape=dict[str, Any],
              fails={404: "There is no vantage of that name.", 503: "The hub ends."},
              query=(Param("since", "Only what was asked after this number.", most=2**53,
                           default=0),
                     Param("wait", "So many seconds for the first.", most=LONGEST_WAIT,
                           default=0))),
)  # fmt: skip


def _act(path: str, name: str, words: str, answer: handlers.Handler, body: type,
         fails: dict[int, str] | None = None) -> Operation:  # fmt: skip
    return Operation("POST", f"{_API}/{path}", name, words, answer, right=Right.ACT, shape=Done,
                     body=body, fails=fails or {})  # fmt: skip


_WRITES = (
    _act("deploys", "deploy", "Tell of a deploy.", handlers.deploy, Deploy),
    _act("maintenance", "maintenance", "Tell of planned work.", handlers.maintenance, Maintenance),
    _act("maintenance/{id:path}/cancel", "cancel", "Take back planned work.", handlers.cancel,
         Note, {404: "There is no such maintenance."}),
    _act("incidents/{id}/acknowledge", "acknowledge", "Say that someone is on it.",
         handlers.acknowledge, Note, _NO_INCIDENT),
    _act("incidents/{id}/close", "close", "Close an incident by hand.", handlers.close, Note,
         _NO_INCIDENT),
    _act("incidents/{id}/comment", "comment", "Add a line to the timeline.", handlers.comment,
         Comment, _NO_INCIDENT),
    _act("needs/{id}/accept", "accept_need", "Make a suspected need a declared one.",
         handlers.decide(True), Note, _NO_NEED),
    _act("needs/{id}/reject", "reject_need", "Drop a suspected need for good.",
         handlers.decide(False), Note, _NO_NEED),
    Operation("POST", f"{_API}/evidence", "evidence", "Observations of the token's vantage.",
              handlers.evidence, right=Right.REPORT, shape=Taken, raw=True),
)  # fmt: skip

OPERATIONS = (*_PAGES, *_READS, *_WRITES)
