"""What was measured, as needs: names, zones, servers, addresses, certificates, pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from downwind.catalog import Catalog, Match
from downwind.graph.scopes import use_scope
from downwind.graph.types import GraphBuilder
from downwind.terms import Absent, Alternative, Evidence, Need, Seen, Strength, Unanswered

# An unanswered name server may still serve others: it counts as a doubtful alternative.
_DOUBTFUL = 0.4


@dataclass(slots=True)
class Sightings:
    """The latest evidence of each kind about each subject, with its id."""

    _latest: dict[tuple[str, str], tuple[str, Evidence]] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Iterable[tuple[str, Evidence]]) -> "Sightings":
        """Sort evidence by subject and kind; the later record wins, whatever the order."""
        latest: dict[tuple[str, str], tuple[str, Evidence]] = {}
        for record_id, record in evidence:
            key = (record.kind, record.subject)
            known = latest.get(key)
            if known is None or (record.at, record_id) > (known[1].at, known[0]):
                latest[key] = (record_id, record)
        return cls(dict(sorted(latest.items())))

    def seen(self, kind: str, subject: str) -> tuple[str, Mapping[str, Any]] | None:
        """(id, value) of what was seen, or None."""
        found = self._latest.get((kind, subject))
        if found is None or not isinstance(found[1].finding, Seen):
            return None
        return found[0], found[1].finding.value

    def get(self, kind: str, subject: str) -> Evidence | None:
        """The latest record, seen or not."""
        found = self._latest.get((kind, subject))
        return found[1] if found else None

    def of_kind(self, kind: str) -> Iterable[tuple[str, str, Evidence]]:
        """(id, subject, record) of every record of a kind, by subject."""
        for (each, subject), (record_id, record) in self._latest.items():
            if each == kind:
                yield record_id, subject, record

    def all(self) -> Iterable[Evidence]:
        """Every latest record."""
        return (record for _, record in self._latest.values())


def add_observations(builder: GraphBuilder, sightings: Sightings, catalog: Catalog) -> None:
    """Add everything that the evidence shows."""
    for record in sightings.all():
        if isinstance(record.finding, Unanswered) and not record.kind.startswith("probe."):
            builder.unknown(record.subject, record.kind, record.finding.reason)
    for _, zone, record in sightings.of_kind("dns.zone"):
        if record.value is not None:
            _add_zone(builder, sightings, catalog, zone)
    for kind in ("dns.zone_of", "dns.cname", "dns.a", "dns.aaaa", "tls.certificate"):
        for _, host, record in sightings.of_kind(kind):
            if not isinstance(record.finding, Absent) and not _no_such_name(sightings, host):
                _add_host(builder, sightings, catalog, host)
    for record_id, url, record in sightings.of_kind("page.resources"):
        if record.value is not None:
            _add_page(builder, record_id, url, record.value)


def _no_such_name(sightings: Sightings, host: str) -> bool:
    """True where the name does not exist: it has no needs, only a zone that says so."""
    record = sightings.get("dns.a", host)
    finding = record.finding if record else None
    return isinstance(finding, Absent) and finding.reason == "NXDOMAIN"


def _add_host(builder: GraphBuilder, sightings: Sightings, catalog: Catalog, host: str) -> str:
    node_id = f"host:{host}"
    if node_id in builder:
        return node_id
    builder.node(node_id, "host", host)
    ttl = _ttl(sightings, host)
    if zone := sightings.seen("dns.zone_of", host):
        apex = zone[1]["zone"]
        builder.need(
            node_id,
            Need(
                "dns",
                (Alternative(builder.node(f"zone:{apex}", "zone", apex)),),
                grace=ttl,
                why=f"{host} lives in the zone {apex}; answers are cached for {ttl:g} s",
                evidence=(zone[0],),
            ),
        )
    if alias := sightings.seen("dns.cname", host):
        target = alias[1]["target"]
        _needs_scopes(builder, node_id, "edge", catalog.cname(target), alias[0], "by the alias")
        builder.need(
            node_id,
            Need(
                "alias",
                (Alternative(_add_host(builder, sightings, catalog, target)),),
                grace=float(alias[1].get("ttl", 0)),
                why=f"{host} is a CNAME for {target}",
                evidence=(alias[0],),
            ),
        )
    else:
        _add_addresses(builder, sightings, catalog, node_id, host)
    _add_certificate(builder, sightings, catalog, node_id, host)
    _add_served_by(builder, sightings, catalog, node_id, host)
    return node_id


def _ttl(sightings: Sightings, host: str) -> float:
    found = [
        float(seen[1].get("ttl", 0))
        for kind in ("dns.cname", "dns.a", "dns.aaaa")
        if (seen := sightings.seen(kind, host))
    ]
    return min(found, default=0.0)


def _add_addresses(
    builder: GraphBuilder, sightings: Sightings, catalog: Catalog, node_id: str, host: str
) -> None:
    addresses: list[str] = []
    cited: list[str] = []
    for kind in ("dns.a", "dns.aaaa"):
        if seen := sightings.seen(kind, host):
            addresses += seen[1]["addresses"]
            cited.append(seen[0])
    if addresses:
        _needs_addresses(builder, catalog, node_id, addresses, cited, f"{host} has these")


def _needs_addresses(
    builder: GraphBuilder,
    catalog: Catalog,
    node_id: str,
    addresses: Iterable[str],
    cited: Iterable[str],
    why: str,
) -> None:
    found = sorted(set(addresses))
    builder.need(
        node_id,
        Need(
            "address",
            tuple(Alternative(_add_address(builder, catalog, a)) for a in found),
            why=f"{why}: {', '.join(found)}",
            evidence=tuple(cited),
        ),
    )


def _add_address(builder: GraphBuilder, catalog: Catalog, address: str) -> str:
    node_id = f"address:{address}"
    if node_id in builder:
        return node_id
    builder.node(node_id, "address", address)
    matches = catalog.address(address)
    if not matches:
        builder.unknown(address, "address.provider", "no prefix of the catalogue holds it")
    _needs_scopes(builder, node_id, "network", matches[:1], "", "by its prefix")
    return node_id


def _needs_scopes(
    builder: GraphBuilder,
    node_id: str,
    name: str,
    matches: Iterable[Match],
    cited: str,
    why: str,
) -> None:
    for match in list(matches)[:1]:
        builder.need(
            node_id,
            Need(
                name,
                (Alternative(use_scope(builder, match.scope)),),
                confidence=match.confidence,
                why=f"{why}: {match.rule} ({match.source or 'unconfirmed'})",
                evidence=(cited,) if cited else (),
            ),
        )


def _add_certificate(
    builder: GraphBuilder, sightings: Sightings, catalog: Catalog, node_id: str, host: str
) -> None:
    seen = sightings.seen("tls.certificate", host)
    record = sightings.get("tls.certificate", host)
    if not seen or record is None:
        return
    value = seen[1]
    organization = value.get("issuer_organization") or value.get("issuer_name") or ""
    left = max(0.0, float(value.get("not_after") or 0) - record.at)
    matches = catalog.issuer(organization, value.get("issuer_name") or "")
    issuer = (
        use_scope(builder, matches[0].scope)
        if matches
        else builder.node(f"issuer:{organization}", "issuer", organization)
    )
    builder.need(
        node_id,
        Need(
            "certificate",
            (Alternative(issuer),),
            grace=left,
            why=f"its certificate is of {organization} and ends in {left / 86400:.0f} days",
            evidence=(seen[0],),
        ),
    )
    hosts = {urlsplit(url).hostname for url in [*value.get("ocsp", ()), *value.get("crl", ())]}
    for revocation in sorted(h.lower() for h in hosts if h):
        builder.need(
            node_id,
            Need(
                f"revocation at {revocation}",
                (Alternative(_add_host(builder, sightings, catalog, revocation)),),
                strength=Strength.SOFT,
                why="revocation is checked there; browsers mostly go on without",
                evidence=(seen[0],),
            ),
        )


def _add_served_by(
    builder: GraphBuilder, sightings: Sightings, catalog: Catalog, node_id: str, host: str
) -> None:
    for record_id, url, record in sightings.of_kind("http.page"):
        if record.value is None or urlsplit(url).hostname != host:
            continue
        final = urlsplit(record.value.get("final_url") or url).hostname
        if final != host:
            continue
        matches = catalog.headers(record.value.get("headers", {}))
        _needs_scopes(builder, node_id, "edge", matches, record_id, "by its mark")


def _add_zone(builder: GraphBuilder, sightings: Sightings, catalog: Catalog, zone: str) -> None:
    found = sightings.seen("dns.zone", zone)
    if found is None:
        return
    record_id, value = found
    node_id = builder.node(f"zone:{zone}", "zone", zone)
    if parent := value.get("parent"):
        builder.need(
            node_id,
            Need(
                "delegation",
                (Alternative(builder.node(f"zone:{parent}", "zone", parent)),),
                grace=float(value.get("ttl", 0)),
                why=f"{parent} delegates {zone}",
                evidence=(record_id,),
            ),
        )
    servers = []
    for server in value.get("name_servers", ()):
        state = sightings.get("dns.server", f"{zone}@{server['host']}")
        if state is not None and state.value is not None and state.value.get("lame"):
            builder.unknown(zone, "dns.server", f"{server['host']} is lame and does not count")
            continue
        doubtful = state is not None and isinstance(state.finding, Unanswered)
        server_id = _add_server(builder, sightings, catalog, record_id, server)
        servers.append(Alternative(server_id, _DOUBTFUL if doubtful else 1.0))
    if servers:
        builder.need(
            node_id,
            Need(
                "name servers",
                tuple(servers),
                why=f"any of its {len(servers)} name servers will do",
                evidence=(record_id,),
            ),
        )


def _add_server(
    builder: GraphBuilder,
    sightings: Sightings,
    catalog: Catalog,
    record_id: str,
    server: Mapping[str, Any],
) -> str:
    host, glue, inside = server["host"], server.get("glue"), server.get("in_bailiwick")
    # The same machine stands on other things for a zone that holds its name and for one that
    # does not, so these are two nodes.
    node_id = f"server:{host}" if inside else f"server:{host} by name"
    if node_id in builder:
        return node_id
    builder.node(node_id, "nameserver", host)
    _needs_scopes(
        builder, node_id, "dns hosting", catalog.name_server(host), record_id, "by its name"
    )
    if inside:
        # RFC 1034 4.2.1: glue in the parent grounds a server that is named inside its own zone.
        if glue:
            _needs_addresses(builder, catalog, node_id, glue, (record_id,), f"glue of {host}")
        else:
            builder.unknown(host, "dns.glue", "its glue could not be seen")
            _add_addresses(builder, sightings, catalog, node_id, host)
        return node_id
    builder.need(
        node_id,
        Need(
            "its name",
            (Alternative(_add_host(builder, sightings, catalog, host)),),
            why=f"{host} is named outside the zone, so its name must resolve first",
            evidence=(record_id,),
        ),
    )
    return node_id


def _add_page(builder: GraphBuilder, record_id: str, url: str, value: Mapping[str, Any]) -> None:
    host = (urlsplit(url).hostname or "").lower()
    node_id = builder.node(f"page:{url}", "page", url)
    builder.need(
        node_id,
        Need("host", (Alternative(builder.node(f"host:{host}", "host", host)),), why="its host"),
    )
    for resource in value.get("resources", ()):
        if not resource.get("third_party"):
            continue
        third = resource["host"]
        builder.need(
            node_id,
            Need(
                f"{resource['element']} from {third}",
                (Alternative(builder.node(f"host:{third}", "host", third)),),
                strength=Strength(resource["strength"]),
                why=resource.get("reason", ""),
                evidence=(record_id,),
            ),
        )
