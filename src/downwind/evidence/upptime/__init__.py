"""Histories that Upptime keeps in git, as evidence: who was seen up or down, when, by which code.

A history holds changes and one row a day, so silence is no probe: it says that no change was seen.
"""

from downwind.evidence.upptime.commits import (
    FindSite,
    Messages,
    parse_seconds,
    read_commits,
    site_finder,
)
from downwind.evidence.upptime.convert import FAMILY, PROBE, to_evidence
from downwind.evidence.upptime.history_files import read_state_file
from downwind.evidence.upptime.sightings import BadRow, Read, Sighting, Site
from downwind.evidence.upptime.sites_file import SitesFile, read_sites_file
from downwind.evidence.upptime.tables import is_tables, read_tables

__all__ = [
    "FAMILY",
    "PROBE",
    "BadRow",
    "FindSite",
    "Messages",
    "Read",
    "Sighting",
    "Site",
    "SitesFile",
    "is_tables",
    "parse_seconds",
    "read_commits",
    "read_sites_file",
    "read_state_file",
    "read_tables",
    "site_finder",
    "to_evidence",
]
