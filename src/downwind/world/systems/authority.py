"""Certificate authorities: a root and an issuing one for each product, and their leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from downwind.terms import Scope
from downwind.world.net.names import own_domain

Condition = Literal["good", "expired", "self-signed", "other-name"]

_DAY = 86_400.0
_LEAF_BEFORE = 30 * _DAY
_LEAF_AFTER = 60 * _DAY
_AUTHORITY_SPAN = 3_650 * _DAY
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        """The key as PEM text, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def pem(self) -> bytes:
        """The certificate as PEM text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """One authority product. Its issuing certificate signs the leaves; clients trust its root."""

    def __init__(self, scope: Scope, organization: str, now: float) -> None:
        self.scope = scope
        self.organization = organization
        self._now = now
        root_name = _name(organization, f"{organization} Root")
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = Pair(key, self._sign_authority(root_name, key, root_name, key, None))
        issuing = ec.generate_private_key(ec.SECP256R1())
        name = _name(organization, f"{organization} E1")
        self.issuing = Pair(issuing, self._sign_authority(name, issuing, root_name, key, 0))

    @property
    def crl_url(self) -> str:
        """Where the list of revoked certificates is."""
        return f"http://crl.{own_domain(self.scope)}/e1.crl"

    @property
    def ocsp_url(self) -> str:
        """Where one asks for a single certificate."""
        return f"http://ocsp.{own_domain(self.scope)}/"

    def issue(self, names: Sequence[str], condition: Condition = "good") -> tuple[Pair, bytes]:
        """A leaf for these names, and its chain as PEM text."""
        key = ec.generate_private_key(ec.SECP256R1())
        shown = ["elsewhere.test"] if condition == "other-name" else list(names)
        subject = _name(None, shown[0][:_LONGEST_COMMON_NAME])
        until = self._now - 3 * _DAY if condition == "expired" else self._now + _LEAF_AFTER
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_when(self._now - _LEAF_BEFORE))
            .not_valid_after(_when(until))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in shown]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        )
        if condition == "self-signed":
            alone = Pair(key, builder.issuer_name(subject).sign(key, hashes.SHA256()))
            return alone, alone.pem()
        builder = self._point_to_revocation(builder)
        issuer = self.issuing.certificate
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self.issuing.key.public_key()
        )
        builder = builder.issuer_name(issuer.subject).add_extension(identifier, False)
        leaf = Pair(key, builder.sign(self.issuing.key, hashes.SHA256()))
        return leaf, leaf.pem() + self.issuing.pem()

    def _point_to_revocation(self, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        ocsp = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self.ocsp_url)
        )
        crl = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(self.crl_url)], None, None, None
        )
        return builder.add_extension(x509.AuthorityInformationAccess([ocsp]), False).add_extension(
            x509.CRLDistributionPoints([crl]), False
        )

    def _sign_authority(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        issuer_key: ec.EllipticCurvePrivateKey,
        path_length: int | None,
    ) -> x509.Certificate:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_when(self._now - _AUTHORITY_SPAN))
            .not_valid_after(_when(self._now + _AUTHORITY_SPAN))
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
            .sign(issuer_key, hashes.SHA256())
        )


def _name(organization: str | None, common_name: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_LONGEST_COMMON_NAME])]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]))
    return x509.Name(parts)


def _when(epoch: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(epoch), dt.UTC)
