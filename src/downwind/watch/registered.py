"""Whose registrations are watched: the domains of the hosts that the model names, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from downwind.evidence.domains import registered_domain, registry_domain
from downwind.model import Model
from downwind.observe.names import host_name

_OFF = "the watch file leaves registries alone (domains.ask)"


@dataclass(frozen=True, slots=True)
class OwnDomains:
    """The domains of what is watched."""

    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Capability -> the domains of the hosts that it visits."""
    unasked: Mapping[str, str] = field(default_factory=dict)
    """Domain -> why its registry is not asked."""

    def every(self) -> tuple[str, ...]:
        """Each domain once, in the order of the model."""
        return tuple(dict.fromkeys(name for names in self.of.values() for name in names))

    def asked(self) -> tuple[str, ...]:
        """Those whose registries are asked."""
        return tuple(name for name in self.every() if name not in self.unasked)


def own_domains(model: Model, *, ask: bool = True) -> OwnDomains:
    """The domains of a model's hosts; without `ask` no registry is asked of them."""
    of: dict[str, tuple[str, ...]] = {}
    unasked: dict[str, str] = {}
    for key, _, capability in model.capabilities():
        names: dict[str, None] = {}
        for _, host, _ in capability.visits():
            domain = _domain(host)
            if domain is None:
                continue
            names[domain] = None
            why = "" if ask else _OFF
            if why or (why := _given_out(domain)):
                unasked[domain] = why
        if names:
            of[key] = tuple(names)
    return OwnDomains(of, unasked)


def _domain(host: str) -> str | None:
    try:
        return registered_domain(host_name(host))
    except ValueError:
        return None


def _given_out(domain: str) -> str:
    """Why no registry knows the name; empty where one may."""
    known = registry_domain(domain)
    return "" if known == domain else f"its name is given out by {known}, which another registered"
