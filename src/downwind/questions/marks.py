"""How well a failing witness's mark fits a suspect: soft evidence, never a verdict."""

from downwind.catalog import Signed
from downwind.questions.suspects import Suspect
from downwind.questions.witnesses import Mark, Witness
from downwind.terms import Fault, Scope

# A fault of a whole provider seldom leaves its edge well enough to send its own error page.
_WHOLE_PROVIDER = 0.1
_NO_INFORMATION = 0.5
# A signature's weight is how often it is right when it alone is seen. Services fail by themselves
# some thirty times as often as a provider does, so a mark that is right nine times in ten is
# some 270 times as likely under the provider's fault as under the service's own.
_OWN_IS_COMMON = 30.0
_DNS_KINDS = {"zone", "nameserver"}


def mark_likelihood(witness: Witness, suspect: Suspect) -> float:
    """P(the marks | it failed because of the suspect), the mean over the marks; 1 without any."""
    if not witness.marks:
        return 1.0
    return sum(_one(mark, suspect) for mark in witness.marks) / len(witness.marks)


def _one(mark: Mark, suspect: Suspect) -> float:
    if mark.signs:
        return _sign(mark.signs[0], mark.by_edge, suspect)
    if mark.layer == "dns":
        return 0.8 if _serves_names(suspect) else 0.2
    if mark.layer in ("dial", "tls"):
        return 0.3 if suspect.kind == "own" else _NO_INFORMATION
    if suspect.kind == "vantage":
        return 0.05
    return _NO_INFORMATION


def _sign(sign: Signed, by_edge: bool, suspect: Suspect) -> float:
    if suspect.kind == "vantage":
        return 0.05
    fits = _is_the_signer(sign, suspect)
    if sign.says is Fault.EDGE:
        if fits:
            return sign.weight * fits
        return (1 - sign.weight) / (_OWN_IS_COMMON if suspect.kind == "own" else 1.0)
    if sign.says in (Fault.ORIGIN, Fault.CUSTOMER):
        # An edge that says "origin" clears itself; a computer that says so is the origin.
        return 1 - sign.weight if fits and by_edge else sign.weight
    if sign.says is Fault.DNS:
        return sign.weight if _serves_names(suspect) else 1 - sign.weight
    return _NO_INFORMATION


def _is_the_signer(sign: Signed, suspect: Suspect) -> float:
    """1 where the suspect is the product that speaks or a part of it, less where it is wider."""
    scope = suspect.scope
    if scope is None:
        return 0.0
    speaker = Scope(sign.provider, sign.product)
    if speaker.covers(scope) and not (scope == speaker and sign.product is None):
        return 1.0
    return _WHOLE_PROVIDER if scope.covers(speaker) else 0.0


def _serves_names(suspect: Suspect) -> bool:
    return suspect.kind in _DNS_KINDS or any(name.startswith("name:") for name in suspect.falls)
