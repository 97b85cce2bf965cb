"""What registries say of one's own domains, and how far that can be relied on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import Absent, Evidence, Unanswered
from downwind.watch.registered import OwnDomains

KIND = "rdap.domain"
SERVES = 7 * 86_400.0
"""Seconds for which the end that a registry named counts while it gives no further answer."""
GONE = "gone"
"""Instead of such words: the registry knew it, and knows it no more."""
# RFC 8056: the registry's words for a domain that its owner has lost, or is losing.
_LOST = ("redemption period", "pending delete", "pending restore")


@dataclass(slots=True)
class Registration:
    """One domain; times in seconds since 1970-01-01 UTC."""

    asked_at: float | None = None
    said_at: float | None = None
    """When its registry last named an end."""
    ends: float | None = None
    """None where that is not known."""
    lost: str = ""
    """The registry's words where the domain is lost, or about to be."""
    reason: str = "its registry was not asked yet"
    """Why no end is known; empty where one is."""

    def hear(self, record: Evidence) -> None:
        """One look at the registry."""
        self.asked_at = record.at
        if isinstance(record.finding, Unanswered):
            if self.ends is None or record.at - (self.said_at or 0.0) > SERVES:
                self.ends, self.reason = None, record.finding.reason
            return
        if isinstance(record.finding, Absent):
            # Where it was never known the name may simply hang on another registry.
            self.lost = GONE if self.said_at is not None else ""
            self.ends, self.reason = None, record.finding.reason
            return
        self._read(record.finding.value, record.at)

    def _read(self, value: Mapping[str, Any], at: float) -> None:
        ends = value.get("expires")
        self.lost = next((word for word in _LOST if word in _words(value)), "")
        if isinstance(ends, int | float) and not isinstance(ends, bool) and math.isfinite(ends):
            self.ends, self.said_at, self.reason = float(ends), at, ""
        else:
            self.ends, self.reason = None, "its registry does not say until when it is registered"


@dataclass(slots=True)
class Domains:
    """The registrations of one's own domains."""

    own: OwnDomains = field(default_factory=OwnDomains)
    known: dict[str, Registration] = field(default_factory=dict)
    visited_by: dict[str, list[str]] = field(default_factory=dict)
    """Domain -> the capabilities that visit hosts of it."""

    @classmethod
    def of(cls, own: OwnDomains) -> Domains:
        """Nothing heard yet."""
        known = {name: Registration() for name in own.every()}
        for name, why in own.unasked.items():
            known[name].reason = why
        visited_by: dict[str, list[str]] = {}
        for capability, names in own.of.items():
            for name in names:
                visited_by.setdefault(name, []).append(capability)
        return cls(own, known, visited_by)

    @classmethod
    def of_json(cls, own: OwnDomains, data: Mapping[str, Any]) -> Domains:
        """With what a snapshot tells of those that are still watched; raises ValueError, TypeError
        where it tells nothing of domains."""
        domains = cls.of(own)
        for name in domains.known.keys() & data.keys() - own.unasked.keys():
            domains.known[name] = _registration(*data[name])
        return domains

    def hear(self, record: Evidence) -> Sequence[str]:
        """Take in one look; returns the capabilities that it is of."""
        registration = self.known.get(record.subject)
        if registration is None or record.subject in self.own.unasked:
            return ()
        registration.hear(record)
        return self.visited_by[record.subject]

    def asked_at(self) -> dict[str, float]:
        """Domain -> when its registry was last asked."""
        return {n: each.asked_at for n, each in self.known.items() if each.asked_at is not None}

    def end(self, capability: str) -> float | None:
        """When the first of its domains ends, as far as is known."""
        ends = [self.known[name].ends for name in self.own.of.get(capability, ())]
        return min((each for each in ends if each is not None), default=None)

    def unknown(self, capability: str) -> str:
        """Of the first of its domains whose end is not known, why; empty where all are."""
        for name in self.own.of.get(capability, ()):
            if self.known[name].ends is None:
                return f"{name}: {self.known[name].reason}"
        return ""

    def to_json(self) -> dict[str, Any]:
        """What was heard, for a snapshot."""
        return {
            name: [each.asked_at, each.said_at, each.ends, each.lost, each.reason]
            for name, each in self.known.items()
            if each.asked_at is not None
        }


def _registration(asked: Any, said: Any, ends: Any, lost: Any, reason: Any) -> Registration:
    return Registration(float(asked), _number(said), _number(ends), str(lost), str(reason))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _words(value: Mapping[str, Any]) -> frozenset[str]:
    told = value.get("status")
    return frozenset(str(each).lower() for each in told) if isinstance(told, list) else frozenset()
