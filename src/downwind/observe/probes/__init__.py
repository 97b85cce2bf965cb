"""Small probes, thousands a minute: one request, handshake, connection or question each."""

from downwind.observe.probes.kinds import (
    DnsProbe,
    HttpProbe,
    Probe,
    TcpProbe,
    TlsProbe,
    probe_from_json,
    probe_to_json,
)
from downwind.observe.probes.prober import Prober

__all__ = [
    "DnsProbe",
    "HttpProbe",
    "Probe",
    "Prober",
    "TcpProbe",
    "TlsProbe",
    "probe_from_json",
    "probe_to_json",
]
