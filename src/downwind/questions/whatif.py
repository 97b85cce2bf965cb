"""Who falls if these causes fail for so long, from when until when, and through which chain."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from downwind.graph import Graph, node_of
from downwind.questions.coarse import holds_part, is_settled, whole_of
from downwind.questions.curve import Step, steps
from downwind.solve.compile import Compiled, compile_graph
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import Scope, State, UnknownCause


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain: a node, and why it needs the next."""

    node: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one node. Times are seconds since the fault began."""

    node: str
    label: str
    kind: str
    state: State
    possibly: State
    """The worst state that the evidence leaves open; never better than `state`."""
    down_at: float
    degraded_at: float
    back_at: float
    chain: tuple[Link, ...]
    reason: str
    """Why `possibly` is worse than `state`, where it is."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer: fates of the capabilities, then of all else that falls."""

    causes: tuple[str, ...]
    duration: float
    capabilities: tuple[Fate, ...]
    others: tuple[Fate, ...]
    ungrounded: tuple[str, ...]

    @property
    def states(self) -> Mapping[str, State]:
        """Each capability's state, as far as it is certain."""
        return {fate.node: fate.state for fate in self.capabilities}

    @property
    def worst(self) -> Mapping[str, State]:
        """Each capability's worst state that the evidence leaves open."""
        return {fate.node: fate.possibly for fate in self.capabilities}

    def curve(self) -> tuple[Step, ...]:
        """Capabilities down for certain against how long the fault lasts, be it longer."""
        down_at = np.array([fate.down_at for fate in self.capabilities], dtype=np.float64)
        return steps(down_at, np.ones(len(down_at)))


def what_if(graph: Graph, causes: Sequence[str], duration: float) -> WhatIf:
    """Propagate the causes through the graph; raises UnknownCause for a name it does not hold."""
    names = tuple(dict.fromkeys(find_cause(graph, cause) for cause in causes))
    sure = compile_graph(graph)
    fallout = propagate(sure.arrays, [sure.number[name] for name in names], duration)
    doubt = _Doubt(graph, names, duration)
    fates = [
        _fate(graph, sure, fallout, node_id, doubt)
        for node_id, node in graph.nodes.items()
        if node.kind != "grain"
    ]
    return WhatIf(
        causes=names,
        duration=duration,
        capabilities=tuple(fate for fate in fates if fate.kind == "capability"),
        others=tuple(
            fate
            for fate in fates
            if fate.kind != "capability" and (fate.state, fate.possibly) != (State.UP, State.UP)
        ),
        ungrounded=tuple(sure.ids[i] for i in fallout.ungrounded),
    )


def find_cause(graph: Graph, cause: str) -> str:
    """The node that a person means: a scope, a host name, a capability or a node's id."""
    for name in meant_by(cause, graph.nodes):
        if name in graph.nodes:
            return name
    close = get_close_matches(cause, [n for n in graph.nodes if not n.endswith("?")], n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "`downwind map` shows what is known."
    raise UnknownCause(f"nothing that was mapped or declared is called {cause!r}.", todo=hint)


def meant_by(name: str, nodes: Container[str]) -> tuple[str, ...]:
    """The nodes that a name may mean, the likeliest first, be they among the nodes or not."""
    scope = Scope.read(name)
    spelt = () if scope is None else (node_of(scope, nodes),)
    return (name, *spelt, *(f"{kind}:{name}" for kind in ("host", "zone", "address", "issuer")))


class _Doubt:
    """What falls possibly: doubtful needs count, and so does what lies within a coarse need."""

    def __init__(self, graph: Graph, names: tuple[str, ...], duration: float) -> None:
        self._graph = graph
        self._names = names
        self._duration = duration
        self._compiled = compile_graph(graph, possible=True)
        self._coarse = _coarse_needs(graph, names)
        self._solved: dict[frozenset[str], Fallout] = {}

    def state(self, node_id: str, kind: str) -> State:
        coarse = frozenset(self._coarse)
        if kind == "capability":
            coarse -= self._refuted(node_id)
        if coarse not in self._solved:
            faults = [self._compiled.number[n] for n in (*self._names, *sorted(coarse))]
            self._solved[coarse] = propagate(self._compiled.arrays, faults, self._duration)
        return _state(self._solved[coarse], self._compiled.number[node_id], self._duration)

    def reason(self) -> str:
        if not self._coarse:
            return "a need on the way is suspected or weakly confirmed"
        seen = ", ".join(sorted(name.rstrip("?") for name in self._coarse))
        return f"the evidence stops at {seen}, and the fault is only a part of it"

    def _refuted(self, capability: str) -> frozenset[str]:
        return frozenset(
            grain for grain in self._coarse if is_settled(self._graph, capability, grain)
        )


def _coarse_needs(graph: Graph, names: tuple[str, ...]) -> dict[str, Scope]:
    """Nodes that need some part of a scope in which a fault lies, and that fault."""
    coarse: dict[str, Scope] = {}
    faults = [fault for name in names if (fault := Scope.read(name))]
    for node in graph.nodes.values():
        whole = whole_of(node.id) if node.kind == "grain" else None
        for fault in faults:
            if whole and holds_part(whole, fault):
                coarse[node.id] = fault
    return coarse


def _state(fallout: Fallout, number: int, duration: float) -> State:
    if fallout.down_at[number] < duration:
        return State.DOWN
    return State.DEGRADED if fallout.degraded_at[number] < duration else State.UP


def _fate(graph: Graph, sure: Compiled, fallout: Fallout, node_id: str, doubt: _Doubt) -> Fate:
    number = sure.number[node_id]
    node = graph.nodes[node_id]
    state = _state(fallout, number, fallout.duration)
    possibly = _worse(state, doubt.state(node_id, node.kind))
    return Fate(
        node=node_id,
        label=node.label,
        kind=node.kind,
        state=state,
        possibly=possibly,
        down_at=float(fallout.down_at[number]),
        degraded_at=float(fallout.degraded_at[number]),
        back_at=float(fallout.back_at[number]),
        chain=_links(graph, sure, fallout, number, state),
        reason=doubt.reason() if possibly is not state else "",
    )


_RANK = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}


def _worse(a: State, b: State) -> State:
    return a if _RANK[a] >= _RANK[b] else b


def _links(
    graph: Graph, sure: Compiled, fallout: Fallout, number: int, state: State
) -> tuple[Link, ...]:
    if state is State.UP:
        return ()
    rows = fallout.cause_need
    numbers = chain(sure.arrays, fallout, number)
    first = int(rows[number])
    if state is State.DEGRADED:
        first = int(fallout.degraded_need[number])
        numbers = (number, *chain(sure.arrays, fallout, int(fallout.degraded_node[number])))
    links = []
    for here in numbers:
        node = graph.nodes[sure.ids[here]]
        row = first if here == number else int(rows[here])
        if node.kind != "grain":
            links.append(Link(node.id, node.label, sure.needs[row].why if row >= 0 else ""))
    return tuple(links)
