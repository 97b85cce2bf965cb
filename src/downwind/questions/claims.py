"""Is the claim true? Claims of independence, judged by the graph and by what was observed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from downwind.graph import Graph, node_of
from downwind.graph.doubt import is_doubtful
from downwind.model import Claim, Model, Service
from downwind.questions.coarse import holds_part, is_settled, whole_of
from downwind.questions.compare import lone_answers
from downwind.questions.reached import Came, Follows, links, scope_of, walk
from downwind.questions.whatif import Link, what_if
from downwind.terms import ModelError, Need, Scope, Standing, State, UsageError

Verdict = Literal["holds", "broken", "unknown"]

REASONS: Mapping[str, Verdict] = MappingProxyType(
    {
        "apart": "holds",
        "reaches": "broken",
        "doubtful": "unknown",
        "coarse": "unknown",
        "undeclared": "unknown",
        "unseen": "unknown",
        "stood": "holds",
        "fell": "broken",
        "both-fell": "unknown",
        "neither-fell": "unknown",
        "unobserved": "unknown",
        "never-alone": "holds",
        "falls-alone": "broken",
        "falls-perhaps": "unknown",
        "few": "holds",
        "many": "broken",
        "no-choices": "unknown",
        "no-service": "unknown",
    }
)
"""Why a verdict was given, and which; a translation has a text for each."""

_NO_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
# What carries a request and its answer. Names, certificates and their revocation are asked
# beforehand, and see neither.
_CARRIES = frozenset({"host", "alias", "address", "network", "edge", "hosting", "whole"})
_CARRIES_BY_HEAD = ("journey to ", "part of ")
_DECLARED_BESIDES = frozenset(
    {"dns", "certificate", "certificates", "registry", "registries", "status"}
)
_UPWARDS = "delegation"
_HIDES_THE_DATA_PATH = frozenset({"dns.a", "dns.aaaa", "dns.cname", "address.provider"})
_HIDES_NOTHING = frozenset({"origin", "tls.stapling", "dns.txt"})
"""Owners declare what lies behind an edge; a stapled answer only frees from a soft need."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a claim, and why."""

    claim: Claim
    verdict: Verdict
    reason: str
    """A key of REASONS."""
    names: Mapping[str, str]
    """Who and what the reason speaks of, to fill into its text."""
    chain: tuple[Link, ...] = ()
    """From the service to what breaks the claim, or to where the evidence ends."""
    still_mute: bool = False
    """The data path is as claimed, and all that the service does was observed down all the same."""


def judge(
    claim: Claim,
    graph: Graph,
    model: Model,
    *,
    observed: Mapping[str, State] | None = None,
    fault: Scope | None = None,
    duration: float,
    choices: Mapping[str, tuple[str, ...]] = _NO_CHOICES,
) -> Judgement:
    """Judge one claim; `observed` are states by capability, `duration` is in seconds.

    `choices` are the providers that offer each role at scale. Raises ModelError where what the
    claim is about cannot be read.
    """
    if claim.kind == "no-alternative":
        return _judge_alternatives(claim, choices)
    services = {service.name: service for service in model.services}
    for name in (claim.about, claim.other):
        if name is not None and name not in services:
            return _judgement(claim, "no-service", {"service": name})
    about = services[claim.about]
    if claim.kind == "independent":
        return _judge_apart(claim, graph, about, lambda _: True)
    if claim.kind == "data-path":
        found = _judge_apart(claim, graph, about, _carries_data)
        return _with_muteness(found, about, observed)
    assert claim.other is not None
    other = services[claim.other]
    if observed is None:
        return _foretell(claim, graph, model, about, other, duration)
    found = _compare_observed(claim, about, other, observed)
    if found.reason != "fell" or fault is None or node_of(fault, graph.nodes) not in graph.nodes:
        return found
    answer = what_if(graph, [str(fault)], duration)
    fates = {fate.node: fate for fate in answer.capabilities}
    return replace(found, chain=fates[found.names["capability"]].chain)


def _judgement(
    claim: Claim, reason: str, names: Mapping[str, str], chain: tuple[Link, ...] = ()
) -> Judgement:
    return Judgement(claim, REASONS[reason], reason, MappingProxyType(dict(names)), chain)


def _keys(service: Service) -> list[str]:
    return [service.key(capability) for capability in service.capabilities]


# --- independent and data-path ---


def _judge_apart(claim: Claim, graph: Graph, about: Service, follows: Follows) -> Judgement:
    of = _scope(claim)
    names = {"service": about.name, "of": str(of)}
    keys = [key for key in _keys(about) if key in graph.nodes]

    def say(reason: str, came: Came, at: str) -> Judgement:
        told = {**names, "at": at.rstrip("?")}
        return _judgement(claim, reason, told, links(graph, came, at))

    came = walk(graph, keys, lambda need: follows(need) and not is_doubtful(need))
    if at := _first_within(graph, came, of):
        return say("reaches", came, at)
    came = walk(graph, keys, follows)
    if at := _first_within(graph, came, of):
        return say("doubtful", came, at)
    for key in keys:
        came = walk(graph, [key], follows)
        for at in (at for at in came if graph.nodes[at].kind == "grain"):
            if holds_part(whole_of(at), of) and not is_settled(graph, key, at, follows):
                return say("coarse", came, at)
    for key in _keys(about):
        if not _is_declared(graph, key):
            return _judgement(claim, "undeclared", {**names, "capability": key})
    came = walk(graph, keys, lambda need: follows(need) and need.name != _UPWARDS)
    hidden = _hidden(graph, came, data_only=follows is _carries_data)
    return say("unseen", came, hidden) if hidden else _judgement(claim, "apart", names)


