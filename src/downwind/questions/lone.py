"""Who alone is enough to take a node down: its single points of failure among the providers."""

from dataclasses import dataclass

from downwind.graph import Graph
from downwind.questions.reached import scopes_among
from downwind.solve.compile import compile_graph
from downwind.solve.prepared import prepare
from downwind.solve.propagate import propagate
from downwind.terms import Scope


@dataclass(frozen=True, slots=True)
class LoneCause:
    """A scope whose fault alone takes the node down, and after how many seconds at most."""

    scope: Scope
    after: float


def lone_causes(graph: Graph, node: str, duration: float) -> tuple[LoneCause, ...]:
    """The scopes that take the node down alone within `duration` seconds, soonest first.

    A scope that falls only as a part of another in the list is left in: the part alone suffices.
    """
    compiled = compile_graph(graph)
    prepared = prepare(compiled.arrays)
    found = []
    for scope in sorted(scopes_among(graph, graph.reach(node))):
        fault = [compiled.number[str(scope)]]
        fallout = propagate(compiled.arrays, fault, duration, prepared=prepared)
        after = float(fallout.down_at[compiled.number[node]])
        if after < duration:
            found.append(LoneCause(scope, after))
    return tuple(sorted(found, key=lambda cause: (cause.after, cause.scope)))
