"""A certificate authority for tests: right certificates, and every kind of wrong one."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

DAY = datetime.timedelta(days=1)


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass
class Issuer:
    """A root, an intermediate below it, and what they sign."""

    key: ec.EllipticCurvePrivateKey = field(init=False)
    root: x509.Certificate = field(init=False)
    middle: x509.Certificate = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Tiny Root", "Tiny Trust")
        self.root = self._authority(name, name, root_key, root_key)
        self.middle = self._authority(name, _name("Tiny CA 1", "Tiny Trust"), root_key, self.key)

    @property
    def pem(self) -> str:
        return _pem(self.root).decode()

    @staticmethod
    def _authority(
        issuer: x509.Name,
        subject: x509.Name,
        by: ec.EllipticCurvePrivateKey,
        key: ec.EllipticCurvePrivateKey,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 400 * DAY)
            .not_valid_after(now + 4000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(by, hashes.SHA256())
        )

    def context(
        self,
        folder: Path,
        names: Sequence[str],
        *,
        starts: float = -10,
        ends: float = 60,
        self_signed: bool = False,
        revocation: str = "",
        must_staple: bool = False,
    ) -> ssl.SSLContext:
        """A server's context; `starts` and `ends` are days from now."""
        now = datetime.datetime.now(datetime.UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(names[0], "Tiny Site")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.middle.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts * DAY)
            .not_valid_after(now + ends * DAY)
            .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), False)
        )
        if revocation:
            builder = _with_revocation(builder, revocation)
        if must_staple:
            features = x509.TLSFeature([x509.TLSFeatureType.status_request])
            builder = builder.add_extension(features, False)
        leaf = builder.sign(key if self_signed else self.key, hashes.SHA256())
        return self._load(folder, leaf, key, [] if self_signed else [self.middle])

    def _load(
        self,
        folder: Path,
        leaf: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        chain: Sequence[x509.Certificate],
    ) -> ssl.SSLContext:
        self._count += 1
        file = folder / f"{self._count}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(private + _pem(leaf) + b"".join(_pem(each) for each in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _with_revocation(builder: x509.CertificateBuilder, host: str) -> x509.CertificateBuilder:
    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"http://ocsp.{host}/")
    )
    point = x509.DistributionPoint(
        [x509.UniformResourceIdentifier(f"http://crl.{host}/1.crl")], None, None, None
    )
    return builder.add_extension(x509.AuthorityInformationAccess([ocsp]), False).add_extension(
        x509.CRLDistributionPoints([point]), False
    )
