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
from downwind.questions.suspects import OWN, VANTAGE, Suspects, own_fault
from downwind.questions.witnesses import Witness, failing, hear
from downwind.terms import Evidence, Scope

# Parameters of the method, not claims about the world: probe error rates and even priors.
FALSE_ALARM, MISS = 0.02, 0.05
OWN_FAULT = 0.003
PRIOR, PRIOR_OWN = 1e-4, 1e-3
SEVERITIES = np.array([0.1, 0.3, 0.6, 0.9, 0.995])
SURE, SUSPECTED = 0.9, 0.5
SEPARATES = 10.0
"""Odds that separate a part from the whole: strong evidence, by the usual reading."""
BEAM = 8

Floats = NDArray[np.float64]
Scopes = tuple[Scope | None, ...]


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

    def weigh(self) -> dict[tuple[int, ...], float]:
        """Posterior of each hypothesis, the empty one included."""
        scores: dict[tuple[int, ...], float] = {(): 0.0}
        single, after = self._add(self.none)
        for c, score in enumerate(single):
            scores[(c,)] = float(score)
        for c in np.argsort(-single)[:BEAM]:
            pair, _ = self._add(after[:, c])
            for other, score in enumerate(pair):
                if other != c:
                    key = (min(int(c), other), max(int(c), other))
                    total = float(single[c] + score)
                    scores[key] = max(scores.get(key, -np.inf), total)
        highest = max(scores.values())
        mass = {key: float(np.exp(score - highest)) for key, score in scores.items()}
        total = sum(mass.values())
        return {key: value / total for key, value in mass.items()}

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


def _verdict(
    suspects: Suspects, witnesses: Sequence[Witness], posterior: dict[tuple[int, ...], float]
) -> Attribution:
    marginal = np.zeros(len(suspects.names))
    for key, mass in posterior.items():
        for c in key:
            marginal[c] += mass
    scopes = tuple(suspect.scope for suspect in suspects.all())
    providers = _by_scope(scopes, posterior)
    scope = _finest(providers, scopes, posterior)
    best = int(marginal.argmax())
    empty = posterior[()]
    sure = providers[Scope(scope.provider)] if scope else 0.0
    if scope is None or max(float(marginal[best]), empty) > sure + 1e-9:
        return _not_a_provider(suspects, witnesses, marginal, best, empty, providers)
    verdict = "provider" if sure >= SURE else "suspected"
    inside = [c for c, found in enumerate(scopes) if found and scope.covers(found)]
    name = suspects.names[max(inside, key=lambda c: float(marginal[c]))]
    confidence = min(1.0, providers[scope])
    return _explained(suspects, witnesses, verdict, scope, name, confidence, providers)


def _by_scope(scopes: Scopes, posterior: dict[tuple[int, ...], float]) -> dict[Scope, float]:
    """Confidence of each scope: all hypotheses that hold it or something inside it."""
    known = sorted({scope for scope in scopes if scope})
    return {
        wide: sum(
            mass
            for key, mass in posterior.items()
            if any((narrow := scopes[c]) is not None and wide.covers(narrow) for c in key)
        )
        for wide in known
    }


def _finest(
    providers: dict[Scope, float], scopes: Scopes, posterior: dict[tuple[int, ...], float]
) -> Scope | None:
    """Down from the likeliest provider as long as the evidence separates one part of it.

    It does where the part is likelier than not, and the best explanation inside it is SEPARATES
    times as likely as the best one outside it.
    """
    tops = [scope for scope in providers if not scope.wider()]
    if not tops:
        return None
    here = max(tops, key=lambda scope: (providers[scope], str(scope)))
    while True:
        parts = [
            part
            for part in providers
            if here in part.wider()
            and providers[part] >= SUSPECTED
            and _separated(part, here, scopes, posterior)
        ]
        if not parts:
            return here
        here = max(parts, key=lambda scope: (providers[scope], str(scope)))


def _separated(
    part: Scope, whole: Scope, scopes: Scopes, posterior: dict[tuple[int, ...], float]
) -> bool:
    inside = outside = 0.0
    for key, mass in posterior.items():
        held = [found for c in key if (found := scopes[c]) is not None and whole.covers(found)]
        if any(part.covers(found) for found in held):
            inside = max(inside, mass)
        elif held:
            outside = max(outside, mass)
    return inside >= SEPARATES * outside


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
