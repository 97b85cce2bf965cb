"""Whose a host is, by its name alone: a provider of the catalogue, or whoever holds its domain."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from downwind.catalog import Catalog, Match
from downwind.evidence.domains import registered_domain
from downwind.graph.scopes import use_scope
from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Standing, Strength

_BEHIND = frozenset({"cloud", "hosting", "storage"})


# One look at a store builds three graphs of the same hosts, 100,000 of a log at most.
@lru_cache(maxsize=1 << 17)
def vendor_match(catalog: Catalog, host: str) -> Match | None:
    """The catalogue's finest word on a host name, whatever the name is used for."""
    asks = (
        catalog.resource_host,
        catalog.cname,
        catalog.mx,
        catalog.name_server,
        catalog.revocation,
    )
    matches = [match for ask in asks for match in ask(host)[:1]]
    return max(matches, key=_grain, default=None)


def _grain(match: Match) -> tuple[bool, bool]:
    """What makes one word finer than another; of equals the first is taken."""
    return (match.region is not None, match.product is not None)


def vendor_of(catalog: Catalog, host: str) -> str | None:
    """The provider's id, else the registered domain; None where it is in no public domain."""
    match = vendor_match(catalog, host)
    return match.provider if match else registered_domain(host)


def add_vendor(builder: GraphBuilder, catalog: Catalog, host: str, cited: Sequence[str]) -> str:
    """The host's node, with the need for whose it is. Returns the node's id."""
    node_id = builder.node(f"host:{host}", "host", host)
    match = vendor_match(catalog, host)
    if match is not None:
        name = match.role or "vendor"
        why = f"by its name: {match.rule} ({match.source or 'unconfirmed'})"
        _need(builder, node_id, name, match, why, cited)
    elif domain := registered_domain(host):
        builder.need(
            node_id,
            Need(
                "domain",
                (Alternative(builder.node(f"domain:{domain}", "domain", domain)),),
                why=f"its name lies in {domain}, whose holder the catalogue does not know",
                evidence=tuple(cited),
            ),
        )
    return node_id


def add_carriers(
    builder: GraphBuilder, catalog: Catalog, host: str, aliases: Iterable[str], cited: Sequence[str]
) -> None:
    """Who carries a host, by the aliases that a log's answers led to.

    Answers of different times may lead to different carriers. A log does not tell whether one
    stands behind the other or in its place, so several are soft needs.
    """
    matches: dict[str, tuple[str, Match]] = {}
    for alias in aliases:
        for match in catalog.cname(alias)[:1]:
            matches.setdefault(str(match.scope), (alias, match))
    lone = len({match.provider for _, match in matches.values()}) == 1
    strength = Strength.HARD if lone else Strength.SOFT
    for alias, match in matches.values():
        name = "hosting" if match.role in _BEHIND else "edge"
        which = "" if lone else "; answers led to several carriers"
        why = f"by the alias {alias}: {match.rule} ({match.source or 'unconfirmed'}){which}"
        _need(builder, f"host:{host}", name, match, why, cited, strength)


def _need(
    builder: GraphBuilder,
    node_id: str,
    name: str,
    match: Match,
    why: str,
    cited: Sequence[str],
    strength: Strength = Strength.HARD,
) -> None:
    builder.need(
        node_id,
        Need(
            name,
            (Alternative(use_scope(builder, match.scope)),),
            strength=strength,
            standing=Standing.OBSERVED,
            confidence=match.confidence,
            why=why,
            evidence=tuple(cited),
        ),
    )
