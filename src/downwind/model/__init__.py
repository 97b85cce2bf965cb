"""The files that people write, and the frozen types that they become."""

from downwind.model.claims import Claim
from downwind.model.durations import parse_duration, say_duration
from downwind.model.load import load_model, model_from_texts, read_yaml
from downwind.model.types import (
    Capability,
    Component,
    DeclaredNeed,
    Expect,
    Model,
    Service,
    Step,
)
from downwind.model.watching import (
    Feed,
    Globalping,
    Heartbeat,
    Maintenance,
    Place,
    Probe,
    Route,
    Token,
    WatchSettings,
)

__all__ = [
    "Capability",
    "Claim",
    "Component",
    "DeclaredNeed",
    "Expect",
    "Feed",
    "Globalping",
    "Heartbeat",
    "Maintenance",
    "Model",
    "Place",
    "Probe",
    "Route",
    "Service",
    "Step",
    "Token",
    "WatchSettings",
    "load_model",
    "model_from_texts",
    "parse_duration",
    "read_yaml",
    "say_duration",
]
