"""Name servers for tests: zones, authoritative answers with referrals, and a real recursion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Query = dns.message.Message


@dataclass(frozen=True, slots=True)
class Record:
    owner: str
    rdtype: str
    data: str
    ttl: int = 300


def zone(apex: str, *lines: str, ttl: int = 300) -> tuple[str, list[Record]]:
    """A zone as (apex, records), from lines such as `www A 198.18.2.80`; @ is the apex."""
    soa = f"ns.{apex} hostmaster.{apex} 1 7200 900 1209600 60".replace("..", ".")
    records = [Record(apex, "SOA", soa, ttl)]
    for line in lines:
        label, rdtype, data = line.split(maxsplit=2)
        owner = apex if label == "@" else f"{label}.{apex}".rstrip(".") if apex != "." else label
        records.append(Record(owner, rdtype, data, ttl))
    return apex, records


def _under(name: str, apex: str) -> bool:
    return apex == "." or name == apex or name.endswith("." + apex)


def _rrset(owner: str, records: Sequence[Record]) -> dns.rrset.RRset:
    texts = [_absolute(record) for record in records]
    return dns.rrset.from_text(_dot(owner), records[0].ttl, "IN", records[0].rdtype, *texts)


def _absolute(record: Record) -> str:
    if record.rdtype in ("NS", "CNAME"):
        return _dot(record.data)
    if record.rdtype in ("MX",):
        preference, host = record.data.split()
        return f"{preference} {_dot(host)}"
    if record.rdtype == "SOA":
        first, second, rest = record.data.split(maxsplit=2)
        return f"{_dot(first)} {_dot(second)} {rest}"
    return record.data


def _dot(name: str) -> str:
    return name if name.endswith(".") else name + "."


def ask_text(query: Query) -> tuple[str, str]:
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    return ("." if question.name == dns.name.root else name, dns.rdatatype.to_text(question.rdtype))


class Authority:
    """One authoritative server with a few zones."""

    def __init__(self, *zones: tuple[str, list[Record]]) -> None:
        self.zones = dict(zones)

    def answer(self, query: Query) -> Query:
        name, rdtype = ask_text(query)
        reply = dns.message.make_response(query)
        apexes = [a for a in self.zones if _under(name, a)]
        if rdtype == "DS" and len(apexes) > 1 and name in apexes:
            apexes.remove(name)
        if not apexes:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply
        apex = max(apexes, key=lambda a: 0 if a == "." else len(a))
        self._fill(reply, apex, name, rdtype)
        return reply

    def _fill(self, reply: Query, apex: str, name: str, rdtype: str) -> None:
        records = self.zones[apex]
        cuts = {r.owner for r in records if r.rdtype == "NS" and r.owner != apex}
        for cut in cuts:
            if _under(name, cut) and not (rdtype == "DS" and name == cut):
                self._refer(reply, records, cut)
                return
        reply.flags |= dns.flags.AA
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            alias = [r for r in records if r.owner == name and r.rdtype == "CNAME"]
            if not alias or rdtype == "CNAME":
                break
            reply.answer.append(_rrset(name, alias))
            name = alias[0].data
        found = [r for r in records if r.owner == name and r.rdtype == rdtype]
        if found and name not in (s.name.to_text(True) for s in reply.answer):
            reply.answer.append(_rrset(name, found))
        if found or not _under(name, apex):
            return
        reply.authority.append(_rrset(apex, [r for r in records if r.rdtype == "SOA"]))
        if not any(_under(r.owner, name) for r in records) and not reply.answer:
            reply.set_rcode(dns.rcode.NXDOMAIN)

    def _refer(self, reply: Query, records: Sequence[Record], cut: str) -> None:
        servers = [r for r in records if r.owner == cut and r.rdtype == "NS"]
        reply.authority.append(_rrset(cut, servers))
        for server in servers:
            for rdtype in ("A", "AAAA"):
                glue = [r for r in records if r.owner == server.data and r.rdtype == rdtype]
                if glue:
                    reply.additional.append(_rrset(server.data, glue))


class Recursion:
    """A resolver that really goes from the root down, over the servers' answers."""

    def __init__(self, roots: Sequence[str], servers: dict[str, Authority]) -> None:
        self.roots = roots
        self.servers = servers
        self.aged: int = 0
        self.fail: dict[str, tuple[int, str]] = {}
        """Name -> extended error: these end as SERVFAIL."""

    def answer(self, query: Query) -> Query:
        name, rdtype = ask_text(query)
        reply = dns.message.make_response(query, recursion_available=True)
        if name in self.fail:
            code, text = self.fail[name]
            return self._servfail(query, code, text)
        found = self.resolve(name, rdtype, frozenset())
        if found is None:
            return self._servfail(query, 22, "no reachable authority")
        for mine, theirs in ((reply.answer, found.answer), (reply.authority, found.authority)):
            for rrset in theirs:
                copy = dns.rrset.from_rdata_list(rrset.name, rrset.ttl, list(rrset))
                copy.ttl = max(0, rrset.ttl - self.aged)
                mine.append(copy)
        reply.set_rcode(found.rcode())
        return reply

    @staticmethod
    def _servfail(query: Query, code: int, text: str) -> Query:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.make(code), text)])
        reply.set_rcode(dns.rcode.SERVFAIL)
        return reply

    def resolve(self, name: str, rdtype: str, above: frozenset[tuple[str, str]]) -> Query | None:
        if (name, rdtype) in above or len(above) > 20:
            return None
        above = above | {(name, rdtype)}
        at: Sequence[str] = self.roots
        for _ in range(10):
            reply = self._first(at, name, rdtype)
            if reply is None:
                return None
            if reply.answer or not reply.authority or reply.flags & dns.flags.AA:
                return self._whole(reply, name, rdtype, above)
            at = self._delegated(reply, above)
        return None

    def _first(self, ips: Sequence[str], name: str, rdtype: str) -> Query | None:
        for ip in ips:
            server = self.servers.get(ip)
            if server is None:
                continue
            reply = server.answer(dns.message.make_query(_dot(name), rdtype))
            if reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return reply
        return None

    def _delegated(self, reply: Query, above: frozenset[tuple[str, str]]) -> list[str]:
        glue = [str(r) for s in reply.additional if s.rdtype == dns.rdatatype.A for r in s]
        for server in reply.authority[0]:
            if glue:
                break
            host = server.target.to_text(omit_final_dot=True)
            found = self.resolve(host, "A", above)
            sets = found.answer if found else []
            glue += [str(r) for s in sets if s.rdtype == dns.rdatatype.A for r in s]
        return glue

    def _whole(
        self, reply: Query, name: str, rdtype: str, above: frozenset[tuple[str, str]]
    ) -> Query | None:
        last = reply.answer[-1] if reply.answer else None
        if last is None or last.rdtype != dns.rdatatype.CNAME or rdtype == "CNAME":
            return reply
        target = last[0].target.to_text(omit_final_dot=True).lower()
        rest = self.resolve(target, rdtype, above)
        if rest is None:
            return None
        reply.answer.extend(rest.answer)
        reply.authority[:] = rest.authority
        reply.set_rcode(rest.rcode())
        return reply
