"""What a deploy, maintenance and a feed may be of: a typo would match nothing, silently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from downwind.catalog import Catalog
from downwind.graph import Graph
from downwind.model import Model, WatchSettings
from downwind.terms import Scope, UsageError
from downwind.watch.feeds import providers_in
from downwind.watch.incidents import EVERYTHING

_ALIKE = 3


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that mean something to one watch."""

    own: frozenset[str]
    """Services, capabilities, components and nodes of the map."""
    providers: frozenset[str]
    """Of the map and of the catalogue."""
    catalog: Catalog

    @classmethod
    def of(cls, model: Model, graph: Graph, catalog: Catalog) -> KnownNames:
        services = {each.name for each in model.services}
        known = {each.id for each in catalog.providers}
        return cls(
            frozenset({EVERYTHING, *services, *graph.nodes}),
            frozenset(known.union(providers_in(graph))),
            catalog,
        )

    def check(self, name: str, where: str) -> str:
        """The name; raises UsageError for what nothing is called, with what is called alike."""
        if name in self.own:
            return name
        scope = Scope.read(name)
        if scope is None or scope.provider not in self.providers:
            raise _unknown(name, where, {*self.own, *self.providers})
        provider = self.catalog.provider(scope.provider)
        product = scope.product
        if provider is None or product in (None, "*") or provider.product(product or ""):
            return name
        offered = {f"{provider.id}/{each.id}" for each in provider.products}
        raise _unknown(f"{provider.id}/{product}", where, offered)

    def check_settings(self, settings: WatchSettings) -> None:
        """Raise UsageError for a maintenance or a feed of nobody."""
        for place, window in enumerate(settings.maintenance):
            self.check(window.service, f"watch.maintenance.{place}.service")
        for place, feed in enumerate(settings.feeds):
            if feed.provider not in self.providers:
                where = f"watch.feeds.{place}.provider"
                raise _unknown(feed.provider, where, self.providers)


def _unknown(name: str, where: str, known: Iterable[str]) -> UsageError:
    names = sorted(known)
    close = get_close_matches(name, names, n=_ALIKE)
    close = close or get_close_matches(name.partition("/")[0], names, n=_ALIKE)
    todo = "Name a service, a capability, a provider or a part of one, as aws/ec2; or *."
    return UsageError(
        f"nothing here is called {name!a:.80}.",
        where=where,
        todo=f"Did you mean {' or '.join(close)}?" if close else todo,
    )
