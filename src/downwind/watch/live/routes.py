"""How the alert routes fare, and which of them stand apart, for the reader."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.watch.alerts import RouteHealth
from downwind.watch.itself import RouteSeen
from downwind.watch.selfcheck import Routes

_CAUSES = 3


def routes_seen(found: Routes, health: Iterable[RouteHealth]) -> tuple[RouteSeen, ...]:
    """Each route with its health, in the order in which they are set."""
    return tuple(
        RouteSeen(
            name=each.name,
            apart=_apart(found, each.name),
            shares=_shares(found, each.name),
            known=each.name not in found.unknown,
            pending=each.pending,
            failed=each.attempts,
            reason=each.reason,
            sent_at=each.last_sent,
        )
        for each in health
    )


def _apart(found: Routes, name: str) -> tuple[str, ...]:
    return tuple(other for pair in found.apart if name in pair for other in pair if other != name)


def _shares(found: Routes, name: str) -> tuple[str, ...]:
    told = []
    for each in found.shared:
        if name in each.routes:
            other = next(route for route in each.routes if route != name)
            more = len(each.causes) - _CAUSES
            rest = f" and {more} more" if more > 0 else ""
            told.append(f"{other}, by {', '.join(each.causes[:_CAUSES])}{rest}")
    return tuple(told)
