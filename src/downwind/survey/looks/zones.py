"""What a zone stands on: its parent, its name servers and their glue, and whether it is signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from downwind.survey.dns.client import Answer
from downwind.survey.dns.rdata import AAAA, DS, NS, ROOT, A
from downwind.survey.dns.resolver import Resolver
from downwind.survey.dns.wire import Record
from downwind.survey.looks.cuts import Cuts
from downwind.survey.looks.facts import (
    Facts,
    as_records,
    is_under,
    longest_life,
    missing,
    parent_name,
    records_of,
    soa_text,
)
from downwind.survey.looks.hosts import Told
from downwind.survey.looks.referrals import Referral, Referrals
from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered

MOST_NAME_SERVERS = 32


class Zones:
    """Looks at zones."""

    def __init__(self, resolver: Resolver, cuts: Cuts, referrals: Referrals, told: Told) -> None:
        self._resolver = resolver
        self._cuts = cuts
        self._referrals = referrals
        self._told = told

    async def look(self, zone: str) -> Facts:
        """Its delegation and its SOA record; it leads to the parent and to its name servers."""
        parent, why = None, ""
        if zone != ROOT:
            parent, failed = await self._cuts.zone_of(parent_name(zone))
            why = failed.reason if parent is None and failed else ""
        referral = await self._referrals.refer(parent, zone) if parent is not None else None
        if referral is not None and referral.cut != zone:
            referral = None
        hosts, ttl, asked = await self._name_servers(zone, referral)
        if not hosts:
            assert asked is not None
            return Facts((self._told(zone, "dns.zone", missing(asked)),))
        kept = sorted(hosts)[:MOST_NAME_SERVERS]
        ds = await self._ds(zone, referral)
        glue = await self._glue(zone, kept, referral)
        value: dict[str, Any] = {
            "parent": parent,
            "ttl": ttl,
            "name_servers": [
                {"host": host, "in_bailiwick": is_under(host, zone), "glue": glue.get(host)}
                for host in kept
            ],
            "signed": _signed(ds),
            "said_by": "parent" if referral else "child",
        }
        if why:
            value["parent_reason"] = why
        if len(hosts) > len(kept):
            value["left_out"] = len(hosts) - len(kept)
        told = [self._told(zone, "dns.zone", Seen(value)), await self._soa(zone)]
        if ds is not None:
            told.append(self._told(zone, "dns.ds", ds))
        return Facts(tuple(told), _leads(value))

    async def _name_servers(
        self, zone: str, referral: Referral | None
    ) -> tuple[tuple[str, ...], int, Answer | None]:
        """The hosts, the TTL, and what was asked where the parent did not say."""
        if referral is not None:
            return referral.hosts, referral.ttl, None
        answer = await self._resolver.ask(zone, NS)
        found = records_of(answer, zone, NS)
        return tuple({record.value for record in found}), longest_life(found), answer

    async def _glue(
        self, zone: str, hosts: Sequence[str], referral: Referral | None
    ) -> Mapping[str, list[str]]:
        """Addresses that came with the delegation; none where it could not be seen."""
        if zone == ROOT:
            # Nobody refers to the root: resolvers ship with its addresses as hints (RFC 8109).
            return {host: await self._addresses(host) for host in hosts}
        if referral is None:
            return {}
        return {host: sorted(referral.glue.get(host, ())) for host in hosts}

    async def _addresses(self, host: str) -> list[str]:
        answers = [(t, await self._resolver.ask(host, t)) for t in (A, AAAA)]
        return [r.value for rdtype, answer in answers for r in records_of(answer, host, rdtype)]

    async def _ds(self, zone: str, referral: Referral | None) -> Finding | None:
        """Whether the parent vouches for the zone's keys; nobody does for the root's."""
        if zone == ROOT:
            return None
        if referral is not None and referral.ds is not None:
            # RFC 4035, 3.1.4: a referral holds the DS records, where there are any.
            return _ds_finding(referral.ds) or Absent("NODATA", {"rcode": "NOERROR", "ede": []})
        answer = await self._resolver.ask(zone, DS)
        return _ds_finding(records_of(answer, zone, DS)) or missing(answer)

    async def _soa(self, zone: str) -> Evidence:
        soa = await self._cuts.soa(zone)
        if isinstance(soa, Record):
            value = as_records([soa_text(soa)], [soa])
            return self._told(zone, "dns.soa", Seen(value))
        return self._told(zone, "dns.soa", missing(soa))


def _ds_finding(records: Sequence[Record]) -> Seen | None:
    texts = [" ".join(map(str, record.value)) for record in records]
    return Seen(as_records(texts, records)) if records else None


def _signed(ds: Finding | None) -> bool | None:
    """None where nobody could say."""
    return None if ds is None or isinstance(ds, Unanswered) else isinstance(ds, Seen)


def _leads(value: dict[str, Any]) -> tuple[str, ...]:
    """The parent, and each server that must be found by its name: glue grounds the others."""
    above = [f"zone {value['parent']}"] if value["parent"] is not None else []
    by_name = [
        each for each in value["name_servers"] if not (each["in_bailiwick"] and each["glue"])
    ]
    return (*above, *(f"host {each['host']}" for each in by_name))
