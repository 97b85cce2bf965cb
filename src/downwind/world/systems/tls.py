"""Server contexts by host name, and the context of a client that trusts the world's roots."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

from downwind.world.systems.authority import Authority, Condition

# X509_V_FLAG_NO_CHECK_TIME: OpenSSL knows this machine's clock, not the scenario's.
_NO_CHECK_TIME = 0x200000


class Certificates:
    """Has leaves issued, and keeps their contexts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}

    def context(
        self, host: str, authority: Authority, condition: Condition = "good"
    ) -> ssl.SSLContext:
        """The context with which a server shows the host's certificate."""
        found = self._contexts.get((host, condition))
        if found is not None:
            return found
        leaf, chain = authority.issue([host], condition)
        file = self._folder / f"{host}.{condition}.pem"
        file.touch(mode=0o600)
        file.write_bytes(leaf.key_pem() + chain)
        context = _server_context()
        context.load_cert_chain(file)
        self._contexts[host, condition] = context
        return context


def by_name(contexts: Mapping[str, ssl.SSLContext]) -> ssl.SSLContext:
    """One context for a listener: it answers as the host that the client asks for."""

    def choose(
        connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        found = contexts.get((name or "").lower())
        if found is None:
            # RFC 6066, 3.
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = found
        return None

    front = _server_context()
    front.sni_callback = choose
    return front


def trusting(roots: Iterable[Authority]) -> ssl.SSLContext:
    """The context of a client within the world."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=trust_anchors(roots))
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
    return context


def trust_anchors(roots: Iterable[Authority]) -> str:
    """The roots as PEM text."""
    return "".join(authority.root.pem().decode("ascii") for authority in roots)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context
