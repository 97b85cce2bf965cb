"""What one probe says: answered, refused, failed, or answered with something missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

REFUSALS = frozenset({401, 403, 405, 429, 999})
"""RFC 9110 and RFC 6585: whoever says so is there, and does not want this client or this request.
999 is LinkedIn's own word for it."""
_CHECKED, _CHECK = "cf-mitigated", "challenge"
"""The header of Cloudflare's page that asks whether the client is a person (Cloudflare's docs)."""
_UNAVAILABLE = 503
"""The status of such a page without that header: Cloudflare's older ones, and others'."""
_CHECK_WORDS = ("just a moment", "checking your browser", "verify you are human")


class Outcome(IntEnum):
    """How a probe counts; the numbers are those of the kernels."""

    ANSWERED = 0
    FAILED = 1
    REFUSED = 2
    """Reachable, but this vantage is turned away: no outage, and no word on the target's health."""
    DEGRADED = 3
    """Answered without a soft step."""


def is_refusal(step: Mapping[str, Any]) -> bool:
    """Whether a reply came to this step of probe.journey, and it turned the client away."""
    if step.get("layer") in ("dns", "dial", "tls"):
        return False
    return step.get("status") in REFUSALS or _is_check(step)


def _is_check(step: Mapping[str, Any]) -> bool:
    """Whether the reply is a page that asks whether the client is a person: people pass it."""
    headers = step.get("headers") or {}
    if headers.get(_CHECKED) == _CHECK:
        return True
    body = str(step.get("body") or "").lower()
    return step.get("status") == _UNAVAILABLE and any(words in body for words in _CHECK_WORDS)


def outcome_of_step(step: Mapping[str, Any]) -> Outcome:
    """Of one step in the form of probe.journey."""
    if step.get("ok"):
        return Outcome.ANSWERED
    return Outcome.REFUSED if is_refusal(step) else Outcome.FAILED


def outcome_of(value: Mapping[str, Any]) -> Outcome:
    """Of a probe's Seen value. Hard steps decide; a soft one that failed leaves it degraded.

    A value without steps counts by its `state`, and as failed where it has none: it is never read
    as up.
    """
    steps = value.get("steps") or ()
    found = [
        (
            outcome_of_step(step),
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
