"""A tiny real internet on loopback: authoritative servers, a resolver, a CA and web servers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.flags
import dns.message

from downwind.observe.network import Network

from .tinyca import Issuer
from .tinydns import Authority, Query, Record, Recursion, ask_text, zone

RESOLVER = "198.18.0.53"
Answering = Callable[[bytes], Iterable[bytes]]
"""A datagram in, datagrams out."""
Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]
"""Answers one request, whose head was read."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        for reply in self._answering(data):
            self._transport.sendto(reply, addr)


def plain_answering(answer: Callable[[Query], Query], truncate: Sequence[str] = ()) -> Answering:
    """Answers by a function; replies for the names in `truncate` are cut short."""

    def answering(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        reply = answer(query)
        if ask_text(query)[0] in truncate:
            for section in (reply.answer, reply.authority, reply.additional):
                section.clear()
            reply.flags |= dns.flags.TC
        return [reply.to_wire(max_size=65535)]

    return answering


@dataclass
class TinyInternet:
    """Opens real sockets for emulated addresses, and hands out how to reach them."""

    folder: Path
    speed: float = 10.0
    floor: float = 0.25
    issuer: Issuer = field(default_factory=Issuer)
    authorities: dict[str, Authority] = field(default_factory=dict)
    dial: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)
    """The heads of the requests that its web servers read."""
    connections: int = 0
    _closing: list[Any] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    recursion: Recursion = field(init=False)

    def __post_init__(self) -> None:
        self.recursion = Recursion(["198.18.0.1"], self.authorities)

    async def __aenter__(self) -> TinyInternet:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in self._closing:
            each.close()
        await asyncio.sleep(0.01)

    def network(self, **changes: Any) -> Network:
        return Network.from_handout(self.handout(**changes))

    def handout(self, **changes: Any) -> dict[str, Any]:
        """How another process reaches it."""
        handout: dict[str, Any] = {
            "vantage": "test",
            "resolvers": [RESOLVER],
            "dial": self.dial,
            "trust": self.issuer.pem,
            "allowed": ["198.18.0.0/15", "2001:db8::/32"],
            "clock": {
                "scenario": time.time(),
                "monotonic": time.monotonic(),
                "speed": self.speed,
                "floor": self.floor,
            },
        }
        return {**handout, **changes}

    def _door(self, ip: str, door: str, local: tuple[Any, ...]) -> None:
        self.dial.setdefault(ip, {})[door] = [local[0], local[1]]

    def _loopback(self, ip: str) -> str:
        return "::1" if ":" in ip and _has_ipv6() else "127.0.0.1"

    async def authority(self, ip: str, *zones: tuple[str, list[Record]]) -> Authority:
        """A name server; the resolver knows it too."""
        server = Authority(*zones)
        self.authorities[ip] = server
        await self.name_server(ip, plain_answering(server.answer))
        return server

    async def resolver(self, truncate: Sequence[str] = ()) -> None:
        await self.name_server(
            RESOLVER,
            plain_answering(self.recursion.answer, truncate),
            plain_answering(self.recursion.answer),
        )

    async def name_server(self, ip: str, udp: Answering, tcp: Answering | None = None) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(udp), local_addr=(self._loopback(ip), 0)
        )
        self._closing.append(transport)
        self._door(ip, "udp/53", transport.get_extra_info("sockname"))
        answering = tcp or udp

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            length = int.from_bytes(await reader.readexactly(2), "big")
            for reply in answering(await reader.readexactly(length)):
                writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()

        await self.stream(ip, 53, serve)

    async def web(
        self, ip: str, serving: Serving, *, tls: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        """A web server, on 443 with TLS and on 80 without unless a port is given."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head)
                await serving(reader, writer, head)
                await writer.drain()

        await self.stream(ip, port or (443 if tls else 80), serve, tls)

    async def stream(
        self,
        ip: str,
        port: int,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            self.connections += 1
            try:
                await serve(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                self._tasks.discard(task)
                writer.transport.abort()

        server = await asyncio.start_server(connected, self._loopback(ip), 0, ssl=tls)
        self._closing.append(server)
        self._door(ip, f"tcp/{port}", server.sockets[0].getsockname())

    def certificate(self, *names: str, **how: Any) -> ssl.SSLContext:
        """A server's context with a fresh certificate."""
        return self.issuer.context(self.folder, names, **how)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def page(body: str, status: str = "200 OK", *headers: str) -> Serving:
    """A web server that always says the same."""

    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        data = body.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + data)

    return serving


async def usual(net: TinyInternet, *x_lines: str) -> None:
    """The internet that most tests stand on: a root, test., a DNS company, a CDN and x.test."""
    await net.authority(
        "198.18.0.1",
        zone(
            ".",
            "@ NS a.root-servers.test",
            "test NS ns.nic.test",
            "ns.nic.test A 198.18.0.2",
            "a.root-servers.test A 198.18.0.1",
            ttl=86400,
        ),
    )
    await net.authority(
        "198.18.0.2",
        zone(
            "test",
            "@ NS ns.nic.test",
            "ns.nic A 198.18.0.2",
            "a.root-servers A 198.18.0.1",
            "dnsco NS ns1.dnsco.test",
            "ns1.dnsco A 198.18.1.1",
            "x NS ns1.dnsco.test",
            "x NS ns2.x.test",
            "ns2.x A 198.18.1.2",
            "x DS 12345 13 2 " + "ab" * 32,
            "cdn NS ns.cdn.test",
            "ns.cdn A 198.18.2.1",
            "ca NS ns1.dnsco.test",
            "ads NS ns1.dnsco.test",
            "a NS ns.b.test",
            "b NS ns.a.test",
            "half NS ns1.dnsco.test",
            "half NS ns.cdn.test",
            ttl=3600,
        ),
    )
    x = zone(
        "x.test",
        "@ NS ns1.dnsco.test",
        "@ NS ns2.x.test",
        "ns2 A 198.18.1.2",
        "@ A 198.18.2.80",
        "@ MX 10 mail.dnsco.test",
        '@ CAA 0 issue "ca.test"',
        "www CNAME x.edge.cdn.test",
        *x_lines,
    )
    await net.authority(
        "198.18.1.1",
        zone("dnsco.test", "@ NS ns1.dnsco.test", "ns1 A 198.18.1.1"),
        x,
        zone("ca.test", "@ NS ns1.dnsco.test", "ocsp A 198.18.3.1", "crl A 198.18.3.1"),
        zone("ads.test", "@ NS ns1.dnsco.test", "cdn A 198.18.3.2", "img A 198.18.3.2"),
        zone("half.test", "@ NS ns1.dnsco.test", "@ NS ns.cdn.test", "@ A 198.18.2.80"),
    )
    await net.authority("198.18.1.2", x)
    await net.authority(
        "198.18.2.1",
        zone(
            "cdn.test",
            "@ NS ns.cdn.test",
            "ns A 198.18.2.1",
            "x.edge A 198.18.2.80",
            "x.edge AAAA 2001:db8:2::80",
            ttl=60,
        ),
    )
