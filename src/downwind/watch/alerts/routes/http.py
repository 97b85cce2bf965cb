"""One HTTP request to a route, and what its answer means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from downwind import __version__
from downwind.evidence.hosts import host_of
from downwind.terms import UsageError
from downwind.watch.alerts.types import NotSent

TIMEOUT = 15.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_AGAIN = frozenset({408, 425, 429})


def route_host(url: str) -> str:
    """The host of a route; raises UsageError where it has none, or would send in the clear."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError as error:
        raise UsageError(f"An alert route has a URL that is none: {error}.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("An alert route has a URL that is none.", todo="Write https://host/path.")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            f"The alert route to {host} is not encrypted.",
            todo="Write https://, or send to a relay on this machine.",
        )
    return host


async def request(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float = TIMEOUT,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Send; raises NotSent unless a 2xx comes within `timeout` seconds.

    Redirects are not followed: a body that is signed for one place goes to no other. The reason
    names the host alone, since the rest of a URL may be a secret.
    """
    host = host_of(url) or "the route"
    whole = aiohttp.ClientTimeout(total=timeout)
    sent = {"User-Agent": f"downwind/{__version__}", **headers}
    try:
        async with (
            aiohttp.ClientSession(timeout=whole, trust_env=False) as session,
            session.request(
                method,
                url,
                data=body or None,
                headers=sent,
                allow_redirects=False,
                ssl=True if tls is None else tls,
            ) as reply,
        ):
            if 200 <= reply.status < 300:
                return
            wait = _retry_after(reply.headers.get("Retry-After", ""), reply.headers.get("Date", ""))
            refused = 300 <= reply.status < 500 and reply.status not in _AGAIN
            reason = f"{host} answers with status {reply.status}"
    except TimeoutError as error:
        raise NotSent(f"{host} did not answer within {timeout:g} s") from error
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError) as error:
        raise NotSent(f"{host} could not be reached: {type(error).__name__}") from error
    raise NotSent(reason, retry_after=wait, refused=refused)


def _retry_after(text: str, date: str) -> float:
    """Seconds of a Retry-After (RFC 9110, 10.2.3), against the server's own clock; 0 for none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:6])
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return max(0.0, wait.total_seconds())
