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
    last = _standing([verdict for _, verdict in spoken])
    since = spoken[-1][0]
    for at, verdict in reversed(spoken):
        if not _says_the_same(verdict, last) and not _takes_nothing_back(verdict, last):
            break
        since = at if _says_the_same(verdict, last) else since
    return Named(last, since - first_failure)


def _standing(verdicts: Sequence[Attribution]) -> Attribution:
    """The last verdict; or an earlier one that the later ones did not take back.

    Victims come back one by one, and with few left the verdict gets coarser and less sure.
    """
    last = verdicts[-1]
    for verdict in reversed(verdicts):
        kept = _takes_nothing_back(last, verdict)
        if kept and verdict.verdict == "provider":
            return verdict
        if not kept and not _says_the_same(verdict, last):
            return last
    return last


def _takes_nothing_back(later: Attribution, earlier: Attribution) -> bool:
    """Whether it still suspects the provider, and no product of it in place of another."""
    if later.scope is None or earlier.scope is None or later.verdict != "suspected":
        return False
    return later.scope != earlier.scope and later.scope.covers(earlier.scope)


def _says_the_same(verdict: Attribution, last: Attribution) -> bool:
    """Whether it blamed the same already; a finer part of the same product is no other verdict."""
    if verdict.verdict != last.verdict:
        return False
    if verdict.scope is None or last.scope is None:
        return (verdict.scope, verdict.suspect) == (last.scope, last.suspect)
    return (verdict.scope.provider, verdict.scope.product) == (
        last.scope.provider,
        last.scope.product,
    )
