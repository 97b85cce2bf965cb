"""The one way out: every socket of this room is opened here, or refused here."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from downwind.observe.failures import (
    CertificateRefused,
    DialFailed,
    DialRefused,
    LayerFailed,
    NoSocket,
    TlsFailed,
    Unread,
)
from downwind.observe.network import Endpoint, Network

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Gate = Callable[[str], AbstractAsyncContextManager[object]]
"""What to pass through before a request to an address: it bounds how many go there at once."""

BUFFER = 131_072
"""How much of an unread reply is held; also the longest line of a header."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OWN = (
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EADDRNOTAVAIL,
    errno.ENETDOWN,
    errno.EPERM,  # a packet filter of this machine
)
"""They say nothing of the other side."""
# RFC 7301, 3.2: the server has none of the protocols that were offered.
_NOT_OUR_PROTOCOL = "no application protocol"
_ROUTES_KEPT = 50_000
NOT_ALLOWED = "which is not allowed here"
"""How the reason of a refusal of one's own ends."""
_STRAY_DATAGRAMS = 64
"""After as many replies that answer nothing, a server counts as silent."""


def open_gate(_: str) -> AbstractAsyncContextManager[object]:
    """Lets everything through."""
    return nullcontext()


class Dialer:
    """Opens connections of one network, and refuses addresses that do not belong to it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._clock = network.clock
        self._routes: dict[tuple[str, str, int], Endpoint] = {}

    def route(self, ip: str, transport: str, port: int) -> Endpoint:
        """The socket that answers for this address; raises DialRefused."""
        if self._network.dial is not None:  # ways of an emulated internet may be cut
            way = self._network.dial.find(ip, transport, port)
            return way or self._find_route(ip, transport, port)
        # A watcher goes to the same addresses every few seconds; a network does not change.
        known = self._routes.get((ip, transport, port))
        if known is None:
            known = self._find_route(ip, transport, port)
            if len(self._routes) >= _ROUTES_KEPT:
                self._routes.clear()
            self._routes[(ip, transport, port)] = known
        return known

    def _find_route(self, ip: str, transport: str, port: int) -> Endpoint:
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            raise DialRefused(f"{ip[:80]!r} is not an address", where=ip[:80]) from None
        dial = self._network.dial
        if dial is not None:
            return _mapped(dial.find(str(address), transport, port), address, transport, port)
        if Endpoint(ip, port) in self._network.resolvers:
            return Endpoint(ip, port)
        self._refuse_private(address)
        return Endpoint(str(address), port)

    def _refuse_private(self, address: Address) -> None:
        # An address inside another (RFC 4291, 6052, 3056) leads to the inner one.
        for inner in (address, *_embedded(address)):
            if any(inner in prefix for prefix in self._network.allowed_private):
                continue
            if not inner.is_global or inner.is_multicast:
                raise DialRefused(
                    f"{address} is a private or special address, {NOT_ALLOWED}",
                    where=str(address),
                )

    async def open_tcp(self, ip: str, port: int, timeout: float) -> Streams:
        """A connection, or DialFailed. The time-out is in scenario seconds."""
        connected = await self._connect(ip, port, timeout)
        return await asyncio.open_connection(sock=connected, limit=BUFFER)

    async def open_tls(
        self,
        ip: str,
        port: int,
        server_name: str,
        context: ssl.SSLContext,
        timeout: float,
        connect: float | None = None,
    ) -> Streams:
        """A connection with TLS; DialFailed says it was not there, TlsFailed that it spoke no TLS.

        The time-out counts for each of the two, or for the handshake where `connect` is given.
        """
        connected = await self._connect(ip, port, timeout if connect is None else connect)
        wait = self._clock.timeout(timeout)
        try:
            async with asyncio.timeout(wait):
                return await _handshake(connected, server_name, context, wait)
        except ssl.SSLError as error:
            raise tls_failure(error, ip) from error
        except TimeoutError:
            raise TlsFailed(f"no TLS handshake within {timeout:g} s", where=ip) from None
        except (OSError, ValueError) as error:
            raise TlsFailed(f"no TLS handshake: {os_reason(error)}", where=ip) from error

    async def udp_exchange(
        self,
        ip: str,
        port: int,
        payload: bytes,
        timeout: float,
        accept: Callable[[bytes], bool] | None = None,
    ) -> bytes:
        """Send one datagram; the first reply that `accept` takes. Others are ignored (RFC 5452)."""
        to = self.route(ip, "udp", port)
        loop = asyncio.get_running_loop()
        with self._socket(to, socket.SOCK_DGRAM) as connected:
            try:
                async with asyncio.timeout(self._clock.timeout(timeout)):
                    # Connected: the kernel drops what comes from another address or port.
                    await loop.sock_connect(connected, (to.ip, to.port))
                    await loop.sock_sendall(connected, payload)
                    for _ in range(_STRAY_DATAGRAMS):
                        reply = await loop.sock_recv(connected, BUFFER)
                        if accept is None or accept(reply):
                            return reply
            except TimeoutError:
                raise DialFailed(f"no answer within {timeout:g} s", where=ip) from None
            except OSError as error:
                raise dial_failure(error, ip, to) from error
        raise DialFailed(f"{_STRAY_DATAGRAMS} replies to something else", where=ip)

    async def connect(self, ip: str, port: int) -> socket.socket:
        """A connected socket, or DialFailed. The time is up to the caller."""
        to = self.route(ip, "tcp", port)
        connected = self._socket(to, socket.SOCK_STREAM)
        try:
            await asyncio.get_running_loop().sock_connect(connected, (to.ip, to.port))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connected.close()
            raise dial_failure(error, ip, to) from error
        except BaseException:
            connected.close()
            raise
        return connected

    async def _connect(self, ip: str, port: int, timeout: float) -> socket.socket:
        try:
            async with asyncio.timeout(self._clock.timeout(timeout)):
                return await self.connect(ip, port)
        except TimeoutError:
            raise DialFailed(f"no connection within {timeout:g} s", where=ip) from None

    def _socket(self, to: Endpoint, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if ":" in to.ip else socket.AF_INET
        try:
            made = socket.socket(family, kind)
        except OSError as error:
            raise dial_failure(error, to.ip, to) from error
        made.setblocking(False)
        return made


def _mapped(found: Endpoint | None, address: Address, transport: str, port: int) -> Endpoint:
    if found is None:
        raise DialRefused(
            f"{address} {transport}/{port} is not on the dial map of this network",
            where=str(address),
        )
    return found


def _embedded(address: Address) -> tuple[Address, ...]:
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    inner: list[Address] = [a for a in (address.ipv4_mapped, address.sixtofour) if a is not None]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(inner)


def dial_failure(error: OSError, ip: str, to: Endpoint) -> DialFailed:
    """What this error says: of the address, or of this machine."""
    if error.errno in _OWN:
        return NoSocket(os_reason(error), where=ip)
    if error.errno == errno.ENETUNREACH and not has_route(to):
        # Where a router on the way says so, this machine has a route all the same.
        return NoSocket("this machine has no route there", where=ip)
    return DialFailed(os_reason(error), where=ip)


def has_route(to: Endpoint) -> bool:
    """Whether this machine knows a way there: without one, nothing is learnt of the other side."""
    family = socket.AF_INET6 if ":" in to.ip else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as unsent:
            # Connecting a datagram socket sends nothing; it only looks for a route.
            unsent.connect((to.ip, to.port))
    except OSError:
        return False
    return True


def os_reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
        return "connection refused"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__


def tls_failure(error: ssl.SSLError, ip: str) -> LayerFailed:
    """What this error of a handshake says: of the certificate, the server, or of this client."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRefused(error.verify_message or str(error), where=ip)
    if _NOT_OUR_PROTOCOL in ssl_reason(error):
        return Unread("the server speaks no HTTP/1.1, and this is a client of HTTP/1.1", where=ip)
    return TlsFailed(f"no TLS handshake: {ssl_reason(error)}", where=ip)


def ssl_reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()


class _NotYet(asyncio.Protocol):
    """Reads nothing until the handshake begins."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()


async def _handshake(
    connected: socket.socket, server_name: str, context: ssl.SSLContext, wait: float
) -> Streams:
    """TLS over a connection of our own, so that whatever ends it early can close that.

    Of a connection that asyncio opens with TLS at once, a time-out that falls on the end of the
    handshake leaves a transport that waits for the other side's farewell, on a descriptor that
    is soon another's.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(BUFFER, loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    plain, _ = await loop.create_connection(_NotYet, sock=connected)
    try:
        secured = await loop.start_tls(
            plain, protocol, context, server_hostname=server_name, ssl_handshake_timeout=wait + 1
        )
        if secured is None:
            raise ConnectionResetError("the connection ended with the handshake")
    except BaseException:
        plain.abort()
        raise
    protocol.connection_made(secured)
    return reader, asyncio.StreamWriter(secured, protocol, reader, loop)
