"""Asks a provider's status feed what the provider says of itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from downwind.evidence.redact import redact_body, redact_url
from downwind.observe.failures import LayerFailed
from downwind.observe.feeds import (
    READERS,
    FeedComponent,
    FeedIncident,
    FeedReading,
    read_incidents,
)
from downwind.observe.feeds.addresses import feed_url
from downwind.observe.feeds.detect import detect
from downwind.observe.feeds.values import Unproven, link
from downwind.observe.http import Followed, follow
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.observe.urls import parse_url
from downwind.observe.wire import Reply
from downwind.terms import Evidence, Finding, Seen, Unanswered

__all__ = [
    "FEED_CAP",
    "Asked",
    "FeedComponent",
    "FeedIncident",
    "FeedReading",
    "Remembered",
    "ask_feed",
    "detect",
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
_SCHEDULED_KEPT = 20
"""Of what is to come, the soonest."""
_OPEN_KEPT = 500
"""No provider has as many open at once: more is noise that would fill the log."""
_ASIDE = 200_000
"""Bytes from which reading is left to a thread: a large feed takes a tenth of a second."""
_VALIDATOR_CAP = 500
_SERVES = 3600.0
"""Seconds for which an answer is remembered: some states are told by an entry's age alone."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A whole answer: the next one need only say that nothing has changed (RFC 9110, 13)."""

    url: str
    """What was asked for."""
    door: tuple[str, str, int]
    """Scheme, host and port that answered: another server knows nothing of its validators."""
    etag: str
    modified: str
    at: float
    """When it came, in seconds since 1970-01-01 UTC."""
    value: Mapping[str, Any]
    """The evidence of that answer, as it was seen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a feed answered."""

    evidence: Evidence
    remembered: Remembered | None
    """For the next time; None where there is nothing worth remembering."""


def read_feed(format: str, raw: bytes, now: float | None = None) -> FeedReading:
    """What the bytes of a feed say; never raises, and never calm about what it cannot read.

    `now` is in seconds since 1970-01-01 UTC; without it nothing is too old.
    """
    if format not in READERS:
        return FeedReading("broken", _NO_READER)
    if len(raw) > FEED_CAP:
        return FeedReading("broken", f"it is longer than {FEED_CAP} bytes")
    try:
        return FeedReading("fresh", "", read_incidents(format, raw, now))
    except Unproven as unproven:
        return FeedReading("broken", str(unproven))


async def look_at_feed(url: str, format: str, network: Network) -> Evidence:
    """What the feed of a status page says now (feed.status); `url` is the page's or the feed's.

    Seen holds the reading. A feed that cannot be fetched or read is Unanswered: no news from it is
    no good news.
    """
    return (await ask_feed(feed_url(url, format), format, network, subject=url)).evidence


async def ask_feed(
    url: str,
    format: str,
    network: Network,
    *,
    remembered: Remembered | None = None,
    subject: str = "",
) -> Asked:
    """What the feed at `url` says now, with what was `remembered` of the last time; never raises.

    Where nothing has changed since, the evidence says so (`unchanged`) and tells only what is open,
    without its text. `subject` is the page of the feed, where that is another address.
    """
    about = subject or url
    if format not in READERS:
        nothing = Unanswered(_NO_READER, {"layer": "feed", "format": format})
        return Asked(_evidence(about, nothing, network), None)
    known = _still(remembered, url, network.clock.now())
    async with Session(network) as session:
        try:
            followed = await follow(session, url, cap=FEED_CAP, headers=_conditions(known))
        except LayerFailed as failed:
            finding = Unanswered(failed.reason, _failed(failed, format, session))
            return Asked(_evidence(about, finding, network), None)
    reply = followed.reply
    if reply.status == 304 and known and _conditions(known) and _door(reply.url) == known.door:
        seen = Seen({**_unchanged(known.value), "status": 304})
        return Asked(_evidence(about, seen, network), known)
    heard = await _heard(followed, format, network.clock.now())
    if not isinstance(heard, Seen):
        return Asked(_evidence(about, heard, network), None)
    evidence = _evidence(about, heard, network)
    kept = _remember(url, reply, heard.value, evidence.at)
    if known is not None and known.value["incidents"] == heard.value["incidents"]:
        evidence = _evidence(about, Seen(_unchanged(heard.value)), network)
    return Asked(evidence, kept)


def _evidence(subject: str, finding: Finding, network: Network) -> Evidence:
    return Evidence(subject, KIND, finding, network.clock.now(), network.vantage)


def _still(remembered: Remembered | None, url: str, now: float) -> Remembered | None:
    if remembered is None or remembered.url != url or now - remembered.at > _SERVES:
        return None
    return remembered


def _conditions(known: Remembered | None) -> dict[str, str]:
    if known is None:
        return {}
    told = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in told.items() if value}


def _remember(url: str, reply: Reply, value: Mapping[str, Any], now: float) -> Remembered:
    return Remembered(
        url,
        _door(reply.url),
        reply.headers.get("etag", "")[:_VALIDATOR_CAP],
        reply.headers.get("last-modified", "")[:_VALIDATOR_CAP],
        now,
        value,
    )


def _door(url: str) -> tuple[str, str, int]:
    return parse_url(url).door


def _unchanged(value: Mapping[str, Any]) -> dict[str, Any]:
    """What is open, without its text; all else was told before."""
    told = [each | {"text": ""} for each in value["incidents"] if each["state"] == "open"]
    left_out = value["left_out"] + len(value["incidents"]) - len(told)
    return {**value, "incidents": told, "left_out": left_out, "unchanged": True}


async def _heard(followed: Followed, format: str, now: float) -> Finding:
    reply = followed.reply
    source = _source(followed, format)
    detail = {"layer": "feed" if reply.status == 200 else "http", **source}
    if reply.status != 200:
        return Unanswered(f"the feed answers with status {reply.status}", detail)
    if reply.truncated:
        return Unanswered(f"the feed is not whole: {'; '.join(reply.problems)}", detail)
    if len(reply.body) < _ASIDE:
        value = _told(format, reply, now)
    else:
        value = await asyncio.to_thread(_told, format, reply, now)
    if value["health"] == "broken":
        return Unanswered(f"the feed is broken: {value['reason']}", detail)
    return Seen({**value, **source})


def _told(format: str, reply: Reply, now: float) -> dict[str, Any]:
    return _kept(read_feed(format, reply.body, now), reply.url)


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
    """What is open, what comes soonest, and the closed incidents that changed last."""
    closed = [each for each in reading.incidents if each.state == "resolved"]
    closed.sort(key=lambda each: each.updated_at or 0.0, reverse=True)
    to_come = [each for each in reading.incidents if each.state == "scheduled"]
    to_come.sort(key=lambda each: each.started_at or 0.0)
    kept = [*reading.open[:_OPEN_KEPT], *to_come[:_SCHEDULED_KEPT], *closed[:_CLOSED_KEPT]]
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
