"""Asks the RDAP server of a domain's registry."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from downwind.observe.failures import LayerFailed
from downwind.observe.http import follow
from downwind.observe.registration.bootstrap import (
    RdapOptions,
    Servers,
    find_servers,
    server_for,
)
from downwind.observe.registration.domain import read_domain
from downwind.observe.session import Session
from downwind.observe.urls import parse_url
from downwind.terms import Absent, Finding, Seen, Unanswered

_CAP = 1_000_000
_HEADERS = {"Accept": "application/rdap+json"}
_SERVES = 86_400.0
"""Seconds for which a list serves..."""
_FAILURE_SERVES = 600.0
"""...and for which it is not asked for again where it could not be had."""


class Registrations:
    """Looks up registrations; the list of servers is fetched once a day for all."""

    def __init__(self, options: RdapOptions) -> None:
        self._options = options
        self._servers: Servers | LayerFailed | None = None
        self._had_at = 0.0
        self._asking = asyncio.Lock()

    async def look(self, session: Session, domain: str) -> Finding:
        """What the registry says of a domain (rdap.domain)."""
        try:
            server = server_for(await self._list(session), domain)
        except LayerFailed as failed:
            return Unanswered(failed.reason, {"layer": failed.layer})
        if server is None:
            return Unanswered("IANA names no RDAP server for this suffix", {"layer": "rdap"})
        return await _ask(session, server, domain)

    async def _list(self, session: Session) -> Servers:
        async with self._asking:
            now = session.network.clock.now()
            if self._servers is None or not self._serves(now):
                self._had_at = now
                try:
                    self._servers = await find_servers(session, self._options)
                except LayerFailed as failed:
                    self._servers = failed
        if isinstance(self._servers, LayerFailed):
            raise self._servers
        return self._servers

    def _serves(self, now: float) -> bool:
        failed = isinstance(self._servers, LayerFailed)
        # A clock that was set back must not make a list serve for ever.
        return abs(now - self._had_at) < (_FAILURE_SERVES if failed else _SERVES)


async def _ask(session: Session, server: str, domain: str) -> Finding:
    url = f"{server}domain/{quote(domain)}"
    try:
        reply = (await follow(session, url, headers=_HEADERS, cap=_CAP)).reply
    except LayerFailed as failed:
        return Unanswered(failed.reason, {"layer": failed.layer, "address": session.trace.address})
    host = parse_url(server).host
    detail: dict[str, Any] = {"layer": "http", "registry": host, "status": reply.status}
    if reply.status == 404:
        return Absent("the registry knows no such domain", detail)
    if reply.status != 200:
        return Unanswered(f"the registry answers with status {reply.status}", detail)
    if reply.truncated:
        return Unanswered(f"the registry's answer is longer than {_CAP:,} bytes", detail)
    try:
        return Seen({**read_domain(reply.json(), domain), "registry": host})
    except ValueError as error:
        return Unanswered(f"the registry's answer cannot be read: {error}", detail)
