"""A recursive resolver: it walks down from the root over real sockets, and remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from downwind.world.net.addresses import Address
from downwind.world.net.dnscache import Delegation, DnsCache, Failed, Known
from downwind.world.net.dnsserver import question_of, with_errors
from downwind.world.net.exchange import NoAnswer, ask_server
from downwind.world.net.listener import Door
from downwind.world.net.platform import ScenarioClock
from downwind.world.net.referral import read_delegation
from downwind.world.net.zone import to_name

_MOST_CNAMES = 10
_MOST_STEPS = 16
_NO_AUTHORITY = 22
_NETWORK_ERROR = 23
_OTHER_ERROR = 0
_PATIENCE = 3.0
_LEAST_PATIENCE = 0.3
_PAUSE = 0.6
_LEAST_PAUSE = 0.05
_FAILURE_LASTS = 5.0
_LEAST_FAILURE = 0.25
_TURNS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told."""

    rcode: dns.rcode.Rcode
    records: tuple[RRset, ...] = ()
    soa: RRset | None = None
    errors: tuple[tuple[int, str], ...] = ()

    def addresses(self) -> tuple[str, ...]:
        """The addresses at the end of the chain."""
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        return tuple(
            item.address for rrset in self.records if rrset.rdtype in kinds for item in rrset
        )


