"""Which needs are doubtful: they take nobody down for certain, only possibly."""

from downwind.terms import Need, Standing

CONFIDENCE_FLOOR = 0.5
"""Below it a need takes nobody down for certain, only possibly."""


def is_doubtful(need: Need) -> bool:
    """True for a need that is suspected, or of which too little is known."""
    return need.standing is Standing.SUSPECTED or need.confidence < CONFIDENCE_FLOOR
