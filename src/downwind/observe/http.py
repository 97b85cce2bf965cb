"""Fetches a page as a browser would, redirects included, and says what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from downwind.evidence.redact import redact_headers, redact_url
from downwind.observe.failures import HttpFailed, LayerFailed
from downwind.observe.page import read_page
from downwind.observe.session import Session
from downwind.observe.urls import parse_url
from downwind.observe.wire import BODY_CAP, Reply
from downwind.terms import Finding, Seen, Unanswered

Permit = Callable[[Session, str], Awaitable[None]]
"""Raises LayerFailed where a URL is not to be fetched."""

_MOST_REDIRECTS = 20
"""Browsers give up there."""
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Followed:
    """A reply, and the URLs that led to it."""

    reply: Reply
    redirects: tuple[str, ...]
    """Each URL that a server redirected to, in order; the last is the reply's own."""


async def follow(
    session: Session,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    cap: int = BODY_CAP,
    partial: bool = False,
    permit: Permit | None = None,
) -> Followed:
    """GET through redirects; raises LayerFailed with the redirects so far in its detail."""
    at = str(parse_url(url))
    trail = [at]
    sent = dict(headers or {})
    try:
        while True:
            if permit is not None:
                await permit(session, at)
            reply = await session.request("GET", at, headers=sent, cap=cap, partial=partial)
            to = _redirect(reply, at)
            if to is None:
                return Followed(reply, tuple(trail[1:]))
            if to in trail:
                raise HttpFailed("redirect loop: " + " -> ".join([*trail, to]))
            if len(trail) > _MOST_REDIRECTS:
                raise HttpFailed(f"more than {_MOST_REDIRECTS} redirects")
            if parse_url(to).door != parse_url(at).door:
                # What was meant for one server is not shown to another.
                sent = {}
            trail.append(to)
            at = to
    except LayerFailed as failed:
        failed.detail = {**failed.detail, "redirects": trail[1:]}
        raise


def _redirect(reply: Reply, at: str) -> str | None:
    location = reply.headers.get("location")
    if reply.status not in _REDIRECTS or not location:
        return None
    try:
        return str(parse_url(urljoin(at, location)))
    except ValueError as error:
        raise HttpFailed(f"redirect to something that is no URL: {error}") from error


async def fetch_page(
    session: Session, url: str, permit: Permit | None = None
) -> tuple[Finding, Finding]:
    """The page (http.page) and what it fetches (page.resources)."""
    try:
        followed = await follow(session, url, partial=True, permit=permit)
    except LayerFailed as failed:
        redirects = [redact_url(each) for each in failed.detail.get("redirects", ())]
        detail = {
            "layer": failed.layer,
            "address": session.trace.address,
            "dns": session.trace.dns,
            "redirects": redirects,
        }
        unanswered = Unanswered(failed.reason, detail)
        return unanswered, unanswered
    reply = followed.reply
    page = read_page(reply.text(), reply.url)
    return Seen(_page_value(followed, page.title)), Seen(
        {
            "resources": [
                {**resource.to_json(), "url": redact_url(resource.url)}
                for resource in page.resources
            ],
            "left_out": page.left_out,
            "body_truncated": reply.truncated,
        }
    )


def _page_value(followed: Followed, title: str) -> dict[str, Any]:
    reply = followed.reply
    return {
        "status": reply.status,
        "final_url": redact_url(reply.url),
        "address": reply.address,
        "redirects": [redact_url(each) for each in followed.redirects],
        "headers": dict(redact_headers(reply.headers)),
        "cookies": list(reply.cookies),
        "body_bytes": len(reply.body),
        "truncated": reply.truncated,
        "title": title,
        "problems": list(reply.problems),
    }
