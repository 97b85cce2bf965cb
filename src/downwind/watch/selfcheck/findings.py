"""What the watcher could not tell, and how far its verdicts are its own: frozen findings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from downwind.graph import Graph
from downwind.terms import UnknownCause
from downwind.watch.selfcheck.falls import Fall, Falls, causes_of
from downwind.watch.selfcheck.needs import ALERTING, HEARTBEAT, REPORTING, SEEING

_OWN = frozenset({"vantage", "alert route", "status page", "watcher"})
_NAMED_FIRST = ("provider", "product", "region", "zone", "variant", "network")


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A cause that silences the watcher, and whom it takes down in silence."""

    cause: str
    kind: str
    loses: tuple[str, ...]
    """seeing, alerting, or both."""
    certain: bool
    chain: str
    victims: tuple[str, ...]
    """Capabilities that fall with it, and that nobody would be told of."""
    heartbeat: bool
    """True where the heartbeat stands: then its receiver says that the watcher is silent."""

    @property
    def words(self) -> str:
        can = "would" if self.certain else "might"
        lost = {"seeing": "see", "alerting": "alert"}
        verbs = " and ".join(f"not {lost[each]}" for each in self.loses)
        told = f"If {self.cause} falls, the watcher {can} {verbs} ({self.chain})"
        count = len(self.victims)
        hit = f"; {count} {'capability falls' if count == 1 else 'capabilities fall'} with it"
        beat = "; the heartbeat would tell" if self.heartbeat else ""
        return f"{told}{hit if count else ''}{beat}."


@dataclass(frozen=True, slots=True)
class Independence:
    """Whether the watcher can speak of a suspect without standing on it."""

    suspect: str
    shared: tuple[Fall, ...]
    """Vantages, alert routes, status pages and the watcher itself, as far as they fall with it."""

    @property
    def independent(self) -> bool:
        return not self.shared

    @property
    def silenced(self) -> bool:
        """True where the watcher could not report this suspect's failure, or perhaps not."""
        return any(fall.node == REPORTING for fall in self.shared)

    @property
    def vantages(self) -> frozenset[str]:
        """The names of the vantages that fall with the suspect, for the quorum."""
        names = (fall.node for fall in self.shared if fall.kind == "vantage")
        return frozenset(name.removeprefix("vantage:") for name in names)

    @property
    def words(self) -> str:
        if self.independent:
            return f"The watcher stands on nothing of {self.suspect}."
        return f"Not independent of {self.suspect}: {self.why}."

    @property
    def why(self) -> str:
        """What of the watcher falls with it, the way for alerts first; empty where nothing does."""
        first = sorted(self.shared, key=lambda fall: fall.kind != "alert route")
        parts = [
            f"{fall.label} {'would' if fall.certain else 'might'} fall with it"
            + (f" ({fall.chain})" if fall.chain else "")
            for fall in first
            if fall.kind != "watcher"
        ]
        told = "; ".join(parts[:3]) or ("the watcher itself would fall with it" if first else "")
        more = f"; and {len(parts) - 3} more" if len(parts) > 3 else ""
        return f"{told}{more}"


@dataclass(frozen=True, slots=True)
class SharedRoutes:
    """Two alert routes, and the causes that take down both, for certain or possibly."""

    routes: tuple[str, str]
    causes: tuple[str, ...]
    """Scopes of providers first."""


@dataclass(frozen=True, slots=True)
class Routes:
    """How far the alert routes stand apart."""

    routes: tuple[str, ...]
    shared: tuple[SharedRoutes, ...]
    apart: tuple[tuple[str, str], ...]
    """Pairs that no single known cause takes down."""
    unknown: tuple[str, ...]
    """Routes of which nothing is known: they cannot be shown to stand apart."""
    single: tuple[str, ...]
    """Causes that take down all routes at once, for certain."""

    @property
    def words(self) -> str:
        if not self.routes:
            return "There is no alert route: nobody would be told of anything."
        if len(self.routes) == 1:
            return f"{self.routes[0]} is the only alert route; a second one would stand in for it."
        if self.single:
            return f"All alert routes fall with {', '.join(self.single[:3])}."
        if self.apart:
            first, second = self.apart[0]
            return f"{first} and {second} share nothing that is known."
        unknown = f" Nothing is known of {', '.join(self.unknown)}." if self.unknown else ""
        return f"No two alert routes are known to stand apart.{unknown}"


