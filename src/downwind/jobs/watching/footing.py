"""What the watcher itself stands on, by one map: what would silence it, and its alert routes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from downwind.graph import Graph
from downwind.watch.live.state import LASTS
from downwind.watch.selfcheck import Routes, alert_routes, blind_spots

_KINDS = frozenset({"vantage", "alert route", "status page", "watcher"})
_MOST_ASKED = 3_000
"""Nodes of a graph of which it is asked what would silence the watcher."""
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Footing:
    """Findings on one graph with the watcher in it."""

    silenced: tuple[str, ...]
    """What could not be told, since the watcher would fall with it, in words."""
    routes: Routes

    @classmethod
    def of(cls, graph: Graph) -> Footing:
        """Takes milliseconds for each cause."""
        return cls(_silenced(graph), alert_routes(graph, LASTS))

    @property
    def warning(self) -> str:
        """A line for who starts it: that no two alert routes stand apart; empty where two do."""
        if not self.routes.routes or (self.routes.apart and not self.routes.single):
            return ""
        return self.routes.words


def _silenced(graph: Graph) -> tuple[str, ...]:
    """That it does not see without itself goes without saying. Of a big graph it is not asked:
    the probing waits meanwhile."""
    if len(graph.nodes) > _MOST_ASKED:
        return ()
    found = (each for each in blind_spots(graph, LASTS) if each.kind not in _KINDS)
    return tuple(islice((each.words for each in found), _MOST_TOLD))
