"""Evidence in the form of a probe, for tests."""

from __future__ import annotations

from typing import Any

from downwind.terms import Evidence, Seen


def probed(
    target: str = "x.test/feed",
    at: float = 1_000.0,
    *,
    up: bool = True,
    vantage: str = "paris",
    kind: str = "probe.http",
    body: str = "",
    **more: Any,
) -> Evidence:
    """One probe of a target."""
    step = {
        "step": 0,
        "do": "get",
        "url": "https://x.test/",
        "host": "x.test",
        "ok": up,
        "layer": None if up else "http",
        "reason": "" if up else "status 500",
        "status": 200 if up else 500,
        "headers": {},
        "cookies": [],
        "body": body,
        "dns": None,
        "address": "198.18.0.1",
        "milliseconds": 12.5,
        "passed": ["dns", "dial", "tls"],
    }
    value = {"ok": up, "state": "up" if up else "down", "steps": [step], **more}
    return Evidence(target, kind, Seen(value), at, vantage)
