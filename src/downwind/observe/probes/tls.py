"""Shakes hands as a careful client, and says until when the certificate lasts."""

from __future__ import annotations

import ssl

from downwind.observe.certificate import read_certificate
from downwind.observe.dialer import Dialer
from downwind.observe.failures import CertificateRefused
from downwind.observe.network import Network
from downwind.observe.probes.kinds import TlsProbe
from downwind.observe.probes.line import Line
from downwind.observe.probes.told import Told
from downwind.observe.tls import check_dates, record_certificate

_MOST = 50_000


class Lifetimes:
    """Until when certificates last: each is read once, since the same is shown every round."""

    def __init__(self) -> None:
        self._known: dict[bytes, float | None] = {}

    def end(self, secured: ssl.SSLObject) -> float | None:
        """Seconds since 1970, or None where the certificate cannot be read."""
        der = secured.getpeercert(binary_form=True)
        if not der:
            return None
        if der not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[der] = _end(der)
        return self._known[der]


def _end(der: bytes) -> float | None:
    try:
        return read_certificate(der).not_after
    except ValueError:
        return None


async def shake(network: Network, line: Line, host: str, lifetimes: Lifetimes, told: Told) -> None:
    """TLS on this connection; raises TlsFailed."""
    secured = await line.secure(host, network.verifying)
    told.extra["not_after"] = lifetimes.end(secured)
    check_dates(secured, network.clock)


async def look_closer(
    network: Network, dialer: Dialer, refused: CertificateRefused, probe: TlsProbe, told: Told
) -> None:
    """What the refused certificate says, by a second handshake that takes any."""
    ip = refused.where or told.address or ""
    finding = await record_certificate(network, dialer, probe.host, ip, probe.port)
    value = getattr(finding, "value", None)
    if value is None:
        return
    told.extra["not_after"] = value["not_after"]
    told.extra["issuer"] = value["issuer_organization"] or value["issuer_name"]
    told.extra["problems"] = list(value["problems"])
