"""An SPF policy followed through includes and redirects, with its limits (RFC 7208, 4.6.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from downwind.evidence.mail.spf import Spf, SpfTerm

MOST_LOOKUPS = 10
_DEEPEST = 64

Known = Callable[[str], Spf | None]
"""The policy of a domain as far as it was seen; None where there is none or it was not seen."""


@dataclass(frozen=True, slots=True)
class SpfWalk:
    """What a receiver goes through for a sender whom no mechanism before the last `all` names."""

    lookups: int
    """Counted to the end, also past the tenth."""
    domains: tuple[str, ...]
    """Whose policies are read, the domain itself first."""
    terms: tuple[tuple[str, SpfTerm], ...]
    """(domain, mechanism) that name senders."""
    problem: str
    """Why receivers give a permanent error; empty where they do not."""
    missing: tuple[str, ...]
    """Included or redirected to, and no policy was seen there."""


@dataclass(slots=True)
class _Walker:
    known: Known
    lookups: int = 0
    domains: dict[str, None] = field(default_factory=dict)
    terms: dict[tuple[str, SpfTerm], None] = field(default_factory=dict)
    problem: str = ""
    missing: dict[str, None] = field(default_factory=dict)

    def visit(self, domain: str, above: tuple[str, ...]) -> None:
        if domain in above:
            self.wrong(f"{' -> '.join((*above[above.index(domain) :], domain))} goes round")
            return
        policy = self.known(domain)
        if policy is None:
            self.missing[domain] = None
            return
        self.domains[domain] = None
        if policy.problem:
            self.wrong(f"{domain}: {policy.problem}")
            return
        if len(above) >= _DEEPEST or self.lookups > _DEEPEST:
            return
        for term in policy.terms:
            if term.mechanism == "all":
                return
            self.judge(domain, term, (*above, domain))
        if policy.redirect is not None:
            self.lookups += 1
            self.visit(policy.redirect, (*above, domain))

    def judge(self, domain: str, term: SpfTerm, above: tuple[str, ...]) -> None:
        self.lookups += term.looks_up
        if term.mechanism != "include":
            self.terms[(domain, term)] = None
        elif term.name is not None:
            self.visit(term.name, above)

    def wrong(self, problem: str) -> None:
        self.problem = self.problem or problem


def walk_spf(domain: str, known: Known) -> SpfWalk:
    """Follow the policy of a domain."""
    walker = _Walker(known)
    walker.visit(domain, ())
    if walker.lookups > MOST_LOOKUPS:
        walker.wrong(f"it takes {walker.lookups} lookups, where {MOST_LOOKUPS} are allowed")
    return SpfWalk(
        walker.lookups,
        tuple(walker.domains),
        tuple(walker.terms),
        walker.problem,
        tuple(walker.missing),
    )
