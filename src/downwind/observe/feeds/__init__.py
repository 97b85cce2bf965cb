"""Readers of status feeds, one for each format, and the value that they all give."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from downwind.observe.feeds.aws import read_aws
from downwind.observe.feeds.google import read_google
from downwind.observe.feeds.reading import FeedComponent, FeedIncident, FeedReading
from downwind.observe.feeds.statuspage import read_statuspage

READERS: Mapping[str, Callable[[Any], tuple[FeedIncident, ...]]] = MappingProxyType(
    {
        "statuspage": read_statuspage,
        # incident.io serves the same summary.json, with status words of its own.
        "incident-io": read_statuspage,
        "aws-health": read_aws,
        "google-incidents": read_google,
    }
)
"""By format: from JSON to incidents; raises Unproven where the JSON is not of the format."""

__all__ = ["READERS", "FeedComponent", "FeedIncident", "FeedReading"]
