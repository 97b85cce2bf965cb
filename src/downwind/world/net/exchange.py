"""Asks one DNS server one question, over UDP and, where the answer is cut short, over TCP."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections.abc import Mapping
from typing import cast

import dns.exception
import dns.flags
import dns.message
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType

from downwind.world.net.listener import Door

_PAYLOAD = 1232


class NoAnswer(Exception):
    """The server could not be reached, did not answer, or sent what is no answer."""


async def ask_server(
    dial: Mapping[str, Mapping[str, Door]],
    ip: str,
    name: Name,
    rdtype: RdataType,
    *,
    recursive: bool = False,
) -> Message:
    """The server's answer; raises NoAnswer. Waits for ever: the caller cancels it."""
    doors = dial.get(ip, {})
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=_PAYLOAD)
    query.id = secrets.randbelow(65536)
    if not recursive:
        query.flags &= ~dns.flags.RD
    if "udp/53" not in doors:
        raise NoAnswer("no server at this address")
    try:
        reply = await _over_udp(doors["udp/53"], query)
        if reply.flags & dns.flags.TC and "tcp/53" in doors:
            reply = await _over_tcp(doors["tcp/53"], query)
    except (OSError, EOFError) as error:
        raise NoAnswer(f"network error: {error}") from error
    except (dns.exception.DNSException, ValueError) as error:
        raise NoAnswer(f"malformed answer: {type(error).__name__}") from error
    if not query.is_response(reply):
        raise NoAnswer("an answer to another question")
    return reply


async def _over_udp(door: Door, query: Message) -> Message:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _OneAnswer(query.id, loop.create_future()), remote_addr=(door[0], door[1])
    )
    try:
        transport.sendto(query.to_wire())
        return dns.message.from_wire(await protocol.answer)
    finally:
        transport.close()


async def _over_tcp(door: Door, query: Message) -> Message:
    reader, writer = await asyncio.open_connection(*door)
    try:
        wire = query.to_wire()
        writer.write(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        return dns.message.from_wire(await reader.readexactly(length))
    finally:
        writer.close()


class _OneAnswer(asyncio.DatagramProtocol):
    def __init__(self, query_id: int, answer: asyncio.Future[bytes]) -> None:
        self._id = query_id.to_bytes(2, "big")
        self.answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        # RFC 5452, 9.1: an answer with another id is not ours.
        if data[:2] == self._id and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(cast(OSError, exc))
