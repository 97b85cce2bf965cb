"""Who is at fault now, from rounds of journey probes of one vantage.

The likelihood is a noisy-or over witnesses with a grid of severities, after Flock
(Harsh, Meng, Agrawal and Godfrey, 2023) with the error's mark as soft evidence; attribution/ has
the method, for many vantages and whatever a detector holds.
"""

from collections.abc import Sequence

import numpy as np

from downwind.catalog import Catalog
from downwind.graph import Graph
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.heard import Place, Testimony
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import QUIET, Answer, Attribution, Consequence
from downwind.questions.suspects import VANTAGE, Suspects
from downwind.questions.witnesses import hear
from downwind.terms import Evidence

__all__ = ["QUIET", "Answer", "Attribution", "Consequence", "attribute"]

# Parameters of the method, not claims about the world: how often a probe errs.
FALSE_ALARM, MISS = 0.02, 0.05
SECONDS = 60.0
"""So many that a verdict never hangs on how fast the machine is."""


def attribute(
    graph: Graph, suspects: Suspects, catalog: Catalog, probes: Sequence[Sequence[Evidence]]
) -> Attribution:
    """Weigh rounds of journey probes, oldest first, against every suspect.

    Of several verdicts the one that accounts for most of what fails, or leaves most of it unknown.
    """
    heard = hear(probes, catalog)
    witnesses = [heard[name] for name in sorted(heard)]
    failed = np.array([w.failed for w in witnesses])
    held = np.array([w.held for w in witnesses])
    said = Testimony(
        nodes=[w.node for w in witnesses],
        vantages=[VANTAGE] * len(witnesses),
        log_up=failed * np.log(FALSE_ALARM) + held * np.log(1 - FALSE_ALARM),
        log_down=failed * np.log(1 - MISS) + held * np.log(MISS),
        marks=[w.marks for w in witnesses],
    )
    here = Place(VANTAGE, frozenset([VANTAGE]))
    answer = attribute_all(suspects, said, places=[here], budget=Budget.of(SECONDS))
    return max(answer.attributions, key=_weight, default=QUIET)


def _weight(verdict: Attribution) -> int:
    return len(verdict.unexplained if verdict.verdict == "unknown" else verdict.explains)
