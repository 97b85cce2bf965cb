"""A DNS zone as its name servers know it: records, delegations with glue, and what to answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

_CNAMES_FOLLOWED = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """What an authoritative server says."""

    rcode: dns.rcode.Rcode
    answer: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    additional: tuple[RRset, ...] = ()
    authoritative: bool = True


@dataclass
class Zone:
    """Records by name and type. What stands below a cut is glue, not the zone's own."""

    apex: Name
    soa: RRset
    _nodes: dict[Name, dict[RdataType, RRset]] = field(default_factory=dict)
    changes: int = 0
    """How often it was changed."""

    def __post_init__(self) -> None:
        self._node(self.apex)[dns.rdatatype.SOA] = self.soa

    def set(self, name: str | Name, rdtype: str, ttl: int, texts: Iterable[str]) -> None:
        """Put these records in the place of what was there; none leaves the name without."""
        self.changes += 1
        owner = to_name(name) if isinstance(name, str) else name
        kind = dns.rdatatype.from_text(rdtype)
        node = self._node(owner)
        listed = list(texts)
        if not listed:
            node.pop(kind, None)
            return
        node[kind] = dns.rrset.from_text_list(owner, ttl, "IN", rdtype, listed)

    def find(self, name: Name, rdtype: RdataType) -> RRset | None:
        """The records of this name and type, or None."""
        return self._nodes.get(name, {}).get(rdtype)

    def answer(self, name: Name, rdtype: RdataType) -> Reply:
        """What the zone's servers say of a name at or under its apex."""
        cut = self._cut_above(name, rdtype)
        if cut is not None:
            return Reply(
                dns.rcode.NOERROR,
                authority=(cut,),
                additional=self._glue(cut),
                authoritative=False,
            )
        node = self._nodes.get(name)
        if node is None:
            return Reply(dns.rcode.NXDOMAIN, authority=(self.soa,))
        if rdtype in node:
            return Reply(dns.rcode.NOERROR, answer=(node[rdtype],))
        if dns.rdatatype.CNAME in node:
            return self._follow(node[dns.rdatatype.CNAME], rdtype)
        # RFC 2308, 2.2: the name is there, the type is not; the SOA says for how long.
        return Reply(dns.rcode.NOERROR, authority=(self.soa,))

    def _follow(self, cname: RRset, rdtype: RdataType) -> Reply:
        chain = [cname]
        for _ in range(_CNAMES_FOLLOWED):
            target = chain[-1][0].target
            if not target.is_subdomain(self.apex) or self._cut_above(target, rdtype):
                break
            node = self._nodes.get(target, {})
            found = node.get(rdtype) or node.get(dns.rdatatype.CNAME)
            if found is None:
                break
            chain.append(found)
            if found.rdtype == rdtype:
                break
        return Reply(dns.rcode.NOERROR, answer=tuple(chain))

    def _cut_above(self, name: Name, rdtype: RdataType) -> RRset | None:
        for labels in range(len(self.apex.labels) + 1, len(name.labels) + 1):
            ancestor = name.split(labels)[1]
            found = self.find(ancestor, dns.rdatatype.NS)
            if found is None:
                continue
            # RFC 4035, 3.1.4.1: the parent answers for the DS of its child.
            return None if ancestor == name and rdtype == dns.rdatatype.DS else found
        return None

    def _glue(self, cut: RRset) -> tuple[RRset, ...]:
        # RFC 9471: glue for servers inside the delegated zone; without it they are unreachable.
        hosts = [ns.target for ns in cut if ns.target.is_subdomain(cut.name)]
        if self.apex == dns.name.root:
            hosts = [ns.target for ns in cut]
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        found = (self.find(host, kind) for host in hosts for kind in kinds)
        return tuple(rrset for rrset in found if rrset is not None)

    def _node(self, name: Name) -> dict[RdataType, RRset]:
        for labels in range(len(self.apex.labels), len(name.labels)):
            # RFC 8020: a name above another is there too, if only as an empty one.
            self._nodes.setdefault(name.split(labels)[1], {})
        return self._nodes.setdefault(name, {})


def new_zone(apex: str, name_servers: Iterable[str], *, ttl: int, negative_ttl: int) -> Zone:
    """A zone with its SOA and NS records."""
    servers = sorted(name_servers)
    owner = to_name(apex)
    soa = dns.rrset.from_text(
        owner,
        ttl,
        "IN",
        "SOA",
        f"{servers[0]}. hostmaster.{servers[0]}. 1 7200 900 1209600 {negative_ttl}",
    )
    zone = Zone(owner, soa)
    zone.set(owner, "NS", ttl, [f"{server}." for server in servers])
    return zone


def to_name(text: str) -> Name:
    """A name as the wire has it, lower case, absolute."""
    return dns.name.from_text(text.lower())


def answer_from(zones: Mapping[Name, Zone], name: Name, rdtype: RdataType) -> Reply:
    """What a server of these zones says; it refuses what lies in none of them."""
    wanted = name.canonicalize()
    start = 0
    if rdtype == dns.rdatatype.DS and wanted in zones and len(wanted.labels) > 1:
        parent = wanted.parent()
        if any(parent.is_subdomain(apex) for apex in zones):
            start = 1
    for skipped in range(start, len(wanted.labels)):
        apex = Name(wanted.labels[skipped:])
        if apex in zones:
            return zones[apex].answer(wanted, rdtype)
    return Reply(dns.rcode.REFUSED, authoritative=False)
