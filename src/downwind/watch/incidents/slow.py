"""Who is slow by a cause that takes others down is told with those: nobody hears of it twice."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.watch.incidents.match import Matches
from downwind.watch.incidents.types import Cause, Incident


def beneath(found: Matches, incidents: Iterable[Incident]) -> Matches:
    """The matches of slow ones, without what an open incident of the same cause tells already:
    that opens nothing, and what is open is one with it."""
    known = tuple(incidents)
    down = [each for each in known if each.open and not each.slow]
    merged = [
        (each.id, under)
        for each in known
        if each.open and each.slow and (under := _under(each.cause, each.failing, down))
    ]
    fresh = tuple(each for each in found.fresh if not _under(each.cause, each.victims, down))
    return Matches(found.of, fresh, (*found.merged, *merged))


def _under(cause: Cause, victims: frozenset[str], down: Iterable[Incident]) -> str:
    """The incident that it is a part of: of the same cause or provider, or of all its victims;
    empty where there is none."""
    for each in down:
        mine, its = cause.scope, each.cause.scope
        same = mine.provider == its.provider if mine and its else cause == each.cause
        if (same and cause.kind != "unknown") or (victims and victims <= each.victims):
            return each.id
    return ""
