"""Where the providers of a world say how they fare: the feeds of their status pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.world.form.schema import WorldFile


@dataclass(frozen=True, slots=True)
class Feed:
    """A status page, and the shape that its feed has."""

    url: str
    format: str


def status_feeds(world: WorldFile) -> Mapping[str, Feed]:
    """Provider id -> its page; the first where a provider has several."""
    found: dict[str, Feed] = {}
    for service in world.services:
        for host in service.hosts:
            if host.app != "statuspage":
                continue
            form = str(host.settings.get("format", "statuspage"))
            provider = str(host.settings.get("provider", ""))
            found.setdefault(provider, Feed(f"https://{host.host}/", form))
    return found
