"""From the posterior to names: one attribution for each fault, and what stays unexplained.

Who is named must hold by the prior of any moment, so that quiet days stay quiet. How sure that is,
and who else it may be, is told by the prior of a moment in which somebody is at fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from downwind.questions.attribution.alone import own_or_unknown
from downwind.questions.attribution.posterior import SUSPECTED, by_scope, finest
from downwind.questions.attribution.search import Weighed
from downwind.questions.attribution.separate import further
from downwind.questions.attribution.settle import Settled, accounted, settle
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Answer, Attribution, Consequence, Further
from downwind.solve.arrays import Flags, Ints
from downwind.terms import Scope

SURE = 0.9
MOST = 3
"""Faults that are named at once; vantages come besides."""
_LIKELY = 0.3
"""Below it nobody is named, however much less likely all others are."""
_RIVAL, _RIVALS = 0.01, 5


class _Fault(NamedTuple):
    """One to be named: a provider, a component or a place, with its likeliest suspects."""

    top: Scope | None
    members: tuple[int, ...]
    confidence: float
    """At any moment."""


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    trial: Trial
    weighed: Weighed
    scopes: dict[Scope, float]
    each: dict[int, float]
    told_scopes: dict[Scope, float]
    told_each: dict[int, float]
    faults: tuple[_Fault, ...]
    settled: Settled
    failing: Flags
    """Per node: a capability that fails."""

    def names(self, nodes: Flags) -> tuple[str, ...]:
        rows = self.trial.suspects.falls.rows
        return tuple(sorted(rows[row] for row in self.trial.heard.row[nodes].tolist()))


def name_faults(trial: Trial, weighed: Weighed) -> Answer:
    """Whoever is likelier at fault than not; then faults of services by themselves."""
    failing = trial.heard.fails & (trial.suspects.falls.service[trial.heard.row] >= 0)
    if not failing.any():
        return Answer((), (), weighed.cut_short)
    scopes = by_scope(weighed.posterior, trial.suspects)
    each = weighed.posterior.of_each()
    faults = _faults(trial, weighed, scopes, each)
    members = [m for fault in faults for m in fault.members]
    settled = settle(trial, weighed.extra, members)
    case = _Case(
        trial, weighed, scopes, each, by_scope(weighed.told, trial.suspects),
        weighed.told.of_each(), faults, settled, failing,
    )  # fmt: skip
    shares = [_shares(case, fault) for fault in faults]
    together = _together(case)
    shared = together & ~np.any([np.zeros_like(failing), *shares], axis=0)
    explained = [
        (mine | shared) & _inside(case, fault) for fault, mine in zip(faults, shares, strict=True)
    ]
    known = np.any([np.zeros_like(failing), *explained], axis=0)
    unexplained = case.names(failing & ~known)
    left = failing & ~np.any([together, *shares], axis=0)
    tell_apart = further(trial, weighed)
    named = [
        replace(
            _attribution(case, fault, mine, unexplained, tell_apart),
            alongside=case.names((share & ~mine) | (shared & ~known)),
        )
        for fault, mine, share in zip(faults, explained, shares, strict=True)
    ]
    rivals = _rivals(case)
    named += own_or_unknown(trial, weighed, settled, left, members, rivals, tell_apart)
    accounted_for = {name for each_ in named for name in each_.explains}
    rest = tuple(name for name in unexplained if name not in accounted_for)
    return Answer(tuple(named), rest, weighed.cut_short)


def _faults(
    trial: Trial, weighed: Weighed, scopes: dict[Scope, float], each: dict[int, float]
) -> tuple[_Fault, ...]:
    """The likeliest first: all that are likelier than not; else the likeliest one, where it is
    likelier than that nobody is at fault."""
    many = len(trial.suspects.names)
    found = [_provider(trial, weighed, s, c) for s, c in scopes.items() if not s.wider()]
    for member, confidence in each.items():
        if member >= many or trial.suspects.scopes[member] is None:
            found.append(_Fault(None, (member,), confidence))
    found.sort(key=lambda fault: (-fault.confidence, fault.members))
    likely = [fault for fault in found if fault.confidence >= SUSPECTED]
    places = [fault for fault in likely if _is_place(trial, fault)]
    sure = [fault for fault in likely if fault not in places][:MOST]
    sure = sorted(sure + places, key=found.index)
    if sure or not found or found[0].confidence <= max(_LIKELY, weighed.posterior.empty):
        return tuple(sure)
    return (found[0],)


def _is_place(trial: Trial, fault: _Fault) -> bool:
    return fault.members[0] >= len(trial.suspects.names)


def _provider(trial: Trial, weighed: Weighed, top: Scope, confidence: float) -> _Fault:
    """With its suspects in the likeliest hypothesis that holds any."""
    within, many = trial.suspects.within, len(trial.suspects.names)
    first = int(weighed.posterior.holding(lambda m: m < many and top in within[m]).argmax())
    members = weighed.posterior.members[first].tolist()
    mine = tuple(m for m in members if 0 <= m < many and top in within[m])
    return _Fault(top, mine, min(1.0, confidence))


def _shares(case: _Case, fault: _Fault) -> Flags:
    """The failing capabilities whose failure is due to this fault rather than not."""
    others = [m for f in case.faults if f != fault for m in f.members]
    without = settle(case.trial, case.weighed.extra, others)
    return np.asarray(case.failing & (accounted(case.trial, without, case.settled) > 0.5))


def _together(case: _Case) -> Flags:
    """The failing capabilities whose failure is due to the faults as a whole: one that two of them
    take is due to neither alone."""
    nothing = settle(case.trial, case.weighed.extra, ())
    return np.asarray(case.failing & (accounted(case.trial, nothing, case.settled) > 0.5))


def _inside(case: _Case, fault: _Fault) -> Flags:
    """The nodes that are known to stand on the fault."""
    found = np.zeros(len(case.failing), dtype=np.bool_)
    for member in fault.members:
        found[case.settled.nodes[member]] = True
    return found


def _attribution(
    case: _Case,
    fault: _Fault,
    mine: Flags,
    unexplained: tuple[str, ...],
    tell_apart: tuple[Further, ...],
) -> Attribution:
    trial = case.trial
    scope, member, confidence = _at_its_grain(case, fault)
    column = np.zeros(len(mine), dtype=np.bool_)
    for part in fault.members if len(fault.members) > 1 else (member,):
        column[_nodes(case, part)] = True
    together = len(fault.members) > 1
    return Attribution(
        verdict=_verdict(trial, fault),
        scope=scope,
        suspect=name_of(trial, member),
        confidence=confidence,
        explains=case.names(mine),
        unexplained=unexplained,
        contradicts=case.names(column & (trial.heard.ratio < 0)),
        rivals=_rivals(case),
        same=_same(case, member),
        consequences=_consequences(case, member, mine),
        provider_confidence=min(1.0, case.told_scopes.get(fault.top, 0.0)) if fault.top else 0.0,
        severity=max(case.settled.severity[m] for m in fault.members),
        parts=tuple(sorted(name_of(trial, m) for m in fault.members)) if together else (),
        separating=tell_apart,
    )


def _verdict(trial: Trial, fault: _Fault) -> str:
    if fault.top:
        return "provider" if fault.confidence >= SURE else "suspected"
    return "vantage" if _is_place(trial, fault) else "own"


def _at_its_grain(case: _Case, fault: _Fault) -> tuple[Scope | None, int, float]:
    """The scope that the evidence separates, the likeliest suspect in it, and how sure that is."""
    if fault.top is None:
        return None, fault.members[0], min(1.0, case.told_each.get(fault.members[0], 0.0))
    suspects = case.trial.suspects
    scope = finest(case.weighed.posterior, suspects, case.scopes, fault.top, fault.members)
    inside = [
        (mass, -member)
        for member, mass in case.each.items()
        if member < len(suspects.names) and scope in suspects.within[member]
    ]
    together = len(fault.members) > 1
    member = suspects.number_of_scope[scope] if together else -max(inside)[1]
    return scope, member, min(1.0, case.told_scopes.get(scope, 0.0))


def name_of(trial: Trial, member: int) -> str:
    """The node, or the place."""
    many = len(trial.suspects.names)
    return trial.suspects.names[member] if member < many else trial.places[member - many].name


def _nodes(case: _Case, member: int) -> Ints:
    if member in case.settled.nodes:
        return case.settled.nodes[member]
    nodes = case.trial.heard.place_of[case.trial.suspects.falls.of(member)]
    return nodes[nodes >= 0]


def _same(case: _Case, member: int) -> tuple[str, ...]:
    columns = case.weighed.columns
    mine = columns.mark[columns.cause == member]
    if not len(mine):
        return ()
    others = columns.cause[(columns.mark == mine[0]) & (columns.cause != member)]
    return tuple(case.trial.suspects.names[other] for other in others.tolist())


def _consequences(case: _Case, member: int, mine: Flags) -> tuple[Consequence, ...]:
    """The widest of the scopes that fell with the blamed one, where a failing witness stands."""
    suspects = case.trial.suspects
    if member >= len(suspects.names):
        return ()
    name, found = suspects.names[member], {}
    for scope in suspects.scopes_taken_by(name):
        column = np.zeros(len(mine), dtype=np.bool_)
        column[_nodes(case, suspects.number_of_scope[scope])] = True
        if explains := case.names(column & mine):
            found[scope] = explains
    wide = [s for s in found if not any(o != s and o.covers(s) for o in found)]
    return tuple(
        Consequence(taken.scope, taken.why, found[taken.scope])
        for taken in suspects.taken_by(name, wide)
    )


def _rivals(case: _Case) -> tuple[tuple[str, float], ...]:
    """Who else may be at fault, those left out who are named themselves."""
    named = {f.top for f in case.faults}
    members = {m for f in case.faults for m in f.members}
    found = [(str(s), w) for s, w in case.told_scopes.items() if not s.wider() and s not in named]
    for member, weight in case.told_each.items():
        is_scope = member < len(case.trial.suspects.names) and case.trial.suspects.scopes[member]
        if not is_scope and member not in members:
            found.append((name_of(case.trial, member), weight))
    found = [(name, weight) for name, weight in found if weight >= _RIVAL]
    return tuple(sorted(found, key=lambda item: (-item[1], item[0]))[:_RIVALS])
