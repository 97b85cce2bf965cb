"""Finds the feed of a status page whose platform nobody knows, or knows no longer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from downwind.observe.failures import LayerFailed
from downwind.observe.feed import FEED_CAP, Asked, ask_feed
from downwind.observe.feeds.addresses import candidates, named_in
from downwind.observe.feeds.detect import detect
from downwind.observe.http import Followed, follow
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.terms import Seen

MOST_REQUESTS = 14


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that was recognised by its body."""

    url: str
    format: str
    asked: Asked
    """Its reading, with the page as the subject of the evidence."""


async def find_feed(page: str, network: Network) -> Found | None:
    """The feed of this page by what its host serves; None where nothing is recognised.

    At most 14 requests, one after the other: the page, what it names, and the usual places.
    """
    async with Session(network) as session:
        shown = await _fetch(session, page)
        if shown is None:
            return None
        at, body = shown.reply.url, shown.reply.body
        places = [at, *named_in(shown.reply.text(), at), *candidates(at), *candidates(page)]
        for number, url in enumerate(dict.fromkeys(places)):
            if number == MOST_REQUESTS:
                return None
            if number:
                reply = await _fetch(session, url)
                if reply is None:
                    continue
                url, body = reply.reply.url, reply.reply.body
            format = await asyncio.to_thread(detect, body)
            if format is None:
                continue
            asked = await ask_feed(url, format, network, subject=page)
            if isinstance(asked.evidence.finding, Seen):
                return Found(url, format, asked)
    return None


async def _fetch(session: Session, url: str) -> Followed | None:
    try:
        followed = await follow(session, url, cap=FEED_CAP)
    except LayerFailed:
        return None
    whole = followed.reply.status == 200 and not followed.reply.truncated
    return followed if whole else None
