"""What a domain says of its mail: MX and TXT records; and CAA, where asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from downwind.evidence.mail import exchangers_of, kept_text
from downwind.survey.dns.client import Answer
from downwind.survey.dns.rdata import CAA, MX, TXT
from downwind.survey.dns.resolver import Resolver
from downwind.survey.dns.wire import Record
from downwind.survey.looks.cuts import Cuts
from downwind.survey.looks.facts import (
    Facts,
    as_records,
    chain_of,
    dotted,
    no_such_name,
    records_of,
    seen_or_missing,
)
from downwind.survey.looks.hosts import Told

MOST_MAIL_HOSTS = 20
_MOST_KEPT = 50
_LONGEST_TEXT = 2_000


class Domains:
    """Looks at domains."""

    def __init__(self, resolver: Resolver, cuts: Cuts, told: Told, *, caa: bool = False) -> None:
        self._resolver = resolver
        self._cuts = cuts
        self._told = told
        # Nobody falls for want of a CAA record, so a long list does without the question.
        self._further = {"dns.caa": (CAA, _caa_text)} if caa else {}

    async def look(self, domain: str) -> Facts:
        """MX and TXT records, and further ones; it leads to the mail hosts."""
        mx = await self._resolver.ask(domain, MX)
        types = (TXT, *(rdtype for rdtype, _ in self._further.values()))
        if no_such_name(mx):
            txt, *further = (mx for _ in types)
        else:
            txt, *further = await asyncio.gather(
                *(self._resolver.ask(domain, rdtype) for rdtype in types)
            )
        values = {
            "dns.mx": (mx, _value(mx, domain, MX, _mx_text)),
            "dns.txt": (txt, _texts(txt, domain)),
        }
        for answer, (kind, (rdtype, text)) in zip(further, self._further.items(), strict=True):
            values[kind] = (answer, _value(answer, domain, rdtype, text))
        told = []
        for kind, (answer, value) in values.items():
            self._cuts.learn(domain, answer)
            told.append(self._told(domain, kind, seen_or_missing(value, answer)))
        records = (values["dns.mx"][1] or {}).get("records", ())
        hosts = [each.host for each in exchangers_of(records)][:MOST_MAIL_HOSTS]
        return Facts(tuple(told), tuple(f"host {host}" for host in hosts))


def _value(
    answer: Answer, owner: str, rdtype: int, text: Callable[[Record], str]
) -> Mapping[str, Any] | None:
    found = records_of(answer, owner, rdtype)
    if not found:
        return None
    value = as_records([text(record) for record in found[:_MOST_KEPT]], found)
    return value if len(found) <= _MOST_KEPT else {**value, "left_out": len(found) - _MOST_KEPT}


def _texts(answer: Answer, domain: str) -> Mapping[str, Any] | None:
    """TXT records are read through aliases, as SPF is (RFC 7208, 4.4)."""
    links, wrong = chain_of(answer.message, domain) if answer.message else ([], "")
    canonical = links[-1].target if links and not wrong else domain
    value = _value(answer, canonical, TXT, lambda record: kept_text(_text(record)))
    return None if value is None else {**value, "canonical": canonical}


def _text(record: Record) -> str:
    return str(record.value.decode("utf-8", "replace"))


def _mx_text(record: Record) -> str:
    preference, host = record.value
    return f"{preference} {dotted(host)}"


def _caa_text(record: Record) -> str:
    flags, tag, value = record.value
    return f'{flags} {tag} "{value[:_LONGEST_TEXT]}"'
