"""The shapes in which status pages tell of an incident, one for each format.

Each is modelled on what the real feeds hold: their fields, their codes and their units.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from downwind.world.apps.statusfeeds import aws, google, statuspage
from downwind.world.apps.statusfeeds.incident import (
    Component,
    Feed,
    Incident,
    StatusPage,
    incident_of,
)

FEEDS: Mapping[str, Mapping[str, Feed]] = MappingProxyType(
    {
        "statuspage": statuspage.FEEDS,
        "aws-health": aws.FEEDS,
        "google-incidents": google.FEEDS,
    }
)
"""By format and path."""

__all__ = ["FEEDS", "Component", "Feed", "Incident", "StatusPage", "incident_of", "written"]


def written(format: str, value: Any) -> tuple[bytes, str]:
    """The bytes of a feed and their content type. AWS's are UTF-16, big end first, with a mark."""
    text = json.dumps(value, ensure_ascii=False)
    if format == "aws-health":
        return ("\ufeff" + text).encode("utf-16-be"), "application/json;charset=utf-16"
    return text.encode(), "application/json; charset=utf-8"
