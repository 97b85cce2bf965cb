"""Zones as needs: the delegation above, and the name servers, which ground one another or not."""

from collections.abc import Mapping
from typing import Any

from downwind.evidence.domains import registered_domain
from downwind.graph.observed.addresses import needs_addresses
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.hosts import addresses_of
from downwind.graph.observed.parties import parties
from downwind.terms import Alternative, Unanswered

# An unanswered name server may still serve others: it counts as a doubtful alternative.
_DOUBTFUL = 0.4


def draw_zone(drawing: Drawing, record_id: str, zone: str, value: Mapping[str, Any]) -> None:
    """A zone with its parent and its name servers."""
    node_id = drawing.zone(zone)
    if parent := value.get("parent"):
        drawing.needs(
            node_id,
            "delegation",
            [drawing.zone(parent)],
            grace=float(value.get("ttl", 0)),
            why=f"{parent} delegates {zone}",
            cited=[record_id],
        )
    servers = [
        Alternative(_add_server(drawing, record_id, server), confidence)
        for server in value.get("name_servers", ())
        if (confidence := _confidence(drawing, zone, server["host"]))
    ]
    if servers:
        drawing.needs(
            node_id,
            "name servers",
            servers,
            why=f"{_any_of(len(servers))}{_told(drawing, zone, value)}",
            cited=[record_id],
        )


def _any_of(count: int) -> str:
    return f"any of its {count} name servers will do" if count > 1 else "it has one name server"


def _told(drawing: Drawing, zone: str, value: Mapping[str, Any]) -> str:
    """Whose its servers are; of a public suffix nobody asks whether they are its own."""
    if registered_domain(zone) is None:
        return ""
    hosts = [server["host"] for server in value["name_servers"]]
    return f"; {parties(drawing, zone, hosts, drawing.catalog.name_server)}"


def _confidence(drawing: Drawing, zone: str, server: str) -> float:
    state = drawing.sightings.get("dns.server", f"{zone}@{server}")
    if state is not None and state.value is not None and state.value.get("lame"):
        drawing.builder.unknown(zone, "dns.server", f"{server} is lame and does not count")
        return 0.0
    return _DOUBTFUL if state and isinstance(state.finding, Unanswered) else 1.0


def _add_server(drawing: Drawing, record_id: str, server: Mapping[str, Any]) -> str:
    host, glue, inside = server["host"], server.get("glue"), server.get("in_bailiwick")
    # The same machine stands on other things for a zone that holds its name and for one that
    # does not, so these are two nodes.
    node_id = f"server:{host}" if inside else f"server:{host} by name"
    builder = drawing.builder
    if node_id in builder:
        return node_id
    builder.node(node_id, "nameserver", host)
    matches = drawing.catalog.name_server(host)
    drawing.needs_scope(node_id, "dns hosting", matches, why="by its name", cited=record_id)
    if not inside:
        drawing.needs(
            node_id,
            "its name",
            [drawing.host(host)],
            why=f"{host} is named outside the zone, so its name must resolve first",
            cited=[record_id],
        )
        return node_id
    # RFC 1034 4.2.1: glue in the parent grounds a server that is named inside its own zone.
    if glue:
        needs_addresses(drawing, node_id, glue, (record_id,), f"glue of {host}")
        return node_id
    builder.unknown(host, "dns.glue", "its glue could not be seen")
    addresses, cited = addresses_of(drawing, host)
    if addresses:
        needs_addresses(drawing, node_id, addresses, cited, f"{host} has these")
    return node_id
