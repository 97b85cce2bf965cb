"""One DNS question over TCP, where the reply did not fit into a datagram (RFC 7766)."""

from __future__ import annotations

import asyncio
import random
import struct

from downwind.observe.dialer import Dialer
from downwind.observe.failures import LayerFailed
from downwind.observe.network import Endpoint, Network
from downwind.survey.dns.rdata import WireError
from downwind.survey.dns.wire import Message, answers, query, read_message

_LENGTH = struct.Struct("!H")


async def over_tcp(
    network: Network, dialer: Dialer, server: Endpoint, asked: bytes, *, recursive: bool
) -> Message:
    """The reply to this question; raises LayerFailed."""
    id_ = random.getrandbits(16)
    payload = query(asked, id_, recursive=recursive, dnssec_ok=not recursive)
    wait = network.timeouts.dns
    reader, writer = await dialer.open_tcp(server.ip, server.port, wait)
    try:
        async with asyncio.timeout(network.clock.timeout(wait)):
            writer.write(_LENGTH.pack(len(payload)) + payload)
            await writer.drain()
            (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            data = await reader.readexactly(length)
    except TimeoutError:
        raise LayerFailed(f"no answer over TCP within {wait:g} s", where=server.ip) from None
    except (OSError, asyncio.IncompleteReadError) as error:
        reason = "the TCP connection ended before the answer"
        raise LayerFailed(reason, where=server.ip) from error
    finally:
        writer.transport.abort()
    if data[:2] != payload[:2] or not answers(data, asked):
        raise LayerFailed("the answer over TCP is to another question", where=server.ip)
    try:
        return read_message(data)
    except WireError as error:
        raise LayerFailed(f"the answer over TCP is garbage: {error}", where=server.ip) from error
