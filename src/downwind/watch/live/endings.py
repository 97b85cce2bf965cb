"""Certificates that will end: told ahead of time, once for each step of urgency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.model import say_duration
from downwind.watch.detection import Urgency, ending
from downwind.watch.live.latest import Latest


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of one target's certificate."""

    target: str
    urgency: Urgency | None
    """None: it was renewed, after it had been told of."""
    text: str


def endings(
    latest: Mapping[str, Latest], before: Mapping[str, Urgency], now: float
) -> tuple[Told, ...]:
    """What has changed since `before` (target -> the urgency that was told), by target."""
    found: list[Told] = []
    for target in sorted(latest):
        ends = latest[target].certificate_ends
        if ends is None:
            continue
        coming = ending(ends, now)
        urgency = coming.urgency if coming else None
        if urgency is not before.get(target):
            found.append(Told(target, urgency, _words(ends - now)))
    return tuple(found)


def _words(left: float) -> str:
    if left <= 0:
        return f"Its certificate ended {say_duration(-left)} ago."
    return f"Its certificate ends in {say_duration(left)}."
