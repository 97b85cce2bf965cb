"""Alerts as JSON to a URL, signed so that the receiver knows the sender and the time."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from downwind.watch.alerts.routes.http import TIMEOUT, request, route_host
from downwind.watch.alerts.types import Alert

SIGNATURE = "X-Downwind-Signature"
DELIVERY = "X-Downwind-Delivery"
TOLERANCE = 300.0
_WRITTEN = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """POSTs `{"version": 1, "alert": {...}}`. The alert's id comes as X-Downwind-Delivery."""

    name: str
    url: str = field(repr=False)
    now: Callable[[], float]
    """Seconds since 1970 UTC, as the receiver counts them."""
    secret: str = field(default="", repr=False)
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        route_host(self.url)

    @property
    def hosts(self) -> tuple[str, ...]:
        return (route_host(self.url),)

    async def send(self, alert: Alert) -> None:
        body = json.dumps({"version": 1, "alert": alert.to_json()}).encode("ascii")
        headers = {
            "Content-Type": "application/json",
            DELIVERY: alert.id.encode("ascii", "replace").decode("ascii"),
        }
        if self.secret:
            headers[SIGNATURE] = sign(self.secret, body, self.now())
        await request("POST", self.url, body, headers, timeout=self.timeout)


def sign(secret: str, body: bytes, at: float) -> str:
    """The header `t=SECONDS,v1=HEX`: HMAC-SHA256 of "SECONDS." and the body."""
    when = int(at)
    return f"t={when},v1={_digest(secret, when, body)}"


def verify(
    secret: str, header: str, body: bytes, now: float, *, tolerance: float = TOLERANCE
) -> bool:
    """Whether the body was signed with this secret, not longer ago than `tolerance` seconds."""
    found = _WRITTEN.fullmatch(header)
    if found is None:
        return False
    when = int(found[1])
    true = hmac.compare_digest(found[2], _digest(secret, when, body))
    return true and abs(now - when) <= tolerance


def _digest(secret: str, when: int, body: bytes) -> str:
    signed = f"{when}.".encode("ascii") + body
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
