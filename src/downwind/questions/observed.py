"""What really happened to each capability, from the rounds of its probes."""

from collections.abc import Sequence

from downwind.terms import State

HELD = 3
"""A state counts when it held for so many rounds in a row: one bad round is no outage."""

_WORST_FIRST = (State.DOWN, State.DEGRADED, State.UP)
_RANK = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}


def observed_state(states: Sequence[State]) -> State | None:
    """The worst state held for HELD rounds in a row; None where there were too few rounds.

    A worse round does not break a run: down, degraded, down is degraded for three rounds.
    """
    for state in _WORST_FIRST:
        run = 0
        for each in states:
            run = run + 1 if _RANK[each] >= _RANK[state] else 0
            if run == HELD:
                return state
    return None
