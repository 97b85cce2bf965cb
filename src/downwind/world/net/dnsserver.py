"""Carries DNS over UDP and TCP: what arrives is read, answered by others, and sent back."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
from dns.message import Message, QueryMessage

from downwind.world.net.addresses import Address
from downwind.world.net.listener import Doors, bound

Answerer = Callable[[Message], Awaitable[Message | None]]
"""The reply to a query of one question, or None to stay silent."""

# RFC 9715: answers beyond this go over TCP.
_LARGEST_UDP = 1232
_LARGEST_QUERY = 4096
_IDLE = 30.0
_MOST_REPLIES = 10_000


class Replies:
    """Replies by query, without their ids, for as long as the servers' answers stay the same.

    Reading and writing messages was a third of a world's work.
    """

    def __init__(self, edition: Callable[[], Hashable]) -> None:
        self._edition = edition
        self._of: Hashable = None
        self._known: dict[bytes, bytes] = {}

    def find(self, query: bytes) -> bytes | None:
        """The whole reply to a query that was answered before, or None."""
        edition = self._edition()
        if edition != self._of or len(self._known) > _MOST_REPLIES:
            self._of, self._known = edition, {}
        found = self._known.get(query[2:])
        return None if found is None else query[:2] + found

    def keep(self, query: bytes, reply: bytes, edition: Hashable) -> None:
        """Remember a reply, unless what it says has changed while it was made."""
        if edition == self._of == self._edition():
            self._known[query[2:]] = reply[2:]

    @property
    def edition(self) -> Hashable:
        """Differs once any answer may differ."""
        return self._edition()


async def open_dns(
    doors: Doors, address: Address, answerer: Answerer, replies: Replies | None = None
) -> None:
    """Answer on port 53 of an address, over UDP and TCP in both families.

    With `replies` those that were given before are given again over UDP.
    """
    loop = asyncio.get_running_loop()
    hosts = [doors.loopbacks.v4, doors.loopbacks.v6 or doors.loopbacks.v4]
    udp = []
    for host in dict.fromkeys(hosts):
        sock = bound(host, 0, socket.SOCK_DGRAM)
        udp.append((host, int(sock.getsockname()[1])))
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(answerer, replies), sock=sock
        )
        doors.keep(transport.close)
    doors.point(address, "udp/53", udp[0], udp[-1])
    await doors.open(address, 53, lambda: _stream_protocol(answerer))


async def respond(wire: bytes, answerer: Answerer, *, limit: int | None) -> bytes | None:
    """The reply to a query, cut to a limit where there is one; None where none is due."""
    if len(wire) < 12 or wire[2] & 0x80:
        return None
    try:
        query = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError):
        return _format_error(wire)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        refusal = dns.message.make_response(query)
        refusal.set_rcode(dns.rcode.NOTIMP)
        return refusal.to_wire()
    reply = await answerer(query)
    if reply is None:
        return None
    if limit is None:
        return reply.to_wire(max_size=65535)
    room = min(max(query.payload, 512), limit) if query.edns >= 0 else 512
    return _fitted(reply, room)


def _fitted(reply: Message, room: int) -> bytes:
    try:
        return reply.to_wire(max_size=room)
    except dns.exception.TooBig:
        # RFC 2181, 9: an empty answer with TC sends the client to TCP.
        short = QueryMessage(id=reply.id)
        short.flags = reply.flags | dns.flags.TC
        short.question = reply.question
        short.set_rcode(reply.rcode())
        return short.to_wire()


def _format_error(wire: bytes) -> bytes:
    return wire[:2] + bytes([0x80, dns.rcode.FORMERR]) + bytes(8)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answerer: Answerer, replies: Replies | None) -> None:
        self._answerer = answerer
        self._replies = replies
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        known = self._replies.find(data) if self._replies else None
        if known is not None and self._transport is not None:
            self._transport.sendto(known, addr)
            return
        task = asyncio.ensure_future(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str | int, int]) -> None:
        edition = self._replies.edition if self._replies else None
        wire = await respond(data, self._answerer, limit=_LARGEST_UDP)
        if wire is not None and self._replies is not None:
            self._replies.keep(data, wire, edition)
        if wire is not None and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(wire, addr)


def _stream_protocol(answerer: Answerer) -> asyncio.StreamReaderProtocol:
    reader = asyncio.StreamReader(limit=_LARGEST_QUERY * 2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve_stream(reader, writer, answerer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return asyncio.StreamReaderProtocol(reader, serve)


async def _serve_stream(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answerer: Answerer
) -> None:
    while True:
        async with asyncio.timeout(_IDLE):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            wire = await reader.readexactly(length)
        reply = await respond(wire, answerer, limit=None)
        if reply is not None:
            writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()


def question_of(query: Message) -> tuple[dns.name.Name, dns.rdatatype.RdataType]:
    """The one question of a query."""
    question = query.question[0]
    return question.name, question.rdtype


def with_errors(reply: Message, errors: Sequence[tuple[int, str]]) -> Message:
    """Add extended errors (RFC 8914) to a reply whose query can take them."""
    if reply.edns < 0 or not errors:
        return reply
    options: list[dns.edns.Option] = [
        dns.edns.EDEOption(dns.edns.EDECode(code), text) for code, text in errors
    ]
    reply.use_edns(0, 0, _LARGEST_UDP, options=options)
    return reply
