"""Reads `.upptimerc.yml`: which sites a repository watches, and by which statuses they are up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from downwind.evidence.hosts import host_of
from downwind.evidence.upptime.sightings import BadRow, Site, parse_name, parse_url

LARGEST_FILE = 1_000_000
MOST_SITES = 5000


def read_sites_file(repository: str, text: str, place: str, bad: list[BadRow]) -> tuple[Site, ...]:
    """The sites, each name once; what cannot be read is told in `bad`."""
    if len(text) > LARGEST_FILE:
        bad.append(BadRow(place, "the file is too long"))
        return ()
    try:
        written = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        bad.append(BadRow(place, f"it is no YAML: {str(error)[:120]!r}"))
        return ()
    listed = written.get("sites") if isinstance(written, Mapping) else None
    if not isinstance(listed, list):
        bad.append(BadRow(place, "it lists no sites"))
        return ()
    pages_at = _pages_host(written)
    sites: dict[str, Site] = {}
    for number, each in enumerate(listed[:MOST_SITES]):
        try:
            site = _site(repository, each, pages_at)
        except ValueError as error:
            bad.append(BadRow(f"{place}: sites[{number}]", str(error)))
            continue
        sites.setdefault(site.name, site)
    return tuple(sites.values())


def _pages_host(written: Mapping[str, Any]) -> str:
    """Where the status page lies: Upptime publishes it on GitHub Pages."""
    website = written.get("status-website")
    name = website.get("cname") if isinstance(website, Mapping) else None
    return name.strip().lower() if isinstance(name, str) else ""


def _site(repository: str, each: object, pages_at: str) -> Site:
    if not isinstance(each, Mapping):
        raise ValueError("it is no mapping")
    name, url = each.get("name"), each.get("url", "")
    if not isinstance(name, str | int) or not isinstance(url, str):
        raise ValueError("it has no name, or a url that is no text")
    codes = each.get("expectedStatusCodes")
    expected = frozenset(
        code for code in (codes if isinstance(codes, list) else ()) if isinstance(code, int)
    )
    plain = bare_url(parse_url(url))
    paged = bool(pages_at) and host_of(plain) == pages_at
    return Site(
        repository=repository,
        name=parse_name(str(name)),
        url=plain,
        provider="GitHub Pages" if paged else "",
        stated_by="status-website.cname of its .upptimerc.yml" if paged else "",
        expected=expected,
    )


def bare_url(url: str) -> str:
    """Without user, query and fragment, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
