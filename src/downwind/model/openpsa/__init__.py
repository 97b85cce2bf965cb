"""Open-PSA MEF, the exchange form of fault trees, in and out."""

from downwind.model.openpsa.read import open_psa_from_texts, read_open_psa
from downwind.model.openpsa.types import Event, Formula, Gate, House, Op, OpenPsa, Part
from downwind.model.openpsa.write import write

__all__ = [
    "Event",
    "Formula",
    "Gate",
    "House",
    "Op",
    "OpenPsa",
    "Part",
    "open_psa_from_texts",
    "read_open_psa",
    "write",
]
