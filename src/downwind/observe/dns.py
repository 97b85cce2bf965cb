"""Asks name servers: UDP first, TCP where the reply was cut short, and keeps what each said."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from downwind.observe.dialer import Dialer
from downwind.observe.failures import LayerFailed, NoSocket
from downwind.observe.names import from_wire
from downwind.observe.network import Endpoint, Network
from downwind.terms import Absent, Unanswered

EDNS_BUFFER = 1232
"""DNS Flag Day 2020, RFC 9715: larger replies are cut to pieces on the way."""
_TRIES_KEPT = 12


@dataclass(frozen=True, slots=True)
class Tried:
    """One try at one server, and what came of it."""

    server: str
    transport: str
    outcome: str
    ours: bool = False
    """True where this machine could not ask: it says nothing of the server."""

    def to_json(self) -> dict[str, str]:
        return {"server": self.server, "transport": self.transport, "outcome": self.outcome}


@dataclass(frozen=True, slots=True)
class DnsReply:
    """What came back for one question; without a message, nobody answered it."""

    message: dns.message.Message | None
    server: str
    tries: tuple[Tried, ...]

    @property
    def rcode(self) -> str | None:
        return dns.rcode.to_text(self.message.rcode()) if self.message else None

    @property
    def ede(self) -> list[list[Any]]:
        """Extended errors (RFC 8914) as [code, text]."""
        if self.message is None:
            return []
        return [[int(e.code), (e.text or "")[:300]] for e in self.message.extended_errors()]

    @property
    def answered(self) -> bool:
        """True where the reply says what is, or that nothing is."""
        return self.rcode in ("NOERROR", "NXDOMAIN")

    def demand_asked(self) -> None:
        """Raises NoSocket where this machine could ask nobody."""
        if self.message is None and self.tries and all(tried.ours for tried in self.tries):
            last = self.tries[-1]
            raise NoSocket(last.outcome, where=last.server)

    def answer(self, owner: str, rdtype: str) -> dns.rrset.RRset | None:
        return None if self.message is None else _find(self.message.answer, owner, rdtype)

    def authority(self, rdtype: str) -> dns.rrset.RRset | None:
        """The first set of this type in the authority section."""
        wanted = dns.rdatatype.from_text(rdtype)
        sets = self.message.authority if self.message else []
        return next((found for found in sets if found.rdtype == wanted), None)

    def detail(self) -> dict[str, Any]:
        return {
            "rcode": self.rcode,
            "ede": self.ede,
            "tries": [tried.to_json() for tried in self.tries[:_TRIES_KEPT]],
        }

    def failure(self) -> Absent | Unanswered:
        """Why there is no such record: it does not exist, or nobody could say."""
        if self.rcode == "NXDOMAIN":
            return Absent("NXDOMAIN", self.detail())
        if self.rcode == "NOERROR":
            return Absent("NODATA", self.detail())
        return Unanswered(self._unanswered(), self.detail())

    def _unanswered(self) -> str:
        if self.rcode is not None:
            said = "; ".join(f"{code} {text}".strip() for code, text in self.ede)
            return f"{self.rcode} (extended error {said})" if said else self.rcode
        if not self.tries:
            return "no name server to ask"
        return "no usable answer: " + "; ".join(
            dict.fromkeys(tried.outcome for tried in self.tries)
        )


def _find(sets: Sequence[dns.rrset.RRset], owner: str, rdtype: str) -> dns.rrset.RRset | None:
    wanted = dns.rdatatype.from_text(rdtype)
    for found in sets:
        if found.rdtype == wanted and from_wire(found.name) == owner:
            return found
    return None


class _Sieve:
    """Takes the one reply that answers the query, and remembers what else came."""

    def __init__(self, query: dns.message.Message) -> None:
        self._query = query
        self._ignored: list[str] = []
        self.message: dns.message.Message | None = None

    def __call__(self, wire: bytes) -> bool:
        if fault := self._fault(wire):
            self._ignored.append(fault)
            return False
        return True

    def _fault(self, wire: bytes) -> str:
        if len(wire) >= 2 and struct.unpack("!H", wire[:2])[0] != self._query.id:
            return "another id"
        try:
            message = dns.message.from_wire(wire, ignore_trailing=True, one_rr_per_rrset=False)
        except dns.message.Truncated:
            return "garbage"
        except Exception:
            # Bytes from a stranger: whatever the parser stumbles over, they are no DNS message.
            return "garbage"
        if not message.flags & dns.flags.QR:
            return "no reply but a query"
        if not self._same_question(message):
            return "another question"
        self.message = message
        return ""

    def _same_question(self, message: dns.message.Message) -> bool:
        if not message.question:
            # A server that refuses may leave the question out (RFC 2136 and old servers).
            return message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        return message.question == self._query.question

    def lies(self) -> str:
        """What was ignored, as words to put behind an outcome."""
        if not self._ignored:
            return ""
        kinds = ", ".join(sorted(set(self._ignored)))
        return f"; {len(self._ignored)} reply ignored ({kinds})"


async def ask(
    dialer: Dialer,
    network: Network,
    question: tuple[str, str],
    servers: Sequence[Endpoint],
    *,
    recursive: bool = True,
    rounds: int = 2,
) -> DnsReply:
    """Ask the servers in turn until one answers; never raises for what they do.

    A server that says it failed is not asked again; one that was silent is, once.
    """
    tries: list[Tried] = []
    failed: dict[Endpoint, DnsReply] = {}
    query = _query(*question, recursive=recursive)
    for _ in range(rounds):
        for server in servers:
            if server in failed:
                continue
            message = await _ask_one(dialer, network, query, server, tries)
            if message is None:
                continue
            reply = DnsReply(message, server.ip, tuple(tries))
            if reply.answered:
                return reply
            failed[server] = reply
        if len(failed) == len(servers):
            break
    said = next(iter(failed.values()), None)
    return DnsReply(said.message if said else None, said.server if said else "", tuple(tries))


def _query(name: str, rdtype: str, *, recursive: bool) -> dns.message.Message:
    flags = dns.flags.RD if recursive else 0
    return dns.message.make_query(
        name, rdtype, use_edns=0, payload=EDNS_BUFFER, flags=dns.flags.Flag(flags)
    )


async def _ask_one(
    dialer: Dialer,
    network: Network,
    query: dns.message.Message,
    server: Endpoint,
    tries: list[Tried],
) -> dns.message.Message | None:
    message = await _try(dialer, network, query, server, "udp", tries)
    if message is not None and message.rcode() == dns.rcode.FORMERR and query.edns >= 0:
        # RFC 6891, 6.2.2: an old server that does not know EDNS says FORMERR.
        plain = dns.message.make_query(query.question[0].name, query.question[0].rdtype)
        plain.flags = query.flags
        message = await _try(dialer, network, plain, server, "udp", tries) or message
    if message is None or not message.flags & dns.flags.TC:
        return message
    return await _try(dialer, network, query, server, "tcp", tries)


async def _try(
    dialer: Dialer,
    network: Network,
    query: dns.message.Message,
    server: Endpoint,
    transport: str,
    tries: list[Tried],
) -> dns.message.Message | None:
    sieve = _Sieve(query)
    wire = query.to_wire()
    wait = network.timeouts.dns
    try:
        if transport == "udp":
            await dialer.udp_exchange(server.ip, server.port, wire, wait, sieve)
        else:
            await _over_tcp(dialer, network, server, wire, sieve)
    except LayerFailed as failed:
        ours = isinstance(failed, NoSocket)
        tries.append(Tried(server.ip, transport, failed.reason + sieve.lies(), ours))
        return None
    message = sieve.message
    if message is None:
        tries.append(Tried(server.ip, transport, "no answer" + sieve.lies()))
        return None
    cut = " (truncated)" if message.flags & dns.flags.TC else ""
    outcome = dns.rcode.to_text(message.rcode()) + cut + sieve.lies()
    tries.append(Tried(server.ip, transport, outcome))
    return message


async def _over_tcp(
    dialer: Dialer, network: Network, server: Endpoint, wire: bytes, sieve: _Sieve
) -> None:
    wait = network.timeouts.dns
    reader, writer = await dialer.open_tcp(server.ip, server.port, wait)
    try:
        async with asyncio.timeout(network.clock.timeout(wait)):
            writer.write(struct.pack("!H", len(wire)) + wire)
            await writer.drain()
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            sieve(await reader.readexactly(length))
    except TimeoutError:
        raise LayerFailed(f"no answer within {wait:g} s", where=server.ip) from None
    except (OSError, asyncio.IncompleteReadError) as error:
        raise LayerFailed("the connection ended before the answer", where=server.ip) from error
    finally:
        writer.transport.abort()


def rdata_texts(found: dns.rrset.RRset) -> list[str]:
    """The records as zone-file text, in one order whatever the server's."""
    return sorted(str(record.to_text()) for record in found)


def records(reply: DnsReply, owner: str, rdtype: str) -> Mapping[str, Any] | None:
    """The value of dns.soa, dns.mx, dns.caa and dns.ds evidence, or None where there are none."""
    found = reply.answer(owner, rdtype)
    if found is None:
        return None
    return {"records": rdata_texts(found), "ttl": int(found.ttl)}
