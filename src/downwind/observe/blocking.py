"""Loads what a browser has to load before it can show a page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from downwind.evidence.redact import redact_url
from downwind.observe.failures import LayerFailed
from downwind.observe.http import follow
from downwind.observe.page import read_page
from downwind.observe.session import Session
from downwind.observe.wire import Reply
from downwind.terms import Strength

_MOST_LOADED = 20
_HTML = ("text/html", "application/xhtml+xml")
_MAY_LOAD = re.compile(rb"<(?:script|link)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a page waits for in vain."""

    layer: str
    reason: str
    reply: Reply | None = None


async def load_blocking(session: Session, reply: Reply) -> Missing | None:
    """Load a page's hard resources, one after the other; the first that cannot be had, or None.

    Where one is missing, the session's trace is that of its request, or else that of the page's.
    """
    trace = session.trace
    for url in blocking_urls(reply):
        try:
            loaded = (await follow(session, url)).reply
        except LayerFailed as failed:
            return Missing(failed.layer, f"the page waits for {redact_url(url)}: {failed.reason}")
        if loaded.status >= 500:
            reason = f"the page waits for {redact_url(url)}: status {loaded.status}"
            return Missing("http", reason, loaded)
    session.trace = trace
    return None


def blocking_urls(reply: Reply) -> tuple[str, ...]:
    """The scripts and stylesheets of others that an HTML page does not show without."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _HTML or not _MAY_LOAD.search(reply.body):
        return ()
    resources = read_page(reply.text(), reply.url).resources
    hard = dict.fromkeys(each.url for each in resources if each.strength == Strength.HARD)
    return tuple(hard)[:_MOST_LOADED]
