"""The answers of the JSON API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from downwind.show.watch_words import STALE, STATES, summary
from downwind.show.web.bodies import (
    LONGEST,
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
    RefusedRecord,
    Taken,
    Targets,
    Vantages,
    Windows,
)
from downwind.show.web.events import Listeners
from downwind.show.web.operations import Call, Refused
from downwind.watch.picture import IncidentSeen, Picture

_LISTS = {
    "incident": "incidents",
    "maintenance": "maintenance",
    "suspected need": "needs",
    "vantage": "vantages",
}
Handler = Callable[[Call], Awaitable[Any]]


async def picture(call: Call) -> Picture:
    return call.picture()


async def targets(call: Call) -> Targets:
    now, state, service = call.picture(), call.query.get("state"), call.query.get("service")
    found = now.targets
    if state is not None:
        wanted = next(each for each, word in STATES.items() if word == state)
        found = tuple(each for each in found if each.state is wanted)
    if service is not None:
        found = tuple(each for each in found if each.service == service)
    first = int(call.query["offset"])
    return Targets(now.at, len(found), found[first : first + int(call.query["limit"])])


async def incidents(call: Call) -> Incidents:
    now = call.picture()
    phase = call.query.get("phase")
    found = tuple(each for each in now.incidents if phase in (None, each.phase))
    return Incidents(now.at, summary(now, call.hub.now()), found)


async def incident(call: Call) -> IncidentSeen:
    return await find_incident(call)


async def find_incident(call: Call) -> IncidentSeen:
    """The incident of the path, of any age; refuses with 404."""
    wanted = call.path("id")
    found = await call.hub.history(wanted) or call.picture().incident(wanted)
    if found is None:
        raise _no("incident", wanted)
    return found


async def feeds(call: Call) -> Feeds:
    now = call.picture()
    return Feeds(now.at, now.feeds)


async def vantages(call: Call) -> Vantages:
    now = call.picture()
    return Vantages(now.at, now.voices, now.vantages)


async def needs(call: Call) -> Needs:
    now = call.picture()
    return Needs(now.at, now.needs)


async def changes(call: Call) -> Changes:
    now = call.picture()
    return Changes(now.at, now.changes)


async def windows(call: Call) -> Windows:
    now, clock = call.picture(), call.hub.now()
    found = (each for each in now.changes if each.kind == "maintenance")
    return Windows(now.at, tuple(each for each in found if (each.until or clock) > clock))


async def holder(call: Call) -> Holder:
    return Holder(call.who, tuple(sorted(call.rights)))


async def orders(call: Call) -> dict[str, Any]:
    if call.query.get("vantage", call.who) != call.who:
        what = f"this token is that of {call.who}."
        raise Refused(403, what, where="vantage", todo="Use the token of that vantage.")
    found = await call.hub.orders(call.who)
    if found is None:
        raise _no("vantage", call.who)
    return dict(found)


async def confirmations(call: Call) -> dict[str, Any]:
    """Waits; a server that ends does not wait for it."""
    listeners: Listeners = call.request.app.state.listeners
    since, wait = int(call.query["since"]), int(call.query["wait"])
    asking = call.hub.confirmations(call.who, since, wait)
    found = await listeners.unless_closing(asking)
    if found is None and listeners.closing.is_set():
        raise Refused(503, "the hub ends.", todo="Ask again later.")
    if found is None:
        raise _no("vantage", call.who)
    return dict(found)


async def evidence(call: Call) -> Taken:
    assert isinstance(call.body, bytes)
    receipt = await call.hub.take_evidence(call.who, call.body)
    refused = tuple(RefusedRecord(record, reason) for record, reason in receipt.refused)
    return Taken(receipt.accepted, receipt.duplicates, refused, receipt.at)


async def deploy(call: Call) -> Done:
    told = call.read(Deploy)
    now = call.hub.now()
    filled = {**told.model_dump(), "at": now if told.at is None else told.at}
    return Done(await call.hub.deploy(call.who, {**filled, "by": told.by or call.who}))


async def maintenance(call: Call) -> Done:
    told = call.read(Maintenance)
    at = call.hub.now() if told.at is None else told.at
    if not at < told.until <= at + LONGEST:
        what = "maintenance must end after it begins, within 31 days."
        raise Refused(400, what, where="until", todo="Give seconds since 1970-01-01 UTC.")
    filled = {**told.model_dump(), "at": at, "by": told.by or call.who}
    return Done(await call.hub.maintenance(call.who, filled))


async def cancel(call: Call) -> Done:
    told, window = call.read(Note), call.path("id")
    found = await call.hub.cancel(call.who, window, told.by or call.who, told.note)
    return _done(found, "maintenance", window)


async def acknowledge(call: Call) -> Done:
    told = call.read(Note)
    by = told.by or call.who
    found = await call.hub.acknowledge(call.who, call.path("id"), by, told.note)
    return _done(found, "incident", call.path("id"))


async def close(call: Call) -> Done:
    told = call.read(Note)
    found = await call.hub.close(call.who, call.path("id"), told.by or call.who, told.note)
    return _done(found, "incident", call.path("id"))


async def comment(call: Call) -> Done:
    told = call.read(Comment)
    found = await call.hub.comment(call.who, call.path("id"), told.by or call.who, told.note)
    return _done(found, "incident", call.path("id"))


def decide(accept: bool) -> Handler:
    """The handler that accepts suspected needs, or the one that rejects them."""

    async def decided(call: Call) -> Done:
        told, need = call.read(Note), call.path("id")
        by = told.by or call.who
        found = await call.hub.decide_need(call.who, need, accept, by, told.note)
        return _done(found, "suspected need", need)

    return decided


async def alive(call: Call) -> Health:
    return Health(True, "")


async def ready(call: Call) -> Health:
    now, watcher = call.hub.now(), call.picture().watcher
    still = now - call.picture().at
    if still > STALE:
        what = f"the picture is {still:.0f} s old: the loop stands still."
        raise Refused(503, what, todo="See the watcher's log; restarted, it goes on where it was.")
    if watcher.blind or not watcher.healthy:
        raise Refused(503, watcher.reason or "the watcher is blind.", todo="See the live page.")
    return Health(True, "")


def _done(found: bool, what: str, wanted: str) -> Done:
    if not found:
        raise _no(what, wanted)
    return Done(wanted)


def _no(what: str, wanted: str) -> Refused:
    todo = f"See /api/v1/{_LISTS[what]} for those that there are."
    return Refused(404, f"there is no {what} {wanted[:100]!r}.", where="path", todo=todo)
