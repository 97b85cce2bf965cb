"""Own connectivity first: a watcher that sees nothing blames nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LEAST = 3
"""Fewer witnesses than this cannot say that the fault lies here."""


class Sight(StrEnum):
    CLEAR = "clear"
    HAZY = "hazy"
    """Some unrelated witnesses fail: what fails now weighs less, and the reader is told."""
    BLIND = "blind"
    UNSURE = "unsure"
    """Too few witnesses, or too old: nothing is said of one's own connectivity."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The last word of one well-known target, or of one's own resolver."""

    name: str
    shares: str
    """What it would fail together with: its provider. Several of one provider are one voice."""
    failed: bool
    at: float


@dataclass(frozen=True, slots=True)
class Connectivity:
    """How far this vantage can be trusted just now."""

    sight: Sight
    failing: tuple[str, ...]
    """Names of the witnesses that fail."""
    voices: int
    """Unrelated providers heard of late."""
    reason: str


def connectivity(
    witnesses: Iterable[Witness],
    now: float,
    *,
    fresh: float = 90.0,
    blind_from: float = 0.8,
    hazy_from: float = 0.4,
) -> Connectivity:
    """Whether a vantage sees, from unrelated witnesses that were heard in the last `fresh` seconds.

    A provider's voice is failing when most of its witnesses fail. Blind: at least `blind_from` of
    the voices fail, and at least three of them; no single provider can make it so.
    """
    by_provider: dict[str, list[Witness]] = {}
    for witness in witnesses:
        if now - witness.at <= fresh:
            by_provider.setdefault(witness.shares or witness.name, []).append(witness)
    heard = [each for group in by_provider.values() for each in group]
    failing = tuple(sorted(each.name for each in heard if each.failed))
    voices = len(by_provider)
    lost = sum(
        2 * sum(each.failed for each in group) > len(group) for group in by_provider.values()
    )
    if voices < LEAST:
        reason = f"{voices} unrelated witnesses heard in {fresh:g} s; it takes {LEAST}"
        return Connectivity(Sight.UNSURE, failing, voices, reason)
    reason = f"{lost} of {voices} unrelated witnesses fail"
    if lost >= LEAST and lost >= blind_from * voices:
        return Connectivity(Sight.BLIND, failing, voices, reason)
    sight = Sight.HAZY if lost >= max(2.0, hazy_from * voices) else Sight.CLEAR
    return Connectivity(sight, failing, voices, reason)
