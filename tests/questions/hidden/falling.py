"""Histories of falls, drawn by lot."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from downwind.questions.hidden import Fell, History, episodes

DAY = 86_400.0
WINDOW = 120.0
APART = 3_600.0


def names(count: int) -> tuple[str, ...]:
    return tuple(f"s{n}.test/use" for n in range(count))


def own_faults(
    targets: Sequence[str], days: float, a_week: float, rng: random.Random
) -> list[Fell]:
    """Each target falls on its own, at one rate."""
    falls = []
    for target in targets:
        at = rng.expovariate(a_week / (7 * DAY))
        while at < days * DAY:
            falls.append(Fell(target, at, f"own-{target}-{at:.0f}"))
            at += rng.expovariate(a_week / (7 * DAY))
    return falls


def common_faults(
    members: Sequence[str], times: int, days: float, rng: random.Random, hit: float = 1.0
) -> list[Fell]:
    """All members fall within a minute, so many times; each with probability `hit`."""
    falls = []
    for _ in range(times):
        at = rng.uniform(0, days * DAY)
        for member in members:
            if rng.random() < hit:
                falls.append(Fell(member, at + rng.uniform(0, 60), f"common-{at:.0f}"))
    return falls


def bursts(
    targets: Sequence[str], each_day: float, size: int, days: float, rng: random.Random
) -> list[Fell]:
    """Targets drawn by lot fall at once, again and again: noise that is not independent."""
    falls = []
    for _ in range(int(each_day * days)):
        at = rng.uniform(0, days * DAY)
        falls += [Fell(t, at + rng.uniform(0, 30)) for t in rng.sample(list(targets), size)]
    return falls


def history(falls: Iterable[Fell], targets: Iterable[str], days: float) -> History:
    return History(episodes(falls, WINDOW, APART), frozenset(targets), days * DAY, WINDOW)


NOTHING_KNOWN: Mapping[str, frozenset[str]] = {}
