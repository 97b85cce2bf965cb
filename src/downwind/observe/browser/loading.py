"""One load of a page in a fresh browser context: what it asked for, and what was there to see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.observe.browser.chromium import Chromium
from downwind.terms import CannotMeasure

LOAD_WITHIN = 20.0
"""Seconds until a page that still loads is looked at as it is."""
_QUIET = 1.0
"""A page has settled when it asked for nothing new for so long."""
_MOST_REQUESTS = 2_000

_LOOK = """
JSON.stringify((() => {
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility != 'hidden';
  const body = document.body;
  const usable = [...document.querySelectorAll('a[href],button,input,select,textarea')];
  return {
    text: body && seen(body) ? body.innerText.replace(/\\s+/g, ' ').trim().length : 0,
    controls: usable.filter(seen).length,
    images: [...document.images].filter((i) => i.naturalWidth > 1 && seen(i)).length,
    title: document.title.slice(0, 200),
  };
})())
"""


@dataclass(frozen=True, slots=True)
class Request:
    """Something that the page asked for."""

    url: str
    kind: str
    """As the browser names it: Script, Stylesheet, Image, Font, XHR, Fetch, Document..."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a person would have before them."""

    text: int
    """Letters that can be read."""
    controls: int
    """Links, buttons and fields that can be used."""
    images: int
    loaded: bool
    """The page's load event came in time."""
    failure: str = ""
    """Why there is no page at all."""
    errors: int = 0
    """Exceptions that no script caught."""
    requests: tuple[Request, ...] = ()
    final_url: str = ""


@dataclass
class _Watched:
    requests: dict[str, Request] = field(default_factory=dict)
    errors: int = 0
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    last: float = 0.0

    def hear(self, method: str, parameters: Mapping[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.last = asyncio.get_running_loop().time()
            url = str(parameters["request"]["url"])
            if url.startswith(("http:", "https:")) and len(self.requests) < _MOST_REQUESTS:
                self.requests[url] = Request(url, str(parameters.get("type", "Other")))
        elif method == "Runtime.exceptionThrown":
            self.errors += 1
        elif method == "Page.loadEventFired":
            self.loaded.set()


async def load(browser: Chromium, url: str) -> Look:
    """Load it once, with an empty cache and no cookies; raises CannotMeasure."""
    context = (await browser.call("Target.createBrowserContext"))["browserContextId"]
    try:
        made = await browser.call(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context}
        )
        attached = await browser.call(
            "Target.attachToTarget", {"targetId": made["targetId"], "flatten": True}
        )
        return await _load(browser, str(attached["sessionId"]), url)
    finally:
        await browser.call("Target.disposeBrowserContext", {"browserContextId": context})


async def _load(browser: Chromium, session: str, url: str) -> Look:
    watched = _Watched(last=asyncio.get_running_loop().time())
    browser.listen(session, watched.hear)
    try:
        for domain in ("Page", "Network", "Runtime"):
            await browser.call(f"{domain}.enable", session=session)
        await browser.call("Network.setUserAgentOverride", {"userAgent": browser.agent}, session)
        gone = await _navigate(browser, session, url)
        if gone:
            return Look(0, 0, 0, False, failure=gone, requests=tuple(watched.requests.values()))
        loaded = await _settle(watched)
        seen = await _look(browser, session)
    finally:
        browser.forget(session)
    return Look(
        int(seen["text"]),
        int(seen["controls"]),
        int(seen["images"]),
        loaded,
        errors=watched.errors,
        requests=tuple(watched.requests.values()),
        final_url=str(seen["url"]),
    )


async def _navigate(browser: Chromium, session: str, url: str) -> str:
    """Why there is no page; empty where one came."""
    try:
        async with asyncio.timeout(LOAD_WITHIN):
            answer = await browser.call("Page.navigate", {"url": url}, session)
    except TimeoutError:
        return f"no page within {LOAD_WITHIN:g} s"
    return str(answer.get("errorText", ""))


async def _settle(watched: _Watched) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOAD_WITHIN
    try:
        async with asyncio.timeout_at(deadline):
            await watched.loaded.wait()
            while True:
                left = watched.last + _QUIET - loop.time()
                if left <= 0:
                    return True
                await asyncio.sleep(left)
    except TimeoutError:
        return watched.loaded.is_set()


async def _look(browser: Chromium, session: str) -> Mapping[str, Any]:
    """A page that hangs in a script cannot be looked at: nobody can use it either."""
    asked = {"expression": _LOOK, "returnByValue": True, "timeout": 5000}
    try:
        answer = await browser.call("Runtime.evaluate", asked, session)
        seen: dict[str, Any] = json.loads(answer["result"]["value"])
        address = await browser.call(
            "Runtime.evaluate", {"expression": "location.href", "returnByValue": True}, session
        )
        seen["url"] = address["result"]["value"]
    except (CannotMeasure, KeyError, ValueError, TypeError):
        return {"text": 0, "controls": 0, "images": 0, "url": ""}
    return seen
