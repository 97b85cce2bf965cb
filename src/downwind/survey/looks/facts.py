"""What a lookup found, as evidence, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from downwind.observe import names
from downwind.survey.dns.client import Answer
from downwind.survey.dns.rdata import CNAME, ROOT
from downwind.survey.dns.wire import Message, Record
from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered

_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one lookup found."""

    evidence: tuple[Evidence, ...]
    leads: tuple[str, ...] = ()
    """What this stands on: keys of further lookups, such as `host ns1.x.test` or `zone test`."""

    @property
    def failed(self) -> bool:
        """True where something stayed unanswered, and may be tried again later."""
        return any(isinstance(each.finding, Unanswered) for each in self.evidence)

    def value(self, kind: str) -> Mapping[str, Any]:
        """What was seen of this kind; empty where nothing was."""
        for each in self.evidence:
            if each.kind == kind and each.value is not None:
                return each.value
        return {}


@dataclass(frozen=True, slots=True)
class Link:
    """One CNAME on the way."""

    owner: str
    target: str
    ttl: int


def chain_of(message: Message, host: str) -> tuple[list[Link], str]:
    """The CNAMEs of an answer from this name on, and why they lead nowhere (or nothing)."""
    aliases = {r.owner: r for r in message.answer if r.rdtype == CNAME}
    links: list[Link] = []
    at, passed = host, {host}
    while (alias := aliases.get(at)) is not None:
        links.append(Link(at, alias.value, alias.ttl))
        at = alias.value
        if at in passed:
            return links, "CNAME loop: " + " -> ".join([host, *(link.target for link in links)])
        if len(links) > _LONGEST_CHAIN:
            return links, f"CNAME chain of more than {_LONGEST_CHAIN} links"
        passed.add(at)
    return links, ""


def records_of(answer: Answer, owner: str, rdtype: int) -> list[Record]:
    """The records of this type at this name."""
    found = answer.message.answer if answer.message else ()
    return [r for r in found if r.rdtype == rdtype and r.owner == owner]


def missing(answer: Answer) -> Absent | Unanswered:
    """Why there is no such record: it does not exist, or nobody could say."""
    message = answer.message
    if message is None:
        return Unanswered(answer.reason)
    detail: dict[str, Any] = {"rcode": message.rcode_text, "ede": [list(e) for e in message.ede]}
    if message.rcode_text == "NXDOMAIN":
        return Absent("NXDOMAIN", detail)
    if message.rcode_text == "NOERROR":
        return Absent("NODATA", detail)
    said = "; ".join(f"{code} {text}".strip() for code, text in message.ede)
    reason = message.rcode_text + (f" (extended error {said})" if said else "")
    return Unanswered(reason, {**detail, "server": answer.server})


def no_such_name(answer: Answer) -> bool:
    """True where nothing is at this name, nor below it (RFC 8020)."""
    message = answer.message
    return message is not None and message.rcode_text == "NXDOMAIN" and not message.answer


def is_under(name: str, zone: str) -> bool:
    """True where `name` is `zone` or lies below it."""
    return zone == ROOT or name == zone or name.endswith("." + zone)


def parent_name(name: str) -> str:
    """The name without its first label."""
    if "\\" in name:
        return names.parent_name(name)
    return name.partition(".")[2] or ROOT


def dotted(name: str) -> str:
    """The name as a zone file writes it in full."""
    return name if name == ROOT else name + "."


def soa_text(record: Record) -> str:
    """An SOA record as a zone file writes it."""
    primary, contact, numbers = record.value
    return f"{dotted(primary)} {dotted(contact)} {' '.join(map(str, numbers))}"


def longest_life(records: Sequence[Record]) -> int:
    """The TTL of a set: its records should agree, and the longest is the bound."""
    return max((record.ttl for record in records), default=0)


def as_records(texts: Sequence[str], records: Sequence[Record]) -> dict[str, Any]:
    """The value of evidence on a set of records."""
    return {"records": sorted(texts), "ttl": longest_life(records)}


def seen_or_missing(value: Mapping[str, Any] | None, answer: Answer) -> Finding:
    """Seen where there is a value; otherwise why there is none."""
    if value is not None:
        return Seen(value)
    if answer.answered and answer.message is not None and answer.message.answer:
        # A CNAME was in the way: the name has no such record of its own.
        return Absent("NODATA", {"rcode": answer.message.rcode_text, "ede": []})
    return missing(answer)
