"""Globalping: probes of others, asked to look from outside the suspect's network."""

from downwind.observe.globalping.client import API, MOST_PROBES, Globalping, asked_for
from downwind.observe.globalping.limits import Budget, LimitReached
from downwind.observe.globalping.reading import Answered, Asked, read_measurement, vantage_of
from downwind.observe.globalping.sites import (
    Avoid,
    Location,
    Site,
    choose_locations,
    read_sites,
)

__all__ = [
    "API",
    "MOST_PROBES",
    "Answered",
    "Asked",
    "Avoid",
    "Budget",
    "Globalping",
    "LimitReached",
    "Location",
    "Site",
    "asked_for",
    "choose_locations",
    "read_measurement",
    "read_sites",
    "vantage_of",
]
