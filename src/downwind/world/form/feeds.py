"""Where the providers of a world say how they fare: the feeds of their status pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.world.form.schema import WorldFile

_PATHS = {
    "statuspage": "/api/v2/summary.json",
    "aws-health": "/public/currentevents",
    "google-incidents": "/incidents.json",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A status page's feed, and the shape that it has."""

    url: str
    format: str


def status_feeds(world: WorldFile) -> Mapping[str, Feed]:
    """Provider id -> its feed; the first where a provider has several pages."""
    found: dict[str, Feed] = {}
    for service in world.services:
        for host in service.hosts:
            if host.app != "statuspage":
                continue
            form = str(host.settings.get("format", "statuspage"))
            provider = str(host.settings.get("provider", ""))
            found.setdefault(provider, Feed(f"https://{host.host}{_PATHS.get(form, '/')}", form))
    return found
