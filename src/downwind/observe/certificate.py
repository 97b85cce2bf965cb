"""Reads what a certificate says, and what is wrong with it at a given time."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from downwind.observe.names import is_address

_NAMES_KEPT = 500
_TEXT_KEPT = 300
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The fields of one certificate that a need can hang on."""

    subject: str
    issuer_name: str
    issuer_organization: str
    names: tuple[str, ...]
    not_before: float
    not_after: float
    ocsp: tuple[str, ...]
    crl: tuple[str, ...]
    self_signed: bool
    must_staple: bool
    """It tells clients to take no answer without a stapled OCSP response (RFC 7633)."""


def read_certificate(der: bytes) -> Certificate:
    """Raises ValueError where it cannot be read at all; a broken extension counts as none."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=_name(parsed.subject),
            issuer_name=_name(parsed.issuer),
            issuer_organization=_part(parsed.issuer, NameOID.ORGANIZATION_NAME),
            names=_or_none(lambda: _names(parsed)),
            not_before=parsed.not_valid_before_utc.timestamp(),
            not_after=parsed.not_valid_after_utc.timestamp(),
            ocsp=_or_none(lambda: _ocsp(parsed)),
            crl=_or_none(lambda: _crl(parsed)),
            self_signed=parsed.subject == parsed.issuer,
            must_staple=bool(_or_none(lambda: _features(parsed))),
        )
    except Exception as error:
        # Bytes from a stranger: the parser may stumble over anything in them.
        raise ValueError(f"{type(error).__name__}: {str(error)[:_TEXT_KEPT]}") from error


def _or_none(read: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return read()
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError, TypeError):
        return ()


def _name(name: x509.Name) -> str:
    return _part(name, NameOID.COMMON_NAME) or name.rfc4514_string()[:_TEXT_KEPT]


def _part(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    if not found:
        return ""
    value = found[0].value
    text = value if isinstance(value, str) else value.decode("utf-8", errors="replace")
    return text[:_TEXT_KEPT]


def _names(parsed: x509.Certificate) -> tuple[str, ...]:
    san = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    names += [str(ip) for ip in san.get_values_for_type(x509.IPAddress)]
    return tuple(names)


def _ocsp(parsed: x509.Certificate) -> tuple[str, ...]:
    access = parsed.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return tuple(
        entry.access_location.value[:_TEXT_KEPT]
        for entry in access
        if entry.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(entry.access_location, x509.UniformResourceIdentifier)
    )


def _features(parsed: x509.Certificate) -> tuple[str, ...]:
    asked = parsed.extensions.get_extension_for_class(x509.TLSFeature).value
    return tuple(each.name for each in asked if each is x509.TLSFeatureType.status_request)


def _crl(parsed: x509.Certificate) -> tuple[str, ...]:
    points = parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return tuple(
        name.value[:_TEXT_KEPT]
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def kept_names(names: Sequence[str]) -> list[str]:
    """Names to store: a certificate may hold ten thousand."""
    return list(names[:_NAMES_KEPT])


def problems(chain: Sequence[Certificate], host: str, now: float) -> list[str]:
    """What is wrong with the chain for this host at this time, in words."""
    leaf = chain[0]
    found = []
    if leaf.self_signed:
        found.append("self-signed")
    if not covers(leaf.names, host):
        found.append(f"names do not cover {host}")
    for place, certificate in enumerate(chain):
        # A root in the chain is not used: the client has its own copy, or does not trust it.
        if place and certificate.self_signed:
            continue
        whose = "" if place == 0 else f"{certificate.subject or 'a certificate'} in the chain: "
        if now > certificate.not_after:
            found.append(f"{whose}expired {_ago(now - certificate.not_after)} ago")
        if now < certificate.not_before:
            found.append(f"{whose}not valid for another {_ago(certificate.not_before - now)}")
    return found


def _ago(seconds: float) -> str:
    return f"{seconds / _DAY:.0f} d" if seconds >= _DAY else f"{seconds / 3600:.0f} h"


def covers(names: Sequence[str], host: str) -> bool:
    """RFC 9525: a wildcard stands for exactly one label, and the common name counts for nothing."""
    if is_address(host):
        wanted = ipaddress.ip_address(host)
        return any(is_address(name) and ipaddress.ip_address(name) == wanted for name in names)
    _, _, rest = host.partition(".")
    return host in names or (bool(rest) and f"*.{rest}" in names)
