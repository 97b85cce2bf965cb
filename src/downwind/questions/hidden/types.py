"""Falls, occasions and what is suspected from them: frozen types."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from downwind.terms import Alternative, Need, Standing

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Fell:
    """A target fell: it was up before, and is down from then on."""

    target: str
    at: float
    """Seconds since 1970-01-01 UTC."""
    evidence: str = ""
    """The id of the record that tells of it."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Targets that fell within one window."""

    at: float
    fell: frozenset[str]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Everything that fell in a period, and how long that was."""

    episodes: tuple[Episode, ...]
    targets: frozenset[str]
    """All that was watched, whether it fell or not."""
    period: float
    """Seconds for which it was watched."""
    window: float
    """Seconds within which falls count as one occasion."""

    @property
    def occasions(self) -> int:
        """How many windows the period has, at least 1.

        Whatever falls up to a window before or after another is taken as together with it: two
        windows for each occasion.
        """
        return max(1, int(self.period / (2 * self.window)))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Members that fell together more often than chance and all that is known explain."""

    members: tuple[str, ...]
    on: str
    """The known cause that they seem to need; empty where it is not known what they share."""
    together: int
    """On so many separate occasions; of the pair that shows it least."""
    of: int
    """Occasions on which any of that pair fell."""
    by_chance: float
    """The probability of as many by chance."""
    expected_false: float
    """So many such pairs are expected by chance among all pairs that were looked at."""
    ratio: float
    """How much likelier a shared need makes what was seen: likelihood ratio."""
    confidence: float
    """Posterior probability, where one hidden need is expected among all pairs."""
    evidence: tuple[str, ...] = ()
    last_at: float = 0.0
    standing: Standing = Standing.SUSPECTED

    @property
    def id(self) -> str:
        """Follows from members and cause: the same finding has the same id everywhere."""
        text = "\n".join((*self.members, f"on {self.on}"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def node(self) -> str:
        """The id of the node that they need."""
        return self.on or f"hidden:{self.id}"

    @property
    def pairs(self) -> frozenset[Pair]:
        """The pairs that it speaks of."""
        if self.on:
            return frozenset(frozenset((member, self.on)) for member in self.members)
        return frozenset(frozenset(pair) for pair in combinations(self.members, 2))

    @property
    def words(self) -> str:
        """As in `fell together 4 of 4 times; by chance 1 in 10^6`."""
        with_whom = f"with {self.on}" if self.on else "together"
        told = f"fell {with_whom} {self.together} of {self.of} times; {odds(self.by_chance)}"
        if self.standing is Standing.DECLARED:
            return f"accepted as a need: {told}"
        return told

    def need(self) -> Need:
        """What each member needs."""
        accepted = self.standing is Standing.DECLARED
        return Need(
            f"hidden {self.id}",
            (Alternative(self.node),),
            standing=self.standing,
            confidence=1.0 if accepted else self.confidence,
            why=self.words,
            evidence=self.evidence,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person made of a suspicion."""

    hidden: Hidden
    accepted: bool
    by: str
    at: float
    note: str = ""


def decide(decisions: Sequence[Decision], decision: Decision) -> tuple[Decision, ...]:
    """The decisions with this one; an earlier one on the same suspicion gives way to it."""
    kept = [each for each in decisions if each.hidden.id != decision.hidden.id]
    return (*kept, decision)


def odds(p: float) -> str:
    """A small probability in words: `by chance 1 in 40`, `by chance 1 in 10^6`."""
    if p >= 0.5:
        return "by chance as well"
    if p <= 1e-300:
        return "by chance less than 1 in 10^300"
    times = 1 / p
    if times < 10_000:
        return f"by chance 1 in {times:.0f}"
    return f"by chance 1 in 10^{len(str(int(times))) - 1}"


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """The JSON form, as the value of a record in the log."""
    hidden = decision.hidden
    return {
        "members": list(hidden.members),
        "on": hidden.on,
        "together": hidden.together,
        "of": hidden.of,
        "by_chance": hidden.by_chance,
        "expected_false": hidden.expected_false,
        "ratio": hidden.ratio,
        "confidence": hidden.confidence,
        "evidence": list(hidden.evidence),
        "last_at": hidden.last_at,
        "accepted": decision.accepted,
        "by": decision.by,
        "at": decision.at,
        "note": decision.note,
    }


def decision_from_json(data: Mapping[str, Any]) -> Decision:
    """The decision in a record; raises ValueError where it holds none."""
    try:
        hidden = Hidden(
            members=tuple(sorted(str(name) for name in data["members"])),
            on=str(data["on"]),
            together=int(data["together"]),
            of=int(data["of"]),
            by_chance=float(data["by_chance"]),
            expected_false=float(data["expected_false"]),
            ratio=float(data["ratio"]),
            confidence=float(data["confidence"]),
            evidence=tuple(map(str, data["evidence"])),
            last_at=float(data["last_at"]),
        )
        accepted = data["accepted"]
        if not isinstance(accepted, bool) or not hidden.members:
            raise ValueError("neither accepted nor rejected")
        return Decision(
            hidden, accepted, str(data["by"]), float(data["at"]), str(data.get("note", ""))
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"no decision on a hidden need: {type(error).__name__}") from error


def accepted_needs(decisions: Sequence[Decision]) -> tuple[Hidden, ...]:
    """What persons accepted: declared from then on, whatever is seen later."""
    return tuple(
        replace(each.hidden, standing=Standing.DECLARED) for each in decisions if each.accepted
    )
