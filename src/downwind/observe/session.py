"""One user's connections: a small HTTP/1.1 client on the dialer, without cookies.

A session resolves each host once and keeps its connections, so that a journey of several steps
costs one handshake for each host. It costs as much as a session of a general client (2 ms of CPU
for two requests), and tells apart what such a client runs together: which layer failed at which
address, and how much of a body had come.
"""

from __future__ import annotations

import asyncio
import json as json_text
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from downwind.observe.dialer import Dialer, Gate, Streams, open_gate
from downwind.observe.failures import (
    DnsFailed,
    HttpFailed,
    LayerFailed,
    NoSocket,
    TlsFailed,
    Unread,
    furthest,
)
from downwind.observe.head import Head, read_head
from downwind.observe.manners.pace import Pace, hurried
from downwind.observe.names import is_address
from downwind.observe.network import Network
from downwind.observe.resolve import Resolver
from downwind.observe.tls import check_dates, life_of
from downwind.observe.trace import Trace, dns_detail
from downwind.observe.urls import Url, parse_url
from downwind.observe.wire import (
    BODY_CAP,
    Reply,
    make_reply,
    read_body,
    request_bytes,
)

_ADDRESSES_TRIED = 8
_IMPATIENT = 1.0
"""Seconds after which the next address may be tried, while one is silent."""


@dataclass(slots=True)
class _Connection:
    streams: Streams
    address: str
    secure: bool
    used: bool = False

    @property
    def life(self) -> tuple[float, float] | None:
        return life_of(self.streams[1].get_extra_info("ssl_object")) if self.secure else None

    def alive(self) -> bool:
        reader, writer = self.streams
        return not (reader.at_eof() or writer.is_closing())


