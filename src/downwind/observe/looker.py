"""Performs one ask with the driver that it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from downwind.observe import delegation
from downwind.observe.asks import Ask, What
from downwind.observe.dialer import Dialer
from downwind.observe.dns import records
from downwind.observe.http import fetch_page
from downwind.observe.mail.policy import sts_policy
from downwind.observe.mail.records import dkim_keys, text_records
from downwind.observe.manners.pace import Courtesy
from downwind.observe.network import Network
from downwind.observe.registration.ask import Registrations
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.observe.resolve import Resolver, loop_in
from downwind.observe.robots import Robots
from downwind.observe.session import Session
from downwind.observe.tls import record_certificate
from downwind.terms import Finding, Seen, Unanswered

Emit = Callable[[str, str, Finding], None]


@dataclass(slots=True)
class Looker:
    """Performs one ask with the driver that it needs."""

    network: Network
    named: Set[str]
    """The hosts that the user named: their front pages are fetched without asking first."""
    rdap: RdapOptions = field(default_factory=RdapOptions)
    dialer: Dialer = field(init=False)
    resolver: Resolver = field(init=False)
    courtesy: Courtesy = field(init=False)
    robots: Robots = field(init=False)
    registrations: Registrations = field(init=False)

    def __post_init__(self) -> None:
        manners = self.network.manners
        self.courtesy = Courtesy(manners, self.network.clock)
        self.dialer = Dialer(self.network)
        self.resolver = Resolver(
            self.network, self.dialer, self.courtesy.gate, self.courtesy.server_turn
        )
        self.robots = Robots(self.named)
        self.registrations = Registrations(self.rdap)

    def _session(self) -> Session:
        return Session(self.network, self.resolver, self.courtesy.gate, self.courtesy)

    async def close(self) -> None:
        await self.resolver.close()

    async def look(self, ask: Ask, emit: Emit) -> None:
        ways: Mapping[What, Callable[[Ask, Emit], Any]] = {
            What.ADDRESSES: self._addresses,
            What.ZONE_OF: self._zone_of,
            What.ZONE: self._zone,
            What.SERVER: self._server,
            What.RECORDS: self._records,
            What.TEXT: self._text,
            What.DKIM: self._dkim,
            What.STS_POLICY: self._sts_policy,
            What.FULL_TTL: self._full_ttl,
            What.CERTIFICATE: self._certificate,
            What.PAGE: self._page,
            What.REGISTRATION: self._registration,
        }
        await ways[ask.what](ask, emit)

    async def _addresses(self, ask: Ask, emit: Emit) -> None:
        a, aaaa = await self.resolver.addresses(ask.subject)
        findings = {"dns.a": a.finding, "dns.aaaa": aaaa.finding}
        links = {link.owner: link for found in (aaaa, a) for link in found.links}
        if not links and a.rcode == "SERVFAIL":
            chain = await self.resolver.chain(ask.subject)
            links = {link.owner: link for link in chain}
            if loop := loop_in(ask.subject, chain):
                looped = Unanswered(loop, getattr(a.finding, "detail", {}))
                findings = dict.fromkeys(findings, looped)
        for kind, finding in findings.items():
            emit(ask.subject, kind, finding)
        for link in links.values():
            emit(link.owner, "dns.cname", Seen({"target": link.target, "ttl": link.ttl}))

    async def _zone_of(self, ask: Ask, emit: Emit) -> None:
        emit(ask.subject, "dns.zone_of", await delegation.zone_of(self.resolver, ask.subject))

    async def _zone(self, ask: Ask, emit: Emit) -> None:
        emit(ask.subject, "dns.zone", await delegation.describe_zone(self.resolver, ask.subject))
        await self._emit_records(ask.subject, ("SOA", "DS"), emit)

    async def _records(self, ask: Ask, emit: Emit) -> None:
        await self._emit_records(ask.subject, ("MX", "CAA"), emit)

    async def _emit_records(self, owner: str, rdtypes: Sequence[str], emit: Emit) -> None:
        for rdtype in rdtypes:
            reply = await self.resolver.ask(owner, rdtype)
            finding = delegation.as_finding(reply, records(reply, owner, rdtype))
            emit(owner, f"dns.{rdtype.lower()}", finding)

    async def _text(self, ask: Ask, emit: Emit) -> None:
        emit(ask.subject, "dns.txt", await text_records(self.resolver, ask.subject))

    async def _dkim(self, ask: Ask, emit: Emit) -> None:
        emit(ask.subject, "mail.dkim", await dkim_keys(self.resolver, ask.subject))

    async def _sts_policy(self, ask: Ask, emit: Emit) -> None:
        async with self._session() as session:
            emit(ask.subject, "mail.sts", await sts_policy(session, ask.subject))

    async def _server(self, ask: Ask, emit: Emit) -> None:
        zone, _, host = ask.subject.partition("@")
        emit(
            ask.subject,
            "dns.server",
            await delegation.ask_server(self.resolver, zone, host, ask.addresses),
        )

    async def _full_ttl(self, ask: Ask, emit: Emit) -> None:
        """Say a record again where its zone's server gives a longer life than the cache did."""
        server = ask.addresses[0]
        known = dict(zip(("A", "AAAA"), await self.resolver.addresses(ask.subject), strict=True))
        for rdtype, addressing in known.items():
            reply = await self.resolver.direct(ask.subject, rdtype, server)
            for kind, finding in delegation.longer_lived(ask.subject, addressing, reply, rdtype):
                emit(ask.subject, kind, finding)

    async def _certificate(self, ask: Ask, emit: Emit) -> None:
        address = ask.addresses[0]
        await self.courtesy.handshake()
        async with self.courtesy.gate(address):
            finding = await record_certificate(
                self.network, self.dialer, ask.subject, address, ask.port
            )
        emit(ask.subject, "tls.certificate", finding)

    async def _page(self, ask: Ask, emit: Emit) -> None:
        async with self._session() as session:
            permit = self.robots.permit if self.network.manners.robots else None
            page, resources = await fetch_page(session, ask.subject, permit)
        emit(ask.subject, "http.page", page)
        emit(ask.subject, "page.resources", resources)

    async def _registration(self, ask: Ask, emit: Emit) -> None:
        async with self._session() as session:
            found = await self.registrations.look(session, ask.subject)
        emit(ask.subject, "rdap.domain", found)
