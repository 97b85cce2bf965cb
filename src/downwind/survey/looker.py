"""Looks at listed names and at all that they stand on; what they share, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from downwind.evidence.domains import registrable_domain
from downwind.observe.dialer import Dialer
from downwind.observe.network import Network
from downwind.survey.digest import digest
from downwind.survey.dns.client import Client, Counts
from downwind.survey.dns.rdata import AAAA, A
from downwind.survey.dns.resolver import Resolver
from downwind.survey.limits.manners import WebManners
from downwind.survey.limits.pace import Doors, Limits
from downwind.survey.looks.cuts import Cuts
from downwind.survey.looks.domains import Domains
from downwind.survey.looks.facts import Facts
from downwind.survey.looks.hosts import Answers, Hosts
from downwind.survey.looks.referrals import Referrals
from downwind.survey.looks.web import Web
from downwind.survey.looks.zones import Zones
from downwind.survey.memory.shared import Shared
from downwind.survey.walk import Walk
from downwind.terms import Evidence, Finding, Seen, Unanswered

_REMEMBERED = 10_000
_BUDGET = 120.0
"""Seconds after which a name's further leads are not followed: each may be slow to fail."""
_SERVERS_ASKED = 8
_KINDS = {
    "host": ("dns.a", "dns.aaaa", "dns.zone_of"),
    "domain": ("dns.mx", "dns.txt"),
    "zone": ("dns.zone", "dns.soa", "dns.ds"),
    "web": ("tls.certificate",),
}


class Looker:
    """Each host, domain and zone is looked at once, while it is remembered.

    Evidence is handed to `keep` as it comes: what a name stands on always before the name's own
    survey.name record.
    """

    def __init__(
        self,
        network: Network,
        limits: Limits,
        keep: Callable[[Sequence[Evidence]], None],
        looked_at: Sequence[str] = (),
    ) -> None:
        self._network = network
        self._keep = keep
        self._client = Client(network, Dialer(network), limits)
        self._resolver = Resolver(self._client)
        self._cuts = Cuts(self._resolver)
        doors = Doors(limits.server_at_once, limits.server_queries, self._client.now)
        referrals = Referrals(self._client, doors, self._servers_of)
        self._hosts = Hosts(self._resolver, self._cuts, referrals, self._told, self._came_along)
        self._domains = Domains(self._resolver, self._cuts, self._told, caa="caa" in looked_at)
        self._zones = Zones(self._resolver, self._cuts, referrals, self._told)
        manners = WebManners(network, limits, self._client.now)
        self._web = Web(
            network, manners, self._told, lambda host: self._look(f"host {host}"), looked_at
        )
        self._ways: Mapping[str, Callable[[str], Awaitable[Facts]]] = {
            "host": self._hosts.look,
            "domain": self._domains.look,
            "zone": self._zones.look,
        }
        self._looks: Shared[Facts] = Shared(
            _REMEMBERED, failed=lambda facts: facts.failed, clock=self._client.now
        )
        budget = network.clock.timeout(_BUDGET)
        self._walk = Walk(self._look, self._client.now, budget)

    @property
    def counts(self) -> Counts:
        return self._client.counts

    def silent_for(self) -> float:
        """Seconds since a resolver said anything, where one was asked; else 0."""
        return self._client.silent_for()

    async def close(self) -> None:
        await self._looks.close()
        await self._resolver.close()
        await self._client.close()

    async def name(self, name: str, about: Mapping[str, Any]) -> Evidence:
        """The survey.name record of a listed name, once all it stands on was kept."""
        try:
            value = await self._digest(name, about)
        except Exception as error:
            # Our own defect on some input nobody thought of: told, and the rest goes on.
            reason = f"Downwind failed to look: {type(error).__name__}: {error}"
            return self._told(name, "survey.name", Unanswered(reason, dict(about)))
        return self._told(name, "survey.name", Seen(value))

    async def _digest(self, name: str, about: Mapping[str, Any]) -> dict[str, Any]:
        domain_key = f"domain {registrable_domain(name)}"
        domain_look = self._look(domain_key)
        host_look = self._looks.get(
            f"host {name}",
            lambda: self._run("host", name, lambda: self._hosts.look(name, domain_look)),
        )
        host, domain = await host_look, await domain_look
        left_out = await self._walk.settle((f"host {name}", domain_key))
        apex = host.value("dns.zone_of").get("zone")
        zone = await self._look(f"zone {apex}") if apex is not None else None
        aliases = await self._aliases(host)
        web = await self._run("web", name, lambda: self._web.look(name, host))
        left_out += await self._walk.settle(web.leads)
        value = digest(host, domain, zone, web, aliases, about)
        if left_out:
            value["not_followed"] = left_out
        return value

    async def _aliases(self, host: Facts) -> list[str]:
        found: list[str] = []
        while target := host.value("dns.cname").get("target"):
            if target in found:
                break
            found.append(target)
            host = await self._look(f"host {target}")
        return found

    def _look(self, key: str) -> asyncio.Future[Facts]:
        what, _, subject = key.partition(" ")
        return self._looks.get(
            key, lambda: self._run(what, subject, lambda: self._ways[what](subject))
        )

    def _came_along(self, host: str, answers: Answers) -> None:
        """An alias's answers hold those of its target: what they say of it needs no question."""
        self._looks.get(
            f"host {host}",
            lambda: self._run("host", host, lambda: self._hosts.facts(host, answers)),
        )

    async def _run(self, what: str, subject: str, look: Callable[[], Awaitable[Facts]]) -> Facts:
        try:
            facts = await look()
        except Exception as error:
            # Our own defect on some input nobody thought of: told, and the rest goes on.
            reason = f"Downwind failed to look: {type(error).__name__}: {error}"
            facts = Facts(tuple(self._told(subject, k, Unanswered(reason)) for k in _KINDS[what]))
        self._keep(facts.evidence)
        return facts

    async def _servers_of(self, zone: str) -> list[str]:
        """Addresses of some of the zone's name servers."""
        facts = await self._look(f"zone {zone}")
        addresses: list[str] = []
        for server in facts.value("dns.zone").get("name_servers", ())[:_SERVERS_ASKED]:
            addresses += server["glue"] or await self._addresses(server["host"])
        # A machine without IPv6 is common, so those are asked only where there is no other.
        return [ip for ip in addresses if ":" not in ip] or addresses

    async def _addresses(self, host: str) -> list[str]:
        for rdtype in (A, AAAA):
            answer = await self._resolver.ask(host, rdtype)
            found = answer.message.answer if answer.message else ()
            if addresses := [record.value for record in found if record.rdtype == rdtype]:
                return addresses
        return []

    def _told(self, subject: str, kind: str, finding: Finding) -> Evidence:
        return Evidence(subject, kind, finding, self._network.clock.now(), self._network.vantage)
