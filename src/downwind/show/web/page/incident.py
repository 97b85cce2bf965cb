"""One incident: the sentence, the facts, what else it could be, what speaks against it."""

from __future__ import annotations

from urllib.parse import quote

from downwind.model.durations import say_duration
from downwind.show.html import Html, join, tag
from downwind.show.watch_text import sure
from downwind.show.watch_words import lead_of, line, sentence
from downwind.show.web.page.parts import (
    Seen,
    acts,
    chip,
    facts,
    folded,
    link,
    names,
    state,
    table,
    time,
)
from downwind.watch.picture import IncidentSeen, StatusPage

_KINDS = {
    "provider": "provider",
    "suspected": "suspected",
    "own": "your own",
    "vantage": "the watcher's side",
    "unknown": "not known who",
    "quiet": "quiet",
}


def incident_card(incident: IncidentSeen, seen: Seen, *, led: bool = False) -> Html:
    """An incident of the live page; `led` where the page's first line tells its sentence."""
    key = f"incident-{quote(incident.id, safe='')}"
    href = f"/incidents/{quote(incident.id, safe='')}"
    head = tag(
        "header",
        tag("h2", tag("a", named(incident), href=href), id=key),
        _chips(incident),
    )
    told = None if led else tag("p", sentence(incident, seen.picture, seen.now))
    return tag(
        "article", head, told,
        _facts(incident, seen), _acts(incident), *_folds(incident, seen, key),
        class_=f"incident {incident.phase}", aria_labelledby=key,
    )  # fmt: skip


def incident_body(incident: IncidentSeen, seen: Seen) -> Html:
    """An incident's own page, all unfolded, with its timeline."""
    return join(
        tag(
            "header",
            tag("p", tag("a", "All incidents", href="/"), class_="soft"),
            tag("h1", named(incident)),
            _chips(incident),
        ),
        tag("p", sentence(incident, seen.picture, seen.now), class_="lead"),
        _facts(incident, seen),
        _acts(incident),
        tag("section", tag("h2", "Timeline"), _timeline(incident, seen)),
        tag("section", tag("h2", "Details"), *_folds(incident, seen, "it", open_=True)),
    )


def named(incident: IncidentSeen) -> str:
    """The incident by its cause."""
    who = line(incident.who or incident.scope or incident.suspect)
    return who or ("Several fail together" if incident.verdict == "unknown" else "Not known")


def _acts(incident: IncidentSeen) -> Html:
    what = {"closed": ("comment",), "acknowledged": ("comment", "close")}
    path = f"/api/v1/incidents/{quote(incident.id, safe='')}"
    every = ("acknowledge", "comment", "close")
    return acts(path, named(incident), *what.get(incident.phase, every))


def _chips(incident: IncidentSeen) -> Html:
    return tag(
        "p",
        chip(incident.phase, incident.phase),
        chip(_KINDS[incident.verdict]),
        chip("slow") if incident.slow else None,
        chip(line(incident.layer, 40)) if incident.layer else None,
        tag("span", lead_of(incident), class_="unseen"),
        class_="chips",
    )


def _facts(incident: IncidentSeen, seen: Seen) -> Html:
    now = seen.now
    late = say_duration(max(0.0, incident.detected_at - incident.since))
    severe = (
        None
        if incident.severity is None
        else f"some {incident.severity:.0%} of requests fail, as estimated"
    )
    hit = f"{len(incident.victims):,} of {max(incident.of, len(incident.victims)):,}"
    return facts([
        ("Since", time(incident.since, now)),
        (
            "No longer blamed" if incident.still else "Over",
            time(incident.closed_at, now) if incident.closed_at is not None else None,
        ),
        ("Still failing then", f"{len(incident.still):,}" if incident.still else None),
        ("Came back", _times(incident.reopened) if incident.reopened else None),
        ("Verdict", join(time(incident.detected_at, now, relative=False), f", after {late}")),
        ("How sure", sure(incident.confidence)),
        ("Hit", hit),
        ("Saved", f"{len(incident.saved):,}" if incident.saved else None),
        ("Against it", _hold(incident) if incident.contradicting else None),
        ("Could also be", _next(incident) if incident.rivals else None),
        ("Severity", severe),
        ("Status page", _status(incident.status_page, now)),
        ("Your changes", _changes(incident, seen)),
        ("On it", line(incident.acknowledged_by, 60) if incident.acknowledged_by else None),
        ("Scope", tag("code", line(incident.scope)) if incident.scope else None),
    ])  # fmt: skip


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _hold(incident: IncidentSeen) -> str:
    count = len(incident.contradicting)
    return f"{count:,} {'holds' if count == 1 else 'hold'} that should have fallen"


