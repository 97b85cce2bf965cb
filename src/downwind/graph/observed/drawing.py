"""What the layers draw with: evidence and catalogue in, nodes and needs out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from downwind.catalog import Catalog, Match
from downwind.graph.observed.index import Page, certified_together, pages_by_host
from downwind.graph.observed.sightings import Sightings
from downwind.graph.scopes import use_scope
from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Scope, Standing, Strength


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph being drawn from what was seen."""

    builder: GraphBuilder
    sightings: Sightings
    catalog: Catalog
    pages: Mapping[str, Sequence[Page]]
    """The pages that each host answered itself."""
    certified: Mapping[str, frozenset[str]]
    """For each registered domain, those that its certificates name as well."""

    @classmethod
    def of(cls, builder: GraphBuilder, sightings: Sightings, catalog: Catalog) -> "Drawing":
        return cls(
            builder, sightings, catalog, pages_by_host(sightings), certified_together(sightings)
        )

    def host(self, host: str) -> str:
        """The node of a host name; what it needs is drawn by hosts.py, where it was looked at."""
        return self.builder.node(f"host:{host}", "host", host)

    def zone(self, zone: str) -> str:
        """The node of a zone; what it needs is drawn by zones.py, where it was looked at."""
        return self.builder.node(f"zone:{zone}", "zone", zone)

    def needs(
        self,
        node_id: str,
        name: str,
        targets: Iterable[str | Alternative],
        *,
        why: str,
        cited: Iterable[str] = (),
        grace: float = 0.0,
        strength: Strength = Strength.HARD,
    ) -> None:
        """The node needs any one of the targets."""
        alternatives = tuple(t if isinstance(t, Alternative) else Alternative(t) for t in targets)
        self.builder.need(
            node_id,
            Need(
                name,
                alternatives,
                strength=strength,
                grace=grace,
                why=why,
                evidence=tuple(cited),
            ),
        )

    def needs_scope(
        self,
        node_id: str,
        name: str,
        matches: Iterable[Match],
        *,
        why: str,
        cited: str = "",
        strength: Strength = Strength.HARD,
    ) -> bool:
        """The node needs the scope of the best match; False where there is none.

        Whoever is known to carry it is suspected alone: what really carries it, addresses tell.
        """
        for match in list(matches)[:1]:
            said = f"{why}: {match.rule} ({match.source or 'unconfirmed'})"
            need = Need(
                name,
                (Alternative(use_scope(self.builder, match.scope)),),
                strength=strength,
                confidence=match.confidence,
                why=said,
                evidence=(cited,) if cited else (),
            )
            self.builder.need(node_id, need)
            if match.served_by and match.served_by != match.provider:
                self.builder.need(node_id, self._carried(need, match))
            return True
        return False

    def _carried(self, need: Need, match: Match) -> Need:
        assert match.served_by is not None
        return replace(
            need,
            name=f"{need.name} carrier",
            alternatives=(Alternative(use_scope(self.builder, Scope(match.served_by))),),
            standing=Standing.SUSPECTED,
            confidence=min(match.confidence, match.carrier_confidence),
            why=f"the catalogue has {match.scope} carried by {match.served_by}; {need.why}",
        )
