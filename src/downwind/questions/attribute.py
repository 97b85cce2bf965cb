"""Who is at fault now: probes, error signatures and graph, weighed to provider and product.

Candidates are every scope and component of the graph, each service by itself, and this vantage.
The likelihood is a noisy-or over witnesses with a grid of severities, after Flock
(Harsh, Meng, Agrawal and Godfrey, 2023) with the error's mark as soft evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from downwind.catalog import Catalog
from downwind.graph import Graph
from downwind.questions.marks import mark_likelihood
from downwind.questions.posterior import Posterior, by_scope, finest
from downwind.questions.suspects import OWN, VANTAGE, Suspects, own_fault
from downwind.questions.witnesses import Witness, failing, hear
from downwind.terms import Evidence, Scope

# Parameters of the method, not claims about the world: probe error rates and even priors.
FALSE_ALARM, MISS = 0.02, 0.05
OWN_FAULT = 0.003
PRIOR, PRIOR_OWN = 1e-4, 1e-3
SEVERITIES = np.array([0.1, 0.3, 0.6, 0.9, 0.995])
SURE = 0.9
BEAM = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Consequence:
    """A scope of another provider that fell with the blamed one, and who failed under it."""

    scope: Scope
    why: str
    """The chain from it to the blamed scope, in words."""
    explains: tuple[str, ...]
    """Failing capabilities that fall if this scope alone does."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The verdict of one moment."""

    verdict: str
    """provider, suspected, own, vantage, unknown or quiet."""
    scope: Scope | None
    """At the finest grain that the evidence separates; None where no provider is named."""
    suspect: str
    """The node, the service or the vantage that is named; empty where nothing is."""
    confidence: float
    explains: tuple[str, ...]
    """Failing capabilities that the suspect's fault accounts for."""
    unexplained: tuple[str, ...]
    contradicts: tuple[str, ...]
    """Witnesses that hold although the suspect's fault should have taken them down."""
    rivals: tuple[tuple[str, float], ...]
    same: tuple[str, ...]
    """Suspects that these witnesses cannot tell apart from the named one."""
    consequences: tuple[Consequence, ...] = ()
    """Not at fault themselves: they lean on the blamed scope, and fail those who lean on them."""


QUIET = Attribution("quiet", None, "", 1.0, (), (), (), (), ())


def attribute(
    graph: Graph, suspects: Suspects, catalog: Catalog, probes: Sequence[Sequence[Evidence]]
) -> Attribution:
    """Weigh rounds of journey probes, oldest first, against every suspect."""
    heard = hear(probes, catalog)
    if not failing(heard.values()):
        return QUIET
    witnesses = [heard[name] for name in sorted(heard) if suspects.knows(name)]
    trial = _Trial(suspects, witnesses)
    posterior = trial.weigh()
    return _verdict(suspects, witnesses, posterior)


class _Trial:
    """The likelihood of every hypothesis of up to two suspects."""

    def __init__(self, suspects: Suspects, witnesses: Sequence[Witness]) -> None:
        failed = np.array([w.failed for w in witnesses])
        held = np.array([w.held for w in witnesses])
        self.blames = suspects.columns([w.node for w in witnesses])
        self.prior = np.log([PRIOR_OWN if n.startswith(OWN) else PRIOR for n in suspects.names])
        self.marks = np.array(
            [[mark_likelihood(w, s) for s in suspects.all()] for w in witnesses]
        ).reshape(len(witnesses), len(suspects.names))
        up = FALSE_ALARM**failed * (1 - FALSE_ALARM) ** held
        self.down = (1 - MISS) ** failed * MISS**held
        own = np.array([mark_likelihood(w, own_fault(w.service)) for w in witnesses])
        self.none = (1 - OWN_FAULT) * up + OWN_FAULT * self.down * own

    def weigh(self) -> Posterior:
        """Every suspect alone, and each with one of the likeliest few."""
        single, after = self._add(self.none)
        twos = {}
        for c in np.argsort(-single)[:BEAM]:
            pair, _ = self._add(after[:, c])
            twos[int(c)] = single[c] + pair
        return Posterior.of(single, twos)

    def _add(self, before: Floats) -> tuple[Floats, Floats]:
        """Log gain of adding each suspect, and the witnesses' likelihoods after it.

        The marks are part of the running likelihood: otherwise a second suspect of the same
        provider would be paid again for the same marks.
        """
        hit = self.down[:, None] * self.marks
        gains = np.empty((len(SEVERITIES), self.blames.shape[1]))
        worlds = []
        for g, severity in enumerate(SEVERITIES):
            new = np.where(
                self.blames, (1 - severity) * before[:, None] + severity * hit, before[:, None]
            )
            gains[g] = np.log(new / before[:, None]).sum(axis=0)
            worlds.append(new)
        best = gains.argmax(axis=0)
        after = np.stack(worlds)[best, :, np.arange(gains.shape[1])].T
        top = gains.max(axis=0)
        marginal = top + np.log(np.exp(gains - top).mean(axis=0))
        return self.prior + marginal, after


