"""Which zone holds a name: mostly read from answers that were needed anyway."""

from __future__ import annotations

from functools import lru_cache

from downwind.evidence.domains import registrable_domain
from downwind.survey.dns.client import Answer
from downwind.survey.dns.rdata import ROOT, SOA
from downwind.survey.dns.resolver import Resolver
from downwind.survey.dns.wire import Record
from downwind.survey.looks.facts import (
    chain_of,
    is_under,
    missing,
    parent_name,
    records_of,
)
from downwind.survey.memory.recent import Recent
from downwind.terms import Unanswered

_REMEMBERED = 20_000
_domain = lru_cache(maxsize=4_096)(registrable_domain)
"""A name has several negative answers, one soon after the other."""


class Cuts:
    """Knows apexes from SOA records: a negative answer carries that of its zone (RFC 2308)."""

    def __init__(self, resolver: Resolver, most: int = _REMEMBERED) -> None:
        self._resolver = resolver
        self._apex: Recent[str] = Recent(most)
        self._soa: Recent[Record] = Recent(most)

    def apex(self, name: str) -> str | None:
        """The apex of the zone that holds this name, where an answer has told it."""
        return self._apex.get(name)

    def learn(self, name: str, answer: Answer) -> None:
        """Read from a reply which zone holds the name that it ends at; not from one to DS."""
        message = answer.message
        if message is None or not answer.answered:
            return
        links, wrong = chain_of(message, name)
        at = links[-1].target if links else name
        if wrong:
            return
        for record in message.authority:
            if record.rdtype == SOA and is_under(at, record.owner):
                self._apex.put(at, record.owner)
                if is_under(record.owner, _domain(at)):
                    # What a domain says of itself; of a registry's zone the registry is asked.
                    self._soa.put(record.owner, record)
                return

    async def soa(self, zone: str) -> Record | Answer:
        """The zone's SOA record; or the answer that does not hold it."""
        known = self._soa.get(zone)
        if known is not None:
            return known
        answer = await self._ask(zone)
        return self._soa.get(zone) or answer

    async def zone_of(self, name: str) -> tuple[str | None, Unanswered | None]:
        """The apex that holds the name, and what failed on the way up to it.

        Where something failed, the zone may be one below that apex.
        """
        failed: Unanswered | None = None
        at = name
        while True:
            apex = self._apex.get(at)
            if apex is None:
                answer = await self._ask(at)
                apex = self._apex.get(at)
                if not answer.answered:
                    why = missing(answer)
                    failed = failed or (why if isinstance(why, Unanswered) else None)
            if apex is not None:
                return apex, failed
            if at == ROOT:
                return None, failed
            at = parent_name(at)

    async def _ask(self, name: str) -> Answer:
        answer = await self._resolver.ask(name, SOA)
        found = records_of(answer, name, SOA)
        if found:
            self._apex.put(name, name)
            self._soa.put(name, found[0])
        else:
            self.learn(name, answer)
        return answer
