"""What a listed name stands on at first hand, in one record: with it the name is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from downwind.evidence.mail import exchangers_of, spf_of
from downwind.survey.looks.facts import Facts
from downwind.terms import Absent, Finding, Unanswered

_MOST_SENDERS = 20


def digest(
    host: Facts,
    domain: Facts,
    zone: Facts | None,
    web: Facts,
    aliases: Sequence[str],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """The value of survey.name evidence (docs/evidence.md)."""
    told = {
        each.kind: each.finding
        for facts in (host, domain, zone, web)
        for each in (facts.evidence if facts else ())
    }
    servers = zone.value("dns.zone").get("name_servers", ()) if zone else ()
    addresses = [
        address
        for kind in ("dns.a", "dns.aaaa")
        for address in host.value(kind).get("addresses", ())
    ]
    mail = exchangers_of(domain.value("dns.mx").get("records", ()))
    return {
        **about,
        "exists": _exists(told.get("dns.a")),
        "zone": host.value("dns.zone_of").get("zone"),
        "name_servers": [server["host"] for server in servers],
        "aliases": list(aliases),
        "addresses": addresses,
        "mail": [each.host for each in mail],
        "senders": _senders(domain.value("dns.txt").get("records", ())),
        "unknown": {
            kind: finding.reason
            for kind, finding in told.items()
            if isinstance(finding, Unanswered)
        },
    }


def _exists(finding: Finding | None) -> bool | None:
    """Whether there is such a name at all; None where nobody could say."""
    if finding is None or isinstance(finding, Unanswered):
        return None
    return not (isinstance(finding, Absent) and finding.reason == "NXDOMAIN")


def _senders(records: Sequence[str]) -> list[str]:
    """Whose servers may send the domain's mail: what its SPF record includes."""
    policy = spf_of(records)
    if policy is None:
        return []
    names = [term.name for term in policy.terms if term.mechanism == "include"]
    names.append(policy.redirect)
    return [name for name in dict.fromkeys(names) if name][:_MOST_SENDERS]
