"""Who holds the sites of a list: shares, falls, concentration and redundancy, layer by layer."""

from downwind.questions.holders.central import Concentration
from downwind.questions.holders.groups import Grouping, grouping
from downwind.questions.holders.hold import ALL_LAYERS, hold
from downwind.questions.holders.owners import SORTS
from downwind.questions.holders.types import (
    Group,
    Held,
    Holdings,
    Layer,
    Portion,
    Redundancy,
)

__all__ = [
    "ALL_LAYERS",
    "SORTS",
    "Concentration",
    "Group",
    "Grouping",
    "Held",
    "Holdings",
    "Layer",
    "Portion",
    "Redundancy",
    "grouping",
    "hold",
]
