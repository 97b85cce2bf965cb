"""Judges moments by the graph of their day: what was declared by then, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.jobs.backtest import shared
from downwind.jobs.backtest.attributing import attributions_of
from downwind.jobs.backtest.hearing import FRESH
from downwind.jobs.backtest.judge import OWN, Case, Finding, Verdict, verdict_of
from downwind.jobs.backtest.known import owner_in
from downwind.jobs.backtest.listening import Listening, Moment, Standing
from downwind.jobs.backtest.rates import LEAST_CHANCE, chance
from downwind.model import Model
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.verdict import Attribution
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark, mark_of
from downwind.terms import Fault

LASTING = 4 * 3600.0
"""Seconds that a fault is taken to last: who outlives that is no witness against it."""

_OF_WHO_STANDS_BEHIND = frozenset({Fault.ORIGIN, Fault.CUSTOMER, Fault.CERTIFICATE})


@dataclass(slots=True)
class Court:
    """Knows the model, and makes a graph for each day on which more of it is known."""

    model: Model
    catalog: Catalog
    _graphs: dict[int, Suspects] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    _since: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note the owners, and the days on which something came to be known."""
        for key, service, capability in self.model.capabilities():
            self._owners[key] = owner_in(service, capability)
            self._since += [need.known_since for need in capability.declares if need.known_since]
        for component in self.model.components:
            self._since += [need.known_since for need in component.declares if need.known_since]

    def owner_of(self, target: str) -> str:
        """By the model; else the service, or the target itself."""
        return self._owners.get(target) or target.rpartition("/")[0] or target

    def judge(self, listening: Listening, moment: Moment) -> Verdict:
        """The verdict of one moment."""
        together = shared.test(moment.fallen, listening.owned, moment.sites)
        own = {id(w) for w in moment.witnesses if self._is_its_own(w)}
        weighed = [w for w in moment.witnesses if id(w) not in own]
        named: Sequence[Attribution] = ()
        if any(w.fails for w in weighed):
            suspects = self.suspects(moment.at)
            named = attributions_of(
                suspects,
                _testimony(weighed, self.catalog),
                _chances(weighed),
                places_of(
                    {w.vantage for w in weighed if _is_unanswered(w)}, {w.vantage for w in weighed}
                ),
            )
        answered = self._by_themselves(w for w in moment.witnesses if w.fails and id(w) in own)
        case = Case(
            owner_of=self.owner_of,
            many=len({self.owner_of(w.target) for w in weighed}),
            signed=frozenset(w.target for w in weighed if self._is_signed(w)),
            vantages={w.target: w.vantage for w in weighed},
        )
        return verdict_of(moment.at, named, answered, together, case, moment.chronic)

    def _is_its_own(self, standing: Standing) -> bool:
        """The answer itself says so: a 4xx, or an edge that could not reach who stands behind it.

        Only by a bare status: what an error page says is weighed with all else.
        """
        status = int((standing.step or {}).get("status") or 0)
        if 400 <= status < 500:
            return True
        if status < 500 or standing.step is None:
            return False
        mark = mark_of(standing.step, self.catalog)
        told = mark.signs[0] if mark.signs else None
        return bool(mark.by_edge and told and told.bare and told.says in _OF_WHO_STANDS_BEHIND)

    def _is_signed(self, standing: Standing) -> bool:
        """An error page on which an edge says that the fault is its own."""
        if standing.step is None or not standing.fails:
            return False
        signs = mark_of(standing.step, self.catalog).signs
        return bool(signs and signs[0].says is Fault.EDGE and not signs[0].bare)

    def _by_themselves(self, standings: Iterable[Standing]) -> list[Finding]:
        """One finding for each owner."""
        by_owner: dict[str, list[str]] = {}
        for each in standings:
            by_owner.setdefault(self.owner_of(each.target), []).append(each.target)
        return [
            Finding(OWN, owner if len(some) > 1 else _service(some[0]), 1.0, tuple(some))
            for owner, some in sorted(by_owner.items())
        ]

    def suspects(self, at: float) -> Suspects:
        """Everybody who could be at fault, as known on that day."""
        day = datetime.fromtimestamp(at, UTC).date()
        key = sum(since <= day for since in self._since)
        if key not in self._graphs:
            graph = build_graph([], self.catalog, self.model, as_of=day)
            self._graphs[key] = Suspects.of(graph, LASTING)
        return self._graphs[key]


def places_of(blind: Set[str], vantages: Set[str]) -> tuple[Place, ...]:
    """Each vantage that may be blind, and the families of several of them: github-actions/a and
    github-actions/b are one's, and those of it that see well speak for it."""
    families: dict[str, set[str]] = {}
    for name in blind:
        families.setdefault(_family(name), set()).add(name)
    alone = [Place(name, frozenset({name})) for name in sorted(blind)]
    whole = [
        Place(family, frozenset(v for v in vantages if _family(v) == family), "network")
        for family, members in sorted(families.items())
        if len(members) > 1
    ]
    return (*alone, *whole)


def _family(vantage: str) -> str:
    return vantage.partition("/")[0]


def _is_unanswered(standing: Standing) -> bool:
    """It fails without a status: a status comes from somebody who was reached."""
    return standing.fails and not (standing.step or {}).get("status")


def _chances(standings: Sequence[Standing]) -> dict[str, float]:
    """Of each service, that it has fallen by itself of late; the likeliest of its capabilities."""
    found: dict[str, float] = {}
    for each in standings:
        service = _service(each.target)
        found[service] = max(found.get(service, LEAST_CHANCE), chance(each.rate, FRESH))
    return found


def _service(target: str) -> str:
    return target.rpartition("/")[0] or target


def _testimony(standings: Sequence[Standing], catalog: Catalog) -> Testimony:
    marks: list[tuple[Mark, ...]] = [
        (mark_of(w.step, catalog),) if w.step and w.fails else () for w in standings
    ]
    return Testimony(
        nodes=[w.target for w in standings],
        vantages=[w.vantage for w in standings],
        log_up=np.array([w.log_up for w in standings]),
        log_down=np.array([w.log_down for w in standings]),
        marks=marks,
    )
