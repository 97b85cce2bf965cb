"""Fetches the policy of MTA-STS (RFC 8461) from the host where it has to lie."""

from __future__ import annotations

from downwind.evidence.mail import read_sts_policy
from downwind.observe.failures import LayerFailed
from downwind.observe.session import Session
from downwind.terms import Finding, Seen, Unanswered

_CAP = 65_536
"""RFC 8461, 3.3 suggests to read no more than 64 kilobytes."""


async def sts_policy(session: Session, domain: str) -> Finding:
    """What the policy says (mail.sts): mode, max_age in seconds, and the exchangers it allows."""
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    try:
        # RFC 8461, 3.3: redirects are not followed.
        reply = await session.request("GET", url, cap=_CAP)
    except LayerFailed as failed:
        return Unanswered(failed.reason, {"layer": failed.layer, "address": session.trace.address})
    detail = {"layer": "http", "address": reply.address, "status": reply.status}
    if reply.status != 200:
        return Unanswered(f"the policy is answered with status {reply.status}", detail)
    try:
        policy = read_sts_policy(reply.text())
    except ValueError as error:
        return Unanswered(f"the policy cannot be used: {error}", detail)
    return Seen(
        {
            "url": url,
            "address": reply.address,
            "mode": policy.mode,
            "max_age": policy.max_age,
            "mx": list(policy.mx),
        }
    )
