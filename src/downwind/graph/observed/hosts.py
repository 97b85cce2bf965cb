"""Host names as needs: their zone, alias or addresses, certificate, edge and origin."""

from collections.abc import Iterable

from downwind.catalog import Match
from downwind.graph.observed.addresses import needs_addresses
from downwind.graph.observed.certificates import needs_certificate
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.parties import party
from downwind.terms import Absent, Strength

_LONGEST_CHAIN = 16
_CARRY = frozenset({"edge", "hosting"})
"""Places through which every request goes."""
_BEHIND = frozenset({"cloud", "hosting", "storage"})
"""Roles of those who hold the origin itself."""


def no_such_name(drawing: Drawing, host: str) -> bool:
    """True where the name does not exist: it has no needs, only a zone that says so."""
    record = drawing.sightings.get("dns.a", host)
    finding = record.finding if record else None
    return isinstance(finding, Absent) and finding.reason == "NXDOMAIN"


def draw_host(drawing: Drawing, host: str) -> None:
    """A host name with everything that it stands on itself."""
    node_id = drawing.host(host)
    ttl = _ttl(drawing, host)
    if zone := drawing.sightings.seen("dns.zone_of", host):
        apex = zone[1]["zone"]
        drawing.needs(
            node_id,
            "dns",
            [drawing.zone(apex)],
            grace=ttl,
            why=f"{host} lives in the zone {apex}; answers are cached for {ttl:g} s",
            cited=[zone[0]],
        )
    _needs_alias_or_addresses(drawing, node_id, host)
    needs_certificate(drawing, node_id, host)
    marks = _marks(drawing, host)
    for record_id, match in marks:
        name = _place(match)
        drawing.needs_scope(
            node_id,
            name,
            [match],
            why="by its mark",
            cited=record_id,
            strength=Strength.HARD if name in _CARRY else Strength.SOFT,
        )
    _tell_origin(drawing, host, [match for _, match in marks])


def _needs_alias_or_addresses(drawing: Drawing, node_id: str, host: str) -> None:
    alias = drawing.sightings.seen("dns.cname", host)
    if alias is None:
        addresses, cited = addresses_of(drawing, host)
        if addresses:
            needs_addresses(drawing, node_id, addresses, cited, f"{host} has these")
            _needs_edge_by_prefix(drawing, node_id, addresses, cited[0])
        return
    record_id, value = alias
    target = value["target"]
    matches = drawing.catalog.cname(target)
    for match in matches[:1]:
        # Whatever it is for: the one whom an alias leads to answers for the host.
        name = _place(match) if _place(match) in _CARRY else "hosting"
        drawing.needs_scope(node_id, name, [match], why="by the alias", cited=record_id)
    drawing.needs(
        node_id,
        "alias",
        [drawing.host(target)],
        grace=float(value.get("ttl", 0)),
        why=f"{host} is a CNAME for {target}; {party(drawing, host, target, matches)}",
        cited=[record_id],
    )


def _needs_edge_by_prefix(
    drawing: Drawing, node_id: str, addresses: Iterable[str], cited: str
) -> None:
    """All addresses lead to one edge: the host stands on it, whichever is taken."""
    found = [drawing.catalog.address(address)[:1] for address in addresses]
    scopes = {match.scope for matches in found for match in matches}
    if all(found) and len(scopes) == 1 and found[0][0].role == "edge":
        drawing.needs_scope(node_id, "edge", found[0], why="by its addresses", cited=cited)


def _place(match: Match) -> str:
    """Where somebody stands who left a mark: in front, behind, or beside, by the role played."""
    if match.role is None or match.role == "edge":
        return "edge"
    return "hosting" if match.role in _BEHIND else match.role


def _ttl(drawing: Drawing, host: str) -> float:
    found = [
        float(seen[1].get("ttl", 0))
        for kind in ("dns.cname", "dns.a", "dns.aaaa")
        if (seen := drawing.sightings.seen(kind, host))
    ]
    return min(found, default=0.0)


def addresses_of(drawing: Drawing, host: str) -> tuple[list[str], list[str]]:
    """The addresses of a host of both families, and the ids of what says so."""
    addresses: list[str] = []
    cited: list[str] = []
    for kind in ("dns.a", "dns.aaaa"):
        if seen := drawing.sightings.seen(kind, host):
            addresses += seen[1]["addresses"]
            cited.append(seen[0])
    return addresses, cited


def _marks(drawing: Drawing, host: str) -> list[tuple[str, Match]]:
    """Who left marks on this host's own pages, the best for each place."""
    found: list[tuple[str, Match]] = []
    for record_id, value in drawing.pages.get(host, ()):
        by_header = drawing.catalog.headers(value.get("headers", {}))
        by_cookie = drawing.catalog.cookies(value.get("cookies", ()))
        best: dict[str, Match] = {}
        for match in (*by_header, *by_cookie):
            best.setdefault(_place(match), match)
        found += [(record_id, match) for match in best.values()]
    return found


def _tell_origin(drawing: Drawing, host: str, marks: Iterable[Match]) -> None:
    """Behind an edge the origin is unknown, unless a reply or an alias tells it."""
    if drawing.sightings.seen("tls.certificate", host) is None:
        return
    known = [*marks, *_on_the_way(drawing, host)]
    edge = next((match for match in known if match.role == "edge"), None)
    if edge is None or any(match.role in _BEHIND for match in known):
        return
    drawing.builder.unknown(host, "origin", f"not visible behind the edge {edge.scope}")


def _on_the_way(drawing: Drawing, host: str) -> Iterable[Match]:
    """Who is recognised by the aliases and the addresses that a host leads to."""
    at = host
    for _ in range(_LONGEST_CHAIN):
        alias = drawing.sightings.seen("dns.cname", at)
        if alias is None:
            break
        at = alias[1]["target"]
        yield from drawing.catalog.cname(at)
    for address in addresses_of(drawing, at)[0]:
        yield from drawing.catalog.address(address)
