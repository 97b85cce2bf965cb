"""Hidden needs: suspected from what fell together, until a person accepts or rejects them."""

from downwind.questions.hidden.draw import with_hidden
from downwind.questions.hidden.find import Bar, Known, episodes, find_hidden
from downwind.questions.hidden.types import (
    Decision,
    Episode,
    Fell,
    Hidden,
    History,
    accepted_needs,
    decide,
    decision_from_json,
    decision_to_json,
)

__all__ = [
    "Bar",
    "Decision",
    "Episode",
    "Fell",
    "Hidden",
    "History",
    "Known",
    "accepted_needs",
    "decide",
    "decision_from_json",
    "decision_to_json",
    "episodes",
    "find_hidden",
    "with_hidden",
]
