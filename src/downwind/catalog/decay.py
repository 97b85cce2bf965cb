"""How far a fact of the catalogue is believed, by who confirmed it and how long ago."""

from datetime import date

CONFIRMED = 0.95
"""A fact on the day of its source."""
UNCONFIRMED = 0.6
"""Public knowledge that no source at hand confirms."""
BY_NETWORK = 0.7
"""What an AS database alone says of an address, at most."""
FLOOR = 0.5
"""What is believed less is unknown: a graph takes nobody down by it (graph/doubt.py)."""

_YEAR = 365.25
# Years in which half of what a source says is taken to have changed.
#
# prefix: of the addresses that Google, Microsoft, Oracle and Fastly published in July 2025, 0 to
# 0.24 % were no longer theirs in August 2026 (projectdiscovery/cdncheck); addresses are sold in
# blocks all the same, and regions are moved more often than owners are.
# carrier: who carries a company's traffic is a contract, and contracts run for a few years. No
# dated series is at hand: the figure is a judgement.
# The others are names that a company lives under: they outlast even an owner (Dyn's, UltraDNS's).
_HALF_LIFE = {"prefix": 5.0, "carrier": 3.0}
_HALF_LIFE_OF_NAMES = 10.0


def confidence(kind: str, last_confirmed: date | None, today: date | None) -> float:
    """How far a fact of this kind is believed on that day, 0 to 1.

    `kind` is a kind of fact or "carrier". Without a day, and before the day of the source, age
    does not count.
    """
    if last_confirmed is None:
        return UNCONFIRMED
    if today is None or today <= last_confirmed:
        return CONFIRMED
    years = (today - last_confirmed).days / _YEAR
    return CONFIRMED * float(0.5 ** (years / _HALF_LIFE.get(kind, _HALF_LIFE_OF_NAMES)))
