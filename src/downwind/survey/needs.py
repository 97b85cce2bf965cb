"""Whom a listed name stands on, layer by layer, by the catalogue: from its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from downwind.catalog import Catalog, Match
from downwind.evidence.domains import registrable_domain

PROVIDER, PRIVATE, UNKNOWN = "provider", "private", "unknown"
HARD, SOFT = "hard", "soft"
_REMEMBERED = 1 << 16
_HOSTED = ("cloud", "hosting", "storage")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with whom a need can be met."""

    node: str
    kind: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class LayerNeed:
    """What a name needs of one layer; any `k` of the holders will do."""

    layer: str
    holders: tuple[Holder, ...]
    k: int = 1
    strength: str = HARD


class Needs:
    """Reads digests; whose a host or an address is, is looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._server = lru_cache(_REMEMBERED)(lambda host: catalog.name_server(host))
        self._mx = lru_cache(_REMEMBERED)(lambda host: catalog.mx(host))
        self._spf = lru_cache(_REMEMBERED)(lambda host: catalog.spf(host))
        self._address = lru_cache(_REMEMBERED)(lambda address: catalog.address(address))

    def of(
        self,
        name: str,
        digest: Mapping[str, Any],
        issuer: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> list[LayerNeed]:
        """The needs of a name; a layer of which nothing was seen has none."""
        found = [
            _any_of("dns", self._hosts(name, digest["name_servers"], self._server)),
            self._edge(digest, headers or {}),
            self._hosting(name, digest["addresses"]),
            _any_of("mail", self._hosts(name, digest["mail"], self._mx)),
            self._senders(digest["senders"]),
            self._issuer(issuer),
        ]
        return [need for need in found if need is not None and need.holders]

    def _hosts(
        self, name: str, hosts: Iterable[str], whose: Callable[[str], Sequence[Match]]
    ) -> list[Holder]:
        """Who runs these hosts; one that the catalogue does not know is its domain's."""
        own = registrable_domain(name)
        holders = []
        for host in hosts:
            matches = whose(host)
            if matches:
                holders.append(_provider(matches[0]))
                continue
            domain = registrable_domain(host)
            private = domain == own
            node = f"{own} itself" if private else f"*.{domain}"
            holders.append(Holder(node, PRIVATE if private else UNKNOWN))
        return holders

    def _edge(self, digest: Mapping[str, Any], headers: Mapping[str, str]) -> LayerNeed | None:
        """Who stands before the origin: by alias, else by address, else by its mark on replies."""
        for alias in digest["aliases"]:
            if matches := [m for m in self._catalog.cname(alias) if m.role == "edge"]:
                return LayerNeed("edge", (_provider(matches[0]),))
        by_address = [self._address(address) for address in digest["addresses"]]
        if by_address and all(m and m[0].role == "edge" for m in by_address):
            return _any_of("edge", [_provider(matches[0]) for matches in by_address])
        marks = [m for m in self._catalog.headers(headers) if m.role == "edge"]
        return LayerNeed("edge", (_provider(marks[0]),)) if marks else None

    def _hosting(self, name: str, addresses: Sequence[str]) -> LayerNeed | None:
        """Who runs the machines, where the catalogue knows one; others are each on their own."""
        holders = []
        for address in addresses:
            matches = self._address(address)
            if not matches:
                holders.append(Holder(f"{name} elsewhere", UNKNOWN))
            elif matches[0].role in _HOSTED:
                holders.append(_provider(matches[0]))
        if not any(holder.kind == PROVIDER for holder in holders):
            return None
        return _any_of("hosting", holders)

    def _senders(self, hosts: Iterable[str]) -> LayerNeed | None:
        """Who may send its mail: without any one of them some mail does not go out."""
        holders = _each([_provider(m[0]) for host in hosts if (m := self._spf(host))])
        return LayerNeed("mail sent", holders, len(holders), SOFT) if holders else None

    def _issuer(self, issuer: tuple[str, str] | None) -> LayerNeed | None:
        if issuer is None or not any(issuer):
            return None
        organization, name = issuer
        matches = self._catalog.issuer(organization, name)
        holder = (
            _provider(matches[0]) if matches else Holder(f"{organization or name} (CA)", UNKNOWN)
        )
        return LayerNeed("certificate", (holder,))


def _provider(match: Match) -> Holder:
    return Holder(match.provider, PROVIDER, match.confidence)


def _any_of(layer: str, holders: Iterable[Holder]) -> LayerNeed | None:
    found = _each(holders)
    return LayerNeed(layer, found) if found else None


def _each(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    """Each holder once, with the confidence of the surest sign of it."""
    best: dict[str, Holder] = {}
    for holder in holders:
        known = best.get(holder.node)
        if known is None or holder.confidence > known.confidence:
            best[holder.node] = holder
    return tuple(best.values())
