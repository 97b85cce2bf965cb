"""When the cause was named, and whether the name stood: the verdicts of an outage in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from downwind.questions.attribute import Attribution


@dataclass(frozen=True, slots=True)
class Named:
    """The verdict that stood to the end, and how long it took."""

    attribution: Attribution
    seconds: float
    """From the first failing probe to the first verdict that then stood."""


def named(verdicts: Sequence[tuple[float, Attribution]], first_failure: float) -> Named | None:
    """The last verdict on a provider, with the time since when it was given without a break.

    `verdicts` are (time, verdict) of each round of the outage, oldest first. A round in which
    all is quiet does not break it: a fault that comes and goes is still the same fault.
    """
    spoken = [(at, verdict) for at, verdict in verdicts if verdict.verdict != "quiet"]
    if not spoken:
        return None
    last = spoken[-1][1]
    since = spoken[-1][0]
    for at, verdict in reversed(spoken):
        if (verdict.verdict, verdict.scope, verdict.suspect) != (
            last.verdict,
            last.scope,
            last.suspect,
        ):
            break
        since = at
    return Named(last, since - first_failure)
