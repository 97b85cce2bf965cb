"""The only room that opens sockets to what it measures: what to ask next, and thin drivers."""

from downwind.observe.dialer import Dialer
from downwind.observe.failures import (
    CertificateRefused,
    DialFailed,
    DialRefused,
    DnsFailed,
    HttpFailed,
    LayerFailed,
    TlsFailed,
)
from downwind.observe.journey import StepDriver, StepOutcome, run_journey
from downwind.observe.mapping import map_names
from downwind.observe.network import Clock, DialMap, Endpoint, Network, Timeouts
from downwind.observe.session import Session
from downwind.observe.wire import Reply

__all__ = [
    "CertificateRefused",
    "Clock",
    "DialFailed",
    "DialMap",
    "DialRefused",
    "Dialer",
    "DnsFailed",
    "Endpoint",
    "HttpFailed",
    "LayerFailed",
    "Network",
    "Reply",
    "Session",
    "StepDriver",
    "StepOutcome",
    "Timeouts",
    "TlsFailed",
    "map_names",
    "run_journey",
]
