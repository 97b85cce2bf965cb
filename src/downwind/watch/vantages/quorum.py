"""A quorum of vantages that counts networks and providers, not machines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from downwind.terms import Scope
from downwind.watch.vantages.spec import VantageSpec


@dataclass(frozen=True, slots=True)
class Vote:
    """What one vantage says of one target."""

    vantage: str
    fails: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """Vantages that count as one, since they share a network or a provider."""

    vantages: tuple[str, ...]
    shares: str
    """What binds them, in words; empty where there is one vantage alone."""
    fails: bool | None
    """What most of them say; None where they are split."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many independent voices say what."""

    voices: tuple[Voice, ...]
    left_out: tuple[tuple[str, str], ...]
    """Vantages that are no independent witness, each with the reason."""
    needed: int
    """So many voices must agree."""

    @property
    def failing(self) -> int:
        return sum(voice.fails is True for voice in self.voices)

    @property
    def holding(self) -> int:
        return sum(voice.fails is False for voice in self.voices)

    @property
    def verdict(self) -> bool | None:
        """True: it fails, False: it holds, None: too few agree to say."""
        if self.needed and self.failing >= self.needed:
            return True
        if self.needed and self.holding >= self.needed:
            return False
        return None

    @property
    def words(self) -> str:
        """As in `3 of 4 independent vantages see it fail`."""
        total = len(self.voices)
        if not total:
            return "no independent vantage has looked"
        noun = "vantage sees" if self.failing == 1 else "vantages see"
        told = f"{self.failing} of {total} independent {noun} it fail"
        return f"{told}; {len(self.left_out)} left out" if self.left_out else told


def quorum(
    votes: Sequence[Vote],
    vantages: Mapping[str, VantageSpec],
    *,
    suspect: Scope | None = None,
    falls: Collection[str] = (),
    least: int = 2,
) -> Quorum:
    """Count the votes by independent voice; of several votes of one vantage the last counts.

    Vantages hosted by the suspect's provider, or among `falls` (those that would fall with the
    suspect), are no witnesses of it. A verdict takes more than half of the voices, and at least
    `least` of them where there are as many. Vantages of which neither network nor provider is
    known cannot be shown to be independent of one another: together they are one voice.
    """
    last = {vote.vantage: vote.fails for vote in votes}
    left_out = {name: why for name in last if (why := _bound(name, vantages, suspect, falls))}
    heard = {name: fails for name, fails in last.items() if name not in left_out}
    voices = tuple(_voice(group, heard, vantages) for group in independent(heard, vantages))
    needed = max(len(voices) // 2 + 1, min(least, len(voices))) if voices else 0
    return Quorum(voices, tuple(sorted(left_out.items())), needed)


def independent(
    names: Iterable[str], vantages: Mapping[str, VantageSpec]
) -> tuple[tuple[str, ...], ...]:
    """The names in groups: whoever shares a network or a provider, be it over others, is in one."""
    group_of: dict[str, list[str]] = {}
    """Each trait -> the group that has it; groups are shared lists."""
    groups: list[list[str]] = []
    for name in sorted(set(names)):
        joined = [name]
        found = {id(group): group for t in _traits(name, vantages) if (group := group_of.get(t))}
        for group in found.values():
            joined += group
            groups = [each for each in groups if each is not group]
        groups.append(joined)
        for member in joined:
            for trait in _traits(member, vantages):
                group_of[trait] = joined
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def _traits(name: str, vantages: Mapping[str, VantageSpec]) -> tuple[str, ...]:
    spec = vantages.get(name)
    traits = []
    if spec is not None and spec.number is not None:
        traits.append(f"AS{spec.number}")
    if spec is not None and spec.scope is not None:
        traits.append(spec.scope.provider)
    return tuple(traits) or ("unknown",)


def _bound(
    name: str,
    vantages: Mapping[str, VantageSpec],
    suspect: Scope | None,
    falls: Collection[str],
) -> str:
    """Why the vantage is no independent witness of the suspect; empty where it is one."""
    spec = vantages.get(name)
    scope = spec.scope if spec else None
    if suspect is not None and scope is not None and scope.provider == suspect.provider:
        return f"hosted by {scope}, and the suspect is {suspect}"
    if name in falls:
        return "it would fall with the suspect"
    return ""


def _voice(
    group: tuple[str, ...], heard: Mapping[str, bool], vantages: Mapping[str, VantageSpec]
) -> Voice:
    failing = sum(heard[name] for name in group)
    holding = len(group) - failing
    fails = None if failing == holding else failing > holding
    if len(group) == 1:
        return Voice(group, "", fails)
    traits = [trait for name in group for trait in _traits(name, vantages)]
    shared = sorted({trait for trait in traits if traits.count(trait) > 1})
    words = ["network and provider not known" if each == "unknown" else each for each in shared]
    return Voice(group, ", ".join(words), fails)
