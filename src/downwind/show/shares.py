"""Shares, indices and layers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.questions.holders import Concentration, Held, Layer
from downwind.show.screen import plain

FATES = (
    ("one", "falls with a holder that it leans on"),
    ("behind", "falls with one on which all its holders stand"),
    ("own", "falls with what is its own only"),
    ("beside", "stands by what is its own beside one holder"),
    ("unknown", "stands only if unknown holders are separate"),
    ("separate", "stands by two or more that are separate"),
    ("soft", "does without this layer"),
)
"""What becomes of a site when any one holder fails, by the fields of Redundancy."""
_ACRONYM = 3


def percent(share: float) -> str:
    """A share with one decimal; what is there and rounds to nothing is told as such."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share:.1%}"


def small_decimal(value: float) -> str:
    """An index between 0 and 1, with three decimals; four where it is small."""
    return f"{value:.3f}" if abs(value) >= 0.01 else f"{round(value, 4) + 0.0:.4f}"


def centralized(found: Concentration) -> str:
    """The centralization, and why where it is below 0."""
    score = small_decimal(found.score)
    if not score.startswith("-"):
        return f"centralization {score}"
    return f"centralization {score} (below 0: its sites are split among several holders)"


def holder_count(layer: Layer) -> str:
    """How many holders there are, and how many of them are no others than the sites."""
    assert layer.concentration is not None
    own = layer.private_holders()
    return counted(layer.concentration.holders, "holder") + (
        f", {own:,} of them the sites' own" if own else ""
    )


def largest_told(largest: Sequence[Held]) -> str:
    """The largest holder with its share; those that are even are told as such."""
    if not largest:
        return "-"
    names, share = [plain(held.holder) for held in largest], percent(largest[0].uses.share)
    if len(names) == 1:
        return f"{names[0]} {share}"
    return f"{even(names)} {share} each"


def even(names: Sequence[str]) -> str:
    """Up to two names; more are counted."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1:,} more"


def counted(count: int, word: str) -> str:
    """So many of them: 1 site, 2 sites."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def titled(name: str) -> str:
    """A layer's name as a heading: dns, cdn and ca are acronyms."""
    shown = plain(name)
    return shown.upper() if len(shown) <= _ACRONYM else shown[:1].upper() + shown[1:]
