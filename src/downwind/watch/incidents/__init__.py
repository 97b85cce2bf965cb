"""Incidents: one per cause, never one per victim."""

from downwind.watch.incidents.form import (
    KIND,
    event_of_evidence,
    event_to_evidence,
    incident_of_json,
    incident_to_json,
)
from downwind.watch.incidents.ledger import Ledger
from downwind.watch.incidents.machine import Incidents, Step
from downwind.watch.incidents.maintenance import (
    EVERYTHING,
    OF_THE_MODEL,
    Maintenance,
    Window,
    cancelled,
    read_window,
    window_of_evidence,
    window_to_evidence,
    windows_of,
)
from downwind.watch.incidents.parts import Parts, parts_of
from downwind.watch.incidents.types import (
    Cause,
    Change,
    Fault,
    Incident,
    IncidentEvent,
    Observed,
    Rules,
    StatusPage,
)

__all__ = [
    "EVERYTHING",
    "KIND",
    "OF_THE_MODEL",
    "Cause",
    "Change",
    "Fault",
    "Incident",
    "IncidentEvent",
    "Incidents",
    "Ledger",
    "Maintenance",
    "Observed",
    "Parts",
    "Rules",
    "StatusPage",
    "Step",
    "Window",
    "cancelled",
    "event_of_evidence",
    "event_to_evidence",
    "incident_of_json",
    "incident_to_json",
    "parts_of",
    "read_window",
    "window_of_evidence",
    "window_to_evidence",
    "windows_of",
]
