"""What one probe says: answered, refused, failed, or answered with something missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

REFUSALS = frozenset({401, 403, 405, 429, 999})
"""RFC 9110 and RFC 6585: whoever says so is there, and does not want this client or this request.
999 is LinkedIn's own word for it."""


class Outcome(IntEnum):
    """How a probe counts; the numbers are those of the kernels."""

    ANSWERED = 0
    FAILED = 1
    REFUSED = 2
    """Reachable, but this vantage is turned away: no outage, and no word on the target's health."""
    DEGRADED = 3
    """Answered without a soft step."""


def is_refusal(layer: str | None, status: int | None) -> bool:
    """Whether a reply came, and it turned the client away."""
    return status in REFUSALS and layer not in ("dns", "dial", "tls")


def outcome_of_step(ok: bool, layer: str | None, status: int | None = None) -> Outcome:
    """Of one step in the form of probe.journey."""
    if ok:
        return Outcome.ANSWERED
    return Outcome.REFUSED if is_refusal(layer, status) else Outcome.FAILED


def outcome_of(value: Mapping[str, Any]) -> Outcome:
    """Of a probe's Seen value. Hard steps decide; a soft one that failed leaves it degraded.

    A value without steps counts by its `state`, and as failed where it has none: it is never read
    as up.
    """
    steps = value.get("steps") or ()
    found = [
        (
            outcome_of_step(bool(step.get("ok")), step.get("layer"), step.get("status")),
            step.get("strength", "hard") == "hard",
        )
        for step in steps
    ]
    for outcome in (Outcome.FAILED, Outcome.REFUSED):
        if (outcome, True) in found:
            return outcome
    if (Outcome.FAILED, False) in found or value.get("state") == "degraded":
        return Outcome.DEGRADED
    return Outcome.ANSWERED if found or value.get("state") == "up" else Outcome.FAILED