class Resolver:
    """Resolves for the whole world, by the scenario's clock."""

    def __init__(
        self,
        clock: ScenarioClock,
        dial: Mapping[str, Mapping[str, Door]],
        hints: Sequence[tuple[str, Address]],
    ) -> None:
        self._clock = clock
        self._dial = dial
        self._cache = DnsCache(clock.now)
        glue = [address.v4 for _, address in hints] + [address.v6 for _, address in hints]
        hosts = tuple(to_name(host) for host, _ in hints)
        self._root = Delegation(dns.name.root, hosts, tuple(glue), float("inf"))
        self._under_way: dict[tuple[Name, RdataType], asyncio.Task[Known | Failed]] = {}

    async def answer(self, query: Message) -> Message | None:
        """The reply to a client's query."""
        name, rdtype = question_of(query)
        found = await self.resolve(name.canonicalize(), rdtype)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(found.rcode)
        reply.answer = list(found.records)
        reply.authority = [found.soa] if found.soa is not None else []
        return with_errors(reply, found.errors)

    async def resolve(self, name: Name, rdtype: RdataType) -> Answer:
        """Follow a name to its records, or say why there are none."""
        return await self._follow(name, rdtype, frozenset())

    async def _follow(
        self, name: Name, rdtype: RdataType, trail: frozenset[tuple[Name, RdataType]]
    ) -> Answer:
        chain: list[RRset] = []
        for _ in range(_MOST_CNAMES):
            found = await self._look_up(name, rdtype, trail)
            if isinstance(found, Failed):
                return Answer(dns.rcode.SERVFAIL, tuple(chain), errors=_errors(found))
            aged = found.aged(self._clock.now())
            if aged.records is None:
                return Answer(aged.rcode, tuple(chain), aged.soa)
            chain.append(aged.records)
            if aged.records.rdtype == rdtype:
                return Answer(dns.rcode.NOERROR, tuple(chain))
            name = aged.records[0].target.canonicalize()
        error = (_OTHER_ERROR, "the CNAMEs lead round or too far")
        return Answer(dns.rcode.SERVFAIL, tuple(chain), errors=(error,))

    async def _look_up(
        self, name: Name, rdtype: RdataType, trail: frozenset[tuple[Name, RdataType]]
    ) -> Known | Failed:
        found = self._cache.find(name, rdtype)
        if found is None and rdtype != dns.rdatatype.CNAME:
            alias = self._cache.find(name, dns.rdatatype.CNAME)
            found = alias if isinstance(alias, Known) and alias.records is not None else None
        if found is not None:
            return found
        if trail:
            return await self._fetch(name, rdtype, trail)
        task = self._under_way.get((name, rdtype))
        if task is None:
            task = asyncio.ensure_future(self._fetch(name, rdtype, trail))
            self._under_way[name, rdtype] = task
            task.add_done_callback(lambda _: self._under_way.pop((name, rdtype), None))
        return await asyncio.shield(task)

    async def _fetch(
        self, name: Name, rdtype: RdataType, trail: frozenset[tuple[Name, RdataType]]
    ) -> Known | Failed:
        above = name.parent() if rdtype == dns.rdatatype.DS and name.labels != (b"",) else name
        delegation = self._cache.deepest(above) or self._root
        for _ in range(_MOST_STEPS):
            reply = await self._ask(delegation, name, rdtype, trail | {(name, rdtype)})
            if isinstance(reply, Failed):
                self._cache.keep_failure(name, rdtype, reply)
                return reply
            found = self._read(reply, name, rdtype)
            if found is not None:
                return found
            deeper = read_delegation(reply, delegation.zone, name, self._clock.now())
            if deeper is None:
                break
            self._cache.keep_delegation(deeper)
            delegation = deeper
        return self._failure(delegation.zone, ["the delegation leads nowhere"])

    def _read(self, reply: Message, name: Name, rdtype: RdataType) -> Known | None:
        """What the reply says of the name itself; None for a referral."""
        for kind in (rdtype, dns.rdatatype.CNAME):
            rrset = reply.get_rrset(reply.answer, name, dns.rdataclass.IN, kind)
            if rrset is not None:
                return self._cache.keep(name, kind, rrset)
        soa = next((r for r in reply.authority if r.rdtype == dns.rdatatype.SOA), None)
        if soa is None or not name.is_subdomain(soa.name):
            return None
        return self._cache.keep(name, rdtype, None, reply.rcode(), soa)

    async def _ask(
        self,
        delegation: Delegation,
        name: Name,
        rdtype: RdataType,
        trail: frozenset[tuple[Name, RdataType]],
    ) -> Message | Failed:
        addresses = delegation.glue
        if not addresses:
            addresses, why = await self._addresses(delegation, trail)
            if not addresses:
                return self._failure(delegation.zone, why)
        tries: list[str] = []
        waiting: set[asyncio.Task[Message]] = set()
        ips: dict[asyncio.Task[Message], str] = {}
        left = list(addresses)
        patience = max(_LEAST_PATIENCE, _PATIENCE / self._clock.speed)
        pause = max(_LEAST_PAUSE, _PAUSE / self._clock.speed)
        end = asyncio.get_running_loop().time() + patience
        try:
            while left or waiting:
                if left:
                    ip = left.pop(0)
                    task = asyncio.ensure_future(ask_server(self._dial, ip, name, rdtype))
                    waiting.add(task)
                    ips[task] = ip
                wait = end - asyncio.get_running_loop().time()
                done, waiting = await _some(waiting, min(pause, wait) if left else wait)
                for task in done:
                    said = _judged(task, delegation.zone, name)
                    if isinstance(said, Message):
                        return said
                    tries.append(f"{ips[task]}:53 {said}")
                if not done and not left:
                    break
        finally:
            for task in waiting:
                task.cancel()
        tries.extend(f"{ips[task]}:53 timed out" for task in waiting)
        return self._failure(delegation.zone, sorted(tries))

    async def _addresses(
        self, delegation: Delegation, trail: frozenset[tuple[Name, RdataType]]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The addresses of a zone's name servers, or why there are none."""
        wanted = [(host, dns.rdatatype.A) for host in delegation.hosts]
        lookups = [self._follow(*item, trail | {item}) for item in wanted if item not in trail]
        answers = await asyncio.gather(*lookups)
        why = [text for answer in answers for code, text in answer.errors if code == _NETWORK_ERROR]
        found = tuple(ip for answer in answers for ip in answer.addresses())
        return found, tuple(dict.fromkeys(why)) or ("no name server has an address",)

    def _failure(self, zone: Name, tries: Sequence[str]) -> Failed:
        lasts = max(_FAILURE_LASTS, _LEAST_FAILURE * self._clock.speed)
        return Failed(zone, tuple(tries), self._clock.now() + lasts)


async def _some(
    tasks: set[asyncio.Task[Message]], wait: float
) -> tuple[set[asyncio.Task[Message]], set[asyncio.Task[Message]]]:
    """Those that are done within the time, and those that are not."""
    if not tasks:
        return set(), set()
    done, waiting = await asyncio.wait(
        tasks, timeout=max(0.0, wait), return_when=asyncio.FIRST_COMPLETED
    )
    if done:
        return done, waiting
    # The servers may share this event loop: when it is late, so are they. Let it catch up.
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return await asyncio.wait(tasks, timeout=0)


def _judged(task: asyncio.Task[Message], zone: Name, name: Name) -> Message | str:
    """The reply where it is of use, else what is wrong with it."""
    error = task.exception()
    if isinstance(error, NoAnswer):
        return str(error)
    if error is not None:
        raise error
    reply = task.result()
    rcode = reply.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return f"rcode={dns.rcode.to_text(rcode)}"
    if reply.flags & dns.flags.AA:
        return reply
    if read_delegation(reply, zone, name, 0.0) is not None:
        return reply
    return "lame: neither an answer nor a referral"


def _errors(failed: Failed) -> tuple[tuple[int, str], ...]:
    # RFC 8914, 4.23 and 4.24.
    first = (_NO_AUTHORITY, f"at delegation {failed.zone.to_text()}")
    return (first, *((_NETWORK_ERROR, text) for text in failed.tries[:2]))
