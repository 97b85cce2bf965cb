"""Who answers for a name: zone cuts up to the root, name servers, glue and lameness."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.rdatatype

from downwind.observe.dns import DnsReply
from downwind.observe.names import ROOT, from_wire, is_under, parent_name
from downwind.observe.resolve import Addressing, Resolver
from downwind.terms import Absent, Finding, Seen, Unanswered

_MOST_NAME_SERVERS = 32
_PARENT_SERVERS_ASKED = 3
_ADDRESSES_ASKED = 3


@dataclass(frozen=True, slots=True)
class Referral:
    """What a zone's own server says when asked for a name below a cut."""

    cut: str
    ttl: int
    hosts: tuple[str, ...]
    glue: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def zone_of(resolver: Resolver, host: str) -> Finding:
    """The apex of the zone that holds this name (dns.zone_of).

    Where the resolver fails on the name's own zone, the parent's servers are asked for the cut.
    """
    at = host
    failed: DnsReply | None = None
    while True:
        reply = await resolver.ask(at, "SOA")
        apex = _apex(reply, at)
        if apex is not None:
            break
        if not reply.answered:
            failed = failed or reply
        if at == ROOT:
            return (failed or reply).failure() if failed else _no_apex(reply)
        at = parent_name(at)
    if failed is None:
        return Seen({"zone": apex})
    referral = await refer(resolver, apex, host)
    if referral is None:
        return failed.failure()
    return Seen({"zone": referral.cut, "said_by": "parent"})


def _no_apex(reply: DnsReply) -> Unanswered:
    return Unanswered("no zone up to the root says that it holds this name", reply.detail())


def _apex(reply: DnsReply, name: str) -> str | None:
    if not reply.answered:
        return None
    if reply.answer(name, "SOA") is not None:
        return name
    if reply.answer(name, "CNAME") is not None:
        # Beside a CNAME there is nothing else (RFC 1034, 3.6.2), so this is no apex, and the
        # authority section speaks of the target's zone.
        return None
    soa = reply.authority("SOA")
    if soa is None:
        return None
    owner = from_wire(soa.name)
    return owner if is_under(name, owner) else None


async def describe_zone(resolver: Resolver, zone: str) -> Finding:
    """Its parent, name servers, glue, and whether it is signed (dns.zone)."""
    parent, why = await _parent(resolver, zone)
    referral = None if parent is None else await refer(resolver, parent, zone)
    if referral is not None and referral.cut != zone:
        referral = None
    reply = await resolver.ask(zone, "NS")
    found = reply.answer(zone, "NS")
    hosts = {from_wire(record.target) for record in found} if found is not None else set()
    if not hosts and referral is None:
        return reply.failure()
    ttls = [int(found.ttl)] if found is not None else []
    if referral is not None:
        hosts = hosts or set(referral.hosts)
        # Fresh from the parent, so not aged by a cache; resolvers keep the one or the other.
        ttls.append(referral.ttl)
    kept = sorted(hosts)[:_MOST_NAME_SERVERS]
    glue = await _glue(resolver, zone, kept, referral)
    value: dict[str, Any] = {
        "parent": parent,
        "ttl": max(ttls),
        "name_servers": [
            {"host": host, "in_bailiwick": is_under(host, zone), "glue": glue.get(host)}
            for host in kept
        ],
        "signed": await _signed(resolver, zone),
        "said_by": "child" if found is not None else "parent",
    }
    if why:
        value["parent_reason"] = why
    if len(hosts) > len(kept):
        value["left_out"] = len(hosts) - len(kept)
    return Seen(value)


async def _parent(resolver: Resolver, zone: str) -> tuple[str | None, str]:
    if zone == ROOT:
        return None, ""
    finding = await zone_of(resolver, parent_name(zone))
    if isinstance(finding, Seen):
        return str(finding.value["zone"]), ""
    return None, finding.reason


async def _signed(resolver: Resolver, zone: str) -> bool | None:
    """Whether the parent vouches for its keys; None where nobody could say."""
    if zone == ROOT:
        return None
    reply = await resolver.ask(zone, "DS")
    if not reply.answered:
        return None
    return reply.answer(zone, "DS") is not None


async def _glue(
    resolver: Resolver, zone: str, hosts: Sequence[str], referral: Referral | None
) -> Mapping[str, list[str] | None]:
    if zone == ROOT:
        # Nobody refers to the root: its addresses are hints that resolvers ship with (RFC 8109).
        return {host: await _addresses(resolver, host) for host in hosts}
    if referral is None:
        return {}
    return {host: sorted(referral.glue.get(host, ())) for host in hosts}