def _first_within(graph: Graph, came: Came, of: Scope) -> str | None:
    """The nearest node that `of` covers."""
    for at in came:
        scope = scope_of(graph.nodes[at])
        if scope is not None and of.covers(scope):
            return at
    return None


def _scope(claim: Claim) -> Scope:
    try:
        return Scope.parse(claim.of or "")
    except UsageError as error:
        raise ModelError(error.what, where=f"claim {claim.id}, of", todo=error.todo) from error


def _carries_data(need: Need) -> bool:
    head, _, number = need.name.rpartition(" ")
    name = head if head and number.isdigit() else need.name
    if need.standing is Standing.DECLARED:
        return name not in _DECLARED_BESIDES
    return name in _CARRIES or name.startswith(_CARRIES_BY_HEAD)


def _is_declared(graph: Graph, key: str) -> bool:
    node = graph.nodes.get(key)
    return node is not None and any(n.standing is Standing.DECLARED for n in node.needs)


def _hidden(graph: Graph, came: Came, *, data_only: bool) -> str | None:
    """The first reached node behind which something could not be seen.

    What the registries of the zones above stand on is left to them: all stand on the same ones.
    """
    unseen = {
        u.subject
        for u in graph.unknowns
        if u.kind not in _HIDES_NOTHING and not u.kind.startswith("mail.")
        if not data_only or u.kind in _HIDES_THE_DATA_PATH
    }
    for at, before in came.items():
        node = graph.nodes[at]
        if before is None or scope_of(node) is not None:
            continue
        if node.label in unseen or all(need.name == _UPWARDS for need in node.needs):
            return at
    return None


def _with_muteness(
    found: Judgement, about: Service, observed: Mapping[str, State] | None
) -> Judgement:
    states = set(_observed(about, observed or {}))
    return replace(found, still_mute=found.verdict == "holds" and states == {State.DOWN})


# --- stands-while ---


def _observed(service: Service, observed: Mapping[str, State]) -> Iterator[State | None]:
    """The state of each capability that a journey can show; None where it was not seen."""
    for capability in service.capabilities:
        key = service.key(capability)
        if capability.journey or key in observed:
            yield observed.get(key)


def _compare_observed(
    claim: Claim, about: Service, other: Service, observed: Mapping[str, State]
) -> Judgement:
    names = {"service": about.name, "other": other.name}
    mine, theirs = list(_observed(about, observed)), list(_observed(other, observed))
    if not mine or not theirs or None in mine or None in theirs:
        return _judgement(claim, "unobserved", names)
    if set(mine) == {State.UP}:
        reason = "neither-fell" if set(theirs) == {State.UP} else "stood"
        return _judgement(claim, reason, names)
    if State.DOWN in mine and State.DOWN not in theirs:
        fell = next(key for key in _keys(about) if observed.get(key) is State.DOWN)
        return _judgement(claim, "fell", {**names, "capability": fell})
    reason = "neither-fell" if set(theirs) == {State.UP} else "both-fell"
    return _judgement(claim, reason, names)


def _foretell(
    claim: Claim, graph: Graph, model: Model, about: Service, other: Service, duration: float
) -> Judgement:
    """By every fault of a single scope: does one take `about` down and leave `other` whole?"""
    names = {"service": about.name, "other": other.name}
    doubtful = None
    for scope, answer in lone_answers(graph, model, (about, other), duration):
        fates = {fate.node: fate for fate in answer.capabilities}
        fallen = [fates[k] for k in _keys(about) if fates[k].possibly is State.DOWN]
        if not fallen or any(fates[k].state is State.DOWN for k in _keys(other)):
            continue
        sure = [fate for fate in fallen if fate.state is State.DOWN]
        told = dict(names, capability=(sure or fallen)[0].node, at=str(scope))
        if not sure or any(fates[k].possibly is State.DOWN for k in _keys(other)):
            doubtful = doubtful or _judgement(claim, "falls-perhaps", told)
            continue
        for key in _keys(other):
            if not _is_declared(graph, key):
                return _judgement(claim, "undeclared", {**names, "capability": key})
        return _judgement(claim, "falls-alone", told, sure[0].chain)
    if doubtful:
        return doubtful
    for key in _keys(about):
        if not _is_declared(graph, key):
            return _judgement(claim, "undeclared", {**names, "capability": key})
    return _judgement(claim, "never-alone", names)


# --- no-alternative ---


def _judge_alternatives(claim: Claim, choices: Mapping[str, tuple[str, ...]]) -> Judgement:
    assert claim.role is not None
    offered = tuple(dict.fromkeys(choices.get(claim.role, ())))
    names = {"role": claim.role, "most": str(claim.at_most), "count": str(len(offered))}
    if not offered:
        return _judgement(claim, "no-choices", names)
    reason = "few" if len(offered) <= claim.at_most else "many"
    return _judgement(claim, reason, {**names, "providers": ", ".join(offered)})
