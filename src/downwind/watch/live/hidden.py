"""What fell together without a known reason, from the incidents' own history."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.questions.hidden import Decision, Fell, Hidden, History, episodes, find_hidden
from downwind.questions.suspects import Suspects
from downwind.terms import Standing
from downwind.watch.incidents import Ledger
from downwind.watch.picture import NeedSeen

_WINDOW = 120.0
"""Seconds within which falls count as one occasion: confirmation and a round."""
_APART = 1800.0
"""Seconds between two falls of a target that are two occasions."""


def suspected(
    ledger: Ledger,
    targets: Sequence[str],
    suspects: Suspects,
    decisions: Sequence[Decision],
    period: float,
) -> tuple[Hidden, ...]:
    """Needs that the falls of `period` seconds suggest and the graph does not know."""
    fells = [
        Fell(target, event.at, f"{event.incident}:{event.number}")
        for id, timeline in ledger.timelines.items()
        if not ledger.incidents[id].slow
        for event in timeline
        for target in event.joined
    ]
    found = episodes(fells, _WINDOW, _APART)
    history = History(found, frozenset(targets), max(period, 1.0), _WINDOW)
    fallen = {target for fell in fells for target in [fell.target]}
    known = {
        name: falls
        for name in suspects.names
        if len(falls := suspects.blamed_by(name) & fallen) > 1
    }
    return find_hidden(history, known, decisions)


def seen(found: Sequence[Hidden], decisions: Sequence[Decision]) -> tuple[NeedSeen, ...]:
    """The suspicions for the reader, and what was made of earlier ones."""
    open_ = [
        NeedSeen(
            id=each.id,
            node=", ".join(each.members),
            needs=each.on or "something that they share",
            why=each.words,
            strength=each.confidence,
            together=each.together,
            times=each.of,
        )
        for each in found
        if each.standing is Standing.SUSPECTED
    ]
    decided = [
        NeedSeen(
            id=each.hidden.id,
            node=", ".join(each.hidden.members),
            needs=each.hidden.on or "something that they share",
            why=each.note or each.hidden.words,
            strength=each.hidden.confidence,
            together=each.hidden.together,
            times=each.hidden.of,
            standing="accepted" if each.accepted else "rejected",
        )
        for each in decisions
    ]
    return (*open_, *decided)
