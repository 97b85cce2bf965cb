"""What a host name stands on: its addresses, the aliases to them, and the zone that holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from downwind.survey.dns.client import Answer
from downwind.survey.dns.rdata import AAAA, A
from downwind.survey.dns.resolver import Resolver
from downwind.survey.looks.cuts import Cuts
from downwind.survey.looks.facts import (
    Facts,
    Link,
    chain_of,
    longest_life,
    missing,
    no_such_name,
    parent_name,
    records_of,
)
from downwind.survey.looks.referrals import Referrals
from downwind.terms import Evidence, Finding, Seen, Unanswered

Told = Callable[[str, str, Finding], Evidence]
"""(subject, kind, finding) -> evidence of here and now."""
Answers = tuple[Answer, Answer]
"""To A and to AAAA."""


class Hosts:
    """Looks at host names."""

    def __init__(
        self,
        resolver: Resolver,
        cuts: Cuts,
        referrals: Referrals,
        told: Told,
        came_along: Callable[[str, Answers], None],
    ) -> None:
        self._resolver = resolver
        self._cuts = cuts
        self._referrals = referrals
        self._told = told
        self._came_along = came_along

    async def look(self, host: str, after: asyncio.Future[Facts] | None = None) -> Facts:
        """Addresses, the first alias and the zone. What `after` asks tells the zone for nothing."""
        a = await self._resolver.ask(host, A)
        aaaa = a if no_such_name(a) else await self._resolver.ask(host, AAAA)
        for answer in (a, aaaa):
            self._cuts.learn(host, answer)
        if after is not None:
            await after
        for target in _targets(host, a, aaaa):
            self._came_along(target, (a, aaaa))
        return await self.facts(host, (a, aaaa))

    async def facts(self, host: str, answers: Answers) -> Facts:
        """The same from the answers: those to an alias hold what its target's would."""
        links: list[Link] = []
        told: list[Evidence] = []
        for kind, rdtype, answer in zip(("dns.a", "dns.aaaa"), (A, AAAA), answers, strict=True):
            finding, chain = _addresses(answer, host, rdtype)
            links = max(links, chain, key=len)
            told.append(self._told(host, kind, finding))
        leads: list[str] = []
        if links:
            first = links[0]
            value = {"target": first.target, "ttl": first.ttl}
            told.append(self._told(host, "dns.cname", Seen(value)))
            leads.append(f"host {first.target}")
        zone = await self._zone_of(host, alias=bool(links))
        told.append(self._told(host, "dns.zone_of", zone))
        if isinstance(zone, Seen):
            leads.append(f"zone {zone.value['zone']}")
        return Facts(tuple(told), tuple(leads))

    async def _zone_of(self, host: str, *, alias: bool) -> Finding:
        # Beside a CNAME there is nothing else (RFC 1034, 3.6.2), so an alias is no apex.
        apex, failed = await self._cuts.zone_of(parent_name(host) if alias else host)
        if apex is None:
            return failed or Unanswered("no zone up to the root says that it holds this name")
        if failed is None:
            return Seen({"zone": apex})
        referral = await self._referrals.refer(apex, host)
        if referral is None:
            return failed
        return Seen({"zone": referral.cut, "said_by": "parent"})


def _addresses(answer: Answer, host: str, rdtype: int) -> tuple[Finding, list[Link]]:
    """What dns.a or dns.aaaa evidence says, and the aliases on the way."""
    if answer.message is None:
        return missing(answer), []
    links, wrong = chain_of(answer.message, host)
    if wrong:
        return Unanswered(wrong), links
    at = links[-1].target if links else host
    found = records_of(answer, at, rdtype)
    if not found:
        return missing(answer), links
    value = {
        "addresses": sorted({record.value for record in found}),
        "ttl": longest_life(found),
        "canonical": at,
    }
    return Seen(value), links


def _targets(host: str, *answers: Answer) -> list[str]:
    """The hosts to which all answers lead by aliases."""
    chains = [chain_of(each.message, host) for each in answers if each.message is not None]
    if len(chains) < len(answers) or any(wrong for _, wrong in chains):
        return []
    first, *others = [[link.target for link in links] for links, _ in chains]
    return first if all(other == first for other in others) else []
