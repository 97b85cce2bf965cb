"""Which targets need something in common that nobody knows of, from what fell together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from downwind.questions.hidden.chance import (
    Bursts,
    Counts,
    by_chance,
    likelihood_ratio,
    posterior,
)
from downwind.questions.hidden.types import (
    Decision,
    Episode,
    Fell,
    Hidden,
    History,
    Pair,
    accepted_needs,
)

_MOST_CITED = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """What a suspicion must pass before it is told."""

    together: int = 2
    """Occasions at least; one co-failure is none."""
    expected_false: float = 0.01
    """Pairs that chance alone may be expected to show, among all that were looked at."""
    confidence: float = 0.9
    explained: float = 0.5
    """A known cause explains those who fell, where at least this share of its dependants did."""
    broadest: int = 60
    """Where more fell at once that nothing known explains, it speaks of the watcher instead."""


def episodes(falls: Iterable[Fell], window: float, apart: float) -> tuple[Episode, ...]:
    """Falls by occasion: what fell within `window` seconds of the first is one.

    A target that falls again within `apart` seconds of its last fall that counted is flapping, and
    has fallen once.
    """
    counted: dict[str, float] = {}
    found: list[list[Fell]] = []
    for fell in sorted(falls, key=lambda each: (each.at, each.target)):
        before = counted.get(fell.target)
        if before is not None and fell.at - before < apart:
            continue
        counted[fell.target] = fell.at
        if not found or fell.at - found[-1][0].at > window:
            found.append([])
        found[-1].append(fell)
    return tuple(_episode(group) for group in found)


def _episode(group: Sequence[Fell]) -> Episode:
    cited = dict.fromkeys(fell.evidence for fell in group if fell.evidence)
    return Episode(group[0].at, frozenset(fell.target for fell in group), tuple(cited))


class Known:
    """Known causes, each with the targets that fall if it fails alone."""

    def __init__(self, causes: Mapping[str, frozenset[str]]) -> None:
        self.causes = causes
        self._place = {cause: place for place, cause in enumerate(causes)}
        self._of: dict[str, list[str]] = defaultdict(list)
        for cause, targets in causes.items():
            for target in targets:
                self._of[target].append(cause)

    def explain(self, fell: frozenset[str], share: float) -> frozenset[str]:
        """What fell, with the known causes in the place of those whom they explain.

        A cause explains two or more where at least `share` of its targets fell; the one that
        explains most comes first, then the one with the fewest targets, then the first given.
        """
        all_hit = Counter(cause for target in fell for cause in self._of.get(target, ()))
        may = {
            cause: self.causes[cause]
            for cause, hit in all_hit.items()
            if hit >= max(2, share * len(self.causes[cause]))
        }
        left, found = set(fell), set[str]()
        while may:
            best = min(may, key=lambda cause: self._rank(cause, left))
            if len(may[best] & left) < 2:
                break
            left -= may.pop(best)
            found.add(best)
        return frozenset(left | found)

    def _rank(self, cause: str, left: set[str]) -> tuple[int, int, int]:
        targets = self.causes[cause]
        return (-len(targets & left), len(targets), self._place[cause])

    def related(self, first: str, second: str) -> bool:
        """Whether one is known to fall with the other; of two causes, one within the other."""
        a, b = self.causes.get(first), self.causes.get(second)
        if a is not None and b is not None:
            return a <= b or b <= a
        return (a is not None and second in a) or (b is not None and first in b)


def find_hidden(
    history: History,
    known: Mapping[str, frozenset[str]],
    decisions: Sequence[Decision] = (),
    bar: Bar | None = None,
) -> tuple[Hidden, ...]:
    """What persons accepted, and then what is suspected and not decided, strongest first."""
    bar = bar or Bar()
    decided = frozenset(pair for each in decisions for pair in each.hidden.pairs)
    causes = Known({cause: targets & history.targets for cause, targets in known.items()})
    pairs = [each for each in _pairs(history, causes, bar) if frozenset(each.pair) not in decided]
    return (*accepted_needs(decisions), *_grouped(pairs, causes.causes))


@dataclass(frozen=True, slots=True)
class _Found:
    """A pair that passed the bar."""

    pair: tuple[str, str]
    counts: Counts
    p: float
    expected: float
    ratio: float
    confidence: float
    evidence: tuple[str, ...]
    last_at: float


def _pairs(history: History, known: Known, bar: Bar) -> list[_Found]:
    """All pairs that pass the bar, strongest first."""
    told = [
        (episode, names)
        for episode in history.episodes
        if len(names := known.explain(episode.fell & history.targets, bar.explained))
        <= bar.broadest
    ]
    fell: Counter[str] = Counter(name for _, names in told for name in names)
    together: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (_, names) in enumerate(told):
        for pair in combinations(sorted(names), 2):
            together[pair].append(number)
    sizes = [len(names) for _, names in told]
    bursts = Bursts(sum(sizes), sum(size * (size - 1) for size in sizes))
    elements = len(history.targets | fell.keys())
    looked_at = elements * (elements - 1) // 2
    found = []
    for (first, second), numbers in together.items():
        if len(numbers) < bar.together or known.related(first, second):
            continue
        counts = Counts(fell[first], fell[second], len(numbers))
        theirs = Bursts(0, sum(sizes[n] * (sizes[n] - 1) for n in numbers))
        others = bursts.without(theirs)
        p = by_chance(counts, history.occasions, others)
        ratio = likelihood_ratio(counts, history.occasions, others)
        sure = posterior(ratio, looked_at)
        if p * looked_at > bar.expected_false or sure < bar.confidence:
            continue
        cited = dict.fromkeys(each for n in numbers for each in told[n][0].evidence)
        last = told[numbers[-1]][0].at
        kept = tuple(cited)[-_MOST_CITED:]
        found.append(_Found((first, second), counts, p, p * looked_at, ratio, sure, kept, last))
    return sorted(found, key=lambda each: (each.p, -each.ratio, each.pair))


def _grouped(pairs: Sequence[_Found], known: Collection[str]) -> tuple[Hidden, ...]:
    """Pairs with one known cause by themselves; others in groups of which every pair passed."""
    on_cause: list[_Found] = []
    shared: list[_Found] = []
    for found in pairs:
        causes = [name for name in found.pair if name in known]
        (on_cause if len(causes) == 1 else shared).append(found)
    groups: list[set[str]] = []
    passed: dict[Pair, _Found] = {frozenset(found.pair): found for found in shared}
    covered: set[Pair] = set()
    for found in shared:
        if frozenset(found.pair) in covered:
            continue
        group = set(found.pair)
        for name in sorted({name for pair in passed for name in pair} - group):
            if all(frozenset((name, member)) in passed for member in group):
                group.add(name)
        covered |= {frozenset(pair) for pair in combinations(sorted(group), 2)}
        groups.append(group)
    hidden = [_of_group(group, passed) for group in groups]
    hidden += [_on(found, known) for found in on_cause]
    return tuple(sorted(hidden, key=lambda each: (each.by_chance, each.members, each.on)))


def _of_group(group: set[str], passed: Mapping[Pair, _Found]) -> Hidden:
    inside = [passed[frozenset(pair)] for pair in combinations(sorted(group), 2)]
    return _hidden(tuple(sorted(group)), "", max(inside, key=lambda each: (each.p, each.pair)))


def _on(found: _Found, known: Collection[str]) -> Hidden:
    first, second = found.pair
    target, cause = (second, first) if first in known else (first, second)
    return _hidden((target,), cause, found)


def _hidden(members: tuple[str, ...], on: str, weakest: _Found) -> Hidden:
    return Hidden(
        members=members,
        on=on,
        together=weakest.counts.both,
        of=weakest.counts.any,
        by_chance=weakest.p,
        expected_false=weakest.expected,
        ratio=weakest.ratio,
        confidence=weakest.confidence,
        evidence=weakest.evidence,
        last_at=weakest.last_at,
    )
