"""Parameters of the method, not claims about the world; docs/attribution.md has the fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEVERITIES: NDArray[np.float64] = np.array([0.1, 0.3, 0.6, 0.9, 0.995])
"""Which share of those who stand on a cause alone fails with it; all are equally likely."""

OWN_SEVERITIES: NDArray[np.float64] = np.array([0.5, 0.995])
"""Which share of a service's capabilities fails with a fault of its own."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the search and the posterior are tuned by."""

    prior: float = 1e-4
    """That a given scope or component is at fault at any moment: by it faults are named."""
    prior_told: float = 4e-3
    """The same of a scope where it is known that somebody is: by it confidences are told."""
    prior_vantage: float = 1e-3
    """That a given vantage, its resolver or its network is at fault."""
    own_rate: float = 0.003
    """That a service fails by itself, before anything is learned of it."""
    alone: float = 0.5
    """How often a single capability fails by itself, as a share of its service's rate."""
    patchy: float = 0.1
    """How often a fallen node falls for some vantages only."""
    unknown: float = 0.1
    """Which share of the needs of what is watched nobody knows, or knows wrongly."""
    at_most: float = 40.0
    """Bound of one node's log-likelihood ratio, in nats."""
    temperature: float = 1.0
    """Log scores are divided by it: above 1 the method is less sure of itself."""
    beam: int = 8
    beam_of_pairs: int = 4
    pairs: int = 32
    """Pairs of causes that are looked at because a need outlives either of them."""
    seeds: int = 4
    """Causes of such pairs that are tried with a second one although they explain little alone."""
    places: int = 2
    """Vantages that are tried together with causes."""
    hopeless: float = 12.0
    """Hypotheses so many nats below the best one are not built upon."""
    depth: int = 3
    """Faults at once, at most."""


PLAIN = Parameters()
