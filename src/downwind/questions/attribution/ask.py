"""Who is at fault now: the one question, put to everything that is heard."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.questions.attribution.heard import Place, Testimony, listen
from downwind.questions.attribution.naming import name_faults
from downwind.questions.attribution.parameters import PLAIN, Parameters
from downwind.questions.attribution.prior import (
    NOTHING_LEARNED,
    Change,
    OwnRates,
    Post,
    believe,
)
from downwind.questions.attribution.search import Budget, Search
from downwind.questions.attribution.trial import Trial
from downwind.questions.attribution.verdict import Answer
from downwind.questions.suspects import Suspects


def attribute_all(
    suspects: Suspects,
    said: Testimony,
    *,
    places: Sequence[Place] = (),
    rates: OwnRates = NOTHING_LEARNED,
    posts: Sequence[Post] = (),
    changes: Sequence[Change] = (),
    budget: Budget | None = None,
    how: Parameters = PLAIN,
) -> Answer:
    """Weigh what the witnesses say against every suspect; of others up to three, the surest first.

    Providers, components and vantages come first, then `unknown` or services by themselves.
    Witnesses that the graph does not know are left out. When the budget is spent, the answer is
    that of the hypotheses weighed by then. Raises UsageError where the testimony is malformed.
    """
    heard = listen(suspects, said, how)
    failing = heard.fails & (suspects.falls.service[heard.row] >= 0)
    if not failing.any():
        return Answer(())
    trial = Trial.of(suspects, heard, believe(suspects, how, rates, posts, changes), places, how)
    return name_faults(trial, Search(trial, budget or Budget.of(1.0)).weigh())
