"""Histories that Upptime keeps in git, as evidence: who was seen up or down, when, by which code.

A history holds changes and one row a day, so silence is no probe: it says that no change was seen.
"""

from downwind.evidence.upptime.commits import read_commits
from downwind.evidence.upptime.convert import FAMILY, PROBE, to_evidence
from downwind.evidence.upptime.sightings import BadRow, Read, Sighting, Site
from downwind.evidence.upptime.sites_file import read_sites_file
from downwind.evidence.upptime.tables import is_tables, read_tables

__all__ = [
    "FAMILY",
    "PROBE",
    "BadRow",
    "Read",
    "Sighting",
    "Site",
    "is_tables",
    "read_commits",
    "read_sites_file",
    "read_tables",
    "to_evidence",
]
