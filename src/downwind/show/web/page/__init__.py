"""The live page and the page of an incident: whole without a script, which only renews them."""

from __future__ import annotations

from downwind import __version__
from downwind.show.html import Html, join, tag
from downwind.show.watch_words import STALE, fails, leading, summary
from downwind.show.web.page.around import alone, around, standing
from downwind.show.web.page.ends import soon, unregistered
from downwind.show.web.page.incident import incident_body, incident_card, named
from downwind.show.web.page.parts import Seen, time
from downwind.watch.picture import IncidentSeen, Picture

_SHOWN = 30
"""Incidents of the page; the API has the rest."""


def live_page(picture: Picture, now: float) -> str:
    """What is down, whose fault and since when. All text from outside is escaped."""
    seen = Seen.of(picture, now)
    mood, sign = _mood(picture, now)
    first = None if picture.watcher.blind else leading(picture)
    running = sorted(picture.running(), key=lambda each: _order(each, first))
    closed = [each for each in picture.incidents if each.phase == "closed"]
    lead = tag(
        "p",
        tag("span", sign, class_="sign", aria_hidden="true"),
        tag("span", summary(picture, now)),
        class_="lead",
        role="status",
    )
    over = [incident_card(each, seen) for each in closed[:_SHOWN]]
    body = join(
        tag("header", tag("h1", "Downwind", class_="brand"), _stamp(picture, now)),
        lead,
        *(incident_card(each, seen, led=each is first) for each in running[:_SHOWN]),
        alone(seen),
        soon(seen),
        tag(
            "section",
            *standing(seen),
            _closed(over),
            *around(seen),
            unregistered(seen),
            class_="folds",
        ),
    )
    return _page(_title(picture, len(running)), body, mood, picture)


def _order(incident: IncidentSeen, first: IncidentSeen | None) -> tuple[bool, bool, bool, int]:
    planned = incident.phase == "maintenance"
    return incident is not first, incident.slow, planned, -len(incident.victims)


def incident_page(incident: IncidentSeen, picture: Picture, now: float) -> str:
    """One incident with its timeline."""
    mood = "bad" if incident.phase in ("open", "acknowledged") else "calm"
    mood = "doubt" if mood == "bad" and incident.slow else mood
    body = incident_body(incident, Seen.of(picture, now))
    return _page(f"{named(incident)} - Downwind", body, mood, picture)


def _mood(picture: Picture, now: float) -> tuple[str, str]:
    """How the page looks, and its sign."""
    if picture.watcher.blind:
        return "blind", "?"
    running = [each for each in picture.running() if each.phase != "maintenance"]
    if any(not each.slow for each in running):
        return "bad", "✕"
    watched = [each for each in picture.targets if each.kind == "capability"]
    if not watched or all(each.state is None for each in watched):
        return "blind", "?"
    stale = now - picture.at > STALE
    if running or any(map(fails, watched)) or not picture.watcher.healthy or stale:
        return "doubt", "!"
    return "calm", "✓"


def _title(picture: Picture, running: int) -> str:
    if picture.watcher.blind:
        return "? blind - Downwind"
    return f"({running}) Downwind" if running else "Downwind"


def _stamp(picture: Picture, now: float) -> Html:
    return tag("p", "as of ", time(picture.at, now), class_="soft stamp")


def _closed(over: list[Html]) -> Html | None:
    if not over:
        return None
    head = tag("summary", f"Closed lately ({len(over)})")
    return tag("details", head, *over, id="closed")


def _page(title: str, body: Html, mood: str, picture: Picture) -> str:
    lost = tag(
        "p", "This page no longer hears the watcher: what it shows may be old.",
        id="lost", class_="lost", role="alert", hidden="",
    )  # fmt: skip
    again = tag("meta", http_equiv="refresh", content="30")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("link", rel="stylesheet", href="/static/style.css"),
        tag("link", rel="icon", href="/icon.svg", type="image/svg+xml"),
        tag("script", src="/static/live.js", defer=""),
        tag("script", src="/static/act.js", defer=""),
        tag("noscript", again),
    )
    foot = tag(
        "footer", f"Downwind {__version__}. Times are UTC. ",
        tag("a", "API", href="/api/v1/openapi.json"), " · ", tag("a", "metrics", href="/metrics"),
    )  # fmt: skip
    told = "To act without a script, ask the API: "
    api = tag("noscript", tag("p", told, tag("code", "POST /api/v1/incidents/ID/acknowledge")))
    acting = tag("section", api, id="acting", class_="acting", aria_label="Act from this page")
    main = tag("main", body, id="live", class_=mood, data_at=repr(picture.at))
    return (
        f"<!doctype html>\n{tag('html', head, tag('body', lost, main, acting, foot), lang='en')}\n"
    )
