"""A box on the path between a vantage and the emulated internet, which meddles with chosen hosts.

Every connection goes through it while a trap wants that. It reads whom the client asks for (the
server name of its TLS greeting), and leads it on, late, or to a server of its own with a page.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from downwind.observe import Endpoint

_HELLO = 16 * 1024
_NAME = 0
"""The type of the TLS extension that holds the server's name (RFC 6066)."""


@dataclass(frozen=True)
class Meddling:
    """What the box does with a connection."""

    status: int = 0
    """It answers itself, with this status; 0: it leads on."""
    headers: tuple[str, ...] = ()
    body: str = ""
    certificate: str = "good"
    """good, expired or self-signed."""
    delay: float = 0.0
    """Real seconds by which everything comes later."""
    hangs: bool = False
    """Nothing that the client says after its connection is ever answered."""
    drops: int = 0
    """Of so many connections one dies; 0: none."""


class Box:
    """Listens on loopback, a port for each place that it stands in front of."""

    def __init__(self, folder: Path, now: float) -> None:
        """`now` is the time of the emulated internet, for the dates of certificates."""
        self.rules: dict[str, Meddling] = {}
        """Host -> what is done; * for all others."""
        self._authority = _Authority(folder, datetime.fromtimestamp(now, UTC))
        self._places: dict[Endpoint, Endpoint] = {}
        self._own_places: dict[tuple[str, Meddling], Endpoint] = {}
        self._servers: list[asyncio.Server] = []
        self._passed = 0

    @property
    def trust(self) -> str:
        """Its authority, as PEM text."""
        return self._authority.pem

    async def before(self, there: Endpoint) -> Endpoint:
        """Where to dial so as to pass the box on the way there."""
        if there not in self._places:

            async def pass_(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._pass(there, reader, writer)

            server = await asyncio.start_server(pass_, "127.0.0.1", 0)
            self._servers.append(server)
            self._places[there] = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        return self._places[there]

    def close(self) -> None:
        for server in self._servers:
            server.close()

    async def _pass(
        self, there: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(60):
                greeting = await _greeting(reader)
                host = server_name(greeting)
                rule = self.rules.get(host, self.rules.get("*", Meddling()))
                self._passed += 1
                await asyncio.sleep(60 if rule.hangs else rule.delay)
                if rule.drops and self._passed % rule.drops == 0:
                    raise ConnectionResetError
                if rule.status:
                    there = await self._own(host, rule)
                on, out = await asyncio.open_connection(there.ip, there.port)
                out.write(greeting)
                await asyncio.gather(_pump(reader, out), _pump(on, writer))
        writer.close()

    async def _own(self, host: str, rule: Meddling) -> Endpoint:
        """A server of its own that shows the page of this rule under this name."""
        if (host, rule) in self._own_places:
            return self._own_places[host, rule]

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                head = [f"HTTP/1.1 {rule.status} Told", f"content-length: {len(rule.body)}"]
                lines = [*head, "connection: close", *rule.headers, "", rule.body]
                writer.write("\r\n".join(lines).encode())
                await writer.drain()
            writer.close()

        context = self._authority.context(host, rule.certificate)
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        self._servers.append(server)
        self._own_places[host, rule] = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        return self._own_places[host, rule]


async def _greeting(reader: asyncio.StreamReader) -> bytes:
    """The first TLS record."""
    head = await reader.readexactly(5)
    return head + await reader.readexactly(min(int.from_bytes(head[3:5]), _HELLO))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


def server_name(greeting: bytes) -> str:
    """Whom a client asks for (RFC 8446, 4.1.2); empty where it does not say."""
    at = 5 + 4 + 2 + 32  # record, handshake, version, random
    try:
        at += 1 + greeting[at]  # session id
        at += 2 + int.from_bytes(greeting[at : at + 2])  # ciphers
        at += 1 + greeting[at]  # compression
        end = at + 2 + int.from_bytes(greeting[at : at + 2])
        at += 2
        while at < end:
            kind, size = (
                int.from_bytes(greeting[at : at + 2]),
                int.from_bytes(greeting[at + 2 : at + 4]),
            )
            if kind == _NAME:
                return greeting[at + 9 : at + 4 + size].decode("ascii")
            at += 4 + size
    except (IndexError, UnicodeDecodeError):
        pass
    return ""


class _Authority:
    """Makes certificates for any name."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder, self._now = folder, now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a box on the path")])
        root = self._builder(self._name, self._key, self._name, days=(-900, 900))
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        signed = root.sign(self._key, hashes.SHA256())
        self.pem = signed.public_bytes(serialization.Encoding.PEM).decode()
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}

    def context(self, host: str, kind: str) -> ssl.SSLContext:
        """A server's context with a certificate of this kind."""
        if (host, kind) not in self._contexts:
            self._contexts[host, kind] = self._context(host, kind)
        return self._contexts[host, kind]

    def _context(self, host: str, kind: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:60])])
        own = kind == "self-signed"
        days = (-400, -2) if kind == "expired" else (-30, 60)
        made = self._builder(subject, key, subject if own else self._name, days=days)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        signed = made.sign(key if own else self._key, hashes.SHA256())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as file:
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            file.write(signed.public_bytes(serialization.Encoding.PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        *,
        days: tuple[int, int],
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now + timedelta(days=days[0]))
            .not_valid_after(self._now + timedelta(days=days[1]))
        )