def _verdict(suspects: Suspects, witnesses: Sequence[Witness], posterior: Posterior) -> Attribution:
    marginal = posterior.of_each(len(suspects.names))
    providers = by_scope(posterior, suspects.inside)
    scope = finest(posterior, suspects.inside, providers)
    best = int(marginal.argmax())
    sure = providers[Scope(scope.provider)] if scope else 0.0
    if scope is None or max(float(marginal[best]), posterior.empty) > sure + 1e-9:
        return _not_a_provider(suspects, witnesses, marginal, best, posterior.empty, providers)
    verdict = "provider" if sure >= SURE else "suspected"
    name = suspects.names[int(np.where(suspects.inside[scope], marginal, -1.0).argmax())]
    confidence = min(1.0, providers[scope])
    return _explained(suspects, witnesses, verdict, scope, name, confidence, providers)


def _not_a_provider(
    suspects: Suspects,
    witnesses: Sequence[Witness],
    marginal: Floats,
    best: int,
    empty: float,
    providers: dict[Scope, float],
) -> Attribution:
    if empty >= marginal[best]:
        fails = failing(witnesses)
        verdict = "unknown" if len({f.rpartition("/")[0] for f in fails}) > 1 else "own"
        name = "" if verdict == "unknown" else fails[0].rpartition("/")[0]
        rivals = _rivals(providers, None)
        return Attribution(verdict, None, name, empty, (), fails, (), rivals, ())
    name = suspects.names[best]
    kind = "vantage" if name == VANTAGE else "own"
    return _explained(suspects, witnesses, kind, None, name, float(marginal[best]), providers)


def _explained(
    suspects: Suspects,
    witnesses: Sequence[Witness],
    verdict: str,
    scope: Scope | None,
    name: str,
    confidence: float,
    providers: dict[Scope, float],
) -> Attribution:
    column = suspects.blamed_by(name)
    fails = failing(witnesses)
    holds = [w.node for w in witnesses if w.node in column and not w.fails]
    return Attribution(
        verdict=verdict,
        scope=scope,
        suspect=name.removeprefix(OWN),
        confidence=confidence,
        explains=tuple(f for f in fails if f in column),
        unexplained=tuple(f for f in fails if f not in column),
        contradicts=tuple(sorted(holds)),
        rivals=_rivals(providers, scope),
        same=suspects.same_as(name, [w.node for w in witnesses]),
        consequences=_consequences(suspects, name, fails),
    )


def _consequences(suspects: Suspects, name: str, fails: Sequence[str]) -> tuple[Consequence, ...]:
    """The widest of the scopes that fell with the blamed one, where a failing witness stands."""
    found = []
    for taken in suspects.taken_by(name):
        column = suspects.blamed_by(str(taken.scope))
        explains = tuple(f for f in fails if f in column)
        if explains:
            found.append(Consequence(taken.scope, taken.why, explains))
    inner = [c.scope for c in found for o in found if c != o and o.scope.covers(c.scope)]
    return tuple(c for c in found if c.scope not in inner)


def _rivals(providers: dict[Scope, float], scope: Scope | None) -> tuple[tuple[str, float], ...]:
    others = [
        (str(other), weight)
        for other, weight in providers.items()
        if weight >= 0.01
        and not (scope and (other.provider == scope.provider))
        and not other.wider()
    ]
    return tuple(sorted(others, key=lambda item: (-item[1], item[0]))[:5])
