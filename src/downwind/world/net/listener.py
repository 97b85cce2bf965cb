"""A listening socket on loopback that can fall silent, refuse, and come back on the same port."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from downwind.world.net.addresses import Address

Manner = Literal["open", "silent", "refused"]
Door = tuple[str, int]
Dial = dict[str, dict[str, Door]]
"""Address of the world -> "tcp/443" -> where that is on this machine."""

_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class Loopbacks:
    """The loopback addresses of this machine; without IPv6 the first stands for both."""

    v4: str = "127.0.0.1"
    v6: str | None = "::1"

    @classmethod
    def found(cls) -> Loopbacks:
        """What this machine has."""
        if not socket.has_ipv6:
            return cls(v6=None)
        try:
            bound("::1", 0, socket.SOCK_STREAM).close()
        except OSError:
            return cls(v6=None)
        return cls()


def bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket bound to a loopback address; port 0 is any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.setblocking(False)
    try:
        if port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        if kind == socket.SOCK_STREAM:
            # Only now: with it, the system may choose a port that another one has.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError:
        sock.close()
        raise
    return sock


class Listener:
    """One port of one loopback address, and the server behind it."""

    def __init__(
        self,
        host: str,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._factory = factory
        self._context = context
        self._socket = bound(host, 0, socket.SOCK_STREAM)
        self.door: Door = (host, int(self._socket.getsockname()[1]))
        self._server: asyncio.Server | None = None
        self._mutes: set[asyncio.BaseTransport] = set()
        self._manner: Manner = "refused"

    async def become(self, manner: Manner) -> None:
        """Serve, accept and say nothing, or refuse."""
        if manner == self._manner:
            return
        self._manner = manner
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in tuple(self._mutes):
            transport.close()
        if manner == "refused":
            self._reserve()
            return
        self._socket.listen(_BACKLOG)
        loop = asyncio.get_running_loop()
        # A copy: the port goes on listening while one server gives way to the next.
        sock = self._socket.dup()
        if manner == "silent":
            self._server = await loop.create_server(lambda: _Mute(self._mutes), sock=sock)
        else:
            self._server = await loop.create_server(
                self._factory, sock=sock, ssl=self._context, backlog=_BACKLOG
            )

    def close(self) -> None:
        """Close it for good."""
        if self._server is not None:
            self._server.close()
        self._socket.close()

    def _reserve(self) -> None:
        # Bound but not listening: the system refuses connections, and nobody else gets the port.
        self._socket.close()
        self._socket = bound(*self.door, socket.SOCK_STREAM)


class _Mute(asyncio.Protocol):
    """Takes what comes and says nothing."""

    def __init__(self, known: set[asyncio.BaseTransport]) -> None:
        self._known = known
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._known.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._known.discard(self._transport)


class Doors:
    """Opens listeners for addresses of the world, and keeps the dial map."""

    def __init__(self, loopbacks: Loopbacks) -> None:
        self.loopbacks = loopbacks
        self.dial: Dial = {}
        self._listeners: list[Listener] = []
        self._closings: list[Callable[[], None]] = []

    def keep(self, closing: Callable[[], None]) -> None:
        """Call this too when all is closed."""
        self._closings.append(closing)

    async def open(
        self,
        address: Address,
        port: int,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
    ) -> list[Listener]:
        """Listen for both families of an address."""
        v4 = Listener(self.loopbacks.v4, factory, context)
        v6 = Listener(self.loopbacks.v6, factory, context) if self.loopbacks.v6 else None
        listeners = [v4] if v6 is None else [v4, v6]
        for listener in listeners:
            await listener.become("open")
        self._listeners.extend(listeners)
        self.point(address, f"tcp/{port}", v4.door, (v6 or v4).door)
        return listeners

    def point(self, address: Address, door: str, v4: Door, v6: Door) -> None:
        """Write down where an address leads."""
        self.dial.setdefault(address.v4, {})[door] = v4
        self.dial.setdefault(address.v6, {})[door] = v6

    def close(self) -> None:
        """Close them all."""
        for listener in self._listeners:
            listener.close()
        for closing in self._closings:
            closing()
