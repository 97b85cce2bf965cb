"""One handshake for each address: the certificate, who issued it, until when, and its faults."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from downwind.observe.certificate import Certificate, kept_names, problems, read_certificate
from downwind.observe.dialer import Dialer
from downwind.observe.failures import CertificateRefused, LayerFailed, TlsFailed
from downwind.observe.network import Clock, Network
from downwind.terms import Finding, Seen, Unanswered

# SSLObject shows the chain in public from Python 3.13 on, and through _sslobj from 3.10 on.
_ENCODING_DER = 2
_OLD_PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1")
STAPLING_UNKNOWN = "Python's ssl module neither asks for a stapled answer nor shows one"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the server showed in one handshake."""

    chain: Sequence[bytes]
    protocol: str


async def record_certificate(
    network: Network, dialer: Dialer, host: str, address: str, port: int = 443
) -> Finding:
    """The certificate at this address for this host (tls.certificate).

    The handshake of a careful client comes first; where it refuses, a second one without
    verification records what is there.
    """
    refusal = ""
    try:
        shown = await _shake(network, dialer, host, address, port, network.verifying)
    except TlsFailed as failed:
        refusal = failed.reason
        try:
            shown = await _shake(network, dialer, host, address, port, network.recording)
        except LayerFailed as again:
            return _unanswered(again if isinstance(failed, CertificateRefused) else failed, address)
    except LayerFailed as failed:
        return _unanswered(failed, address)
    return _finding(shown, refusal, host, address, network.clock.now())


def certificate_of(secured: ssl.SSLObject, host: str, address: str, now: float) -> Finding:
    """The certificate of a handshake that a careful client has made (tls.certificate)."""
    return _finding(_Shown(_chain(secured), secured.version() or ""), "", host, address, now)


def _finding(shown: _Shown, refusal: str, host: str, address: str, now: float) -> Finding:
    try:
        chain = [read_certificate(der) for der in shown.chain]
    except ValueError as error:
        return Unanswered(
            f"the certificate cannot be read: {error}", {"layer": "tls", "address": address}
        )
    if not chain:
        return Unanswered("no certificate was shown", {"layer": "tls", "address": address})
    return Seen(_value(chain, shown, refusal, host, address, now))


def _unanswered(failed: LayerFailed, address: str) -> Unanswered:
    return Unanswered(failed.reason, {"layer": failed.layer, "address": address})


async def _shake(
    network: Network, dialer: Dialer, host: str, address: str, port: int, context: ssl.SSLContext
) -> _Shown:
    _, writer = await dialer.open_tls(address, port, host, context, network.timeouts.tls)
    try:
        secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return _Shown(_chain(secured), secured.version() or "")
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def _chain(secured: ssl.SSLObject) -> list[bytes]:
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return [bytes(der) for der in public() or ()]
    inner: Any = getattr(secured, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        shown = inner.get_unverified_chain() or ()
        return [bytes(each.public_bytes(_ENCODING_DER)) for each in shown]
    leaf = secured.getpeercert(binary_form=True)
    return [leaf] if leaf else []


def _value(
    chain: Sequence[Certificate],
    shown: _Shown,
    refusal: str,
    host: str,
    address: str,
    now: float,
) -> dict[str, Any]:
    leaf = chain[0]
    found = problems(chain, host, now)
    verified = not refusal and not found
    if refusal:
        found.append(f"refused by a careful client: {refusal}")
    if shown.protocol in _OLD_PROTOCOLS:
        found.append(f"obsolete protocol {shown.protocol}")
    value: dict[str, Any] = {
        "address": address,
        "issuer_organization": leaf.issuer_organization,
        "issuer_name": leaf.issuer_name,
        "subject": leaf.subject,
        "names": kept_names(leaf.names),
        "not_before": leaf.not_before,
        "not_after": leaf.not_after,
        "chain": [certificate.subject for certificate in chain],
        "ocsp": list(leaf.ocsp),
        "crl": list(leaf.crl),
        "must_staple": leaf.must_staple,
        "stapled": None,
        "stapled_reason": STAPLING_UNKNOWN,
        "protocol": shown.protocol,
        "problems": found,
        "verified": verified,
    }
    if len(leaf.names) > len(value["names"]):
        value["names_left_out"] = len(leaf.names) - len(value["names"])
    return value


def check_dates(secured: ssl.SSLObject, clock: Clock) -> None:
    """Refuse a certificate that is not valid by this clock, where OpenSSL could not tell."""
    if clock.system:
        return
    life, now = life_of(secured), clock.now()
    if life is None:
        raise CertificateRefused("the certificate's dates cannot be read")
    begins, ends = life
    if now > ends:
        raise CertificateRefused("certificate has expired")
    if now < begins:
        raise CertificateRefused("certificate is not yet valid")


def life_of(secured: ssl.SSLObject) -> tuple[float, float] | None:
    """When the certificate of a careful connection begins and ends, in seconds since 1970."""
    shown = secured.getpeercert() or {}
    try:
        begins, ends = str(shown["notBefore"]), str(shown["notAfter"])
        return float(ssl.cert_time_to_seconds(begins)), float(ssl.cert_time_to_seconds(ends))
    except (KeyError, ValueError):
        return None
