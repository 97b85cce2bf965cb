"""Which status feeds are watched: the catalogue's for the providers of a map, and a user's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from downwind.catalog import Catalog, StatusFeed
from downwind.graph import Graph
from downwind.graph.scopes import SCOPE_KINDS
from downwind.terms import Scope


@dataclass(frozen=True, slots=True)
class WatchedFeed:
    """A status page or feed, and whose it is."""

    url: str
    format: str
    """As the catalogue has it; where it is none that can be read, the feed is looked for."""
    providers: tuple[str, ...]
    """By id. Several share one page where one company runs them."""


def providers_in(graph: Graph) -> tuple[str, ...]:
    """The providers whose scopes are nodes of this graph, by id."""
    scopes = (Scope.read(each.id) for each in graph.nodes.values() if each.kind in SCOPE_KINDS)
    return tuple(sorted({scope.provider for scope in scopes if scope}))


def feeds_of(
    catalog: Catalog,
    providers: Iterable[str],
    given: Sequence[tuple[str, StatusFeed]] = (),
    without: Iterable[str] = (),
) -> tuple[WatchedFeed, ...]:
    """The feeds of these providers, each address once, by address.

    `given` are a user's own, by provider: they stand in for the catalogue's, also for providers
    that it does not know. `without` are providers whose own pages are not asked for.
    """
    found: dict[tuple[str, str], list[str]] = {}
    own = {provider for provider, _ in given}
    own |= set(without)
    for provider in dict.fromkeys(providers):
        known = catalog.provider(provider)
        if known and known.status and provider not in own:
            found.setdefault((known.status.url, known.status.format), []).append(provider)
    for provider, feed in given:
        found.setdefault((feed.url, feed.format), []).append(provider)
    # One address is one subject of evidence: a second format of it would be told of the same thing.
    merged: dict[str, WatchedFeed] = {}
    for (url, format), names in sorted(found.items()):
        before = merged.get(url)
        every = {*names, *(before.providers if before else ())}
        merged[url] = WatchedFeed(url, before.format if before else format, tuple(sorted(every)))
    return tuple(merged.values())
