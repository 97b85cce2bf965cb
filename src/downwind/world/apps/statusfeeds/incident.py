"""Whose status page it is, and the incident that it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from downwind.world.net.platform import Announcement


@dataclass(frozen=True, slots=True)
class Component:
    """A line of a status page: a product, or a place."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Whose status page it is."""

    provider: str
    name: str
    host: str
    components: tuple[Component, ...]
    since: float
    """Scenario time at which it was put up."""

    def key(self, *parts: object) -> str:
        """An id that is the same in every run: 12 hex digits."""
        text = "\n".join((self.provider, *map(str, parts)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def named(self, product: str) -> Component:
        """The component of a product; one that is not on the page goes by its id."""
        found = (each for each in self.components if each.id == product)
        return next(found, Component(product, product))


@dataclass(frozen=True, slots=True)
class Incident:
    """The provider's present or last incident."""

    id: str
    updates: tuple[Announcement, ...]
    """Oldest first, and not empty."""

    @property
    def begun(self) -> float:
        return self.updates[0].at

    @property
    def last(self) -> Announcement:
        return self.updates[-1]

    @property
    def resolved(self) -> bool:
        return self.last.state == "resolved"

    @property
    def standing(self) -> Announcement:
        """What was said last while it was open: a resolved incident keeps its weight and reach."""
        opened = [each for each in self.updates if each.state != "resolved"]
        return opened[-1] if opened else self.last


def incident_of(page: StatusPage, said: tuple[Announcement, ...]) -> Incident | None:
    """The incident of which announcements speak; None where there are none."""
    return Incident(page.key("incident", f"{said[0].at:.3f}"), said) if said else None


Feed = Callable[[StatusPage, Incident | None, float], Any]
"""From the page, its incident and the scenario time to a JSON value."""
