"""Own connectivity first: who saw nothing at all at some moment is not listened to then."""

from __future__ import annotations

from dataclasses import dataclass, field

from downwind.evidence.domains import registrable_domain
from downwind.jobs.backtest.hearing import Fared, Heard
from downwind.watch.detection import Sight, Witness, connectivity
from downwind.watch.watched import SIGHT

FRESH_SIGHT = 90.0
"""Seconds for which a look at a well-known host counts."""


@dataclass(slots=True)
class Sights:
    """The latest looks of each vantage at well-known hosts that have nothing to do with it."""

    of_vantage: dict[str, dict[str, Witness]] = field(default_factory=dict)

    def take(self, probe: Heard) -> bool:
        """True where the probe was such a look, and is taken in."""
        if not probe.target.startswith(SIGHT):
            return False
        host = probe.target.removeprefix(SIGHT)
        failed = probe.fared is Fared.FAILED
        told = Witness(host, registrable_domain(host), failed, probe.at)
        self.of_vantage.setdefault(probe.vantage, {})[host] = told
        return True

    def blind(self, vantage: str, at: float) -> bool:
        """Whether it could see nobody at that time, as far as it looked."""
        looks = self.of_vantage.get(vantage)
        if not looks:
            return False
        found = connectivity(looks.values(), at, fresh=FRESH_SIGHT)
        return found.sight is Sight.BLIND
