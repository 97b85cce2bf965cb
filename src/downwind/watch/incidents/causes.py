"""Which cause a verdict names, and whether it is that of an incident that is known already."""

from __future__ import annotations

import re
import time
from collections.abc import Collection

from downwind.watch.incidents.types import Cause, Fault, Incident, Observed

_SAFE = re.compile(r"(?:[^a-z0-9.]|\.(?![a-z0-9])|(?<![a-z0-9])\.)+")
_LONGEST = 60
# How certain a verdict is of its cause: a weaker one takes nothing back.
_RANK = {"provider": 3, "vantage": 3, "own": 2, "suspected": 2, "unknown": 1}

SLOW = "slow:"
"""Before the key of a verdict on who is slow."""
SAME, RELATED, SIBLING, OVERLAPPING = 4.0, 3.0, 2.5, 1.0


def rank(verdict: str) -> int:
    """How certain a kind of verdict is."""
    return _RANK.get(verdict, 0)


def cause_of(fault: Fault) -> Cause:
    """What the verdict blames."""
    if fault.scope is not None:
        return Cause("scope", str(fault.scope))
    if fault.verdict == "vantage":
        return Cause("vantage", fault.suspect)
    if fault.verdict == "own":
        return Cause("own", fault.suspect)
    # A suspect without a scope is a part of one's own.
    return Cause("own", fault.suspect) if fault.suspect else Cause("unknown", "")


def victims_of(fault: Fault, observed: Observed) -> frozenset[str]:
    """Those that fail by the fault, as known or as likely; an unknown cause explains nobody."""
    named = (*fault.explains, *fault.alongside) or fault.unexplained
    return frozenset(target for target in named if observed.failing(target))


def pending_key(cause: Cause, *, slow: bool = False) -> str:
    """Under which a verdict is counted before it opens: its grain may still change."""
    key = f"scope:{cause.scope.provider}" if cause.scope else str(cause)
    return f"{SLOW}{key}" if slow else key


def affinity(cause: Cause, victims: frozenset[str], incident: Incident, overlap: float) -> float:
    """How likely a verdict is of this incident; 0 where it is of another."""
    shared = len(victims & incident.victims)
    if cause == incident.cause and (cause.kind != "unknown" or shared):
        return SAME
    mine, its = cause.scope, incident.cause.scope
    if mine and its and mine.provider == its.provider:
        if mine.covers(its) or its.covers(mine):
            # One that is closed had an end: another part of the provider is another incident.
            return RELATED if incident.open or shared else 0.0
        return SIBLING if shared else 0.0
    if not incident.open or not shared:
        return 0.0
    return _by_victims(cause, victims, incident, overlap)


def _by_victims(cause: Cause, victims: frozenset[str], incident: Incident, overlap: float) -> float:
    """Another cause for the same victims: the blame moves, it is not another outage."""
    ever = len(victims & incident.victims) / len(incident.victims)
    if cause.kind == "own":
        # One of many victims that stays down for a reason of its own is another incident.
        return OVERLAPPING + 0.5 if ever == 1 else 0.0
    if cause.kind == "unknown":
        left = incident.failing or incident.victims
        now = len(victims & left) / len(left)
        return OVERLAPPING + now / 4 if now >= overlap else 0.0
    return OVERLAPPING + ever / 2 if ever >= overlap else 0.0


def incident_id(since: float, cause: Cause, taken: Collection[str], *, slow: bool = False) -> str:
    """A name that stays: when it began, and what was first blamed."""
    when = time.strftime("%Y-%m-%dT%H%M", time.gmtime(since))
    name = {"scope": cause.name, "own": f"own-{cause.name}", "vantage": f"vantage-{cause.name}"}
    words = name.get(cause.kind, "unknown").lower().replace("*", "all")
    slug = _SAFE.sub("-", words).strip("-.")[:_LONGEST].strip("-.") or "unnamed"
    slug = f"slow-{slug}" if slow else slug
    wanted, number = f"{when}-{slug}", 2
    while wanted in taken:
        wanted, number = f"{when}-{slug}-{number}", number + 1
    return wanted
