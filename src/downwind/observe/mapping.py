"""Carries out the plan: looks at the names and all that they stand on, within a time budget."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.observe import delegation
from downwind.observe.dialer import Dialer
from downwind.observe.dns import records
from downwind.observe.http import fetch_page
from downwind.observe.network import Network
from downwind.observe.plan import Ask, Plan, What
from downwind.observe.resolve import Resolver, loop_in
from downwind.observe.session import Session
from downwind.observe.tls import record_certificate
from downwind.terms import Evidence, Finding, Seen, Unanswered

Emit = Callable[[str, str, Finding], None]
_AT_ONCE = 32
_AT_ONCE_PER_ADDRESS = 2
"""Good manners (NANOG, ZMap): never more at one address, however many names lead to it."""


async def map_names(
    names: Sequence[str],
    network: Network,
    *,
    budget: float,
    on_evidence: Callable[[Evidence], None],
) -> None:
    """Look at host names or URLs, and at everything they stand on, for `budget` real seconds.

    Hostile things end up as findings, never as exceptions; only what `on_evidence` raises goes
    through. What the budget cuts off is told as Unanswered.
    """
    mapping = _Mapping(network, Plan(names), budget, on_evidence)
    try:
        await mapping.run()
    finally:
        await mapping.close()


class _Mapping:
    def __init__(
        self,
        network: Network,
        plan: Plan,
        budget: float,
        on_evidence: Callable[[Evidence], None],
    ) -> None:
        self._network = network
        self._plan = plan
        self._budget = budget
        self._on_evidence = on_evidence
        self._looker = _Looker(network)
        self._waiting: deque[Ask] = deque()
        self._running: dict[asyncio.Task[None], Ask] = {}
        self._told: set[tuple[str, str]] = set()
        self._alias_ttl: dict[str, int] = {}

    async def run(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._budget
        self._enqueue(self._plan.first())
        while self._waiting or self._running:
            while self._waiting and len(self._running) < _AT_ONCE:
                self._start(self._waiting.popleft())
            if not self._running:
                continue
            left = deadline - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait(
                self._running, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                self._settle(task)
            if left <= 0:
                await self._cut_off()
                return

    async def close(self) -> None:
        await self._stop()
        await self._looker.close()

    def _start(self, ask: Ask) -> None:
        if ask.refused:
            self._tell_missing(ask, ask.refused)
        else:
            task = asyncio.create_task(self._looker.look(ask, self._emit))
            self._running[task] = ask

    def _settle(self, task: asyncio.Task[None]) -> None:
        ask = self._running.pop(task)
        error = task.exception()
        if isinstance(error, _NotKept):
            raise error.__cause__ or error
        if error is not None:
            # Our own defect on some input nobody thought of: told, and the rest goes on.
            reason = f"Downwind failed to look: {type(error).__name__}: {error}"
            self._tell_missing(ask, reason)

    def _emit(self, subject: str, kind: str, finding: Finding) -> None:
        if kind == "dns.cname" and not self._lives_longer(subject, finding):
            return
        self._told.add((subject, kind))
        now = self._network.clock.now()
        evidence = Evidence(subject, kind, finding, now, self._network.vantage)
        try:
            self._on_evidence(evidence)
        except Exception as error:
            raise _NotKept from error
        self._enqueue(self._plan.seen(evidence))

    def _lives_longer(self, owner: str, finding: Finding) -> bool:
        """Many chains share a link: it is told once, and again only with a longer life."""
        ttl = int(finding.value["ttl"]) if isinstance(finding, Seen) else 0
        if ttl <= self._alias_ttl.get(owner, -1):
            return False
        self._alias_ttl[owner] = ttl
        return True

    def _enqueue(self, asks: Sequence[Ask]) -> None:
        self._waiting.extend(asks)

    async def _cut_off(self) -> None:
        unfinished = [*self._running.values()]
        await self._stop()
        reason = f"the time budget of {self._budget:g} s was spent before this was answered"
        while unfinished or self._waiting:
            self._tell_missing(unfinished.pop() if unfinished else self._waiting.popleft(), reason)

    async def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    def _tell_missing(self, ask: Ask, reason: str) -> None:
        for kind in ask.kinds:
            if ask.what is What.CERTIFICATE or (ask.subject, kind) not in self._told:
                detail = {"address": ask.addresses[0]} if ask.what is What.CERTIFICATE else {}
                self._emit(ask.subject, kind, Unanswered(reason, detail))


class _NotKept(Exception):
    """The caller could not take the evidence: a full disk, not a hostile internet."""


@dataclass(slots=True)
class _Looker:
    """Performs one ask with the driver that it needs."""

    network: Network
    dialer: Dialer = field(init=False)
    resolver: Resolver = field(init=False)
    _gates: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dialer = Dialer(self.network)
        self.resolver = Resolver(self.network, self.dialer, self._gate)

    async def close(self) -> None:
        await self.resolver.close()

    async def look(self, ask: Ask, emit: Emit) -> None:
        ways: Mapping[What, Callable[[Ask, Emit], Any]] = {
            What.ADDRESSES: self._addresses,
            What.ZONE_OF: self._zone_of,
            What.ZONE: self._zone,
            What.SERVER: self._server,
            What.RECORDS: self._records,
            What.FULL_TTL: self._full_ttl,
            What.CERTIFICATE: self._certificate,
            What.PAGE: self._page,
        }
        await ways[ask.what](ask, emit)

    def _gate(self, address: str) -> asyncio.Semaphore:
        return self._gates.setdefault(address, asyncio.Semaphore(_AT_ONCE_PER_ADDRESS))

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
        async with self._gate(address):
            finding = await record_certificate(
                self.network, self.dialer, ask.subject, address, ask.port
            )
        emit(ask.subject, "tls.certificate", finding)

    async def _page(self, ask: Ask, emit: Emit) -> None:
        async with Session(self.network, self.resolver, self._gate) as session:
            page, resources = await fetch_page(session, ask.subject)
        emit(ask.subject, "http.page", page)
        emit(ask.subject, "page.resources", resources)
