"""Where an authority tells whether its certificates are revoked: OCSP and a list, over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from downwind.world.net.addresses import Site
from downwind.world.net.listener import Doors
from downwind.world.net.platform import ScenarioClock
from downwind.world.systems.authority import Authority
from downwind.world.systems.faults import ActiveFault
from downwind.world.systems.gate import Gate, HungUp, nothing
from downwind.world.systems.httppart import new_server

_LASTS = dt.timedelta(days=7)


class RevocationServer:
    """The public servers of one authority product. None of its certificates is revoked."""

    system = "authority"

    def __init__(self, site: Site, authority: Authority, clock: ScenarioClock) -> None:
        self.scope = site.scope
        self._addresses = site.addresses
        self._authority = authority
        self._clock = clock
        self._gate = Gate()

    async def start(self, doors: Doors) -> None:
        """Listen on port 80: what is signed needs no TLS."""
        server = new_server(self._handle)
        for address in self._addresses:
            self._gate.watch(await doors.open(address, 80, server))

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """no-issuance shows nowhere at once: what was issued stays good."""
        await self._gate.feel(faults)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if await self._gate.fails(request):
                return web.Response(status=503, text="try later")
        except HungUp:
            return nothing()
        if request.path.endswith(".crl"):
            return web.Response(body=self._crl(), content_type="application/pkix-crl")
        if request.method != "POST":
            return web.Response(status=404, text="nothing here")
        try:
            asked = ocsp.load_der_ocsp_request(await request.read())
        except ValueError:
            return web.Response(status=400, text="not an OCSP request")
        return web.Response(body=self._status(asked), content_type="application/ocsp-response")

    def _crl(self) -> bytes:
        now = self._now()
        issuing = self._authority.issuing
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuing.certificate.subject)
            .last_update(now)
            .next_update(now + _LASTS)
        )
        return builder.sign(issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _status(self, asked: ocsp.OCSPRequest) -> bytes:
        now = self._now()
        issuing = self._authority.issuing
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number,
            asked.hash_algorithm,
            ocsp.OCSPCertStatus.GOOD,
            now,
            now + _LASTS,
            None,
            None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuing.certificate)
        signed = builder.sign(issuing.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self._clock.now()), dt.UTC)
