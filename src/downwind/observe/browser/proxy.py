"""The browser's only way out: a proxy on loopback that resolves and dials as everything else here.

So the browser sees the same internet, emulated or real, and no private address that is not allowed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from downwind.observe.dialer import Dialer
from downwind.observe.failures import LayerFailed
from downwind.observe.names import is_address
from downwind.observe.network import Network
from downwind.observe.resolve import Resolver

_LONGEST_HEAD = 65_536
_READ = 65_536
_MOST_AT_ONCE = 256
_HTTPS = 443


@dataclass
class Proxy:
    """Serve it with `async with`; `blocked` domains are refused as if their servers were gone."""

    network: Network
    blocked: frozenset[str] = frozenset()
    port: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    """Hosts that could not be reached, and why."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _checked: set[tuple[str, str]] = field(default_factory=set)

    async def __aenter__(self) -> Proxy:
        self._dialer = Dialer(self.network)
        self._resolver = Resolver(self.network, self._dialer)
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LONGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._resolver.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._room:
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the browser has gone, or speaks something else
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        host, port, rest = _split(method, target)
        try:
            there = await self._open(host, port)
        except LayerFailed as failed:
            self.failed[host] = failed.reason
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                there[1].write(_as_origin(head, method, rest))
            await _both_ways((reader, writer), there)
        finally:
            there[1].transport.abort()

    async def _open(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if any(host == domain or host.endswith(f".{domain}") for domain in self.blocked):
            raise LayerFailed("blocked for a test", where=host)
        addresses = [host] if is_address(host) else await self._addresses(host)
        failed = LayerFailed("it has no address", where=host)
        for ip in addresses:
            try:
                await self._check_certificate(host, ip, port)
                return await self._dialer.open_tcp(ip, port, self.network.timeouts.connect)
            except LayerFailed as error:
                failed = error
        raise failed

    async def _check_certificate(self, host: str, ip: str, port: int) -> None:
        """In place of the browser, where the anchors are not those of this machine."""
        if self.network.trust is None or port != _HTTPS or (host, ip) in self._checked:
            return
        _, writer = await self._dialer.open_tls(
            ip, port, host, self.network.verifying, self.network.timeouts.tls
        )
        writer.transport.abort()
        self._checked.add((host, ip))

    async def _addresses(self, host: str) -> tuple[str, ...]:
        a, aaaa = await self._resolver.addresses(host)
        return (*a.addresses, *aaaa.addresses)


def _split(method: str, target: str) -> tuple[str, int, str]:
    """Host, port and path; raises ValueError where the target is none."""
    rest = "/"
    if method != "CONNECT":
        scheme, _, target = target.partition("://")
        if scheme != "http":
            raise ValueError("only http goes through a proxy in the open")
        target, slash, path = target.partition("/")
        rest = slash + path or "/"
    host, _, port = target.rpartition(":") if _has_port(target) else (target, "", "80")
    return host.strip("[]").rstrip(".").lower(), int(port), rest


def _has_port(target: str) -> bool:
    return target.rpartition(":")[2].isdigit() and not target.endswith("]")


def _as_origin(head: bytes, method: str, rest: str) -> bytes:
    """The request as the server itself wants it (RFC 9112, 3.2.1), one for each connection."""
    lines = head.split(b"\r\n")
    kept = [line for line in lines[1:] if not line.lower().startswith((b"proxy-", b"connection:"))]
    kept.insert(0, b"Connection: close")
    return b"\r\n".join([f"{method} {rest} HTTP/1.1".encode("latin-1"), *kept])


async def _both_ways(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    other: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_READ):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
