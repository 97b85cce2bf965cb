"""Names that were looked up, as soft needs: to be seen in use is not to be indispensable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from downwind.catalog import Catalog
from downwind.evidence.inside.dnslog.usage import MOST_CLIENTS
from downwind.graph.inside.consumers import add_consumer
from downwind.graph.inside.vendors import add_carriers, add_vendor
from downwind.graph.observed import Sightings
from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Standing, Strength


@dataclass(slots=True)
class _Use:
    """What all logs together say of one host."""

    queries: int = 0
    clients: int = 0
    first: float | None = None
    last: float | None = None
    aliases: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    cited: list[str] = field(default_factory=list)

    def add(self, record_id: str, value: Mapping[str, Any]) -> None:
        self.queries += int(value["queries"])
        # The same machine may be in several logs, so these are no sum.
        self.clients = max(self.clients, int(value["clients"] or 0))
        self.first = min(_known(self.first, value["first"]), default=None)
        self.last = max(_known(self.last, value["last"]), default=None)
        self.aliases |= dict.fromkeys(value["aliases"])
        self.sources[str(value["source"])] = None
        self.cited.append(record_id)

    @property
    def why(self) -> str:
        """How often, by how many and when, and why this makes no hard need."""
        by = f" by {_clients(self.clients)}" if self.clients else ""
        return (
            f"looked up {self.queries:,} times{by}{_span(self.first, self.last)} "
            f"({', '.join(self.sources)}); use is no proof that it cannot do without"
        )


def add_lookups(builder: GraphBuilder, sightings: Sightings, catalog: Catalog) -> None:
    """Whoever was read needs the hosts that it looked up, and each host whose it is."""
    for (node, host), use in _uses(sightings).items():
        consumer = add_consumer(builder, node)
        target = add_vendor(builder, catalog, host, use.cited)
        if sightings.seen("dns.cname", host) is None:
            add_carriers(builder, catalog, host, use.aliases, use.cited)
        if target == consumer:
            continue
        builder.need(
            consumer,
            Need(
                f"use of {host}",
                (Alternative(target),),
                strength=Strength.SOFT,
                standing=Standing.OBSERVED,
                why=use.why,
                evidence=tuple(use.cited),
            ),
        )


def _uses(sightings: Sightings) -> dict[tuple[str, str], _Use]:
    """(node, host) -> its use, those asked for most first."""
    uses: dict[tuple[str, str], _Use] = {}
    for record_id, _, value in sightings.seen_of_kind("inside.query"):
        uses.setdefault((str(value["node"]), str(value["host"])), _Use()).add(record_id, value)
    return dict(sorted(uses.items(), key=lambda item: (-item[1].queries, item[0])))


def _known(*times: float | None) -> list[float]:
    return [time for time in times if time is not None]


def _clients(count: int) -> str:
    if count == 1:
        return "one machine"
    return f"{count} machines" if count < MOST_CLIENTS else f"{count} machines or more"


def _span(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return ""
    days = sorted({_day(first), _day(last)})
    return f" on {days[0]}" if len(days) == 1 else f" from {days[0]} to {days[1]}"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
