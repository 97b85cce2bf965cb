"""Who takes down how much when failing alone: the causes of a graph, ranked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downwind.graph.tables import Table
from downwind.solve.arrays import Flags, Shorts
from downwind.solve.blast.blast import blast, site_count, site_weight
from downwind.terms import Scope, UsageError

COMPONENT_KINDS = frozenset({
    "site", "service", "capability", "component", "host", "nameserver", "ns", "address", "prefix",
    "route", "issuer", "certificate", "script", "page", "mailbox", "exchanger", "sender", "policy",
    "key", "registration",
})  # fmt: skip
"""Kinds of nodes that stand between a service and a provider. All others are providers."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What one cause takes down alone."""

    cause: str
    kind: str | None
    down: int
    """Sites that fall."""
    down_weight: float
    degraded: int
    """Sites that lack a soft need and do not fall."""
    direct: int
    """Sites that would fall if no provider needed another."""
    indirect: int
    """The sites that fall besides these."""

    @property
    def amplification(self) -> float | None:
        """How many fall for each that falls directly; None where nobody falls directly."""
        return self.down / self.direct if self.direct else None


@dataclass(frozen=True, slots=True)
class Ranking:
    """All causes, most weight first, and what was left out of account."""

    causes: tuple[Ranked, ...]
    duration: float
    sites: int
    weight: float
    """The weight of all sites."""
    doubtful: int
    """Needs that are suspected or weakly confirmed: they take nobody down for certain."""
    ungrounded: tuple[str, ...]
    """Core nodes that stand only on each other: a defect of the model."""
    coarse: int = 0
    """Causes left out because they only say how fine the evidence is: `aws/s3?`, some part of it.
    """


def rank(table: Table, duration: float, kind: str | None = None) -> Ranking:
    """Let every cause, or every cause of a kind, fail alone for `duration` seconds.

    A cause is a node that something needs. Those of the kind `grain` are left out unless they are
    asked for: the whole takes down all that they do. Raises UsageError for a kind that no cause
    has.
    """
    causes = causes_of(table, kind)
    whole = blast(table, causes, duration)
    direct = blast(table, causes, duration, dropped=between_providers(table))
    rows = [
        Ranked(
            cause=table.core_names[node],
            kind=kind_of(table, node),
            down=int(whole.down[place]),
            down_weight=float(whole.down_weight[place]),
            degraded=int(whole.degraded[place]),
            direct=int(direct.down[place]),
            indirect=int(whole.down[place] - direct.down[place]),
        )
        for place, node in enumerate(causes.tolist())
    ]
    rows.sort(key=lambda row: (-row.down_weight, row.cause))
    return Ranking(
        causes=tuple(rows),
        duration=duration,
        sites=int(site_count(table).sum()),
        weight=float(site_weight(table).sum()),
        doubtful=table.doubtful,
        ungrounded=tuple(table.core_names[node] for node in whole.groundless.tolist()),
        coarse=0 if kind else table.core.size - causes.size,
    )


def kind_of(table: Table, node: int) -> str | None:
    """The kind of a node; None where no table says."""
    if table.kind is None or table.kind[node] < 0:
        return None
    return table.kinds[int(table.kind[node])]


def between_providers(table: Table) -> Flags:
    """The core's needs in which a provider needs another.

    That a product needs its own provider is no such need, nor is the reverse: they are parts.
    """
    rows = table.core
    provider = providers_of(table)
    owner = np.repeat(np.arange(rows.size), np.diff(rows.start))
    alt_need = np.repeat(np.arange(len(rows.k)), np.diff(rows.alt_start))
    outside = np.bincount(alt_need[~provider[rows.alt]], minlength=len(rows.k)) > 0
    between: Flags = provider[owner] & ~outside
    scopes = {node: _scope(name) for node, name in enumerate(table.core_names) if "/" in name}
    if not scopes:
        return between
    for need in np.flatnonzero(between).tolist():
        here = _scope(table.core_names[owner[need]])
        others = rows.alt[rows.alt_start[need] : rows.alt_start[need + 1]].tolist()
        if all(_are_parts(here, _scope(table.core_names[other])) for other in others):
            between[need] = False
    return between


def causes_of(table: Table, kind: str | None) -> Shorts:
    """The core nodes but grains, or those of a kind; raises UsageError for a kind that none has."""
    if kind is None:
        return np.flatnonzero(~grains_of(table)[: table.core.size]).astype(np.int32)
    if table.kind is None or kind not in table.kinds:
        known = ", ".join(sorted(table.kinds)) or "none; name a node table with --nodes"
        raise UsageError(f"No node is of the kind {kind!r}.", todo=f"Kinds: {known}.")
    number = table.kinds.index(kind)
    return np.flatnonzero(table.kind[: table.core.size] == number).astype(np.int32)


def grains_of(table: Table) -> Flags:
    """Which nodes say only how fine the evidence is, as `aws/s3?` does: some part of aws/s3."""
    if table.kind is None or "grain" not in table.kinds:
        return np.zeros(table.size, dtype=np.bool_)
    grains: Flags = table.kind == table.kinds.index("grain")
    return grains


def providers_of(table: Table) -> Flags:
    """Which core nodes are providers, and no components."""
    if table.kind is None:
        return np.ones(table.core.size, dtype=np.bool_)
    is_provider = [kind not in COMPONENT_KINDS for kind in table.kinds]
    provider: Flags = np.array([*is_provider, True], dtype=np.bool_)[table.kind[: table.core.size]]
    if "zone" not in table.kinds:
        return provider
    # A zone is a part of a region, as aws/ec2/us-east-1/use1-az4 is, or a zone of the DNS.
    for node in np.flatnonzero(table.kind[: table.core.size] == table.kinds.index("zone")).tolist():
        provider[node] = _scope(table.core_names[node]) is not None
    return provider


def _scope(name: str) -> Scope | None:
    return Scope.read(name.removesuffix("?"))


def _are_parts(here: Scope | None, there: Scope | None) -> bool:
    return here is not None and there is not None and (here.covers(there) or there.covers(here))