class Session:
    """Requests of one user. Close it when the user leaves."""

    def __init__(
        self,
        network: Network,
        resolver: Resolver | None = None,
        gate: Gate = open_gate,
        pace: Pace = hurried,
        dialer: Dialer | None = None,
        turn: int = 0,
    ) -> None:
        """A host's addresses are tried in order, from the one whose `turn` it is."""
        self._network = network
        self._turn = turn
        self._pace = pace
        self._gate = gate
        self._dialer = dialer or Dialer(network)
        self._own_resolver = resolver is None
        self._resolver = resolver or Resolver(network, self._dialer)
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self.trace = Trace()

    @property
    def network(self) -> Network:
        return self._network

    def forget_trace(self) -> None:
        """A new step begins."""
        self.trace = Trace()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        self._idle.clear()
        if self._own_resolver:
            await self._resolver.close()
        # A transport lets go of its socket in the next round of the loop.
        await asyncio.sleep(0)

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cap: int = BODY_CAP,
        partial: bool = False,
    ) -> Reply:
        """One request without redirects; raises LayerFailed, which names the layer.

        With `partial`, a body that does not end in time comes back as far as it came.
        """
        to = parse_url(url)
        self.trace = Trace(to.host)
        body, kind = _body(json, form)
        raw = self._raw(method, to, body, kind, headers or {})
        await self._pace.turn(to.host)
        reply = await self._send(raw, method, to, cap, partial)
        if not self._pace.heard(to.host, reply):
            return reply
        await self._pace.turn(to.host)
        reply = await self._send(raw, method, to, cap, partial)
        self._pace.heard(to.host, reply)
        return reply

    async def _send(self, raw: bytes, method: str, to: Url, cap: int, partial: bool) -> Reply:
        connection = await self._connection(to)
        try:
            return await self._exchange(connection, raw, method, to, cap, partial)
        except HttpFailed as failed:
            if not (connection.used and failed.detail.get("silent") and method in ("GET", "HEAD")):
                raise
            # RFC 9112, 9.3.1: the server had closed the idle connection just then.
            fresh = await self._dial(to)
            return await self._exchange(fresh, raw, method, to, cap, partial)

    def _raw(self, method: str, to: Url, body: bytes, kind: str, extra: Mapping[str, str]) -> bytes:
        headers = {
            "Host": to.authority,
            "User-Agent": self._network.agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
        if kind:
            headers["Content-Type"] = kind
        if kind or method == "POST":
            headers["Content-Length"] = str(len(body))
        known = {name.lower(): name for name in headers}
        for name, value in extra.items():
            headers[known.get(name.lower(), name)] = value
        try:
            return request_bytes(method, to.target, headers, body)
        except ValueError as error:
            raise HttpFailed(str(error), where=to.host) from error

    async def _connection(self, to: Url) -> _Connection:
        idle = self._idle.get(to.door, [])
        while idle:
            connection = idle.pop()
            if connection.alive():
                connection.used = True
                self.trace.passes("dns", "dial", *(("tls",) if connection.secure else ()))
                self.trace.address, self.trace.life = connection.address, connection.life
                return connection
            self._drop(connection)
        return await self._dial(to)

    async def _dial(self, to: Url) -> _Connection:
        """Try the host's addresses in order; the failure that got furthest is the one to tell."""
        failures: list[LayerFailed] = []
        ours: NoSocket | None = None
        addresses = (await self._addresses(to.host))[:_ADDRESSES_TRIED]
        for left, ip in zip(range(len(addresses), 0, -1), addresses, strict=True):
            self.trace.address = ip
            try:
                async with self._gate(ip):
                    streams = await self._dial_one(to, ip, left)
            except NoSocket as failed:
                ours = ours or failed
                continue
            except LayerFailed as failed:
                failures.append(failed)
                self.trace.dead[ip] = f"{failed.layer}: {failed.reason}"
                continue
            self.trace.passed = ["dns", "dial", *(["tls"] if to.secure else [])]
            self._open.add(streams[1])
            connection = _Connection(streams, ip, to.secure)
            self.trace.life = connection.life
            return connection
        if ours is not None and not failures:
            raise ours
        worst = furthest(failures)
        self.trace.address = worst.where or self.trace.address
        self.trace.passes(*(("dial",) if isinstance(worst, TlsFailed) else ()))
        raise worst

    async def _dial_one(self, to: Url, ip: str, left: int) -> Streams:
        """A connection to one address; of `left` in all, a silent one leaves time for the rest."""
        timeouts = self._network.timeouts
        patience = max(timeouts.connect / left, min(timeouts.connect, _IMPATIENT))
        if not to.secure:
            return await self._dialer.open_tcp(ip, to.port, patience)
        streams = await self._dialer.open_tls(
            ip, to.port, to.host, self._network.verifying, timeouts.tls, patience
        )
        try:
            check_dates(streams[1].get_extra_info("ssl_object"), self._network.clock)
        except TlsFailed as failed:
            streams[1].transport.abort()
            raise type(failed)(failed.reason, where=ip) from failed
        return streams

    async def _addresses(self, host: str) -> list[str]:
        if is_address(host):
            self.trace.passes("dns")
            return [host]
        a, aaaa = await self._resolver.addresses_soon(host)
        self.trace.dns = dns_detail(a, aaaa)
        addresses = self._by_turn([*a.addresses, *aaaa.addresses])
        if not addresses:
            why = a.finding if a.rcode != "NOERROR" else aaaa.finding
            reason = getattr(why, "reason", "no address")
            raise DnsFailed(f"{host}: {reason}", where=host, detail=self.trace.dns)
        self.trace.passes("dns")
        return addresses

    def _by_turn(self, addresses: list[str]) -> list[str]:
        """All of them, from the one whose turn it is."""
        if not addresses:
            return []
        at = self._turn % len(addresses)
        return [*addresses[at:], *addresses[:at]]

    async def _exchange(
        self, connection: _Connection, raw: bytes, method: str, to: Url, cap: int, partial: bool
    ) -> Reply:
        reader, writer = connection.streams
        allowed = self._network.timeouts.request
        body = bytearray()
        head: Head | None = None
        cut, reusable, silent = "", False, True
        try:
            async with (
                self._gate(connection.address),
                asyncio.timeout(self._network.clock.timeout(allowed)),
            ):
                writer.write(raw)
                await writer.drain()
                head = await read_head(reader)
                reusable = await read_body(reader, head, method, cap, body)
        except TimeoutError:
            silent = False
            cut = f"the answer did not end within {allowed:g} s ({len(body)} bytes came)"
        except Unread:
            self._drop(connection)
            raise
        except HttpFailed as failed:
            cut = failed.reason
        except ssl.SSLError as error:
            cut = f"TLS broke: {error.reason or error}"
        except OSError as error:
            cut = f"the connection broke: {error.strerror or error}".lower()
        if cut or not reusable or not (head and head.persistent):
            self._drop(connection)
        else:
            self._idle.setdefault(to.door, []).append(connection)
        if head is None or (cut and not partial):
            silent = silent and head is None
            raise HttpFailed(cut, where=connection.address, detail={"silent": silent})
        return make_reply(head, body, cut, reusable, cap, str(to), connection.address)

    def _drop(self, connection: _Connection) -> None:
        writer = connection.streams[1]
        self._open.discard(writer)
        writer.transport.abort()


def _body(json: Any, form: Mapping[str, str] | None) -> tuple[bytes, str]:
    if json is not None:
        return json_text.dumps(json, ensure_ascii=False).encode(), "application/json"
    if form is not None:
        return urlencode(dict(form)).encode(), "application/x-www-form-urlencoded"
    return b"", ""
