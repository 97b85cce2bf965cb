"""A connection that serves one probe: no streams, no transports, closed at once.

A stream of asyncio costs more CPU to set up than the request that it carries, and leaves its
socket to a later round of the loop; thousands of probes a minute want neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

from downwind.observe.dialer import BUFFER, Dialer, os_reason, ssl_reason, tls_failure
from downwind.observe.failures import HttpFailed, TlsFailed

_PIECE = 16_384


class Line:
    """One connection, plain at first. Reads as wire.py wants it (wire.Incoming)."""

    def __init__(self, connected: socket.socket, ip: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = connected
        self._ip = ip
        self._held = bytearray()
        self._tls: _Tls | None = None

    @classmethod
    async def dial(cls, dialer: Dialer, ip: str, port: int) -> Line:
        """A connection, or DialFailed; the time is up to the caller."""
        return cls(await dialer.connect(ip, port), ip)

    def close(self) -> None:
        """At once; nothing is waited for, and nobody is told."""
        self._socket.close()

    async def secure(self, server_name: str, context: ssl.SSLContext) -> ssl.SSLObject:
        """TLS from here on, as a new session; raises TlsFailed, or Unread."""
        try:
            tls = _Tls(server_name, context)
            await self._shake(tls)
        except ssl.SSLError as error:
            raise tls_failure(error, self._ip) from error
        except (OSError, ValueError) as error:
            raise TlsFailed(f"no TLS handshake: {os_reason(error)}", where=self._ip) from error
        self._tls = tls
        return tls.ends

    async def _shake(self, tls: _Tls) -> None:
        while True:
            try:
                tls.ends.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush(tls)
            except ssl.SSLError:
                self._say_why(tls)
                raise
            else:
                return await self._flush(tls)
            piece = await self._loop.sock_recv(self._socket, _PIECE)
            if not piece:
                raise ConnectionResetError("the connection ended with the handshake")
            tls.incoming.write(piece)

    def _say_why(self, tls: _Tls) -> None:
        """The alert, for the server's log; whether it arrives does not matter."""
        with contextlib.suppress(OSError):
            self._socket.send(tls.outgoing.read())

    async def _flush(self, tls: _Tls) -> None:
        flight = tls.outgoing.read()
        if flight:
            await self._loop.sock_sendall(self._socket, flight)

    async def send(self, data: bytes) -> None:
        """Raises HttpFailed where the connection breaks."""
        try:
            if self._tls is None:
                await self._loop.sock_sendall(self._socket, data)
                return
            self._tls.ends.write(data)
            await self._flush(self._tls)
        except OSError as error:
            raise self._broke(error) from error

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Up to and with the separator; raises LimitOverrunError past BUFFER bytes."""
        held, searched = self._held, 0
        while (at := held.find(separator, searched)) < 0:
            searched = max(0, len(held) - len(separator) + 1)
            if len(held) > BUFFER:
                raise asyncio.LimitOverrunError("no separator", searched)
            piece = await self._receive()
            if not piece:
                raise asyncio.IncompleteReadError(bytes(held), None)
            held += piece
        end = at + len(separator)
        if at > BUFFER:
            raise asyncio.LimitOverrunError("separator too far", at)
        found = bytes(held[:end])
        del held[:end]
        return found

    async def read(self, n: int = _PIECE) -> bytes:
        """At most `n` bytes; none at the end."""
        if not self._held:
            piece = await self._receive()
            if len(piece) <= n:
                return piece
            self._held += piece
        found = bytes(self._held[:n])
        del self._held[:n]
        return found

    async def _receive(self) -> bytes:
        try:
            if self._tls is None:
                return await self._loop.sock_recv(self._socket, _PIECE)
            return await self._decrypted(self._tls)
        except OSError as error:
            raise self._broke(error) from error

    async def _decrypted(self, tls: _Tls) -> bytes:
        while True:
            try:
                return tls.ends.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._flush(tls)
            except ssl.SSLZeroReturnError:
                return b""
            piece = await self._loop.sock_recv(self._socket, _PIECE)
            if not piece:
                # Many servers end without a farewell; a body's length tells what is missing.
                return b""
            tls.incoming.write(piece)

    def _broke(self, error: OSError) -> HttpFailed:
        if isinstance(error, ssl.SSLError):
            return HttpFailed(f"TLS broke: {ssl_reason(error)}", where=self._ip)
        return HttpFailed(f"the connection broke: {os_reason(error)}", where=self._ip)


class _Tls:
    """Both ends of one TLS session, in memory."""

    def __init__(self, server_name: str, context: ssl.SSLContext) -> None:
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.ends = context.wrap_bio(self.incoming, self.outgoing, server_hostname=server_name)
