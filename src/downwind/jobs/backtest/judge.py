"""One moment judged: who is at fault, and whether more fell together than chance would have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from downwind.jobs.backtest.known import OWNER_NODE
from downwind.jobs.backtest.shared import NO_ANSWER, NOTHING_SHARED, Shared
from downwind.questions.attribution.verdict import Attribution

PROVIDER, SUSPECTED, VANTAGE, OWN, SHARED = "provider", "suspected", "vantage", "own", "unknown"
DOUBTFUL = 1e-3
"""A coincidence so unlikely makes a fault of one's own doubtful."""
_RANK = {PROVIDER: 4.0, SUSPECTED: 3.0, SHARED: 2.0, VANTAGE: 2.0, OWN: 1.0}


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause that a moment's verdict names, or that it says it cannot name."""

    kind: str
    """provider, suspected, vantage, own, or unknown: shared, and nothing known is."""
    named: str
    """The scope, the owner, the service or the vantage; the common answer where it is unknown."""
    confidence: float
    explains: tuple[str, ...]
    unexplained: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    rivals: tuple[tuple[str, float], ...] = ()
    same: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    """Who fell with them and answered alike, and is not known to need it."""
    tail: float | None = None
    """How likely so many owners fall together by chance, where it matters."""
    owners: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings of different moments one trouble."""
        if self.kind in (PROVIDER, SUSPECTED):
            return (PROVIDER, provider_of(self.named))
        return (self.kind, self.named)

    @property
    def rank(self) -> float:
        """Which of two says more."""
        return _RANK[self.kind] + self.confidence


def provider_of(scope: str) -> str:
    """The provider of a scope: cloudflare for cloudflare/proxy#fl2."""
    return scope.partition("/")[0].partition("#")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a watcher would have said at one moment."""

    at: float
    findings: tuple[Finding, ...]
    """The one that says most first; empty where all is quiet."""
    shared: Shared = NOTHING_SHARED
    """Who fell together, whether or not it is more than chance."""
    chronic: int = 0
    """Targets that were down already, and are no news."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of the witnesses beside what they say."""

    owner_of: Callable[[str], str]
    many: int
    """How many owners bear witness."""
    signed: frozenset[str] = frozenset()
    """Targets whose error page says itself that an edge is at fault."""

    vantages: Mapping[str, str] = field(default_factory=dict)
    """Who looks at each target."""

    def sees_more(self, finding: Finding) -> bool:
        """Whether vantages that are said to be blind see more well than they do not.

        Their way to those who fell, or whoever these have in common: from there it looks the same.
        """
        blind = {self.vantages.get(target) for target in finding.explains}
        held = [target for target in finding.contradicts if self.vantages.get(target) in blind]
        return finding.kind == VANTAGE and len(finding.explains) < len(held)

    def separates(self, explains: Sequence[str]) -> bool:
        """Whether a provider can be told from one owner's own fault: by two owners, or its word."""
        owners = {self.owner_of(target) for target in explains}
        return len(owners) >= min(2, self.many) or not self.signed.isdisjoint(explains)


def verdict_of(
    at: float,
    attributions: Iterable[Attribution],
    answered: Sequence[Finding],
    shared: Shared,
    case: Case,
    chronic: int,
) -> Verdict:
    """Put all together: an unknown cause is told unless somebody named explains part of it.

    `answered` are services that answer, and refuse what is asked of them.
    """
    named = [f for each in attributions for f in _findings(each, shared, case)]
    if shared.significant:
        named = without_own(named, shared.targets)
        if not any(_covers(finding, shared, case) for finding in named):
            partly = [f for f in named if case.sees_more(f) and _meets(f, shared)]
            named = [f for f in named if f not in partly]
            named.append(_unknown(shared, tuple(f.named for f in partly)))
    named = [_doubted(f, shared) for f in named]
    named.sort(key=lambda f: (-f.rank, f.named))
    return Verdict(at, (*named, *answered), shared, chronic)


def _covers(finding: Finding, shared: Shared, case: Case) -> bool:
    """Whether somebody who is named explains several of those who fell together."""
    named = finding.kind in (PROVIDER, SUSPECTED) or (
        finding.kind == VANTAGE and shared.answer == NO_ANSWER and not case.sees_more(finding)
    )
    return named and len(frozenset(finding.explains).intersection(shared.targets)) > 1


def _meets(finding: Finding, shared: Shared) -> bool:
    return not frozenset(finding.explains).isdisjoint(shared.targets)


def _doubted(finding: Finding, shared: Shared) -> Finding:
    """A fault of one's own is told with its doubt where others fell alike."""
    together = finding.kind == OWN and not set(finding.explains).isdisjoint(shared.targets)
    if not together or shared.tail > DOUBTFUL or len(shared.owners) < 2:
        return finding
    return replace(finding, tail=shared.tail, owners=shared.owners)


def without_own(findings: Iterable[Finding], targets: Iterable[str]) -> list[Finding]:
    """Those left out that put down to a site or an owner what is known to have a common cause."""
    common = frozenset(targets)
    return [f for f in findings if f.kind != OWN or not common.issuperset(f.explains)]


def _unknown(shared: Shared, same: tuple[str, ...]) -> Finding:
    return Finding(
        SHARED,
        shared.answer,
        1.0 - shared.tail,
        (),
        unexplained=shared.targets,
        same=same,
        tail=shared.tail,
        owners=shared.owners,
    )


def _findings(said: Attribution, shared: Shared, case: Case) -> list[Finding]:
    """Services that fall by themselves one by one: whether that is chance is asked of owners."""
    if said.verdict == SHARED:
        services = sorted({target.rpartition("/")[0] for target in said.unexplained})
        targets = {
            s: tuple(t for t in said.unexplained if t.rpartition("/")[0] == s) for s in services
        }
        return [Finding(OWN, s, said.confidence, targets[s]) for s in services]
    found = [_finding(said, shared, case)] if said.verdict in _RANK else []
    return [_told_apart(each, case) for each in found]


def _told_apart(finding: Finding, case: Case) -> Finding:
    """With the dependants of one owner alone, that owner is named, and the provider as a rival."""
    if finding.kind not in (PROVIDER, SUSPECTED) or case.separates(finding.explains):
        return finding
    owners = sorted({case.owner_of(target) for target in finding.explains})
    rivals = ((finding.named, finding.confidence), *finding.rivals)
    named = owners[0] if owners else finding.named
    confidence = max(0.0, 1.0 - finding.confidence)
    return replace(finding, kind=OWN, named=named, confidence=confidence, rivals=rivals)


def _finding(said: Attribution, shared: Shared, case: Case) -> Finding:
    """`alike` is told where the named provider explains several of those who answer alike."""
    found = Finding(
        kind=said.verdict,
        named=str(said.scope) if said.scope else said.suspect.removeprefix(OWNER_NODE),
        confidence=said.confidence,
        explains=said.explains,
        unexplained=said.unexplained,
        contradicts=said.contradicts,
        rivals=said.rivals,
        same=said.same,
    )
    if not (shared.significant and _covers(found, shared, case)):
        return found
    return replace(found, alike=tuple(t for t in shared.targets if t not in found.explains))
