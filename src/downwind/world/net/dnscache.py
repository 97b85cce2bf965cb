"""What a resolver remembers: answers, their absence, delegations and failures, each for a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dns.rcode
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Known:
    """Records, or the proven absence of them with its SOA."""

    records: RRset | None
    rcode: dns.rcode.Rcode
    soa: RRset | None
    stored: float
    until: float

    def aged(self, now: float) -> Known:
        """The same with TTLs that have run down since it was stored."""
        return Known(
            _aged(self.records, self.stored, now),
            self.rcode,
            _aged(self.soa, self.stored, now),
            self.stored,
            self.until,
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """Why no server of a zone gave an answer."""

    zone: Name
    tries: tuple[str, ...]
    until: float


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who answers for a zone, and the addresses that came along as glue."""

    zone: Name
    hosts: tuple[Name, ...]
    glue: tuple[str, ...]
    """Addresses, IPv4 first."""
    until: float


class DnsCache:
    """Remembers by the scenario's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[tuple[Name, RdataType], Known] = {}
        self._failed: dict[tuple[Name, RdataType], Failed] = {}
        self._delegations: dict[Name, Delegation] = {}

    def find(self, name: Name, rdtype: RdataType) -> Known | Failed | None:
        """What is known, and not yet out of date."""
        now = self._now()
        known = self._known.get((name, rdtype))
        if known is not None:
            if known.until > now:
                return known
            del self._known[name, rdtype]
        failed = self._failed.get((name, rdtype))
        return failed if failed is not None and failed.until > now else None

    def keep(
        self,
        name: Name,
        rdtype: RdataType,
        records: RRset | None,
        rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
        soa: RRset | None = None,
    ) -> Known:
        """Remember records for their TTL, or their absence as RFC 2308 has it."""
        now = self._now()
        if records is not None:
            lasts = records.ttl
        else:
            lasts = min(soa.ttl, soa[0].minimum) if soa is not None else 0
            soa = _with_ttl(soa, lasts)
        known = Known(records, rcode, soa, now, now + lasts)
        if len(self._known) < _MOST:
            self._known[name, rdtype] = known
        self._failed.pop((name, rdtype), None)
        return known

    def keep_failure(self, name: Name, rdtype: RdataType, failed: Failed) -> None:
        """Remember a failure (RFC 9520), so that not everyone who asks waits for it."""
        if len(self._failed) < _MOST:
            self._failed[name, rdtype] = failed

    def keep_delegation(self, delegation: Delegation) -> None:
        """Remember who answers for a zone."""
        if len(self._delegations) < _MOST:
            self._delegations[delegation.zone] = delegation

    def deepest(self, name: Name) -> Delegation | None:
        """The closest zone at or above a name whose servers are known."""
        now = self._now()
        for skipped in range(len(name.labels)):
            found = self._delegations.get(Name(name.labels[skipped:]))
            if found is not None and found.until > now:
                return found
        return None


def _aged(records: RRset | None, stored: float, now: float) -> RRset | None:
    if records is None:
        return None
    return _with_ttl(records, max(0, records.ttl - int(now - stored)))


def _with_ttl(records: RRset | None, ttl: int) -> RRset | None:
    if records is None or records.ttl == ttl:
        return records
    return dns.rrset.from_rdata_list(records.name, ttl, list(records))