def _next(incident: IncidentSeen) -> str:
    likeliest = max(incident.rivals, key=lambda each: each.weight)
    return f"{line(likeliest.name, 60)}, {likeliest.weight:.0%}"


def _status(page: StatusPage, now: float) -> Html | str | None:
    if not page.provider:
        return None
    if page.state == "green":
        return join("green: ", link(page.title or page.provider, page.url))
    if page.state == "unknown":
        return "not known"
    posted = join("posted ", time(page.posted_at, now)) if page.posted_at else Html("posted")
    return join(posted, ": ", link(page.title or page.provider, page.url))


def _changes(incident: IncidentSeen, seen: Seen) -> Html | str:
    within = say_duration(incident.deploys_within)
    if not incident.deploys:
        return f"none in {within}"
    told = [
        tag("li", time(each.at, seen.now), " ", link(each.title or each.kind, each.url),
            f", {line(each.service, 60)}" if each.service != "*" else None)
        for each in incident.deploys[:5]
    ]  # fmt: skip
    return tag("ul", *told, class_="plain")


def _folds(incident: IncidentSeen, seen: Seen, key: str, *, open_: bool = False) -> list[Html]:
    parts: list[tuple[str, str, Html]] = []
    for name, title, keys in (
        ("victims", "Hit", incident.victims),
        ("saved", "Saved by a second alternative", incident.saved),
        ("still", "Still failing when it was closed", incident.still),
    ):
        if keys:
            parts.append((name, f"{title} ({len(keys):,})", _targets(keys, seen)))
    if incident.rivals:
        parts.append(
            ("rivals", f"What else it could be ({len(incident.rivals)})", _rivals(incident))
        )
    called = [seen.called(each) for each in incident.contradicting]
    for name, title, told in (
        ("against", "What contradicts it: these hold", called),
        ("alongside", "Fell with it, though nothing on the map leads from them to it",
         [seen.called(each) for each in incident.alongside]),
        ("parts", "What of it fails together", [line(e) for e in incident.parts]),
        ("same", "What these probes cannot tell it from", [line(e) for e in incident.same]),
        ("separating", "Probes that would tell", [line(e) for e in incident.separating]),
        ("with", "Fell with it", [line(e) for e in incident.consequences]),
        ("dependent", "Why the verdict is not independent",
         [line(e, 1000) for e in incident.dependent]),
    ):  # fmt: skip
        if told:
            parts.append((name, f"{title} ({len(told):,})", names(told)))
    return [folded(f"{key}-{name}", title, inside, open_=open_) for name, title, inside in parts]


def _targets(keys: tuple[str, ...], seen: Seen, most: int = 60) -> Html:
    rows = []
    for key in keys[:most]:
        found = seen.by_key.get(key)
        why = line(found.reason) if found else ""
        if found and found.saved_by:
            on = f", {line(found.stands_on, 80)}" if found.stands_on else ""
            why = f"stands on its second {line(found.saved_by, 40)}{on}"
        rows.append((seen.called(key), state(found.state if found else None), why))
    more = len(keys) - most
    rest = tag("p", f"and {more:,} more", class_="soft") if more > 0 else None
    return join(table("Targets of this incident", ("Target", "State", "What is seen"), rows), rest)


def _rivals(incident: IncidentSeen) -> Html:
    rows = []
    for each in incident.rivals:
        bar = tag("meter", f"{each.weight:.0%}", min=0, max=1, value=round(each.weight, 4),
                  aria_label=f"probability {each.weight:.0%}")  # fmt: skip
        rows.append((line(each.name), join(bar, " ", f"{each.weight:.0%}")))
    return table("Other causes that the evidence leaves possible", ("Cause", "Probability"), rows)


def _timeline(incident: IncidentSeen, seen: Seen) -> Html:
    entries = sorted(incident.timeline, key=lambda each: each.at)
    if not entries:
        return tag("p", "Nothing is told yet.", class_="soft")
    return tag(
        "ol",
        *(
            tag("li", time(each.at, seen.now), " ", chip(line(each.kind, 40)), " ",
                line(each.text, 1000), f" — {line(each.by, 60)}" if each.by else None)
            for each in entries
        ),
        class_="timeline",
    )  # fmt: skip
