"""Where each platform keeps the feed of a status page, and where to look when nobody knows."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from downwind.evidence.hosts import host_of

_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "statuspage": "/api/v2/summary.json",
        "incident-io": "/api/v2/summary.json",
        "instatus": "/summary.json",
        "better-stack": "/index.json",
        "slack": "/api/v2.0.0/current",
        "stripe": "/current",
        "heroku": "/api/v4/current-status",
    }
)
"""By format, the path below the page's host."""
# In July 2026 the host of the page served a feed without entries for hours of an outage.
_AZURE = "https://rssfeed.azure.status.microsoft/en-us/status/feed/"
_AZURE_PAGES = ("status.azure.com", "azure.status.microsoft", "azurestatuscdn.azureedge.net")
_SALESFORCE = "https://api.status.salesforce.com/v1/incidents/active"
_CANDIDATES = (
    "/api/v2/summary.json",
    "/summary.json",
    "/index.json",
    "/api/v1/summary",
    "/api/v2.0.0/current",
    "/history.atom",
    "/feed.rss",
    "/history.rss",
)
_STATUS_IO = re.compile(r"(?:api\.status\.io/1\.0/status|/pages)/([0-9a-f]{24})\b")
# A tag at a time: a parser takes minutes for a page of nothing but nested tags.
_LINK = re.compile(r"<link\b([^<>]{1,1000})>", re.I)
_ATTRIBUTE = re.compile(r"([a-z]{2,10})=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)
_FEEDS = ("application/atom+xml", "application/rss+xml")
_LOOKED_AT = 300_000
_MOST_LINKS = 4


def feed_url(url: str, format: str) -> str:
    """The feed of a status page: the URL itself where it is a feed already."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = parts.path
    if format == "azure-rss":
        return _AZURE if parts.hostname in _AZURE_PAGES else url
    if format == "salesforce" and parts.hostname == "status.salesforce.com":
        return _SALESFORCE
    if format in _PATHS and not (path.endswith(".json") or path.startswith(("/api/", "/proxy/"))):
        path = _PATHS[format]
    elif format == "aws-health" and not path.endswith("/currentevents"):
        path = "/public/currentevents"
    elif format == "google-incidents" and not path.endswith(".json"):
        path = path.rstrip("/") + "/incidents.json"
    else:
        return url
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def candidates(url: str) -> tuple[str, ...]:
    """Where the feed of a page of an unknown platform may be, the likeliest first."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ()
    return tuple(urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in _CANDIDATES)


def named_in(page: str, base: str) -> tuple[str, ...]:
    """Feeds that a status page itself names: on its own host, or in the API of status.io."""
    found: dict[str, None] = {}
    head = page[:_LOOKED_AT]
    if hit := _STATUS_IO.search(head):
        found[f"https://api.status.io/1.0/status/{hit[1]}"] = None
    host = host_of(base)
    for tag in _LINK.finditer(head):
        told = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag[1])}
        if told.get("type", "").lower() not in _FEEDS or len(found) >= _MOST_LINKS:
            continue
        try:
            to = urlsplit(urljoin(base, html.unescape(told.get("href", "")).strip()))
        except ValueError:
            continue
        if to.scheme in ("http", "https") and host and to.hostname == host:
            found[_plain(to)] = None
    return tuple(found)


def _plain(parts: SplitResult) -> str:
    return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
