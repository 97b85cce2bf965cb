"""Asks a provider's status feed what the provider says of itself."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from downwind.evidence.redact import redact_body, redact_url
from downwind.observe.failures import LayerFailed
from downwind.observe.feeds import READERS, FeedComponent, FeedIncident, FeedReading
from downwind.observe.feeds.values import Unproven, decode, link, parse
from downwind.observe.http import Followed, follow
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.terms import Evidence, Finding, Seen, Unanswered

__all__ = [
    "FEED_CAP",
    "FeedComponent",
    "FeedIncident",
    "FeedReading",
    "feed_url",
    "look_at_feed",
    "read_feed",
]

FEED_CAP = 8_000_000
"""Bytes of a feed that are read at most."""
KIND = "feed.status"

_NO_READER = "no reader for this format yet"
_CLOSED_KEPT = 50
"""Google's feed is an archive of years: evidence keeps as many closed incidents as Statuspage."""


def read_feed(format: str, raw: bytes) -> FeedReading:
    """What the bytes of a feed say; never raises, and never calm about what it cannot read."""
    read = READERS.get(format)
    if read is None:
        return FeedReading("broken", _NO_READER)
    if len(raw) > FEED_CAP:
        return FeedReading("broken", f"it is longer than {FEED_CAP} bytes")
    try:
        return FeedReading("fresh", "", read(parse(decode(raw, utf16=format == "aws-health"))))
    except Unproven as unproven:
        return FeedReading("broken", str(unproven))


def feed_url(url: str, format: str) -> str:
    """The feed of a status page: the URL itself where it is a feed already."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = parts.path
    if format in ("statuspage", "incident-io") and not path.endswith(".json"):
        path = "/api/v2/summary.json"
    elif format == "aws-health" and not path.endswith("/currentevents"):
        path = "/public/currentevents"
    elif format == "google-incidents" and not path.endswith(".json"):
        path = path.rstrip("/") + "/incidents.json"
    else:
        return url
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


async def look_at_feed(url: str, format: str, network: Network) -> Evidence:
    """What the feed of a status page says now (feed.status); `url` is the page's or the feed's.

    Seen holds the reading. A feed that cannot be fetched or read is Unanswered: no news from it is
    no good news.
    """
    finding = await _look(url, format, network)
    return Evidence(url, KIND, finding, network.clock.now(), network.vantage)


async def _look(url: str, format: str, network: Network) -> Finding:
    if format not in READERS:
        return Unanswered(_NO_READER, {"layer": "feed", "format": format})
    async with Session(network) as session:
        try:
            followed = await follow(session, feed_url(url, format), cap=FEED_CAP)
        except LayerFailed as failed:
            return Unanswered(failed.reason, _failed(failed, format, session))
    reply = followed.reply
    source = _source(followed, format)
    detail = {"layer": "feed" if reply.status == 200 else "http", **source}
    if reply.status != 200:
        return Unanswered(f"the feed answers with status {reply.status}", detail)
    if reply.truncated:
        return Unanswered(f"the feed is not whole: {'; '.join(reply.problems)}", detail)
    reading = read_feed(format, reply.body)
    if reading.health == "broken":
        return Unanswered(f"the feed is broken: {reading.reason}", detail)
    return Seen({**_kept(reading, reply.url), **source})


def _failed(failed: LayerFailed, format: str, session: Session) -> dict[str, Any]:
    return {
        "layer": failed.layer,
        "format": format,
        "address": session.trace.address,
        "dns": session.trace.dns,
        "redirects": [redact_url(each) for each in failed.detail.get("redirects", ())],
    }


def _source(followed: Followed, format: str) -> dict[str, Any]:
    reply = followed.reply
    return {
        "format": format,
        "status": reply.status,
        "address": reply.address,
        "final_url": redact_url(reply.url),
        "redirects": [redact_url(each) for each in followed.redirects],
        "body_bytes": len(reply.body),
        "sha256": hashlib.sha256(reply.body).hexdigest(),
    }


def _kept(reading: FeedReading, base: str) -> dict[str, Any]:
    """All that is open or to come, and the closed incidents that changed last."""
    closed = [each for each in reading.incidents if each.state == "resolved"]
    closed.sort(key=lambda each: each.updated_at or 0.0, reverse=True)
    running = [each for each in reading.incidents if each.state != "resolved"]
    kept = [*running, *closed[:_CLOSED_KEPT]]
    return reading.to_json() | {
        "incidents": [_redacted(each, base) for each in kept],
        "left_out": len(reading.incidents) - len(kept),
    }


def _redacted(incident: FeedIncident, base: str) -> dict[str, Any]:
    return incident.to_json() | {
        "title": redact_body(incident.title),
        "text": redact_body(incident.text),
        # Published for everybody, and its id would look like a secret.
        "url": _absolute(incident.url, base),
    }


def _absolute(url: str, base: str) -> str:
    try:
        return link(urljoin(base, url)) if url else ""
    except ValueError:
        return ""
