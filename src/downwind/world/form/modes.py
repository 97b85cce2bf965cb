"""The words of an order: the modes that each kind of system knows, and what goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from downwind.terms import UsageError
from downwind.world.form.check import CONTROL, variant_parts

BOTS, FIREWALL = "bots", "waf"
"""The variants that have a bot filter and firewall rules."""

# Per system: the modes that it can be told, and what it makes of them. A fault on a whole
# provider is told to all its systems; a mode that a system does not know leaves it as it is.
MODES: Mapping[str, Mapping[str, str]] = {
    "nameserver": {
        "servfail": "servfail",
        "silent": "silent",
        "lame": "lame",
        "errors": "servfail",
        "refused": "silent",
    },
    "edge": {
        "feature-file": "feature-file",
        "killswitch": "killswitch",
        "errors": "errors",
        "silent": "silent",
        "refused": "refused",
    },
    "front": {
        "feature-file": "feature-file",
        "killswitch": "killswitch",
        "errors": "errors",
    },
    "compute": {"silent": "silent", "refused": "refused", "errors": "errors"},
    "keyvalue": {
        "empty-record": "empty-record",
        "errors": "errors",
        "silent": "silent",
        "refused": "refused",
    },
    "policy": {
        "blank-policy": "blank-policy",
        "errors": "errors",
        "silent": "silent",
        "refused": "refused",
    },
    "controlplane": {"errors": "errors", "silent": "silent", "refused": "refused"},
    "authority": {
        "no-issuance": "no-issuance",
        "silent": "silent",
        "refused": "refused",
        "errors": "errors",
    },
}

# Whose a connection is shows in its TLS hello, which is after it was accepted or refused.
VARIANT_MODES = ("feature-file", "killswitch", "errors")
"""The modes that an edge can tell to the customers with a variant alone."""

WORDS = ("share", "updated", "generate", "bypass")
"""The further words of an order."""

ANNOUNCED: Mapping[str, tuple[str, ...]] = {
    "state": ("investigating", "identified", "monitoring", "resolved"),
    "impact": ("none", "minor", "major", "critical"),
    "title": (),
    "text": (),
}
"""What an announcement says, each in one of these words or in free text."""


def modes_of(system: str, variant: str | None) -> tuple[str, ...]:
    """The modes that a system knows in a scope with this variant."""
    if not variant_parts(variant):
        return tuple(MODES[system])
    if variant == CONTROL:
        return tuple(MODES[system]) if system == "controlplane" else ()
    return VARIANT_MODES if system in ("edge", "front") else ()


def unknown_mode(systems: Iterable[str], variant: str | None, mode: str) -> str:
    """Says that none of these systems knows the mode, and which they know."""
    known = sorted({known for system in systems for known in modes_of(system, variant)})
    if not known:
        return "has a variant, and nothing there is an edge or a control plane"
    what = "a variant can have" if variant else "it knows"
    return f"knows no mode {mode!r}; {what} {', '.join(known)}"


def check_words(settings: Mapping[str, Any]) -> None:
    """Raise UsageError where a further word of an order has a value that it cannot have."""
    for key in ("share", "updated"):
        value = settings.get(key, 1.0)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not (fits and 0 <= value <= 1):
            raise UsageError(f"{key} is {value!r}.", todo="It is a number from 0 to 1.")
    for key in ("generate", "bypass"):
        if not isinstance(settings.get(key, True), bool):
            raise UsageError(f"{key} is {settings[key]!r}.", todo="It is true or false.")
