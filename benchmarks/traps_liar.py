"""A resolver of a vantage that lies of chosen names and passes all else on."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from downwind.observe import Endpoint

_PATIENCE = 5.0
"""Real seconds for an answer of the resolver behind it."""


class Liar(asyncio.DatagramProtocol):
    """Answers by UDP on loopback in front of the true resolver."""

    def __init__(self, true: Endpoint, names: Collection[str], address: str) -> None:
        """`address` is told for the names; empty: that they do not exist."""
        self._true, self._names, self._address = true, names, address
        self._asked: set[asyncio.Task[None]] = set()
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        query = dns.message.from_wire(data)
        if str(query.question[0].name).rstrip(".") in self._names:
            self.transport.sendto(self._lie(query), addr)
            return
        task = asyncio.create_task(self._pass_on(data, addr))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def _lie(self, query: dns.message.Message) -> bytes:
        told = dns.message.make_response(query)
        told.flags |= dns.flags.RA
        question = query.question[0]
        if not self._address:
            told.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == 1:
            told.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", self._address))
        return told.to_wire()

    async def _pass_on(self, data: bytes, client: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[bytes] = loop.create_future()
        there = (self._true.ip, self._true.port)
        transport, _ = await loop.create_datagram_endpoint(lambda: _Once(heard), remote_addr=there)
        try:
            transport.sendto(data)
            answer = await asyncio.wait_for(heard, _PATIENCE)
        except (OSError, TimeoutError):
            return
        finally:
            transport.close()
        if self.transport is not None:
            self.transport.sendto(answer, client)


class _Once(asyncio.DatagramProtocol):
    """Hears one answer."""

    def __init__(self, heard: asyncio.Future[bytes]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._heard.done():
            self._heard.set_result(data)


async def lying(true: Endpoint, names: Collection[str], address: str = "") -> tuple[Liar, Endpoint]:
    """A liar that answers, and where."""
    loop = asyncio.get_running_loop()
    transport, liar = await loop.create_datagram_endpoint(
        lambda: Liar(true, names, address), local_addr=("127.0.0.1", 0)
    )
    return liar, Endpoint("127.0.0.1", transport.get_extra_info("sockname")[1])
