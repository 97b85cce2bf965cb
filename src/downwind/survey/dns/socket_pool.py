"""A few UDP sockets that many questions share; a reply is matched by sender, port and id."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from downwind.observe.network import Endpoint

Asked = TypeVar("Asked")

_PORTS = 8
_SENT_FROM_ONE_PORT = 5_000
"""RFC 5452: whoever forges replies has to guess the port too, so no port is used for long."""
_READ_AT_ONCE = 64
_LARGEST = 65_535
_BUFFER = 1 << 20


@dataclass(slots=True, eq=False)
class Port(Generic[Asked]):
    """One socket, and the questions that were sent from it by their ids."""

    socket: socket.socket
    pending: dict[int, tuple[Asked, tuple[Any, ...]]] = field(default_factory=dict)
    sent: int = 0


class SocketPool(Generic[Asked]):
    """Opens sockets as they are needed, and hands what comes back to `received`.

    `received(asked, datagram)` says whether this was the reply; if not, the question stays open.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, received: Callable[[Asked, bytes], bool]
    ) -> None:
        self._loop = loop
        self._received = received
        self._ports: dict[int, list[Port[Asked]]] = {}
        self._retired: list[Port[Asked]] = []
        self._addresses: dict[Endpoint, tuple[int, tuple[Any, ...]]] = {}
        self.ignored = 0
        """Datagrams that answered nothing that was asked."""

    def claim(self, to: Endpoint, asked: Asked) -> tuple[Port[Asked], int]:
        """A port and an unused id for a question to this server; raises OSError."""
        family, address = self._address(to)
        port = self._port(family)
        id_ = random.getrandbits(16)
        while id_ in port.pending:
            id_ = random.getrandbits(16)
        port.pending[id_] = (asked, address)
        return port, id_

    def send(self, port: Port[Asked], id_: int, payload: bytes) -> None:
        """Send what was claimed; raises OSError."""
        port.sent += 1
        try:
            port.socket.sendto(payload, port.pending[id_][1])
        except BlockingIOError:
            # The kernel's buffer is full: the datagram is lost, and the next try mends that.
            return

    def release(self, port: Port[Asked], id_: int) -> None:
        """No reply is awaited any more."""
        port.pending.pop(id_, None)
        if not port.pending and port in self._retired:
            self._retired.remove(port)
            self._close(port)

    def close(self) -> None:
        for port in (*self._retired, *(port for ports in self._ports.values() for port in ports)):
            self._close(port)
        self._retired.clear()
        self._ports.clear()

    def _port(self, family: int) -> Port[Asked]:
        ports = self._ports.setdefault(family, [])
        if len(ports) < _PORTS:
            ports.append(self._open(family))
            return ports[-1]
        place = random.randrange(_PORTS)
        port = ports[place]
        if port.sent < _SENT_FROM_ONE_PORT:
            return port
        ports[place] = self._open(family)
        if port.pending:
            self._retired.append(port)
        else:
            self._close(port)
        return ports[place]

    def _open(self, family: int) -> Port[Asked]:
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        port: Port[Asked] = Port(made)
        self._loop.add_reader(made, self._read, port)
        return port

    def _close(self, port: Port[Asked]) -> None:
        self._loop.remove_reader(port.socket)
        port.socket.close()

    def _read(self, port: Port[Asked]) -> None:
        for _ in range(_READ_AT_ONCE):
            try:
                data, sender = port.socket.recvfrom(_LARGEST)
            except OSError:
                return
            id_ = int.from_bytes(data[:2], "big")
            found = port.pending.get(id_)
            if found is None or found[1][:2] != sender[:2]:
                self.ignored += 1
                continue
            if self._received(found[0], data):
                self.release(port, id_)
            else:
                self.ignored += 1

    def _address(self, to: Endpoint) -> tuple[int, tuple[Any, ...]]:
        """The socket address in the form in which the kernel names a sender."""
        known = self._addresses.get(to)
        if known is None:
            found = socket.getaddrinfo(
                to.ip, to.port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
            )
            if len(self._addresses) > 10_000:
                self._addresses.clear()
            known = self._addresses[to] = (found[0][0], found[0][4])
        return known
