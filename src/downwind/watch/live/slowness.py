"""Who is slow for long, and by what: the question of who is at fault, put to slow answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from downwind.questions.attribution.verdict import Answer
from downwind.terms import State
from downwind.watch.detection import Likelihoods, Published, kernels
from downwind.watch.incidents import Observed
from downwind.watch.live.state import Live, View
from downwind.watch.live.testimony import Voices
from downwind.watch.live.verdict import (
    Question,
    dependent_on,
    for_readers,
    own_changes,
    page_of,
    question_of,
)


def ask_slow(live: Live, view: View) -> Question | None:
    """What makes them slow; None where nobody is, or nothing can be seen."""
    if view.blind or not view.published.slow.any():
        return None
    heard = spoken(live.detector.slowness(view.at), view.published)
    witnesses = [each for each in live.setting.watched if each.node]
    testimony = Voices.of(witnesses, live.detector.vantages).testimony(heard, live.latest)
    # How failed probes look says nothing of slow ones.
    testimony = replace(testimony, marks=[() for _ in testimony.nodes])
    return replace(question_of(live, replace(view, testimony=testimony)), rates=live.slow_rates)


def spoken(heard: Likelihoods, published: Published) -> Likelihoods:
    """Without those that are not published as slow and yet sound so: one slow answer is no
    testimony."""
    kept = published.slow[:, None] | (heard.down <= heard.up)
    return Likelihoods(np.where(kept, heard.up, 0.0), np.where(kept, heard.down, 0.0))


def learn(live: Live, answer: Answer | None) -> None:
    """One regular round more, in which these were slow by themselves."""
    faults = answer.attributions if answer else ()
    own = {each.suspect for each in faults if each.verdict == "own"}
    live.slow_rates = live.slow_rates.after(own)


def observe_slow(live: Live, view: View, answer: Answer | None) -> Observed:
    """What the incidents of slow ones are told in a regular round."""
    faults = answer.attributions if answer else ()
    scopes = [fault.scope for fault in faults if fault.scope is not None]
    slow = _slow_since(live, view)
    known = live.states()
    states = {key: State.UP for key, state in known.items() if state in (State.UP, State.DEGRADED)}
    states |= dict.fromkeys(slow, State.DEGRADED)
    return Observed(
        at=view.at,
        faults=[for_readers(live, fault) for fault in faults],
        states=states,
        watched=len(known),
        since=slow,
        pages={scope.provider: page_of(live.board, scope, view.at) for scope in scopes},
        changes=own_changes(live, view.at),
        dependent=dependent_on(live.setting.graph, scopes),
        slow=True,
        blind=view.blind or (answer is not None and answer.cut_short and not faults),
    )


def _slow_since(live: Live, view: View) -> dict[str, float]:
    """Capability -> since when the first of its targets is published as slow."""
    found: dict[str, float] = {}
    for number in np.flatnonzero(view.published.slow).tolist():
        key = live.capabilities.key_of(number)
        since = float(live.detector.slow.targets[number, kernels.SINCE])
        if key:
            found[key] = min(since, found.get(key, since))
    return found
