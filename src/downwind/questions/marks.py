"""How well the marks of a failing witness fit each suspect: soft evidence, never a verdict."""

from dataclasses import dataclass

import numpy as np

from downwind.catalog import Signed
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.solve.arrays import Floats
from downwind.terms import Fault, Scope

# A fault of a whole provider seldom leaves its edge well enough to send its own error page.
_WHOLE_PROVIDER = 0.1
_NO_INFORMATION = 0.5
# A signature's weight is how often it is right when it alone is seen. Services fail by themselves
# some thirty times as often as a provider does, so a mark that is right nine times in ten is
# some 270 times as likely under the provider's fault as under the service's own.
_OWN_IS_COMMON = 30.0
# A status without a page or a header can be sent by anybody: it says a third of what it would.
_BARE = 1 / 3
_SERVES_NAMES, _SERVES_NONE = 0.8, 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """P(the mark | it failed because of ...), for one mark."""

    suspects: Floats
    """Per suspect of the graph."""
    own: float
    """Because of the service itself."""
    vantage: float
    """Because of the vantage or its network."""
    resolver: float
    """Because of the vantage's resolver."""


def fits(mark: Mark, suspects: Suspects) -> Fits:
    """How well a mark fits everybody."""
    if mark.signs:
        return _sign(mark.signs[0], mark.by_edge, suspects)
    if mark.layer == "dns":
        return Fits(_by_names(suspects, _SERVES_NAMES), _SERVES_NONE, 0.8, 0.9)
    plain = np.full(len(suspects.names), _NO_INFORMATION)
    if mark.layer in ("dial", "tls"):
        return Fits(plain, 0.3, _NO_INFORMATION, 0.05)
    return Fits(plain, _NO_INFORMATION, 0.05, 0.05)


def _sign(sign: Signed, by_edge: bool, suspects: Suspects) -> Fits:
    weight = 0.5 + (sign.weight - 0.5) * _BARE if sign.bare else sign.weight
    many = len(suspects.names)
    if sign.says is Fault.EDGE:
        found = np.full(many, 1 - weight)
        for number, fit in _signers(sign, suspects):
            found[number] = weight * fit
        return Fits(found, (1 - weight) / (1.0 if sign.bare else _OWN_IS_COMMON), 0.05, 0.05)
    if sign.says in (Fault.ORIGIN, Fault.CUSTOMER):
        found = np.full(many, weight)
        if by_edge:  # An edge that says "origin" clears itself; a computer that says so is it.
            for number, _ in _signers(sign, suspects):
                found[number] = 1 - weight
        return Fits(found, weight, 0.05, 0.05)
    if sign.says is Fault.DNS:
        return Fits(_by_names(suspects, weight), 1 - weight, 0.05, 0.05)
    return Fits(np.full(many, _NO_INFORMATION), _NO_INFORMATION, 0.05, 0.05)


def _by_names(suspects: Suspects, serving: float) -> Floats:
    return np.where(suspects.serves_names, serving, 1 - serving)


def _signers(sign: Signed, suspects: Suspects) -> list[tuple[int, float]]:
    """The suspects of the provider that speaks: 1 for the product that does and its parts, less
    for what is wider."""
    speaker = Scope(sign.provider, sign.product) if sign.provider else None
    found = []
    for number in suspects.of_provider.get(sign.provider, np.zeros(0, dtype=np.int64)).tolist():
        scope = suspects.scopes[number]
        if scope is None or speaker is None:
            continue
        if speaker.covers(scope) and not (scope == speaker and sign.product is None):
            found.append((number, 1.0))
        elif scope.covers(speaker):
            found.append((number, _WHOLE_PROVIDER))
    return found
