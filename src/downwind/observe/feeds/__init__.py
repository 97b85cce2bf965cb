"""Readers of status feeds, one for each format, and the value that they all give."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from downwind.observe.feeds.aws import read_aws
from downwind.observe.feeds.betterstack import read_better_stack
from downwind.observe.feeds.google import read_google
from downwind.observe.feeds.heroku import read_heroku
from downwind.observe.feeds.histories import read_aws_rss, read_azure, read_history
from downwind.observe.feeds.incidentio import read_incident_io
from downwind.observe.feeds.instatus import read_instatus
from downwind.observe.feeds.markup import History, read_markup
from downwind.observe.feeds.reading import FeedComponent, FeedIncident, FeedReading
from downwind.observe.feeds.salesforce import read_salesforce
from downwind.observe.feeds.slack import read_slack
from downwind.observe.feeds.statusio import read_status_io
from downwind.observe.feeds.statuspage import read_statuspage
from downwind.observe.feeds.stripe import read_stripe
from downwind.observe.feeds.values import decode, parse

Incidents = tuple[FeedIncident, ...]

JSON_READERS: Mapping[str, Callable[[Any, float | None], Incidents]] = MappingProxyType(
    {
        "statuspage": read_statuspage,
        # incident.io serves the same summary.json, with status words of its own, and a widget's.
        "incident-io": read_incident_io,
        "instatus": read_instatus,
        "better-stack": read_better_stack,
        "status-io": read_status_io,
        "slack": read_slack,
        "stripe": read_stripe,
        "heroku": read_heroku,
        "salesforce": read_salesforce,
        "aws-health": read_aws,
        "google-incidents": read_google,
    }
)
"""By format: from JSON and the time to incidents; raises Unproven where it is another's JSON."""

MARKUP_READERS: Mapping[str, Callable[[History, float | None], Incidents]] = MappingProxyType(
    {
        "azure-rss": read_azure,
        "aws-rss": read_aws_rss,
        # Any RSS 2.0 or Atom feed of incidents.
        "rss": read_history,
    }
)
"""The same from RSS and Atom."""

READERS = (*JSON_READERS, *MARKUP_READERS)
"""The formats that can be read."""

__all__ = ["READERS", "FeedComponent", "FeedIncident", "FeedReading", "read_incidents"]


def read_incidents(format: str, raw: bytes, now: float | None = None) -> Incidents:
    """What the bytes tell in a format of READERS; raises Unproven.

    `now` is in seconds since 1970-01-01 UTC. Some formats tell a state only by an entry's age.
    """
    if format in MARKUP_READERS:
        return MARKUP_READERS[format](read_markup(raw), now)
    return JSON_READERS[format](parse(decode(raw, utf16=format == "aws-health")), now)
