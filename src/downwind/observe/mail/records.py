"""TXT records and keys of DKIM, looked up, and kept without what is nobody's business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dns.rrset

from downwind.evidence.mail import kept_text, read_tags
from downwind.observe.delegation import as_finding
from downwind.observe.dns import DnsReply
from downwind.observe.names import from_wire
from downwind.observe.resolve import Resolver
from downwind.terms import Absent, Finding, Seen

_MOST_KEPT = 50
SELECTORS = (
    "default",
    "dkim",
    "dkim1",
    "fm1",
    "google",
    "k1",
    "k2",
    "mail",
    "mandrill",
    "pm",
    "protonmail",
    "s1",
    "s2",
    "selector1",
    "selector2",
    "smtp",
    "zmail",
)
"""Selectors that large senders tell their customers to use, and the usual words."""


async def text_records(resolver: Resolver, owner: str) -> Finding:
    """The TXT records at a name (dns.txt), through aliases; policies are kept whole."""
    reply = await resolver.ask(owner, "TXT")
    canonical, found = _at_end(reply, owner)
    if found is None:
        return as_finding(reply, None)
    texts = [_joined(record) for record in found]
    value: dict[str, Any] = {
        "records": sorted(map(kept_text, texts))[:_MOST_KEPT],
        "ttl": int(found.ttl),
        "canonical": canonical,
    }
    if len(texts) > _MOST_KEPT:
        value["left_out"] = len(texts) - _MOST_KEPT
    return Seen(value)


def _at_end(reply: DnsReply, owner: str) -> tuple[str, dns.rrset.RRset | None]:
    """The name at the end of the aliases in the answer, and its TXT records."""
    at, passed = owner, {owner}
    while (alias := reply.answer(at, "CNAME")) is not None:
        at = from_wire(alias[0].target)
        if at in passed:
            break
        passed.add(at)
    return at, reply.answer(at, "TXT")


def _joined(record: Any) -> str:
    # RFC 7208, 3.3: the strings of one record are read as one, without spaces between them.
    return b"".join(record.strings).decode("utf-8", "replace")


async def dkim_keys(resolver: Resolver, domain: str) -> Finding:
    """Which of the well-known selectors hold a key (mail.dkim); all others stay unknown.

    Selectors cannot be listed. Where nothing lies below `_domainkey`, none is asked (RFC 8020).
    """
    below = f"_domainkey.{domain}"
    base = await resolver.ask(below, "TXT")
    if not base.answered or base.rcode == "NXDOMAIN":
        return base.failure()
    found = [each for name in SELECTORS if (each := await _key(resolver, name, below)) is not None]
    if not found:
        return Absent("no key under a well-known selector", {"asked": list(SELECTORS)})
    return Seen({"selectors": found, "asked": list(SELECTORS)})


async def _key(resolver: Resolver, selector: str, below: str) -> Mapping[str, Any] | None:
    owner = f"{selector}.{below}"
    reply = await resolver.ask(owner, "TXT")
    canonical, found = _at_end(reply, owner)
    # A wildcard answers for every selector, with whatever else it is there for.
    keys = [tags for record in found or () if "p" in (tags := read_tags(_joined(record)))]
    if found is None or not keys:
        return None
    return {
        "selector": selector,
        "target": canonical if canonical != owner else None,
        "ttl": int(found.ttl),
        # RFC 6376, 3.6.1: an empty p= means that the key was revoked.
        "revoked": not any(tags["p"] for tags in keys),
    }
