"""Taking mail as needs: the exchangers of a domain, and the policy by which senders trust them."""

from collections.abc import Mapping
from typing import Any

from downwind.evidence.mail import Exchanger, StsPolicy, exchangers_of, refuses_mail, spf_of
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.hosts import no_such_name
from downwind.graph.observed.parties import parties
from downwind.terms import Absent, Alternative, Strength, Unanswered

_DOUBTFUL = 0.4
"""Below the floor of confidence: such an alternative may serve some senders, and not others."""


def draw_mailbox(drawing: Drawing, record_id: str, domain: str, value: Mapping[str, Any]) -> None:
    """The node that takes a domain's mail; none where a null MX (RFC 7505) says that none does."""
    if refuses_mail(value["records"]):
        return
    exchangers = exchangers_of(value["records"])
    if not exchangers:
        drawing.builder.unknown(domain, "mail.exchanger", "its MX records name no host")
        return
    node_id = drawing.builder.node(f"mail:{domain}", "mailbox", f"receive mail for {domain}")
    if zone := drawing.sightings.seen("dns.zone_of", domain):
        drawing.needs(
            node_id,
            "dns",
            [drawing.zone(zone[1]["zone"])],
            grace=float(value["ttl"]),
            why=f"senders look up its MX records, which are cached for {value['ttl']:g} s",
            cited=[record_id, zone[0]],
        )
    policy = _needs_policy(drawing, node_id, domain)
    _needs_exchangers(drawing, node_id, record_id, domain, exchangers, policy)


def tell_implied(drawing: Drawing, domain: str) -> None:
    """Without MX records mail goes to the address itself, if anywhere; said where it sends mail."""
    record = drawing.sightings.get("dns.mx", domain)
    texts = drawing.sightings.seen("dns.txt", domain)
    if record is None or not isinstance(record.finding, Absent) or texts is None:
        return
    policy = spf_of(texts[1]["records"])
    if policy is not None and any(term.mechanism != "all" for term in policy.terms):
        reason = (
            "it has no MX record: senders try its address (RFC 5321, 5.1), and whether that takes"
            " mail was not looked at"
        )
        drawing.builder.unknown(domain, "mail.exchanger", reason)


def _needs_exchangers(
    drawing: Drawing,
    node_id: str,
    record_id: str,
    domain: str,
    exchangers: tuple[Exchanger, ...],
    policy: StsPolicy | None,
) -> None:
    alternatives = []
    for exchanger in exchangers:
        confidence = _confidence(drawing, domain, exchanger.host, policy)
        if confidence:
            target = _add_exchanger(drawing, record_id, exchanger.host)
            alternatives.append(Alternative(target, confidence))
    if not alternatives:
        return
    hosts = [exchanger.host for exchanger in exchangers]
    told = ", ".join(f"{each.preference} {each.host}" for each in exchangers[:4])
    more = f" and {len(exchangers) - 4} more" if len(exchangers) > 4 else ""
    drawing.needs(
        node_id,
        "exchangers",
        alternatives,
        why=f"any of {told}{more} will do, and senders keep trying for days (RFC 5321, 4.5.4.1);"
        f" {parties(drawing, domain, hosts, drawing.catalog.mx)}",
        cited=[record_id],
    )


def _confidence(drawing: Drawing, domain: str, exchanger: str, policy: StsPolicy | None) -> float:
    if no_such_name(drawing, exchanger):
        reason = f"{exchanger} does not exist and does not count"
        drawing.builder.unknown(domain, "mail.exchanger", reason)
        return 0.0
    if policy is not None and policy.mode == "enforce" and not policy.allows(exchanger):
        reason = f"{exchanger} is not named by the MTA-STS policy: senders that enforce it pass by"
        drawing.builder.unknown(domain, "mail.exchanger", reason)
        return _DOUBTFUL
    found = [drawing.sightings.get(kind, exchanger) for kind in ("dns.a", "dns.aaaa")]
    unanswered = [each and isinstance(each.finding, Unanswered) for each in found]
    return _DOUBTFUL if all(unanswered) else 1.0


def _add_exchanger(drawing: Drawing, record_id: str, host: str) -> str:
    node_id = f"exchanger:{host}"
    if node_id in drawing.builder:
        return node_id
    drawing.builder.node(node_id, "exchanger", host)
    drawing.needs(
        node_id, "its name", [drawing.host(host)], why="its name must resolve", cited=[record_id]
    )
    matches = drawing.catalog.mx(host)
    drawing.needs_scope(node_id, "mail service", matches, why="by its name", cited=record_id)
    return node_id


def _needs_policy(drawing: Drawing, node_id: str, domain: str) -> StsPolicy | None:
    """RFC 8461, 5: mail goes on without a policy, so its host is a soft need, until max_age."""
    seen = drawing.sightings.seen("mail.sts", domain)
    if seen is None:
        return None
    record_id, value = seen
    policy = StsPolicy(value["mode"], int(value["max_age"]), tuple(value["mx"]))
    if policy.mode == "none":
        return None
    drawing.needs(
        node_id,
        "MTA-STS policy",
        [drawing.host(f"mta-sts.{domain}")],
        strength=Strength.SOFT,
        grace=float(policy.max_age),
        why=f"its policy ({policy.mode}) lies there; senders keep it for {policy.max_age:g} s,"
        " and deliver without it afterwards, open to a downgrade",
        cited=[record_id],
    )
    if policy.mode == "enforce":
        drawing.builder.unknown(
            domain,
            "mail.certificate",
            "senders that enforce its policy want valid certificates of its exchangers,"
            " which were not looked at: Downwind does not speak SMTP",
        )
    return policy
