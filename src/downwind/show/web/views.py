"""The answers that are pages, files and streams."""

from __future__ import annotations

import asyncio
from importlib.resources import files

from starlette.responses import HTMLResponse, Response, StreamingResponse

from downwind.show.web.events import MOST_LISTENERS, Listeners
from downwind.show.web.handlers import find_incident
from downwind.show.web.operations import Call, Refused
from downwind.show.web.page import incident_page, live_page

_STATIC = {"live.js": "text/javascript", "act.js": "text/javascript", "style.css": "text/css"}


async def live(call: Call) -> Response:
    """What is down, whose fault and since when."""
    shown, now = call.picture(), call.hub.now()
    return HTMLResponse(await asyncio.to_thread(live_page, shown, now))


async def incident(call: Call) -> Response:
    """One incident with its timeline."""
    found = await find_incident(call)
    shown, now = call.picture(), call.hub.now()
    return HTMLResponse(await asyncio.to_thread(incident_page, found, shown, now))


async def static(call: Call) -> Response:
    """A file of the page, from the package itself."""
    name = call.path("name")
    if name not in _STATIC:
        raise Refused(404, "there is no such file.", where="path", todo="See the page itself.")
    text = files("downwind.show.web").joinpath("static", name).read_text(encoding="utf-8")
    return Response(text, media_type=_STATIC[name], headers={"Cache-Control": "max-age=60"})


async def events(call: Call) -> Response:
    """A stream that tells of every new picture."""
    listeners = call.request.app.state.listeners
    assert isinstance(listeners, Listeners)
    if listeners.full:
        raise Refused(503, f"{MOST_LISTENERS} listen already.", todo="Ask /api/v1/picture.")
    return StreamingResponse(listeners.stream(call.hub), media_type="text/event-stream")
