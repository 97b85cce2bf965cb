"""What two services stand on, what they share, and which lone fault takes which of them down."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from downwind.graph import Graph
from downwind.model import Model, Service
from downwind.questions.reached import links, scopes_among, walk
from downwind.questions.whatif import Link, WhatIf, what_if
from downwind.terms import Scope, State, UsageError


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two services."""

    name: str
    title: str
    stands_on: tuple[Scope, ...]
    """Products with region and variant as far as known; a provider where no product is."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A scope on which both stand, and how each comes to it; not always a hard need."""

    scope: Scope
    a: tuple[Link, ...]
    b: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class LoneFault:
    """What becomes of both when this scope alone fails."""

    scope: Scope
    a: State
    b: State
    a_possibly: State
    """The worst state that the evidence leaves open; never better than `a`."""
    b_possibly: State


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer. A service is hit by a fault that leaves it down or degraded."""

    a: Side
    b: Side
    duration: float
    """Seconds for which each fault lasts."""
    shared: tuple[Shared, ...]
    """What both lean on, at the finest grain at which they meet."""
    faults: tuple[LoneFault, ...]
    """Every scope that one of them leans on, by name; harmless ones are left out."""

    @property
    def only_a(self) -> tuple[LoneFault, ...]:
        return tuple(f for f in self.faults if f.a is not State.UP and f.b is State.UP)

    @property
    def only_b(self) -> tuple[LoneFault, ...]:
        return tuple(f for f in self.faults if f.a is State.UP and f.b is not State.UP)

    @property
    def both(self) -> tuple[LoneFault, ...]:
        return tuple(f for f in self.faults if f.a is not State.UP and f.b is not State.UP)

    @property
    def perhaps(self) -> tuple[LoneFault, ...]:
        """Faults that hit neither for certain, and one of them possibly."""
        return tuple(f for f in self.faults if f.a is State.UP and f.b is State.UP)


def compare(graph: Graph, model: Model, a: str, b: str, duration: float) -> Compared:
    """Hold two services, by name or title, against every fault of a single scope.

    Raises UsageError where the model has no such service, or both are the same.
    """
    first, second = find_service(model, a), find_service(model, b)
    if first.name == second.name:
        raise UsageError(f"{a!r} and {b!r} are the same service.", todo="Name two.")
    came = [walk(graph, _keys(service), lambda _: True) for service in (first, second)]
    reached = [scopes_among(graph, each) for each in came]
    answers = lone_answers(graph, model, (first, second), duration)
    faults = (_lone_fault(scope, answer, first, second) for scope, answer in answers)
    return Compared(
        a=Side(first.name, first.title, _stands_on(reached[0])),
        b=Side(second.name, second.title, _stands_on(reached[1])),
        duration=duration,
        shared=tuple(
            Shared(scope, *(links(graph, each, str(scope)) for each in came))
            for scope in _finest(reached[0] & reached[1])
        ),
        faults=tuple(f for f in faults if (f.a_possibly, f.b_possibly) != (State.UP, State.UP)),
    )


def find_service(model: Model, text: str) -> Service:
    """The service of that name or title, whatever the case; raises UsageError."""
    wanted = text.strip().casefold()
    named = [s for s in model.services if s.name.casefold() == wanted]
    found = named or [s for s in model.services if s.title.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(s.name for s in found)
        raise UsageError(f"{text!r} is the title of {names}.", todo="Give the name.")
    known = {label.casefold(): label for s in model.services for label in (s.name, s.title)}
    close = [known[label] for label in get_close_matches(wanted, [k for k in known if k], n=3)]
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Known: {_listed(model)}."
    raise UsageError(f"no service is called {text!r}.", todo=hint)


def lone_answers(
    graph: Graph, model: Model, services: Iterable[Service], duration: float
) -> Iterator[tuple[Scope, WhatIf]]:
    """For each scope that one of the services leans on, by name: what if it fails alone?"""
    keys = [key for service in services for key in _keys(service)]
    for scope in sorted(scopes_among(graph, walk(graph, keys, lambda _: True))):
        yield scope, what_if(graph, [str(scope)], duration)


def service_state(states: Mapping[str, State], service: Service) -> State:
    """Down when all of its capabilities are, degraded when some are down or degraded."""
    mine = {states[key] for key in _keys(service)}
    if mine == {State.DOWN}:
        return State.DOWN
    return State.UP if mine == {State.UP} else State.DEGRADED


def _keys(service: Service) -> list[str]:
    return [service.key(capability) for capability in service.capabilities]


def _listed(model: Model) -> str:
    return ", ".join(service.name for service in model.services) or "none; name a model file"


def _lone_fault(scope: Scope, answer: WhatIf, a: Service, b: Service) -> LoneFault:
    states, worst = answer.states, answer.worst
    return LoneFault(
        scope=scope,
        a=service_state(states, a),
        b=service_state(states, b),
        a_possibly=service_state(worst, a),
        b_possibly=service_state(worst, b),
    )


def _stands_on(reached: frozenset[Scope]) -> tuple[Scope, ...]:
    """Zones are cut off, and regions across products are told by the products in them."""
    cut = {Scope(s.provider, s.product, s.region, None, s.variant) for s in reached}
    return _finest(scope for scope in cut if scope.product != "*")


def _finest(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Those that hold no other of them."""
    known = frozenset(scopes)
    wide = {w for scope in known for w in known if w != scope and w.covers(scope)}
    return tuple(sorted(known - wide))
