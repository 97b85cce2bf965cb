"""What falls if one cause fails alone, for certain or possibly, asked many times of one graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from downwind.graph import Graph
from downwind.questions.coarse import holds_part, whole_of
from downwind.questions.reached import scope_of
from downwind.solve.compile import Compiled, compile_graph
from downwind.solve.prepared import Prepared, prepare
from downwind.solve.propagate import Fallout, chain, propagate
from downwind.terms import Node, Scope

_NO_CAUSE = frozenset({"capability", "grain", "watcher"})


@dataclass(frozen=True, slots=True)
class Fall:
    """One node that falls with a cause."""

    node: str
    label: str
    kind: str
    certain: bool
    """False where a need on the way is suspected, weakly confirmed, or coarser than the cause."""
    chain: str
    """As in `a needs b: declared; b needs c: part of c`; empty for the cause itself."""


class Falls:
    """Answers for one graph, and for causes that last `duration` seconds."""

    def __init__(self, graph: Graph, duration: float) -> None:
        self.graph = graph
        self._duration = duration
        self._sure = _Solved.of(graph, possible=False)
        self._maybe = _Solved.of(graph, possible=True)
        self._grains = _grains(graph.nodes.values())

    @classmethod
    def beneath(cls, graph: Graph, watched: Collection[str], duration: float) -> Falls:
        """For these nodes only: what they do not lean on, be it thousands of sites, is left out."""
        reached = dict.fromkeys(name for start in watched for name in graph.reach(start))
        return cls(Graph({name: graph.nodes[name] for name in reached}), duration)

    def of(self, cause: str, watched: Collection[str]) -> tuple[Fall, ...]:
        """Which of the watched nodes fall if this cause fails, in the order in which they come.

        A cause that the graph does not hold is a part of what it holds, or takes nothing down.
        """
        sure = self._sure.fail([cause], self._duration)
        maybe = self._maybe.fail([cause, *self._holding(cause)], self._duration)
        falls = []
        for name in watched:
            certain = self._sure.down(sure, name, self._duration)
            if certain or self._maybe.down(maybe, name, self._duration):
                solved, fallout = (self._sure, sure) if certain else (self._maybe, maybe)
                node = self.graph.nodes[name]
                words = solved.chain(fallout, name)
                falls.append(Fall(name, node.label, node.kind, certain, words))
        return tuple(falls)

    def _holding(self, cause: str) -> list[str]:
        """Nodes that need some part of a scope in which the cause lies."""
        scope = Scope.read(cause)
        if scope is None:
            return []
        return [name for name, whole in self._grains.items() if holds_part(whole, scope)]


def causes_of(graph: Graph, starts: Iterable[str]) -> tuple[str, ...]:
    """All that could take one of these down: what they lean on, and scopes within that."""
    reached = dict.fromkeys(name for start in starts for name in graph.reach(start))
    held = _grains(graph.nodes[name] for name in reached).values()
    inside = (
        node.id
        for node in graph.nodes.values()
        if (scope := scope_of(node)) and any(holds_part(whole, scope) for whole in held)
    )
    found = dict.fromkeys((*reached, *inside))
    return tuple(name for name in found if graph.nodes[name].kind not in _NO_CAUSE)


def _grains(nodes: Iterable[Node]) -> dict[str, Scope]:
    """The nodes of those who need some part of a scope, each with the scope."""
    return {node.id: whole_of(node.id) for node in nodes if node.kind == "grain"}


@dataclass(frozen=True, slots=True)
class _Solved:
    compiled: Compiled
    prepared: Prepared

    @classmethod
    def of(cls, graph: Graph, *, possible: bool) -> _Solved:
        compiled = compile_graph(graph, possible=possible)
        return cls(compiled, prepare(compiled.arrays))

    def fail(self, causes: Iterable[str], duration: float) -> Fallout:
        faults = [
            number for cause in causes if (number := self.compiled.number.get(cause)) is not None
        ]
        return propagate(self.compiled.arrays, faults, duration, prepared=self.prepared)

    def down(self, fallout: Fallout, name: str, duration: float) -> bool:
        return bool(fallout.down_at[self.compiled.number[name]] < duration)

    def chain(self, fallout: Fallout, name: str) -> str:
        ids = self.compiled.ids
        numbers = chain(self.compiled.arrays, fallout, self.compiled.number[name])
        kept = [number for number in numbers if not ids[number].endswith("?")]
        steps = []
        for here, following in pairwise(kept):
            why = self.compiled.needs[fallout.cause_need[here]].why
            step = f"{ids[here]} needs {ids[following]}"
            steps.append(f"{step}: {why}" if why else step)
        if numbers and numbers[-1] != kept[-1]:
            whole = ids[numbers[-1]].removesuffix("?")
            steps.append(f"{ids[kept[-1]]} needs some part of {whole}")
        return "; ".join(steps)
