"""Puts one moment's witnesses to the attribution, with what was learned of owners and services."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from downwind.questions.attribution.heard import Place, Testimony, listen
from downwind.questions.attribution.naming import name_faults
from downwind.questions.attribution.parameters import Parameters
from downwind.questions.attribution.prior import OwnRates, Prior, believe
from downwind.questions.attribution.search import Budget, Search
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Attribution
from downwind.questions.suspects import Suspects

OWNER = "owner"
"""The kind of a component that stands for all that one owner's sites may share."""
PRIOR_OWNER = 1.5e-3
"""That several sites of one owner fall together within an hour: 6 times in 171 quiet days of
repositories (docs/backtest.md)."""
# A provider is only who is known: of what nobody knows, the tail test tells (shared.py).
HOW = Parameters(prior=1e-4, prior_told=1e-4, prior_vantage=1e-3, unknown=0.0, temperature=1.0)
_MANY = 1e9
"""Rounds: what was learned of a service outweighs what is usual, which it has in it already."""
_SECONDS = 60.0
"""A replay has time: the verdict must not hang on the speed of the machine."""


def attributions_of(
    suspects: Suspects,
    said: Testimony,
    chances: Mapping[str, float],
    places: Sequence[Place],
) -> tuple[Attribution, ...]:
    """Who is at fault; `chances` are those of each service to have fallen by itself of late."""
    heard = listen(suspects, said, HOW)
    if not (heard.fails & (suspects.falls.service[heard.row] >= 0)).any():
        return ()
    learned = OwnRates({name: chance * _MANY for name, chance in chances.items()}, _MANY)
    prior = _owners_apart(suspects, believe(suspects, HOW, learned))
    trial = Trial.of(suspects, heard, prior, places, HOW)
    return name_faults(trial, Search(trial, Budget.of(_SECONDS)).weigh()).attributions


def _owners_apart(suspects: Suspects, prior: Prior) -> Prior:
    owned = np.array([kind == OWNER for kind in suspects.kinds], dtype=np.bool_)
    return replace(prior, causes=np.where(owned, math.log(PRIOR_OWNER), prior.causes))
