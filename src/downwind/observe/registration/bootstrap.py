"""Which RDAP server speaks for a name: the list of IANA (RFC 9224), kept for a day."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from downwind.observe.failures import HttpFailed, LayerFailed
from downwind.observe.http import follow
from downwind.observe.session import Session
from downwind.observe.urls import parse_url

BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
_CAP = 2_000_000
_KEPT_FOR = 86_400.0
"""IANA asks to keep the list for a day or longer."""
_USED_AT_MOST = 30 * 86_400.0
"""An old list is better than none where IANA cannot be reached."""


@dataclass(frozen=True, slots=True)
class RdapOptions:
    """Where the list comes from, and where it is kept."""

    bootstrap: str = BOOTSTRAP
    cache: Path | None = None
    """None: it is not kept."""


def usual_cache() -> Path:
    """The file in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "downwind" / "rdap-dns.json"


Servers = Mapping[str, str]
"""Suffix -> the base URL of the server that speaks for names below it."""


def server_for(servers: Servers, domain: str) -> str | None:
    """The server for a domain: that of the longest suffix (RFC 9224, 4)."""
    rest = domain
    while rest:
        if rest in servers:
            return servers[rest]
        rest = rest.partition(".")[2]
    return None


def read_bootstrap(data: Any) -> Servers:
    """The servers in IANA's form; raises ValueError where it is none."""
    services = data.get("services") if isinstance(data, Mapping) else None
    if not isinstance(services, list):
        raise ValueError("it holds no list of services")
    found: dict[str, str] = {}
    for service in services:
        if not isinstance(service, list) or len(service) < 2:
            continue
        suffixes, urls = service[0], service[1]
        base = _best(urls if isinstance(urls, list) else [])
        for suffix in suffixes if base and isinstance(suffixes, list) else []:
            if isinstance(suffix, str):
                found.setdefault(suffix.lower().strip("."), base)
    if not found:
        raise ValueError("it names no server")
    return found


def _best(urls: list[Any]) -> str:
    """The first with TLS, else the first (RFC 9224, 3)."""
    usable = []
    for url in urls:
        try:
            usable.append(str(parse_url(str(url))))
        except LayerFailed:
            continue
    secure = [url for url in usable if url.startswith("https:")]
    base = next(iter(secure or usable), "")
    return base if not base or base.endswith("/") else f"{base}/"


async def find_servers(session: Session, options: RdapOptions) -> Servers:
    """The list, kept or fresh; raises LayerFailed where it can be had from nowhere."""
    now = session.network.clock.now()
    kept, age = _kept(options, now)
    if kept and age < _KEPT_FOR:
        return kept
    try:
        fresh = await _fetch(session, options.bootstrap)
    except LayerFailed:
        if kept and age < _USED_AT_MOST:
            return kept
        raise
    _keep(options, fresh, now)
    return fresh


async def _fetch(session: Session, url: str) -> Servers:
    reply = (await follow(session, url, cap=_CAP)).reply
    if reply.status != 200 or reply.truncated:
        raise HttpFailed(f"the list of RDAP servers is answered with status {reply.status}")
    try:
        return read_bootstrap(reply.json())
    except ValueError as error:
        raise HttpFailed(f"the list of RDAP servers cannot be read: {error}") from error


def _kept(options: RdapOptions, now: float) -> tuple[Servers, float]:
    """What was kept of this list, and its age in seconds; nothing where the file is not as it was
    written."""
    if options.cache is None:
        return {}, 0.0
    try:
        data = json.loads(options.cache.read_text(encoding="utf-8"))
        if data["list"] != options.bootstrap:
            return {}, 0.0
        servers = {str(suffix): str(url) for suffix, url in data["servers"].items()}
        return servers, max(0.0, now - float(data["fetched"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, 0.0


def _keep(options: RdapOptions, servers: Servers, now: float) -> None:
    cache = options.cache
    if cache is None:
        return
    kept = {"list": options.bootstrap, "fetched": now, "servers": dict(servers)}
    fresh = cache.with_name(f"{cache.name}.{os.getpid()}")
    # A folder that cannot be written costs one request to IANA the next time.
    with suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_text(json.dumps(kept), encoding="utf-8")
            fresh.replace(cache)
        except OSError:
            fresh.unlink(missing_ok=True)
