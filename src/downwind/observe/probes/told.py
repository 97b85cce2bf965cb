"""How far a probe got, told as a journey of one step (observe/journey.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from downwind.evidence.redact import redact_body, redact_headers
from downwind.observe.failures import OURS, LayerFailed
from downwind.observe.probes.ration import Ration
from downwind.observe.wire import Reply
from downwind.terms import Finding, Seen, Unanswered

_BODY_KEPT = 2_000


@dataclass(slots=True)
class Told:
    """One probe under way; what is kept of a healthy one is little, since they are many."""

    do: str
    url: str
    """Redacted."""
    host: str
    """Whose resolution it tells of; empty where it tells of none."""
    layer: str = "dns"
    """The layer under way."""
    waits_for: str = "address"
    """What it waits for, in words: no ... within 5 s."""
    address: str | None = None
    dns: dict[str, Any] | None = None
    passed: list[str] = field(default_factory=list)
    status: int | None = None
    reply: Reply | None = None
    """Kept of a failing probe: signatures are read from it."""
    failed: LayerFailed | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """What a kind of probe adds: not_before, not_after, answered, records, server."""

    def passes(self, layer: str, then: str, waits_for: str) -> None:
        """This layer works; the next is under way."""
        self.passed.append(layer)
        self.layer, self.waits_for = then, waits_for

    def fails(self, layer: str, reason: str) -> None:
        self.failed = LayerFailed(reason)
        self.layer = layer

    def finding(self, milliseconds: float, ration: Ration) -> Finding:
        """What was seen; Unanswered where it is this machine that could not look.

        Where `ration` grants no body, the step says `body_left_out`.
        """
        failed = self.failed
        if isinstance(failed, OURS):
            detail = {"layer": failed.layer or self.layer, "address": self.address}
            return Unanswered(failed.reason[:_BODY_KEPT], detail)
        ok, reply = failed is None, self.reply
        step: dict[str, Any] = {
            "step": 0,
            "do": self.do,
            "url": self.url,
            "host": self.host,
            "strength": "hard",
            "ok": ok,
            "layer": None if failed is None else failed.layer or self.layer,
            "reason": "" if failed is None else redact_body(failed.reason, _BODY_KEPT),
            "status": self.status,
            "headers": dict(redact_headers(reply.headers)) if reply else {},
            "cookies": list(reply.cookies) if reply else [],
            "body": self._body(ration),
            "dns": self.dns,
            "address": self.address,
            "milliseconds": round(milliseconds, 3),
            "passed": self.passed,
            **self.extra,
        }
        return Seen({"ok": ok, "state": "up" if ok else "down", "steps": [step]})

    def _body(self, ration: Ration) -> str:
        if self.reply is None or not self.reply.body:
            return ""
        if not ration.grants(len(self.reply.body)):
            self.extra["body_left_out"] = True
            return ""
        return redact_body(self.reply.text(), _BODY_KEPT)
