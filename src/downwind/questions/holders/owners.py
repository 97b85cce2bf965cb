"""Whose each node is: one owner's products are one holder, and an unknown one is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from downwind.catalog import Catalog
from downwind.evidence.domains import registrable_domain
from downwind.graph.tables import Table
from downwind.questions.concentration import kind_of, providers_of
from downwind.solve.arrays import Flags, Ints, Shorts
from downwind.solve.blast.tally import Bits
from downwind.terms import Scope

KNOWN, UNKNOWN, PRIVATE = 1, 2, 4
"""Somebody by name; somebody whom nobody could name; the site's own."""
SOMEBODY = KNOWN | UNKNOWN
"""Others than the site itself."""
SORTS = {KNOWN: "known", UNKNOWN: "unknown", PRIVATE: "private"}

UNTRACED = {
    "address": "network", "route": "network", "nameserver": "dns hosting",
    "exchanger": "mail service", "issuer": "certificate",
}  # fmt: skip
"""Kinds of components that somebody runs, and the need by which they would say who."""
GROUND = frozenset({"address", "route", "issuer"})
"""Those of them that are traced already where they need anything at all."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One holder of one or several nodes."""

    name: str
    sort: int
    providers: tuple[str, ...] = ()
    """Their ids in the catalogue."""


@dataclass(frozen=True, slots=True, eq=False)
class Owners:
    """The holders, and whose each core node is."""

    holders: tuple[Owned, ...]
    of_node: Shorts
    """The holder of each core node; -1 for a component, which stands between."""
    untraced: tuple[tuple[int, str, int], ...]
    """Components that lead to nobody: (core node, need, holder)."""

    @property
    def sorts(self) -> Bits:
        """The sort of each holder."""
        return np.array([holder.sort for holder in self.holders], dtype=np.uint8)


@dataclass(slots=True)
class _Register:
    """Holders by a key, in the order in which they come."""

    keys: dict[tuple[int, str], int] = field(default_factory=dict)
    providers: list[dict[str, str]] = field(default_factory=list)

    def number(self, sort: int, key: str, provider: str = "", name: str = "") -> int:
        """The holder of that key; it is noted which of its providers is met."""
        number = self.keys.setdefault((sort, key), len(self.keys))
        if number == len(self.providers):
            self.providers.append({})
        if provider:
            self.providers[number][provider] = name
        return number

    def holders(self) -> tuple[Owned, ...]:
        """One provider lends its own name, several go by their owner's."""
        return tuple(
            Owned(next(iter(met.values())) if len(met) == 1 else key, sort, tuple(sorted(met)))
            for (sort, key), met in zip(self.keys, self.providers, strict=True)
        )


def owners_of(table: Table, catalog: Catalog | None, said: Mapping[str, str]) -> Owners:
    """Whose each core node is: as `said` by its name, else by the catalogue, else its own.

    A node of the kind `private` is the site's own, one of the kind `unknown` nobody's that is
    known. Components are no holders; those that must be somebody's and lead to nobody are noted.
    """
    register = _Register()
    provider = providers_of(table)
    of_node = np.full(table.core.size, -1, dtype=np.int32)
    for node in np.flatnonzero(provider).tolist():
        of_node[node] = _holder(table, node, catalog, said, register)
    users = _Users(table)
    untraced = [
        (node, UNTRACED[kind], _untraced(table, node, kind, users, register))
        for node, kind in _leading_to_nobody(table, provider)
    ]
    return Owners(register.holders(), of_node, tuple(untraced))


def _holder(
    table: Table, node: int, catalog: Catalog | None, said: Mapping[str, str], register: _Register
) -> int:
    name = table.core_names[node]
    kind = kind_of(table, node)
    if kind == "private":
        return register.number(PRIVATE, name)
    if owner := said.get(name):
        return register.number(UNKNOWN if kind == "unknown" else KNOWN, owner)
    if kind == "unknown":
        return register.number(UNKNOWN, name)
    scope = Scope.read(name.removesuffix("?"))
    if scope is None:
        return register.number(KNOWN, name)
    found = catalog.provider(scope.provider) if catalog else None
    if found is None:
        return register.number(KNOWN, scope.provider)
    return register.number(KNOWN, found.owner or found.name, found.id, found.name)


def _untraced(table: Table, node: int, kind: str, users: _Users, register: _Register) -> int:
    """A server under the domain that it serves is the site's own, any other one unknown.

    Unknown servers of one registrable domain are one holder.
    """
    name = table.core_names[node]
    called = _host(name)
    if kind not in ("nameserver", "exchanger"):
        return register.number(UNKNOWN, called)
    domain = registrable_domain(called)
    served = {registrable_domain(_host(user)) for user in users.of(node)}
    return register.number(PRIVATE if served == {domain} else UNKNOWN, domain)


def _host(name: str) -> str:
    """What a node of a mapped graph is about: ns.x.test of `server:ns.x.test by name`."""
    return name.partition(":")[2].removesuffix(" by name") or name


class _Users:
    """The core nodes and sites that need a core node directly."""

    def __init__(self, table: Table) -> None:
        runs = ((table.core, table.core_names), (table.sites, table.site_names or ()))
        self._runs = [(rows, np.argsort(rows.alt, kind="stable"), names) for rows, names in runs]

    def of(self, node: int) -> Iterator[str]:
        """Their names."""
        for rows, by_alt, names in self._runs:
            first, last = np.searchsorted(rows.alt, [node, node + 1], sorter=by_alt)
            needs = np.searchsorted(rows.alt_start, by_alt[first:last], side="right") - 1
            for user in (np.searchsorted(rows.start, needs, side="right") - 1).tolist():
                yield names[user]


def _leading_to_nobody(table: Table, provider: Flags) -> Iterator[tuple[int, str]]:
    """Components that somebody must run, of which no need names a provider, and their kinds."""
    rows = table.core
    alt_owner: Ints = np.repeat(
        np.repeat(np.arange(rows.size), np.diff(rows.start)), np.diff(rows.alt_start)
    )
    led = np.bincount(alt_owner[provider[rows.alt]], minlength=rows.size) > 0
    needs_something = np.diff(rows.start) > 0
    for node in np.flatnonzero(~provider & ~led).tolist():
        kind = kind_of(table, node) or ""
        if kind in UNTRACED and not (kind in GROUND and needs_something[node]):
            yield node, kind
