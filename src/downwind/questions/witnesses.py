"""What the probes say, as witnesses: each fails or holds, and a failing one bears a mark."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.catalog import Catalog, Signed
from downwind.terms import Evidence, Scope

# A probe counts half as much once this many rounds have passed since it.
HALF_LIFE_ROUNDS = 2.0


@dataclass(frozen=True, slots=True)
class Mark:
    """How a failing step looked: the layer that failed, and what the error page says of whom."""

    layer: str
    """dns, dial, tls, http or expect."""
    signs: tuple[Signed, ...] = ()
    by_edge: bool = False
    """True where it is an edge that speaks."""


@dataclass(slots=True)
class Witness:
    """A capability, or the name resolution under it, with its decayed counts."""

    node: str
    """The node whose fall it tells of."""
    service: str
    """The service that it belongs to; empty for what stands beneath."""
    failed: float = 0.0
    held: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        """True where more probes of late failed than held."""
        return self.failed > self.held


def hear(probes: Sequence[Sequence[Evidence]], catalog: Catalog) -> dict[str, Witness]:
    """Witnesses by node, from rounds of journey probes, oldest round first."""
    witnesses: dict[str, Witness] = {}
    for age, round_ in enumerate(reversed(_since_the_first_failure(probes))):
        weight = 0.5 ** (age / HALF_LIFE_ROUNDS)
        for probe in round_:
            if probe.value is not None:
                _hear_journey(witnesses, probe.subject, probe.value, weight, catalog)
    return witnesses


def _since_the_first_failure(probes: Sequence[Sequence[Evidence]]) -> Sequence[Sequence[Evidence]]:
    """Health from before the trouble is no witness against it."""
    for number, round_ in enumerate(probes):
        if any(probe.value is not None and probe.value["state"] != "up" for probe in round_):
            return probes[number:]
    return probes[-1:]


def _hear_journey(
    witnesses: dict[str, Witness],
    capability: str,
    value: Mapping[str, Any],
    weight: float,
    catalog: Catalog,
) -> None:
    service = capability.rpartition("/")[0]
    witness = witnesses.setdefault(capability, Witness(capability, service))
    if value["state"] == "up":
        witness.held += weight
    else:
        witness.failed += weight
    for step in value["steps"]:
        if not step["ok"]:
            witness.marks.append(mark_of(step, catalog))
        if step.get("host"):
            _hear_name(witnesses, step, weight)


def _hear_name(witnesses: dict[str, Witness], step: Mapping[str, Any], weight: float) -> None:
    """Whether the step's host name resolved: a witness for or against whoever serves its zone."""
    node = f"name:{step['host']}"
    witness = witnesses.setdefault(node, Witness(node, ""))
    if "dns" in step.get("passed", ()):
        witness.held += weight
    elif step.get("layer") == "dns":
        witness.failed += weight
        witness.marks.append(Mark("dns"))


def mark_of(step: Mapping[str, Any], catalog: Catalog) -> Mark:
    """How a step that failed looked."""
    layer = str(step.get("layer") or "expect")
    if step.get("status") is None:
        return Mark(layer)
    status, headers, body = int(step["status"]), step.get("headers") or {}, step.get("body") or ""
    signs = catalog.error(status, headers, body)
    speaker = Scope(signs[0].provider, signs[0].product) if signs else None
    return Mark(layer, signs, speaker is not None and catalog.role(speaker) == "edge")


def failing(witnesses: Iterable[Witness]) -> tuple[str, ...]:
    """The capabilities that fail of late."""
    return tuple(sorted(w.node for w in witnesses if w.service and w.fails))
