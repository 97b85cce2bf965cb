"""The graph of each moment: by what was mapped, declared and accepted by then, and no more."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.jobs.remap import answered
from downwind.model import Model
from downwind.questions.hidden import Decision, accepted_needs, with_hidden
from downwind.questions.suspects import Suspects
from downwind.terms import Evidence
from downwind.watch.live.state import LASTS, Live
from downwind.watch.selfcheck import WatcherNeeds, with_watcher
from downwind.watch.vantages import VantageSpec


@dataclass(slots=True)
class Maps:
    """What was seen of who needs whom, in the order of time."""

    mapped: Sequence[tuple[str, Evidence]]
    catalog: Catalog
    model: Model
    vantages: tuple[VantageSpec, ...] = ()
    """Those that the model tells of; they are nodes of the graph."""
    _stands: _Known | None = None

    def at(self, at: float, decisions: tuple[Decision, ...] = ()) -> Graph:
        """The graph of that moment."""
        self._stands = self._known(at, decisions)
        day = datetime.fromtimestamp(at, UTC).date()
        seen = answered(self.mapped[: self._stands.mapped])
        graph = build_graph(seen, self.catalog, self.model, as_of=day)
        needs = WatcherNeeds(vantages=self.vantages)
        return with_hidden(with_watcher(graph, needs), accepted_needs(decisions))

    def renew(self, live: Live, at: float) -> None:
        """Let the live state stand on what has become known, once a map is whole."""
        known = self._known(at, live.decisions)
        if known == self._stands or self._is_mapping(known.mapped, at, live.setting.settings.every):
            return
        graph = self.at(at, live.decisions)
        live.stand_on(graph, Suspects.of(graph, LASTS))

    def _is_mapping(self, mapped: int, at: float, every: float) -> bool:
        return bool(mapped) and at - self.mapped[mapped - 1][1].at < every

    def _known(self, at: float, decisions: tuple[Decision, ...]) -> _Known:
        day = datetime.fromtimestamp(at, UTC).date()
        declared = sum(since <= day for since in _since(self.model))
        mapped = bisect_right(self.mapped, at, key=lambda each: each[1].at)
        return _Known(mapped, declared, decisions)


@dataclass(frozen=True, slots=True)
class _Known:
    """By what one graph differs from another."""

    mapped: int
    declared: int
    decisions: tuple[Decision, ...]


def _since(model: Model) -> list[date]:
    """The days on which needs came to be known."""
    declared = [need for _, _, each in model.capabilities() for need in each.declares]
    declared += [need for each in model.components for need in each.declares]
    return [need.known_since for need in declared if need.known_since]
