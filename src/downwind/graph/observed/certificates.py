"""Certificates as needs: the issuer until it ends, and where revocation is told."""

from collections.abc import Mapping
from typing import Any

from downwind.evidence.hosts import host_of
from downwind.graph.observed.drawing import Drawing
from downwind.graph.scopes import use_scope
from downwind.terms import Alternative, Need, Strength

_DAY = 86_400
_BY_REVOCATION = "revocation is checked there; browsers mostly go on without"
# RFC 7633: a client that honours it takes no certificate without a fresh stapled answer.
_MUST_STAPLE = "its certificate asks for a stapled answer from there; some clients insist on it"


def needs_certificate(drawing: Drawing, node_id: str, host: str) -> None:
    """The host needs its certificate's issuer before it ends, and softly its revocation service."""
    seen = drawing.sightings.seen("tls.certificate", host)
    record = drawing.sightings.get("tls.certificate", host)
    if not seen or record is None:
        return
    record_id, value = seen
    organization = value.get("issuer_organization") or value.get("issuer_name") or ""
    left = max(0.0, float(value.get("not_after") or 0) - record.at)
    drawing.needs(
        node_id,
        "certificate",
        [_issuer(drawing, organization, value)],
        grace=left,
        why=f"its certificate is of {organization} and ends in {left / _DAY:.0f} days",
        cited=[record_id],
    )
    _needs_revocation(drawing, node_id, record_id, value)
    if value.get("ocsp") and value.get("stapled") is None and value.get("stapled_reason"):
        drawing.builder.unknown(host, "tls.stapling", value["stapled_reason"])


def _issuer(drawing: Drawing, organization: str, value: Mapping[str, Any]) -> str:
    matches = drawing.catalog.issuer(organization, value.get("issuer_name") or "")
    if matches:
        return use_scope(drawing.builder, matches[0].scope)
    return drawing.builder.node(f"issuer:{organization}", "issuer", organization)


def _needs_revocation(
    drawing: Drawing, node_id: str, record_id: str, value: Mapping[str, Any]
) -> None:
    hosts = {host_of(url) for url in [*value.get("ocsp", ()), *value.get("crl", ())]} - {""}
    staples = value.get("must_staple")
    for host in sorted(hosts):
        drawing.builder.need(
            node_id,
            Need(
                f"revocation at {host}",
                (Alternative(drawing.host(host)),),
                strength=Strength.SOFT,
                why=_MUST_STAPLE if staples else _BY_REVOCATION,
                evidence=(record_id,),
            ),
        )
        drawing.needs_scope(
            drawing.host(host),
            "revocation service",
            drawing.catalog.revocation(host),
            why="by its name",
            cited=record_id,
        )
