"""What of the live state a snapshot holds, besides the detector's arrays."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from downwind.evidence.records import from_payload, to_payload
from downwind.questions.attribution.prior import OwnRates
from downwind.questions.hidden import decision_from_json, decision_to_json
from downwind.terms import LogDamaged
from downwind.watch.live.state import Live
from downwind.watch.picture import ChangeSeen

PART = "live"
"""Its name among the parts of a snapshot."""


def keep(live: Live) -> bytes:
    """Changes, decisions, what was learned, and since when what fails has failed."""
    told = {
        "feeds": [to_payload(each).decode("ascii") for each in live.read.values()],
        "changes": [asdict(each) for each in live.changes],
        "decisions": [decision_to_json(each) for each in live.decisions],
        "rates": {"failed": dict(live.rates.failed), "rounds": live.rates.rounds},
        "failing": {
            name: [each.failing_since, each.layer, each.reason]
            for name, each in live.latest.items()
            if each.failing_since is not None
        },
    }
    return json.dumps(told, separators=(",", ":")).encode("utf-8", "surrogatepass")


def recall(live: Live, kept: bytes) -> None:
    """Fill a new live state; raises ValueError where this is no such part."""
    try:
        told: dict[str, Any] = json.loads(kept.decode("utf-8", "surrogatepass"))
        changes = [ChangeSeen(**each) for each in told["changes"]]
        decisions = tuple(decision_from_json(each) for each in told["decisions"])
        rates = OwnRates(
            {str(k): float(v) for k, v in told["rates"]["failed"].items()},
            float(told["rates"]["rounds"]),
        )
        read = [from_payload(each.encode("ascii")) for each in told["feeds"]]
        failing = {str(name): each for name, each in told["failing"].items()}
    except (KeyError, TypeError, AttributeError, UnicodeError, LogDamaged) as error:
        raise ValueError(f"this is no live state: {error}") from error
    live.changes, live.decisions, live.rates = changes, decisions, rates
    for record in read:
        live.hear(record)
    for name, (since, layer, reason) in failing.items():
        latest = live.latest.get(name)
        if latest is not None:
            latest.failing_since, latest.layer, latest.reason = (
                float(since),
                str(layer),
                str(reason),
            )
