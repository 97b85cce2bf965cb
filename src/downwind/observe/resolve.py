"""Host names to addresses through the network's resolvers, link by link of the CNAME chain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.observe import dns
from downwind.observe.dialer import Dialer, Gate, open_gate
from downwind.observe.names import from_wire
from downwind.observe.network import Endpoint, Network
from downwind.terms import Absent, Finding, Seen, Unanswered

Turn = Callable[[str], Awaitable[None]]
"""Returns when a question may go to an address."""

_LONGEST_CHAIN = 16
_SILENT_IS_DEAD = 3
BESIDE = 2.0
"""Seconds that a family of addresses is waited for, once the other is there."""


@dataclass(frozen=True, slots=True)
class Link:
    """One CNAME on the way."""

    owner: str
    target: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Addressing:
    """Where a name leads for one address family."""

    links: tuple[Link, ...]
    finding: Finding
    """What dns.a or dns.aaaa evidence says."""
    rcode: str | None = None
    ede: list[list[Any]] = field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        value = self.finding.value if isinstance(self.finding, Seen) else {}
        return tuple(value.get("addresses", ()))


async def _at_once(_: str) -> None:
    """No waiting."""


class Resolver:
    """Asks the network's resolvers, each question once."""

    def __init__(
        self,
        network: Network,
        dialer: Dialer,
        gate: Gate = open_gate,
        turn: Turn = _at_once,
    ) -> None:
        """`turn` is waited for before a name server is asked directly."""
        self._network = network
        self._turn = turn
        self._dialer = dialer
        self._gate = gate
        self._silent: dict[str, int] = {}
        self._asked: dict[tuple[str, str], asyncio.Task[dns.DnsReply]] = {}

    async def ask(self, name: str, rdtype: str) -> dns.DnsReply:
        """The resolvers' answer; whoever asks the same at the same time shares it.

        Raises NoSocket where this machine could not ask.
        """
        question = (name, rdtype)
        task = self._asked.get(question)
        if task is None:
            asking = dns.ask(self._dialer, self._network, question, self._network.resolvers)
            task = asyncio.ensure_future(asking)
            self._asked[question] = task
        reply = await asyncio.shield(task)
        reply.demand_asked()
        return reply

    async def direct(self, name: str, rdtype: str, ip: str) -> dns.DnsReply:
        """One name server's own answer, without recursion."""
        async with self._gate(ip):
            if self._silent.get(ip, 0) >= _SILENT_IS_DEAD:
                # RFC 9520: a failure is remembered, and what is dead is not asked on and on.
                tried = dns.Tried(ip, "udp", "not asked again: it had been silent before")
                return dns.DnsReply(None, "", (tried,))
            await self._turn(ip)
            reply = await dns.ask(
                self._dialer,
                self._network,
                (name, rdtype),
                (Endpoint(ip, 53),),
                recursive=False,
                rounds=1,
            )
            self._silent[ip] = 0 if reply.message else self._silent.get(ip, 0) + 1
            return reply

    async def close(self) -> None:
        """Ends the questions that nobody waits for any more."""
        pending = [task for task in self._asked.values() if not task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def address(self, host: str, rdtype: str) -> Addressing:
        """Follow the name to its A or AAAA records, asking on where the answer stops short."""
        links: list[Link] = []
        at = host
        while True:
            reply = await self.ask(at, rdtype)
            at = _walk(reply, at, links)
            if loop := loop_in(host, links):
                return Addressing(tuple(links), Unanswered(loop, reply.detail()), reply.rcode)
            found = reply.answer(at, rdtype)
            if found is not None:
                value = {
                    "addresses": sorted(str(record.to_text()) for record in found),
                    "ttl": int(found.ttl),
                    "canonical": at,
                }
                return Addressing(tuple(links), Seen(value), reply.rcode, reply.ede)
            if not _stops_short(reply, at):
                finding: Absent | Unanswered = reply.failure()
                return Addressing(tuple(links), finding, reply.rcode, reply.ede)

    async def addresses(self, host: str) -> tuple[Addressing, Addressing]:
        """A and AAAA at the same time."""
        a, aaaa = await asyncio.gather(self.address(host, "A"), self.address(host, "AAAA"))
        return a, aaaa

    async def addresses_soon(self, host: str) -> tuple[Addressing, Addressing]:
        """The same for who is about to connect: where one family is there, the other has BESIDE
        seconds more (RFC 8305, 3). Some name servers never answer for AAAA."""
        a, aaaa = (asyncio.ensure_future(self.address(host, kind)) for kind in ("A", "AAAA"))
        try:
            done, _ = await asyncio.wait((a, aaaa), return_when=asyncio.FIRST_COMPLETED)
            if all(task.result().addresses for task in done):
                await asyncio.wait((a, aaaa), timeout=self._network.clock.timeout(BESIDE))
            else:
                await asyncio.wait((a, aaaa))
            return _so_far(a), _so_far(aaaa)
        finally:
            for task in (a, aaaa):
                task.cancel()

    async def chain(self, host: str) -> tuple[Link, ...]:
        """The CNAME links alone, asked for one by one: where a loop makes the resolver give up."""
        links: list[Link] = []
        at = host
        while not loop_in(host, links):
            reply = await self.ask(at, "CNAME")
            before = at
            at = _walk(reply, at, links)
            if at == before:
                break
        return tuple(links)


def _so_far(asking: asyncio.Future[Addressing]) -> Addressing:
    if asking.done():
        return asking.result()
    return Addressing((), Unanswered(f"no answer within {BESIDE:g} s of the other family's"))


def _walk(reply: dns.DnsReply, at: str, links: list[Link]) -> str:
    """Follow the CNAMEs that this answer holds, to the last name that it leads to."""
    while len(links) <= _LONGEST_CHAIN:
        found = reply.answer(at, "CNAME")
        if found is None:
            return at
        at = from_wire(found[0].target)
        repeated = any(link.owner == at for link in links)
        links.append(Link(from_wire(found.name), at, int(found.ttl)))
        if repeated or at == links[-1].owner:
            return at
    return at


def loop_in(host: str, links: Sequence[Link]) -> str:
    """What is wrong with the chain, or nothing."""
    names = [host, *(link.target for link in links)]
    if len(set(names)) < len(names):
        return "CNAME loop: " + " -> ".join(names)
    if len(links) > _LONGEST_CHAIN:
        return f"CNAME chain of more than {_LONGEST_CHAIN} links"
    return ""


def _stops_short(reply: dns.DnsReply, at: str) -> bool:
    """True where the answer ends in a CNAME whose target was not asked for.

    RFC 1034, 3.6.2: a resolver follows the chain; some stop at the border of a zone.
    """
    if reply.rcode != "NOERROR" or reply.message is None or not reply.message.question:
        return False
    return from_wire(reply.message.question[0].name) != at
