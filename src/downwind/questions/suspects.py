"""Who could be at fault, and whom each would take down alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from downwind.graph import Graph
from downwind.questions.attribution.falls import Falls, falls_of
from downwind.questions.reached import scope_of
from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.compile import Compiled, compile_graph
from downwind.solve.prepared import Prepared, prepare
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import Scope

VANTAGE = "this vantage"
_DNS_KINDS = {"zone", "nameserver"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A scope of another provider that falls with a suspect."""

    scope: Scope
    why: str
    """The chain from it to the suspect, in words."""


@dataclass(frozen=True)
class Suspects:
    """Everything of one graph that could take down what is watched, for faults of one duration.

    Made anew when the graph changes; asked in every round.
    """

    graph: Graph
    compiled: Compiled
    falls: Falls

    @classmethod
    def of(cls, graph: Graph, duration: float) -> "Suspects":
        """Let every node fail alone for `duration` seconds and note who falls."""
        compiled = compile_graph(graph)
        return cls(graph, compiled, falls_of(graph, compiled, duration))

    @property
    def names(self) -> tuple[str, ...]:
        """The suspects of the graph; each service by itself and the vantages come besides."""
        return self.falls.causes

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each suspect."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def row(self) -> Mapping[str, int]:
        """The number of each node that can bear witness."""
        return {name: number for number, name in enumerate(self.falls.rows)}

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each suspect's node."""
        return tuple(self.graph.nodes[name].kind for name in self.names)

    @cached_property
    def scopes(self) -> tuple[Scope | None, ...]:
        """The scope that each suspect is; None for anything else, whatever its name."""
        return tuple(scope_of(self.graph.nodes[name]) for name in self.names)

    @cached_property
    def number_of_scope(self) -> Mapping[Scope, int]:
        """The number of the suspect that is this scope."""
        return {scope: number for number, scope in enumerate(self.scopes) if scope}

    @cached_property
    def serves_names(self) -> Flags:
        """bool[suspects]: whether names stop resolving with it."""
        named = np.array([row.startswith("name:") for row in self.falls.rows], dtype=np.bool_)
        ahead = np.concatenate([[0], np.cumsum(named[self.falls.row])])
        takes = ahead[self.falls.start[1:]] > ahead[self.falls.start[:-1]]
        zone = np.array([kind in _DNS_KINDS for kind in self.kinds], dtype=np.bool_)
        return np.asarray(takes | zone)

    @cached_property
    def of_provider(self) -> Mapping[str, Ints]:
        """The suspects that are scopes of each provider."""
        found: dict[str, list[int]] = {}
        for number, scope in enumerate(self.scopes):
            if scope:
                found.setdefault(scope.provider, []).append(number)
        return {provider: np.array(numbers) for provider, numbers in found.items()}

    @cached_property
    def within(self) -> tuple[frozenset[Scope], ...]:
        """Per suspect the scopes that cover it and are suspects themselves; none for no scope."""
        known = {scope for scope in self.scopes if scope}
        wide: dict[Scope, frozenset[Scope]] = {}
        return tuple(
            _covering(scope, wide) & known if scope else frozenset() for scope in self.scopes
        )

    def knows(self, witness: str) -> bool:
        """True where the graph can say who would take this witness down."""
        return witness in self.row

    def blamed_by(self, name: str) -> frozenset[str]:
        """The witnesses that fail if the suspect alone fails; none for who is no suspect."""
        cause = self.number.get(name)
        if cause is None:
            return frozenset()
        return frozenset(self.falls.rows[row] for row in self.falls.of(cause))

    def scopes_taken_by(self, name: str) -> tuple[Scope, ...]:
        """The scopes of other providers that fall if this scope alone fails, by name."""
        cause = self.number.get(name)
        blamed = self.scopes[cause] if cause is not None else None
        if cause is None or blamed is None:
            return ()
        taken: Shorts = self.falls.taken[
            self.falls.taken_start[cause] : self.falls.taken_start[cause + 1]
        ]
        scopes = (self.scopes[other] for other in taken.tolist())
        return tuple(sorted(s for s in scopes if s and s.provider != blamed.provider))

    def taken_by(self, name: str, scopes: Iterable[Scope]) -> tuple[Taken, ...]:
        """Of these scopes, which fall with the suspect, each with the chain that takes it down."""
        wanted = list(scopes)
        if not wanted:
            return ()
        arrays = self.compiled.arrays
        fault = [self.compiled.number[name]]
        fallout = propagate(arrays, fault, self.falls.duration, prepared=self._prepared)
        return tuple(
            Taken(scope, _why(self.compiled, fallout, self.names[self.number_of_scope[scope]]))
            for scope in wanted
        )

    @cached_property
    def _prepared(self) -> Prepared:
        return prepare(self.compiled.arrays)


def _covering(scope: Scope, known: dict[Scope, frozenset[Scope]]) -> frozenset[Scope]:
    """The scope and all wider ones."""
    found = known.get(scope)
    if found is None:
        found = frozenset((scope,)).union(*(_covering(wide, known) for wide in scope.wider()))
        known[scope] = found
    return found


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
