"""Asks resolvers and name servers many questions at a time over a few UDP sockets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from downwind.observe.dialer import Dialer
from downwind.observe.failures import LayerFailed
from downwind.observe.network import Endpoint, Network
from downwind.survey.dns.rdata import WireError
from downwind.survey.dns.socket_pool import Port, SocketPool
from downwind.survey.dns.stream import over_tcp
from downwind.survey.dns.wire import Message, answers, query, question, read_message
from downwind.survey.limits.pace import Bucket, Limits
from downwind.survey.memory.recent import Recent

_WAITS = (1.0, 1.0, 2.0)
"""How long each try waits, in DNS time-outs of the network."""
_DIRECT_WAITS = (0.5,)
_TICK = 0.1
_ANSWERED = (0, 3)
_ROUTES = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question; without a message nobody answered, for this reason."""

    message: Message | None
    reason: str = ""
    server: str = ""

    @property
    def answered(self) -> bool:
        """True where the reply says what is, or that nothing is."""
        return self.message is not None and self.message.rcode in _ANSWERED


@dataclass(slots=True)
class Counts:
    """How much was asked, and what came of it."""

    queries: int = 0
    """Datagrams and TCP queries sent; tries count one by one."""
    timeouts: int = 0
    over_tcp: int = 0


@dataclass(slots=True, eq=False)
class _Asked:
    """One question on its way."""

    asked: bytes
    servers: Sequence[Endpoint]
    done: asyncio.Future[Answer]
    lane: _Lane
    waits: Sequence[float]
    recursive: bool
    tries: int = 0
    port: Port[_Asked] | None = None
    id: int = 0
    deadline: float = 0.0
    outcomes: list[str] = field(default_factory=list)
    said: Answer | None = None
    """A failure that a server told, kept in case that no other knows better."""

    @property
    def server(self) -> Endpoint:
        return self.servers[(self.tries - 1) % len(self.servers)]


@dataclass(slots=True, eq=False)
class _Lane:
    """Questions that wait for room, and those under way."""

    most: int
    waiting: deque[_Asked] = field(default_factory=deque)
    under_way: set[_Asked] = field(default_factory=set)


