"""Reads a referral: who answers below, and which addresses may be believed."""

from __future__ import annotations

import dns.rdatatype
from dns.message import Message
from dns.name import Name

from downwind.world.net.dnscache import Delegation


def read_delegation(reply: Message, zone: Name, name: Name, now: float) -> Delegation | None:
    """The delegation below `zone` and towards `name` that a reply holds, or None."""
    for rrset in reply.authority:
        if rrset.rdtype != dns.rdatatype.NS:
            continue
        apex = rrset.name.canonicalize()
        if apex == zone or not apex.is_subdomain(zone) or not name.is_subdomain(apex):
            continue
        hosts = tuple(record.target.canonicalize() for record in rrset)
        return Delegation(apex, hosts, _glue(reply, zone, hosts), now + rrset.ttl)
    return None


def _glue(reply: Message, zone: Name, hosts: tuple[Name, ...]) -> tuple[str, ...]:
    found: dict[dns.rdatatype.RdataType, list[str]] = {dns.rdatatype.A: [], dns.rdatatype.AAAA: []}
    for rrset in reply.additional:
        # RFC 5452, 6: out of the bailiwick of the server that says so, it is not believed.
        if rrset.name not in hosts or not rrset.name.is_subdomain(zone):
            continue
        if rrset.rdtype in found:
            found[rrset.rdtype].extend(record.address for record in rrset)
    return tuple(found[dns.rdatatype.A] + found[dns.rdatatype.AAAA])
