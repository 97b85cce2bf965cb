"""Sending mail as needs: the policies that receivers read, and who sends in the domain's name.

All are soft: which sender a message takes is the owner's choice, and a receiver that cannot look
something up may still take the mail (RFC 7208, 8.6; RFC 7489, 6.6.2).
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from downwind.catalog import Match
from downwind.evidence.mail import Spf, SpfTerm, SpfWalk, exchangers_of, spf_of, walk_spf
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.parties import party
from downwind.terms import Strength

_MINUS = "-"


def draw_sender(drawing: Drawing, domain: str) -> None:
    """The node that sends a domain's mail, where it has an SPF policy or a key of DKIM.

    A domain whose MX records were not asked for is only included by others.
    """
    policy = _policy(drawing, domain)
    keys = drawing.sightings.seen("mail.dkim", domain)
    if policy is None and keys is None:
        return
    builder = drawing.builder
    node_id = builder.node(f"mail-from:{domain}", "sender", f"send mail as {domain}")
    if policy is not None:
        _needs_policy(drawing, node_id, domain)
    _needs_dmarc(drawing, node_id, domain)
    if keys is not None:
        _needs_keys(drawing, node_id, domain, *keys)
        return
    asked = drawing.sightings.get("mail.dkim", domain)
    if asked is not None:
        reason = "selectors cannot be listed, and no well-known one holds a key"
        builder.unknown(domain, "mail.dkim", reason)


def _policy(drawing: Drawing, domain: str) -> Spf | None:
    seen = drawing.sightings.seen("dns.txt", domain)
    return _read(tuple(seen[1]["records"])) if seen else None


@lru_cache(maxsize=4096)
def _read(records: tuple[str, ...]) -> Spf | None:
    """A policy is read for its domain, and again for each that includes it."""
    return spf_of(records)


def _needs_policy(drawing: Drawing, node_id: str, domain: str) -> None:
    walk = walk_spf(domain, lambda name: _policy(drawing, name))
    if walk.problem:
        reason = f"receivers give a permanent error (RFC 7208): {walk.problem}"
        drawing.builder.unknown(domain, "mail.spf", reason)
    for missing in walk.missing:
        reason = f"the policy of {missing}, which it includes, was not seen"
        drawing.builder.unknown(domain, "mail.spf", reason)
    drawing.needs(
        node_id,
        "SPF policy",
        [_policy_node(drawing, domain)],
        strength=Strength.SOFT,
        why=f"receivers read it, {walk.lookups} of 10 lookups deep, to know its senders",
        cited=_cited(drawing, domain),
    )
    _needs_senders(drawing, node_id, domain, walk)


def _cited(drawing: Drawing, *names: str) -> list[str]:
    found = (drawing.sightings.seen("dns.txt", name) for name in names)
    return [seen[0] for seen in found if seen]


def _policy_node(drawing: Drawing, domain: str) -> str:
    return drawing.builder.node(f"spf:{domain}", "policy", f"SPF policy of {domain}")


def draw_policy(drawing: Drawing, record_id: str, domain: str, value: Mapping[str, Any]) -> None:
    """An SPF policy needs the zone that it lies in, and every policy that it includes."""
    policy = _policy(drawing, domain)
    if policy is None:
        return
    node_id = _policy_node(drawing, domain)
    _needs_zone(drawing, node_id, str(value.get("canonical", domain)), record_id, value)
    for name in _included(policy):
        if _policy(drawing, name) is not None:
            drawing.needs(
                node_id,
                f"includes {name}",
                [_policy_node(drawing, name)],
                why=f"{domain} includes {name}: without it receivers give a temporary error",
                cited=[record_id],
            )


def _included(policy: Spf) -> list[str]:
    found = [term.name for term in policy.terms if term.mechanism == "include"]
    return list(dict.fromkeys(name for name in (*found, policy.redirect) if name))


def _needs_zone(
    drawing: Drawing,
    node_id: str,
    owner: str,
    record_id: str,
    value: Mapping[str, Any],
) -> None:
    zone = drawing.sightings.seen("dns.zone_of", owner)
    if zone is None:
        return
    ttl = float(value.get("ttl", 0))
    drawing.needs(
        node_id,
        "dns",
        [drawing.zone(zone[1]["zone"])],
        grace=ttl,
        why=f"{owner} lives in the zone {zone[1]['zone']}; answers are cached for {ttl:g} s",
        cited=[record_id, zone[0]],
    )


def _needs_senders(drawing: Drawing, node_id: str, domain: str, walk: SpfWalk) -> None:
    for name in walk.domains[1:]:
        matches = drawing.catalog.spf(name)
        _needs_sender(drawing, node_id, domain, name, matches, _cited(drawing, name))
    for owner, term in walk.terms:
        if term.qualifier == _MINUS:
            continue
        cited = _cited(drawing, owner)
        if term.mechanism in ("a", "mx"):
            _needs_own_sender(drawing, node_id, owner, term, cited)
        else:
            _needs_sender(drawing, node_id, domain, term.value, _by_prefix(drawing, term), cited)


def _needs_own_sender(
    drawing: Drawing, node_id: str, owner: str, term: SpfTerm, cited: Iterable[str]
) -> None:
    """The host that a mechanism names, or the exchangers of the domain that it names."""
    name = term.name if term.value else owner
    if name is None:
        return
    hosts = [name]
    if term.mechanism == "mx":
        seen = drawing.sightings.seen("dns.mx", name)
        hosts = [each.host for each in exchangers_of(seen[1]["records"])] if seen else []
    for host in hosts:
        drawing.needs(
            node_id,
            f"sender {host}",
            [drawing.host(host)],
            strength=Strength.SOFT,
            why=f"SPF of {owner} lets the addresses of {host} send",
            cited=cited,
        )


def _by_prefix(drawing: Drawing, term: SpfTerm) -> Sequence[Match]:
    """Whose address block this is: both ends of it must be the same provider's."""
    if term.mechanism not in ("ip4", "ip6"):
        return ()
    block = ipaddress.ip_network(term.value)
    first, last = (drawing.catalog.address(str(block[end])) for end in (0, -1))
    same = first and last and first[0].scope == last[0].scope
    return first if same else ()


