"""Each capability as the picture shows it; only those of which something changed are drawn anew.

Of 10,000 a step of the loop hears some eighty: drawn whole, they held the probes up by 0.3 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from downwind.graph import Graph
from downwind.model import Model
from downwind.terms import Scope, State
from downwind.watch.detection import Published
from downwind.watch.live.names import scope_words
from downwind.watch.live.saved import second_way
from downwind.watch.live.state import Live
from downwind.watch.picture import IncidentSeen, TargetSeen


@dataclass(frozen=True, slots=True)
class _Capability:
    """What stays of a capability."""

    key: str
    service: str
    title: str
    targets: tuple[tuple[str, int], ...]
    """Its targets, with their numbers at the detector."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the incidents and the history say of capabilities."""

    victims: dict[str, str] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    availability: Mapping[str, float] = field(default_factory=dict)

    def differs(self, other: _Said) -> set[str]:
        """The capabilities of which the other says something else."""
        found = {key for key, _ in self.victims.items() ^ other.victims.items()}
        found |= {key for key, _ in self.saved.items() ^ other.saved.items()}
        if self.availability is not other.availability:
            known = self.availability.keys() | other.availability.keys()
            found |= {k for k in known if self.availability.get(k) != other.availability.get(k)}
        return found


@dataclass(slots=True)
class Targets:
    """The capabilities as they were drawn last."""

    seen: dict[str, TargetSeen] = field(default_factory=dict)
    _capabilities: dict[str, _Capability] = field(default_factory=dict)
    _of: dict[str, str] = field(default_factory=dict)
    """Target -> its capability."""
    _published: Published | None = None
    _graph: Graph | None = None
    _said: _Said = field(default_factory=_Said)

    def draw(
        self,
        live: Live,
        model: Model,
        incidents: Iterable[IncidentSeen],
        availability: Mapping[str, float],
    ) -> tuple[TargetSeen, ...]:
        """All of them, in the model's order."""
        if not self._capabilities:
            self._capabilities = {each.key: each for each in _capabilities(live, model)}
            self._of = {
                name: each.key for each in self._capabilities.values() for name, _ in each.targets
            }
        running = [each for each in incidents if each.phase != "closed"]
        running.sort(key=lambda each: not each.slow)  # who fails as well is told with those
        said = _Said(
            {victim: each.id for each in running for victim in each.victims},
            {key: each.scope for each in running for key in each.saved},
            availability,
        )
        states = live.states()
        for key in self._stale(live, said):
            known = self._capabilities.get(key)
            if known is not None:
                self.seen[key] = _target(live, known, states.get(key), said)
        self._published, self._graph, self._said = live.published, live.setting.graph, said
        live.touched.clear()
        return tuple(self.seen.values())

    def _stale(self, live: Live, said: _Said) -> Iterable[str]:
        if len(self.seen) < len(self._capabilities) or self._graph is not live.setting.graph:
            return self._capabilities  # in the model's order
        names = live.touched
        if live.published is not None:
            names = names | _moved(live.published, self._published)
        return said.differs(self._said) | {self._of[name] for name in names if name in self._of}


def _moved(now: Published, before: Published | None) -> set[str]:
    """The targets that stand otherwise than before."""
    if before is None:
        return set(now.targets)
    changed = (now.states != before.states) | (now.since != before.since)
    for mine, its in (
        (now.slow, before.slow),
        (now.flapping, before.flapping),
        (now.degraded, before.degraded),
    ):
        changed |= mine != its
    return {now.targets[number] for number in np.flatnonzero(changed)}


def _capabilities(live: Live, model: Model) -> Iterable[_Capability]:
    of: dict[str, list[tuple[str, int]]] = {}
    numbers = {name: n for n, name in enumerate(live.detector.targets)}
    for each in live.setting.watched:
        if each.capability:
            name = each.target.name
            of.setdefault(each.capability, []).append((name, numbers[name]))
    for key, service, capability in model.capabilities():
        if key in of:
            yield _Capability(key, service.name, capability.title or key, tuple(of[key]))


def _target(live: Live, known: _Capability, state: State | None, said: _Said) -> TargetSeen:
    told = [live.latest[name] for name, _ in known.targets]
    published = live.published
    standings = [published.standing(n) for _, n in known.targets] if published else []
    slow = any(s.slow for s in standings)
    scope = said.saved.get(known.key)
    way = second_way(live.setting.graph, known.key, scope) if scope else None
    return TargetSeen(
        key=known.key,
        title=known.title,
        service=known.service,
        state=state,
        since=max((s.since for s in standings if s.since > 0), default=None),
        slow=slow,
        flapping=any(s.flapping for s in standings),
        latency_p50=told[0].quantile(0.5),
        latency_p95=told[0].quantile(0.95),
        probed_at=max((t.probed_at for t in told if t.probed_at is not None), default=None),
        reason=next((why for t in told if (why := t.reason or t.unheard)), ""),
        partly=next((words for t in told if (words := t.addresses.words())), ""),
        availability=said.availability.get(known.key),
        saved_by=way.need if way else "",
        stands_on=_called(live, way.on) if way else "",
        incident=said.victims.get(known.key, "") if state is not State.UP or slow else "",
        certificate_ends=min(
            (t.certificate_ends for t in told if t.certificate_ends is not None), default=None
        ),
        domain_ends=live.domains.end(known.key),
        domain_unknown=live.domains.unknown(known.key),
    )


def _called(live: Live, node: str) -> str:
    scope = Scope.read(node.removesuffix("?"))
    if scope is not None:
        return scope_words(live.setting.catalog, scope)
    known = live.setting.graph.nodes.get(node)
    return known.label if known else node