class Client:
    """Sends questions as the limits allow, tries again, and hands each reply to who asked."""

    def __init__(self, network: Network, dialer: Dialer, limits: Limits) -> None:
        self._network = network
        self._dialer = dialer
        self._loop = asyncio.get_running_loop()
        most = limits.resolver_at_once
        self._through_resolvers = _Lane(most * max(1, len(network.resolvers)))
        self._to_servers = _Lane(most)
        self._bucket = Bucket(limits.queries)
        self._sockets: SocketPool[_Asked] = SocketPool(self._loop, self._received)
        self._streams: set[asyncio.Task[None]] = set()
        self._expiring: asyncio.TimerHandle | None = None
        self._pumping: asyncio.TimerHandle | None = None
        self._routes: Recent[Endpoint] = Recent(_ROUTES)
        self._closed = False
        self._heard = self._loop.time()
        self.counts = Counts()

    def now(self) -> float:
        """Seconds on the clock of time-outs and rates."""
        return self._loop.time()

    def silent_for(self) -> float:
        """Seconds since a resolver said anything, while questions wait for one; else 0."""
        waiting = self._through_resolvers.under_way
        return self.now() - self._heard if waiting else 0.0

    def ask(self, name: str, rdtype: int) -> asyncio.Future[Answer]:
        """The resolvers' answer; the future never fails, and says why where there is none."""
        waits = [each * self._network.timeouts.dns for each in _WAITS]
        return self._enqueue(
            name, rdtype, self._network.resolvers, self._through_resolvers, waits, True
        )

    def direct(self, name: str, rdtype: int, ip: str) -> asyncio.Future[Answer]:
        """One name server's own answer, without recursion, with what it knows of DNSSEC."""
        waits = [each * self._network.timeouts.dns for each in _DIRECT_WAITS]
        return self._enqueue(name, rdtype, (Endpoint(ip, 53),), self._to_servers, waits, False)

    async def close(self) -> None:
        """Close the sockets; what is under way is never answered."""
        self._closed = True
        for timer in (self._expiring, self._pumping):
            if timer is not None:
                timer.cancel()
        for task in self._streams:
            task.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
        self._sockets.close()

    def _enqueue(
        self,
        name: str,
        rdtype: int,
        servers: Sequence[Endpoint],
        lane: _Lane,
        waits: Sequence[float],
        recursive: bool,
    ) -> asyncio.Future[Answer]:
        done: asyncio.Future[Answer] = self._loop.create_future()
        try:
            asked = question(name, rdtype)
        except ValueError as error:
            done.set_result(Answer(None, f"not asked: {error}"))
            return done
        if not servers:
            done.set_result(Answer(None, "no name server to ask"))
            return done
        lane.waiting.append(_Asked(asked, servers, done, lane, waits, recursive))
        self._pump()
        return done

    def _pump(self) -> None:
        """Send what waits, as far as there is room and the rate allows it."""
        if self._pumping is not None or self._closed:
            return
        for lane in (self._through_resolvers, self._to_servers):
            while lane.waiting and len(lane.under_way) < lane.most:
                now = self._loop.time()
                if wait := self._bucket.ready(now):
                    self._pumping = self._loop.call_later(max(wait, 0.005), self._pump_again)
                    return
                self._bucket.take(now)
                self._send(lane.waiting.popleft(), now)

    def _pump_again(self) -> None:
        self._pumping = None
        self._pump()

    def _send(self, asked: _Asked, now: float) -> None:
        asked.tries += 1
        asked.lane.under_way.add(asked)
        wait = asked.waits[asked.tries - 1]
        asked.deadline = now + self._network.clock.timeout(wait)
        self.counts.queries += 1
        server = asked.server
        try:
            to = self._route(server)
            port, id_ = self._sockets.claim(to, asked)
            asked.port, asked.id = port, id_
            recursive = asked.recursive
            payload = query(asked.asked, id_, recursive=recursive, dnssec_ok=not recursive)
            self._sockets.send(port, id_, payload)
        except LayerFailed as failed:
            self._loop.call_soon(self._try_failed, asked, failed.reason)
        except OSError as error:
            self._loop.call_soon(self._try_failed, asked, (error.strerror or str(error)).lower())
        if self._expiring is None:
            self._expiring = self._loop.call_later(_TICK, self._expire)

    def _route(self, server: Endpoint) -> Endpoint:
        """Where a server is reached; raises LayerFailed. Reading addresses takes its time."""
        door = f"{server.port} {server.ip}"
        known = self._routes.get(door)
        if known is None:
            known = self._dialer.route(server.ip, "udp", server.port)
            self._routes.put(door, known)
        return known

    def _expire(self) -> None:
        now = self._loop.time()
        for lane in (self._through_resolvers, self._to_servers):
            for asked in [each for each in lane.under_way if each.deadline <= now]:
                self.counts.timeouts += 1
                wait = asked.waits[asked.tries - 1]
                self._try_failed(asked, f"no answer within {wait:g} s")
        busy = self._through_resolvers.under_way or self._to_servers.under_way
        self._expiring = self._loop.call_later(_TICK, self._expire) if busy else None

    def _received(self, asked: _Asked, data: bytes) -> bool:
        """Take a datagram as the reply; False where it is something else, and the wait goes on."""
        if not answers(data, asked.asked):
            return False
        try:
            message = read_message(data)
        except WireError:
            return False
        asked.port = None
        if asked.recursive:
            self._heard = self._loop.time()
        if message.truncated:
            self._ask_over_tcp(asked)
        else:
            self._hear(asked, message)
        return True

    def _hear(self, asked: _Asked, message: Message) -> None:
        answer = Answer(message, server=asked.server.ip)
        if answer.answered or asked.tries >= len(asked.servers):
            # A server that says that it failed is not asked again; another one may know better.
            self._settle(asked, answer if answer.answered else asked.said or answer)
            return
        asked.said = asked.said or answer
        self._try_failed(asked, message.rcode_text)

    def _ask_over_tcp(self, asked: _Asked) -> None:
        # Whoever waits for a stream is not waited for: it has its own time-outs.
        asked.deadline = float("inf")
        self.counts.over_tcp += 1
        self.counts.queries += 1
        task = asyncio.ensure_future(self._stream(asked))
        self._streams.add(task)
        task.add_done_callback(self._streams.discard)

    async def _stream(self, asked: _Asked) -> None:
        try:
            message = await over_tcp(
                self._network, self._dialer, asked.server, asked.asked, recursive=asked.recursive
            )
        except LayerFailed as failed:
            self._try_failed(asked, failed.reason)
        else:
            self._hear(asked, message)

    def _try_failed(self, asked: _Asked, outcome: str) -> None:
        if asked.port is not None:
            self._sockets.release(asked.port, asked.id)
            asked.port = None
        asked.lane.under_way.discard(asked)
        asked.outcomes.append(f"{asked.server.ip}: {outcome}")
        if asked.tries < len(asked.waits):
            asked.lane.waiting.appendleft(asked)
            self._pump()
            return
        reason = "no usable answer: " + "; ".join(dict.fromkeys(asked.outcomes))
        self._settle(asked, asked.said or Answer(None, reason))

    def _settle(self, asked: _Asked, answer: Answer) -> None:
        asked.lane.under_way.discard(asked)
        if not asked.done.done():
            asked.done.set_result(answer)
        self._pump()