def blind_spots(graph: Graph, duration: float) -> tuple[BlindSpot, ...]:
    """Every cause that the watcher could not report, since it or all its alert routes fall with it.

    For a graph with the watcher in it (`with_watcher`) and causes that last `duration` seconds;
    certain ones first, then by how many capabilities fall in silence.
    """
    beats = HEARTBEAT in graph.nodes
    own = [REPORTING, SEEING, ALERTING, *([HEARTBEAT] if beats else [])]
    beneath = Falls.beneath(graph, own, duration)
    silenced = {
        cause: lost
        for cause in causes_of(graph, [REPORTING])
        if REPORTING in (lost := {fall.node: fall for fall in beneath.of(cause, own)})
    }
    if not silenced:
        return ()
    everything = Falls(graph, duration)
    capabilities = [node.id for node in graph.nodes.values() if node.kind == "capability"]
    found = [
        BlindSpot(
            cause=cause,
            kind=graph.nodes[cause].kind,
            loses=tuple(n.removeprefix("watcher:") for n in (SEEING, ALERTING) if n in lost),
            certain=lost[REPORTING].certain,
            chain=lost[REPORTING].chain,
            victims=tuple(fall.node for fall in everything.of(cause, capabilities)),
            heartbeat=beats and HEARTBEAT not in lost,
        )
        for cause, lost in silenced.items()
    ]
    return tuple(sorted(found, key=lambda spot: (not spot.certain, -len(spot.victims), spot.cause)))


def independence(graph: Graph, suspect: str, duration: float) -> Independence:
    """What of the watcher falls with this suspect; raises UnknownCause for what is no node."""
    if suspect not in graph.nodes:
        raise UnknownCause(f"Nothing that was mapped or declared is called {suspect!a:.200}.")
    own = [node.id for node in graph.nodes.values() if node.kind in _OWN]
    return Independence(suspect, Falls.beneath(graph, own, duration).of(suspect, own))


def alert_routes(graph: Graph, duration: float) -> Routes:
    """How far the alert routes stand apart, for causes that last `duration` seconds."""
    routes = [node.id for node in graph.nodes.values() if node.kind == "alert route"]
    falls = Falls.beneath(graph, routes, duration)
    felled: dict[str, dict[str, bool]] = {route: {} for route in routes}
    for cause in causes_of(graph, routes):
        for fall in falls.of(cause, routes):
            if fall.node != cause:
                felled[fall.node][cause] = fall.certain
    unknown = [route for route in routes if not _known(graph, route)]
    shared, apart = [], []
    for pair in combinations(routes, 2):
        both = felled[pair[0]].keys() & felled[pair[1]].keys()
        names = (_short(pair[0]), _short(pair[1]))
        if both:
            shared.append(SharedRoutes(names, _ordered(graph, both)))
        elif not set(pair) & set(unknown):
            apart.append(names)
    sure = [{cause for cause, certain in each.items() if certain} for each in felled.values()]
    every = set.intersection(*sure) if len(routes) > 1 else set()
    return Routes(
        routes=tuple(map(_short, routes)),
        shared=tuple(shared),
        apart=tuple(apart),
        unknown=tuple(map(_short, unknown)),
        single=_ordered(graph, every),
    )


def _known(graph: Graph, route: str) -> bool:
    """Whether more is known of a route than the names of its hosts."""
    return any(graph.nodes[name].kind not in ("alert route", "host") for name in graph.reach(route))


def _short(route: str) -> str:
    return route.removeprefix("alert:")


def _ordered(graph: Graph, causes: set[str]) -> tuple[str, ...]:
    kinds = {kind: place for place, kind in enumerate(_NAMED_FIRST)}
    last = len(kinds)
    ordered = sorted(causes, key=lambda name: (kinds.get(graph.nodes[name].kind, last), name))
    return tuple(ordered)
