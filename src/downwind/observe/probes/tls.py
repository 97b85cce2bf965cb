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


Life = tuple[float | None, float | None]
"""When a certificate begins and ends, in seconds since 1970; None where it cannot be read."""


class Lifetimes:
    """How long certificates last: each is read once, since the same is shown every round."""

    def __init__(self) -> None:
        self._known: dict[bytes, Life] = {}

    def life(self, secured: ssl.SSLObject) -> Life:
        """Of the certificate that this connection showed."""
        der = secured.getpeercert(binary_form=True)
        if not der:
            return None, None
        if der not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[der] = _life(der)
        return self._known[der]


def _life(der: bytes) -> Life:
    try:
        certificate = read_certificate(der)
    except ValueError:
        return None, None
    return certificate.not_before, certificate.not_after


async def shake(network: Network, line: Line, host: str, lifetimes: Lifetimes, told: Told) -> None:
    """TLS on this connection; raises TlsFailed, or Unread where HTTP/1.1 is not spoken."""
    context = network.shaking if told.do == TlsProbe.kind else network.verifying
    secured = await line.secure(host, context)
    told.extra["not_before"], told.extra["not_after"] = lifetimes.life(secured)
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
    told.extra["not_before"] = value["not_before"]
    told.extra["not_after"] = value["not_after"]
    told.extra["issuer"] = value["issuer_organization"] or value["issuer_name"]
    told.extra["problems"] = list(value["problems"])
