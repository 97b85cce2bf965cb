"""Registrations as needs: the registrar and the registry, until the registration ends."""

from collections.abc import Mapping
from typing import Any

from downwind.evidence.domains import public_suffix
from downwind.graph.observed.drawing import Drawing
from downwind.terms import Evidence

_DAY = 86_400


def draw_registration(
    drawing: Drawing, record_id: str, domain: str, record: Evidence, value: Mapping[str, Any]
) -> None:
    """The zone of a registered domain needs its registration, which registrar and registry keep."""
    expires = value.get("expires")
    if expires is None:
        reason = "the registry does not say when the registration ends"
        drawing.builder.unknown(domain, "registration.expires", reason)
        return
    left = max(0.0, float(expires) - record.at)
    node_id = drawing.builder.node(
        f"registration:{domain}", "registration", f"registration of {domain}"
    )
    drawing.needs(
        drawing.zone(domain),
        "registration",
        [node_id],
        grace=left,
        why=f"the registration of {domain} ends in {left / _DAY:.0f} days, unless it is renewed",
        cited=[record_id],
    )
    suffix, server = public_suffix(domain), value.get("registry", "")
    registry = drawing.builder.node(f"registry:{suffix}", "registry", f"registry of {suffix}")
    drawing.needs(
        node_id,
        "registry",
        [registry],
        why=f"names under {suffix} are renewed there; {server} answers for it",
        cited=[record_id],
    )
    if name := value.get("registrar"):
        number = value.get("registrar_id")
        told = f"{name} (IANA {number})" if number else str(name)
        registrar = drawing.builder.node(f"registrar:{number or name}", "registrar", str(name))
        drawing.needs(
            node_id,
            "registrar",
            [registrar],
            why=f"its registrar is {told}",
            cited=[record_id],
        )
