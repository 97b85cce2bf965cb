"""How well two columns of a table agree: precision and recall over the cells that both fill."""

from collections.abc import Mapping
from dataclasses import dataclass

from downwind.terms import State


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of what was said to be hit, how much was; of what was hit, how much was said."""

    precision: float | None
    """None where nothing was said to be hit."""
    recall: float | None
    """None where nothing was hit."""
    cells: int
    """Capabilities for which both columns hold a state."""
    same: int
    """Of these, how many hold the very same state."""


def agreement(said: Mapping[str, State], truth: Mapping[str, State]) -> Agreement:
    """Compare what was said with the truth; a cell agrees as hit when both hold the same state.

    Degraded where the truth is down counts against both precision and recall.
    """
    both = [(said[name], truth[name]) for name in said if name in truth]
    hit = sum(a == b and a is not State.UP for a, b in both)
    claimed = sum(a is not State.UP for a, _ in both)
    real = sum(b is not State.UP for _, b in both)
    return Agreement(
        precision=hit / claimed if claimed else None,
        recall=hit / real if real else None,
        cells=len(both),
        same=sum(a == b for a, b in both),
    )
