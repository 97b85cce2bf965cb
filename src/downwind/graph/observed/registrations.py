"""Registrations as needs: the registrar and the registry, until the registration ends."""

import re
from collections.abc import Mapping
from typing import Any

from downwind.catalog import Catalog
from downwind.catalog.types import UNCONFIRMED
from downwind.evidence.domains import public_suffix
from downwind.graph.observed.drawing import Drawing
from downwind.graph.scopes import use_scope
from downwind.terms import Alternative, Evidence, Need, Scope

_DAY = 86_400
_FORMS = frozenset(
    (
        *("ab", "ag", "bv", "co", "com", "company", "corp", "corporation", "gmbh", "inc"),
        *("incorporated", "kk", "limited", "llc", "ltd", "net", "oy", "plc", "pty", "registrar"),
        *("registrars", "sa", "sarl", "sas", "sl", "spa", "srl"),
    )
)
"""Words that say of a company what form it has, or that it is a registrar."""


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
        scope = _known(drawing.catalog, str(name))
        if scope is not None:
            drawing.builder.need(
                registrar,
                Need(
                    "operator",
                    (Alternative(use_scope(drawing.builder, scope)),),
                    confidence=UNCONFIRMED,
                    why=f"the catalogue's {scope} goes by the name of {name}",
                    evidence=(record_id,),
                ),
            )


def _known(catalog: Catalog, name: str) -> Scope | None:
    """The registrar of the catalogue that goes by this name or whose owner does; the only one."""
    wanted = _bare(name)
    found = [
        Scope(provider.id, product.id)
        for provider in catalog.providers
        for product in provider.products
        if product.role == "registrar" and wanted in (_bare(provider.name), _bare(provider.owner))
    ]
    return found[0] if wanted and len(found) == 1 else None


def _bare(name: str) -> str:
    """A company's name without its form: `GoDaddy.com, LLC` and `GoDaddy` are one."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return " ".join(word for word in words if word not in _FORMS)