async def _addresses(resolver: Resolver, host: str) -> list[str]:
    a, aaaa = await resolver.addresses(host)
    return [*a.addresses, *aaaa.addresses]


async def servers_of(resolver: Resolver, zone: str) -> list[str]:
    """Addresses of a few of the zone's name servers, as the resolver knows them."""
    reply = await resolver.ask(zone, "NS")
    found = reply.answer(zone, "NS")
    if found is None:
        return []
    hosts = sorted(from_wire(record.target) for record in found)
    known = [await _addresses(resolver, host) for host in hosts[:_PARENT_SERVERS_ASKED]]
    return [addresses[0] for addresses in known if addresses]


async def refer(resolver: Resolver, parent: str, name: str) -> Referral | None:
    """The referral for `name` by one of the parent zone's own servers; None where none gave one.

    A server that holds parent and child answers for the child, and shows no glue.
    """
    for ip in await servers_of(resolver, parent):
        reply = await resolver.direct(name, "NS", ip)
        referral = _referral(reply, parent, name)
        if referral is not None:
            return referral
    return None


def _referral(reply: DnsReply, parent: str, name: str) -> Referral | None:
    message = reply.message
    if message is None or reply.rcode != "NOERROR" or message.answer:
        return None
    ns = reply.authority("NS")
    if ns is None:
        return None
    cut = from_wire(ns.name)
    if cut == parent or not is_under(cut, parent) or not is_under(name, cut):
        return None
    glue: dict[str, tuple[str, ...]] = {}
    for found in message.additional:
        if found.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            host = from_wire(found.name)
            glue[host] = (*glue.get(host, ()), *(str(record.to_text()) for record in found))
    hosts = tuple(sorted(from_wire(record.target) for record in ns))
    return Referral(cut, int(ns.ttl), hosts, glue)


async def ask_server(resolver: Resolver, zone: str, host: str, glue: Sequence[str] = ()) -> Finding:
    """Whether this name server answers for the zone (dns.server), and at which address."""
    addresses = _spread(await _addresses(resolver, host) or list(glue))
    if not addresses:
        return Unanswered("the name server has no address", {"tries": []})
    tries: list[dict[str, str]] = []
    for ip in addresses[:_ADDRESSES_ASKED]:
        reply = await resolver.direct(zone, "SOA", ip)
        tries.extend(tried.to_json() for tried in reply.tries)
        if reply.message is None:
            continue
        authoritative = bool(reply.message.flags & dns.flags.AA)
        holds = reply.rcode == "NOERROR" and reply.answer(zone, "SOA") is not None
        value = {
            "address": ip,
            "authoritative": authoritative,
            "rcode": reply.rcode,
            "lame": not (authoritative and holds),
        }
        return Seen(value)
    reasons = "; ".join(dict.fromkeys(tried["outcome"] for tried in tries))
    return Unanswered(f"no answer: {reasons}", {"tries": tries})


def _spread(addresses: Sequence[str]) -> list[str]:
    """One address of each family first, so that a dead family does not hide a living server."""
    families: dict[int, list[str]] = {4: [], 6: []}
    for ip in addresses:
        families[ipaddress.ip_address(ip).version].append(ip)
    firsts = [found[0] for found in families.values() if found]
    return firsts + [ip for ip in addresses if ip not in firsts]


def as_finding(reply: DnsReply, value: Mapping[str, Any] | None) -> Finding:
    """Seen where there is a value; otherwise why there is none."""
    if value is not None:
        return Seen(value)
    if reply.answered and reply.message is not None and reply.message.answer:
        # A CNAME was in the way: the name has no such record of its own.
        return Absent("NODATA", reply.detail())
    return reply.failure()


def longer_lived(
    host: str, addressing: Addressing, reply: DnsReply, rdtype: str
) -> Iterator[tuple[str, Finding]]:
    """The record at this name as (kind, finding), where its zone's server gives it a longer life.

    A resolver counts down; how long a cached answer can last at most is told by the source.
    """
    for link in addressing.links:
        alias = reply.answer(host, "CNAME")
        if link.owner == host and alias is not None and int(alias.ttl) > link.ttl:
            value = {"target": link.target, "ttl": int(alias.ttl), "ttl_from": reply.server}
            yield "dns.cname", Seen(value)
    known = addressing.finding
    found = reply.answer(host, rdtype)
    if found is None or not isinstance(known, Seen) or known.value["canonical"] != host:
        return
    if int(found.ttl) > known.value["ttl"]:
        fresh = {**known.value, "ttl": int(found.ttl), "ttl_from": reply.server}
        yield f"dns.{rdtype.lower()}", Seen(fresh)
