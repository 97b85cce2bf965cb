"""Who could be at fault, and whom each would take down alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from downwind.graph import Graph
from downwind.questions.reached import scope_of
from downwind.solve.compile import Compiled, compile_graph
from downwind.solve.prepared import prepare
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import Scope

OWN = "own:"
VANTAGE = "this vantage"
_LEFT_OUT = {"grain", "capability"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A scope of another provider that falls with a suspect."""

    scope: Scope
    why: str
    """The chain from it to the suspect, in words."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A node, a service by itself, or the vantage; and the kind of it."""

    name: str
    kind: str
    falls: frozenset[str]
    """Witnesses that fail if it alone fails: capabilities and name:HOST."""
    scope: Scope | None = None
    """The scope that it is; None for anything else, whatever its name."""
    takes: tuple[Taken, ...] = ()
    """Scopes of other providers that fall if it alone fails; for a scope only."""


def own_fault(service: str, falls: Iterable[str] = ()) -> Suspect:
    """The suspect that is the service itself."""
    return Suspect(OWN + service, "own", frozenset(falls))


@dataclass(frozen=True, slots=True)
class Suspects:
    """All suspects of one graph, for faults that last `duration`."""

    _suspects: tuple[Suspect, ...]
    _known: frozenset[str]
    inside: Mapping[Scope, NDArray[np.bool_]]
    """Each scope that is a suspect -> bool[suspects]: those that are it or lie inside it."""

    @classmethod
    def of(cls, graph: Graph, duration: float) -> "Suspects":
        """Let every node fail alone for `duration` seconds and note who falls."""
        compiled = compile_graph(graph)
        prepared = prepare(compiled.arrays)
        capabilities = [n.id for n in graph.nodes.values() if n.kind == "capability"]
        zones = _zones(graph)
        scopes = {n.id: scope for n in graph.nodes.values() if (scope := scope_of(n))}
        found = []
        for node in graph.nodes.values():
            if node.kind in _LEFT_OUT:
                continue
            fault = [compiled.number[node.id]]
            fallout = propagate(compiled.arrays, fault, duration, prepared=prepared)
            hit = {
                name
                for name in capabilities
                if fallout.down_at[compiled.number[name]] < duration
                or fallout.degraded_at[compiled.number[name]] < duration
            }
            hit |= {
                name
                for name, needed in zones.items()
                if any(fallout.down_at[compiled.number[zone]] < duration for zone in needed)
            }
            if hit:
                takes = _takes(compiled, fallout, scopes, node.id)
                scope = scopes.get(node.id)
                found.append(Suspect(node.id, node.kind, frozenset(hit), scope, takes))
        known = frozenset(capabilities) | frozenset(zones)
        services: dict[str, set[str]] = {}
        for capability in capabilities:
            services.setdefault(capability.rpartition("/")[0], set()).add(capability)
        found += [own_fault(service, hit) for service, hit in services.items()]
        found.append(Suspect(VANTAGE, "vantage", known))
        return cls(tuple(found), known, _inside(found))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(suspect.name for suspect in self._suspects)

    def all(self) -> tuple[Suspect, ...]:
        return self._suspects

    def knows(self, witness: str) -> bool:
        """True where the graph can say who would take this witness down."""
        return witness in self._known

    def columns(self, witnesses: Sequence[str]) -> NDArray[np.bool_]:
        """bool[witnesses, suspects]: the witness fails if the suspect alone fails."""
        rows = [[name in suspect.falls for suspect in self._suspects] for name in witnesses]
        return np.array(rows, dtype=np.bool_).reshape(len(witnesses), len(self._suspects))

    def blamed_by(self, name: str) -> frozenset[str]:
        """The witnesses that fail if the suspect alone fails."""
        return next((s.falls for s in self._suspects if s.name == name), frozenset())

    def taken_by(self, name: str) -> tuple[Taken, ...]:
        """The scopes of other providers that fall if the suspect alone fails, by name."""
        return next((s.takes for s in self._suspects if s.name == name), ())

    def same_as(self, name: str, witnesses: Iterable[str]) -> tuple[str, ...]:
        """Other suspects with the same witnesses among these."""
        heard = frozenset(witnesses)
        mine = self.blamed_by(name) & heard
        return tuple(s.name for s in self._suspects if s.name != name and s.falls & heard == mine)


def _inside(suspects: Sequence[Suspect]) -> Mapping[Scope, NDArray[np.bool_]]:
    scopes = [suspect.scope for suspect in suspects]
    return {
        wide: np.array([narrow is not None and wide.covers(narrow) for narrow in scopes])
        for wide in sorted({scope for scope in scopes if scope})
    }


def _takes(
    compiled: Compiled, fallout: Fallout, scopes: Mapping[str, Scope], suspect: str
) -> tuple[Taken, ...]:
    """Who else falls; nobody where the suspect is no scope."""
    blamed = scopes.get(suspect)
    others = sorted(
        name
        for name, scope in scopes.items()
        if blamed is not None
        and scope.provider != blamed.provider
        and fallout.down_at[compiled.number[name]] < fallout.duration
    )
    return tuple(Taken(scopes[name], _why(compiled, fallout, name)) for name in others)


def _why(compiled: Compiled, fallout: Fallout, node: str) -> str:
    """As in `a needs b: declared; b needs c: part of c`."""
    numbers = [
        number
        for number in chain(compiled.arrays, fallout, compiled.number[node])
        if not compiled.ids[number].endswith("?")
    ]
    steps = []
    for here, following in pairwise(numbers):
        why = compiled.needs[fallout.cause_need[here]].why
        step = f"{compiled.ids[here]} needs {compiled.ids[following]}"
        steps.append(f"{step}: {why}" if why else step)
    return "; ".join(steps)


def _zones(graph: Graph) -> dict[str, tuple[str, ...]]:
    """name:HOST -> the zones that must answer for it: its own and those of its aliases."""
    hosts = [node for node in graph.nodes.values() if node.kind == "host"]
    return {f"name:{host.label}": zones for host in hosts if (zones := _zones_of(graph, host.id))}


def _zones_of(graph: Graph, host: str) -> tuple[str, ...]:
    zones: list[str] = []
    seen: set[str] = set()
    pending = [host]
    while pending:
        here = pending.pop()
        if here in seen:
            continue
        seen.add(here)
        for need in graph.nodes[here].needs:
            target = need.alternatives[0].node
            if need.name == "dns":
                zones.append(target)
            elif need.name == "alias":
                pending.append(target)
    return tuple(zones)
