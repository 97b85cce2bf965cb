"""Whether a value has the form of a probe (docs/evidence.md), which whatever reads it relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_STEPS = 100
MOST_HEADERS = 200
_STATES = ("up", "degraded", "down")
_LAYERS = (None, "dns", "dial", "tls", "http", "expect")


def form_fault(value: Mapping[str, Any]) -> str:
    """What is wrong with the value of a probe, or an empty text."""
    if not isinstance(value.get("ok"), bool):
        return "ok is neither true nor false"
    if value.get("state") not in _STATES:
        return f"state is {value.get('state')!a:.40}"
    if value["ok"] is not (value["state"] == "up"):
        return f"ok is {str(value['ok']).lower()} and state is {value['state']}"
    steps = value.get("steps")
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        return f"steps is no list of 1 to {MOST_STEPS}"
    for number, step in enumerate(steps):
        fault = _step_fault(step)
        if fault:
            return f"steps[{number}]: {fault}"
    return ""


def _step_fault(step: object) -> str:
    if not isinstance(step, Mapping):
        return "it is not a mapping"
    if not isinstance(step.get("ok"), bool):
        return "ok is neither true nor false"
    layer = step.get("layer")
    if layer not in _LAYERS:
        return f"layer is {layer!a:.40}"
    for name in ("do", "url", "host", "reason", "body"):
        if not isinstance(step.get(name, ""), str):
            return f"{name} is no text"
    return _reply_fault(step)


def _reply_fault(step: Mapping[str, Any]) -> str:
    status = step.get("status")
    if status is not None and (isinstance(status, bool) or not isinstance(status, int)):
        return "status is no number"
    if status is not None and not 100 <= status <= 999:
        return "status is no status of HTTP"
    headers = step.get("headers", {})
    if not isinstance(headers, Mapping) or len(headers) > MOST_HEADERS:
        return f"headers is no mapping of at most {MOST_HEADERS}"
    if not all(isinstance(text, str) for text in headers.values()):
        return "a header is no text"
    for name in ("cookies", "passed"):
        texts = step.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            return f"{name} is no list of texts"
    took = step.get("milliseconds", 0)
    if took is not None and (isinstance(took, bool) or not isinstance(took, int | float)):
        return "milliseconds is no number"
    if step.get("dns") is not None and not isinstance(step["dns"], Mapping):
        return "dns is no mapping"
    if not isinstance(step.get("address"), str | None):
        return "address is no text"
    return ""
