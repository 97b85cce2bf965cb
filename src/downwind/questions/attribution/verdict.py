"""The answer to "who is at fault now", as values."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.terms import Scope


@dataclass(frozen=True, slots=True)
class Consequence:
    """A scope of another provider that fell with the blamed one, and who failed under it."""

    scope: Scope
    why: str
    """The chain from it to the blamed scope, in words."""
    explains: tuple[str, ...]
    """Failing capabilities that fall if this scope alone does."""


@dataclass(frozen=True, slots=True)
class Further:
    """A probe that would tell the verdict from its rivals."""

    node: str
    vantage: str
    """Where to probe from; empty for anywhere."""
    bits: float
    """How much it is expected to tell."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The verdict of one moment on one fault."""

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
    """Failing capabilities that nobody who is named accounts for."""
    contradicts: tuple[str, ...]
    """Witnesses that hold although the suspect's fault should have taken them down."""
    rivals: tuple[tuple[str, float], ...]
    same: tuple[str, ...]
    """Suspects that these witnesses cannot tell apart from the named one."""
    consequences: tuple[Consequence, ...] = ()
    """Not at fault themselves: they lean on the blamed scope, and fail those who lean on them."""
    provider_confidence: float = 0.0
    """That the provider is at fault, at whatever grain; 0 where none is named."""
    severity: float = 0.0
    """Which share of those who stand on it alone fails, as far as the witnesses tell; 0 to 1."""
    parts: tuple[str, ...] = ()
    """Suspects that are at fault together, where the verdict is on more than one."""
    separating: tuple[Further, ...] = ()
    """What to probe next, the most telling first."""
    alongside: tuple[str, ...] = ()
    """Failing capabilities that likelier fail with it than not, by no need that is known."""


QUIET = Attribution("quiet", None, "", 1.0, (), (), (), (), ())


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is at fault at one moment."""

    attributions: tuple[Attribution, ...]
    """One for each fault: providers, components and places, the surest first; then one for each
    service that fails by itself, or for all that share something. Empty where nothing fails."""
    unexplained: tuple[str, ...] = ()
    """Failing capabilities that nobody who is named is known to account for."""
    cut_short: bool = False
    """True where the time was up before every hypothesis was weighed."""
