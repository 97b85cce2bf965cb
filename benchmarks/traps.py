"""Traps on the emulated internet: does the live loop name the right cause, and how soon?

.venv/bin/python benchmarks/traps.py [--speed 15] [--only NAME,NAME] [--skew SECONDS] [--json]

One emulated internet, one watch that probes every 30 s of its clock, one agent that probes from
elsewhere and reports over HTTP. Each trap breaks something or meddles with a path, waits, and is
mended again. Told are the verdicts of the open incidents, whether the one that names somebody is
right, and how long after the first failing probe it stood (scenario seconds; the target is one
interval and 5 s). A trap is right when a right cause is named and no wrong one ever was; and
nothing is right of which nothing was noticed.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Mapping
from typing import Any

from traps_ground import EVERY, Ground, grounded
from traps_list import TRAPS, Trap

from downwind.terms import Scope
from downwind.watch.incidents import IncidentEvent
from downwind.watch.picture import Picture

_NAMING = ("opened", "reopened", "named", "narrowed", "widened", "moved")
_CALM = 420.0
"""Scenario seconds that the loop has to come to rest at most."""


async def main(options: argparse.Namespace) -> dict[str, Any]:
    """Set the traps one after the other."""
    async with grounded(options.speed, options.skew) as ground:
        await ground.watcher.options.network.clock.sleep(4 * EVERY)
        await _rest(ground)
        found = []
        for trap in TRAPS:
            if not any(part in trap.name for part in options.only.split(",")):
                continue
            told = await _one(ground, trap)
            print(json.dumps(told), file=sys.stderr, flush=True)
            found.append(told)
        after = [each["after_first_failure_s"] for each in found if each["after_first_failure_s"]]
        return {
            "traps": found,
            "right": sum(each["right"] for each in found),
            "of": len(found),
            "median_s": round(statistics.median(after), 1) if after else None,
            "lag_p99_s": round(ground.watcher.parts.schedule.lag().p99, 2),
        }


async def _one(ground: Ground, trap: Trap) -> dict[str, Any]:
    watcher = ground.watcher
    events: list[IncidentEvent] = []
    watcher.told = events.extend
    began = watcher.now()
    await trap.begin(ground)
    first = await _hold(ground, began, trap.holds)
    picture = watcher.picture
    noticed = _noticed(picture)
    await trap.end(ground)
    rested = await _rest(ground)
    named = _named(ground, events)
    right = [at for cause, _, at in named if _is_right(cause, trap)]
    wrong = [c for c, verdict, _ in named if _accuses(verdict) and not _is_right(c, trap)]
    done = bool(right) and (not trap.all_of or _all_named(named, trap))
    pages = {i.status_page.provider: i.status_page.state for i in picture.incidents if i.scope}
    return {
        "trap": trap.name,
        "right": not wrong
        and (done or (trap.nobody and not named))
        and bool(noticed or first or trap.unseen),
        "noticed": noticed,
        "named": list(dict.fromkeys(f"{verdict} {cause}" for cause, verdict, _ in named)),
        "wrong": wrong,
        "after_first_failure_s": round(min(right) - first, 1) if right and first else None,
        "pages": pages,
        "blind": picture.watcher.blind,
        "not_up": {
            t.key: t.state for t in picture.targets if t.state is not None and t.state != "up"
        },
        "at_rest_after_s": rested,
        "events": [f"{e.at - began:.0f} {e.kind} {e.incident} {e.text}"[:120] for e in events][:40],
    }


def _noticed(picture: Picture) -> str:
    """What is told of the watcher's own side or of single addresses, the first of it."""
    reasons = (
        picture.watcher.reason,
        *(v.reason for v in picture.vantages if not v.healthy),
        *(t.partly for t in picture.targets),
    )
    return next(filter(None, reasons), "")


async def _hold(ground: Ground, began: float, seconds: float) -> float | None:
    """Wait so many scenario seconds; when the first probe failed."""
    first: float | None = None
    while ground.watcher.now() < began + seconds:
        await asyncio.sleep(0.05)
        failing = (each.failing_since for each in ground.watcher.live.latest.values())
        since = min((at for at in failing if at is not None and at >= began), default=None)
        first = since if first is None else first
    return first


def _named(ground: Ground, events: list[IncidentEvent]) -> list[tuple[str, str, float]]:
    """(cause, verdict, when) of all that was named."""
    ledger = ground.watcher.parts.book.ledger
    found = []
    for event in events:
        incident = ledger.incidents.get(event.incident)
        if incident is None or event.kind not in _NAMING:
            continue
        told = event.changes.get("cause")
        cause = str(incident.cause) if told is None else _cause(told)
        verdict = str(event.changes.get("verdict", incident.verdict))
        if verdict != "unknown":
            found.append((cause, verdict, event.at))
    return found


def _accuses(verdict: str) -> bool:
    return verdict in ("provider", "own", "vantage")


def _cause(told: Mapping[str, str]) -> str:
    return told["name"] if told["kind"] == "scope" else f"{told['kind']}:{told['name']}"


def _is_right(cause: str, trap: Trap) -> bool:
    if cause in trap.never or (trap.within and not _inside(cause, trap.within)):
        return False
    return any(_matches(cause, right) for right in trap.right)


def _all_named(named: list[tuple[str, str, float]], trap: Trap) -> bool:
    return all(any(_matches(cause, right) for cause, _, _ in named) for right in trap.right)


def _matches(cause: str, right: str) -> bool:
    if cause == right or (right == "own:*" and cause.startswith("own:")):
        return True
    return _inside(cause, right) or _inside(right, cause)


def _inside(inner: str, outer: str) -> bool:
    mine, theirs = Scope.read(inner), Scope.read(outer)
    return bool(mine and theirs and theirs.covers(mine))


async def _rest(ground: Ground) -> float | None:
    """Seconds until nothing is open and all is up; None where it never comes to rest."""
    watcher = ground.watcher
    began = watcher.now()
    while watcher.now() - began < _CALM:
        await watcher.changed()
        picture = watcher.picture
        if not picture.running() and all(each.state == "up" for each in picture.targets):
            return round(watcher.now() - began)
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--speed", type=float, default=15.0)
    parser.add_argument("--skew", type=float, default=0.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(main(asked)), indent=None if asked.json else 2))
