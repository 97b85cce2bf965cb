"""Reads `.upptimerc.yml`: which sites a repository watches, and by which statuses they are up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from downwind.evidence.hosts import host_of
from downwind.evidence.upptime.sightings import BadRow, Site, parse_codes, parse_name, parse_url

LARGEST_FILE = 1_000_000
MOST_SITES = 5000
_PREFIXES = ("Up", "Down", "Degraded")


class _AsWritten(yaml.SafeLoader):
    """Every value as the text that was written: On, 0123 and 2024-01-01 are names of sites."""


_MERGE = "tag:yaml.org,2002:merge"
_AsWritten.yaml_implicit_resolvers = {
    first: [(tag, how) for tag, how in resolvers if tag == _MERGE]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class SitesFile:
    """One version of the file."""

    sites: tuple[Site, ...] = ()
    """Each name once."""
    message: str = ""
    """How a change of state is to be told in a commit; empty where it is as usual."""
    prefixes: tuple[str, ...] = ()
    """What such a message begins with, beside the usual squares."""
    slugs: Mapping[str, str] = field(default_factory=dict)
    """The names of sites by the names of their files in `history/`."""


def read_sites_file(repository: str, text: str, place: str, bad: list[BadRow]) -> SitesFile:
    """What is in the file; what cannot be read is told in `bad`."""
    if len(text) > LARGEST_FILE:
        bad.append(BadRow(place, "the file is too long"))
        return SitesFile()
    try:
        written = yaml.load(text, Loader=_AsWritten)  # noqa: S506  # a SafeLoader that makes less
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        bad.append(BadRow(place, f"it is no YAML: {str(error)[:120]!r}"))
        return SitesFile()
    listed = written.get("sites") if isinstance(written, Mapping) else None
    if not isinstance(listed, list):
        bad.append(BadRow(place, "it lists no sites"))
        return SitesFile()
    pages_at = _pages_host(written)
    sites: dict[str, Site] = {}
    slugs: dict[str, str] = {}
    for number, each in enumerate(listed[:MOST_SITES]):
        try:
            site = _site(repository, each, pages_at)
        except ValueError as error:
            bad.append(BadRow(f"{place}: sites[{number}]", str(error)))
            continue
        sites.setdefault(site.name, site)
        slugs.setdefault(_text(each, "slug") or slug_of(site.name), site.name)
    messages = written.get("commitMessages")
    return SitesFile(
        tuple(sites.values()),
        _text(messages, "statusChange"),
        tuple(filter(None, (_text(written, f"commitPrefixStatus{how}") for how in _PREFIXES))),
        slugs,
    )


def slug_of(name: str) -> str:
    """The name of a site's file, near enough to what @sindresorhus/slugify makes of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _text(within: object, key: str) -> str:
    value = within.get(key) if isinstance(within, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def _pages_host(written: Mapping[str, Any]) -> str:
    """Where the status page lies: Upptime publishes it on GitHub Pages."""
    website = written.get("status-website")
    name = website.get("cname") if isinstance(website, Mapping) else None
    return name.strip().lower() if isinstance(name, str) else ""


def _site(repository: str, each: object, pages_at: str) -> Site:
    if not isinstance(each, Mapping):
        raise ValueError("it is no mapping")
    name, url = each.get("name"), each.get("url", "")
    if not isinstance(name, str) or not isinstance(url, str):
        raise ValueError("it has no name, or a url that is no text")
    codes = each.get("expectedStatusCodes")
    expected = parse_codes(codes if isinstance(codes, list) else [codes])
    plain = bare_url(parse_url(url))
    paged = bool(pages_at) and host_of(plain) == pages_at
    return Site(
        repository=repository,
        name=parse_name(name),
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
