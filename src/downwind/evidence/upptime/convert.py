"""Turns sightings into evidence of the form that every probe has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from downwind.evidence.hosts import host_of
from downwind.evidence.upptime.sightings import Sighting
from downwind.terms import Evidence, Seen

PROBE = "probe.http"
FAMILY = "github-actions"
"""Where Upptime runs: each repository's runner is a vantage of this family."""
EVERY = 600.0
"""Seconds between two probes: scheduled at 300, some 600 where every probe was committed."""


def capability_of(sighting: Sighting) -> str:
    """The key of what was probed: service/capability."""
    return f"{sighting.repository}/{sighting.site}/up"


def vantage_of(repository: str) -> str:
    """The runner of a repository: what it sees, it sees through its own machine."""
    return f"{FAMILY}/{repository}"


def to_evidence(sightings: Iterable[Sighting]) -> Iterator[Evidence]:
    """Each row as a journey of one step, at its own time."""
    for each in sightings:
        value = {
            "ok": each.state == "up",
            "state": each.state,
            "every": EVERY,
            "changes_only": True,
            "steps": [_step(each)],
        }
        yield Evidence(
            capability_of(each), PROBE, Seen(value), each.at, vantage_of(each.repository)
        )


def _step(sighting: Sighting) -> dict[str, Any]:
    answered = sighting.code > 0
    ok = sighting.state != "down"
    # Code 0 stands for DNS, TCP and TLS alike: dial is the layer between them.
    layer = None if ok else ("expect" if answered else "dial")
    return {
        "step": 0,
        "do": "get",
        "url": sighting.url if "://" in sighting.url else "",
        "host": host_of(sighting.url) if not sighting.url.startswith("$") else "",
        "strength": "hard",
        "ok": ok,
        "layer": layer,
        "reason": "" if ok else (f"status {sighting.code}" if answered else "no HTTP answer"),
        "status": sighting.code or None,
        "headers": {},
        "cookies": [],
        "body": "",
        "dns": None,
        "address": None,
        "milliseconds": sighting.milliseconds,
        "passed": ["dns", "dial", "tls"] if answered else [],
    }
