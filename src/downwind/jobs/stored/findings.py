"""An incident in the words of a replay."""

from __future__ import annotations

from downwind.jobs.backtest.judge import SHARED, Finding
from downwind.watch.incidents import Incident


def finding_of(incident: Incident) -> Finding:
    """What an incident says of its cause, as of now."""
    victims = tuple(sorted(incident.victims))
    unknown = incident.cause.kind == SHARED
    return Finding(
        kind=incident.verdict,
        named=incident.cause.name,
        confidence=incident.confidence,
        explains=() if unknown else tuple(v for v in victims if v not in incident.alongside),
        unexplained=victims if unknown else (),
        contradicts=incident.contradicts,
        rivals=incident.rivals,
        same=incident.same,
    )