def _needs_sender(
    drawing: Drawing,
    node_id: str,
    domain: str,
    name: str,
    matches: Sequence[Match],
    cited: Iterable[str],
) -> None:
    if matches:
        drawing.needs_scope(
            node_id,
            f"sender {name}",
            matches,
            why=f"SPF lets it send ({party(drawing, domain, name, matches)})",
            cited=next(iter(cited), ""),
            strength=Strength.SOFT,
        )


def _needs_dmarc(drawing: Drawing, node_id: str, domain: str) -> None:
    """A DMARC record that is an alias stands on somebody else's zone."""
    seen = drawing.sightings.seen("dns.txt", f"_dmarc.{domain}")
    if seen is None:
        return
    record_id, value = seen
    owner = str(value.get("canonical", f"_dmarc.{domain}"))
    if owner == f"_dmarc.{domain}":
        return
    record = drawing.builder.node(f"dmarc:{domain}", "policy", f"DMARC policy of {domain}")
    _needs_zone(drawing, record, owner, record_id, value)
    drawing.needs(
        node_id,
        "DMARC policy",
        [record],
        strength=Strength.SOFT,
        why=f"its DMARC record is an alias for {owner}: without it mail is taken unjudged",
        cited=[record_id],
    )


def _needs_keys(
    drawing: Drawing, node_id: str, domain: str, record_id: str, value: Mapping[str, Any]
) -> None:
    for selector in value["selectors"]:
        name, target = str(selector["selector"]), selector["target"]
        if target is None or selector.get("revoked"):
            continue
        matches = drawing.catalog.cname(target) or drawing.catalog.spf(target)
        key = drawing.builder.node(f"dkim:{name}.{domain}", "key", f"DKIM key {name} of {domain}")
        _needs_zone(drawing, key, target, record_id, selector)
        drawing.needs_scope(key, "sender", matches, why="by the alias of its key", cited=record_id)
        drawing.needs(
            node_id,
            f"DKIM key {name}",
            [key],
            strength=Strength.SOFT,
            why=f"the key {name} is an alias for {target};"
            f" {party(drawing, domain, target, matches)}",
            cited=[record_id],
        )
