"""Where the names of an edge's customers lead: through the edge, or past it to their computers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from downwind.world.net.addresses import Address
from downwind.world.net.names import put_addresses
from downwind.world.net.zone import Zone


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's name: the record that leads to it, and both ways."""

    zone: Zone
    record: str
    """The host, or the name in the edge's domain to which it is an alias."""
    ttl: int
    through: tuple[Address, ...]
    past: tuple[Address, ...]


@dataclass
class EdgeSwitchboard:
    """The contract of a Switchboard over the zones of the world."""

    lines: Mapping[str, Line]
    _past: set[str] = field(default_factory=set)

    def is_past_edge(self, host: str) -> bool:
        """True where the name leads to the customer's own computers."""
        if host not in self.lines:
            raise KeyError(host)
        return host in self._past

    def lead(self, host: str, *, past_edge: bool) -> None:
        """Change the name's addresses; caches keep the old ones for their TTL."""
        line = self.lines[host]
        put_addresses(line.zone, line.record, line.ttl, line.past if past_edge else line.through)
        (self._past.add if past_edge else self._past.discard)(host)
