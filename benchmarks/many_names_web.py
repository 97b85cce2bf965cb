"""nginx for invented sites: each name has a certificate of its own, and a front page."""

from __future__ import annotations

import datetime
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.survey.real_dns import Servers
from tests.survey.sites import SITE_NETWORK, Site

_PEM = serialization.Encoding.PEM
_DAY = datetime.timedelta(days=1)
_PAGE = (
    """<!doctype html><title>A shop</title>
<link rel=stylesheet href=/style.css><script src=https://tags.dns03.net/tag.js></script>
<script async src=https://stats.dns04.net/stats.js></script><body>
"""
    + "<p>Words and words and words, as on any page.</p>\n" * 400
)


@contextmanager
def web_servers(folder: Path, sites: Sequence[Site], servers: Servers) -> Iterator[Path]:
    """nginx at all addresses of the sites; yields the trust anchors. It ends with `servers`."""
    certificates = folder / "certificates"
    certificates.mkdir()
    trust = _certificates(certificates, sites)
    (folder / "index.html").write_text(_PAGE)
    conf = folder / "nginx.conf"
    conf.write_text(_configuration(folder, certificates))
    servers.start("nginx", ["nginx", "-c", str(conf), "-p", str(folder)])
    _wait_for(f"{SITE_NETWORK}.0.1")
    servers.check()
    yield trust


def _configuration(folder: Path, certificates: Path) -> str:
    addresses = [f"{SITE_NETWORK}.{net}.{host}" for net in range(8) for host in range(1, 17)]
    addresses += [f"{SITE_NETWORK}.9.{host}" for host in (1, 2)]
    listen = "\n".join(f"    listen {address}:443 ssl;" for address in addresses)
    return f"""user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server {{
{listen}
    ssl_certificate {certificates}/$ssl_server_name.crt;
    ssl_certificate_key {certificates}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    root {folder};
    location / {{ try_files /index.html =404; }}
  }}
}}
"""


def _certificates(folder: Path, sites: Sequence[Site]) -> Path:
    """One for each site, by one authority; all have one key."""
    now = datetime.datetime.now(datetime.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An Authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, "An Authority R1"),
        ]
    )
    base = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 90 * _DAY)
    )
    root = (
        base.subject_name(issuer)
        .public_key(root_key.public_key())
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False)
        .sign(root_key, hashes.SHA256())
    )
    trust = folder / "trust.pem"
    trust.write_bytes(root.public_bytes(_PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    for serial, site in enumerate(sites, start=2):
        leaf = (
            base.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, site.name)]))
            .public_key(key.public_key())
            .serial_number(serial)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(site.name)]), False)
            .add_extension(above, False)
            .sign(root_key, hashes.SHA256())
        )
        (folder / f"{site.name}.crt").write_bytes(leaf.public_bytes(_PEM))
    return trust


def _wait_for(address: str) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((address, 443), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
