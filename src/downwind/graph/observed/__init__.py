"""What was measured, as needs, layer by layer: hosts, zones, certificates, mail, pages."""

from downwind.catalog import Catalog
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.hosts import draw_host, no_such_name
from downwind.graph.observed.mail import draw_mailbox, tell_implied
from downwind.graph.observed.pages import draw_page
from downwind.graph.observed.registrations import draw_registration
from downwind.graph.observed.senders import draw_policy, draw_sender
from downwind.graph.observed.sightings import Sightings
from downwind.graph.observed.zones import draw_zone
from downwind.graph.types import GraphBuilder
from downwind.terms import Absent, Unanswered

__all__ = ["Sightings", "add_observations"]

_OF_HOSTS = ("dns.zone_of", "dns.cname", "dns.a", "dns.aaaa", "tls.certificate")


def add_observations(builder: GraphBuilder, sightings: Sightings, catalog: Catalog) -> None:
    """Add everything that the evidence shows."""
    drawing = Drawing.of(builder, sightings, catalog)
    for record in sightings.all():
        if isinstance(record.finding, Unanswered) and not record.kind.startswith("probe."):
            builder.unknown(record.subject, record.kind, record.finding.reason)
    for record_id, zone, value in sightings.seen_of_kind("dns.zone"):
        draw_zone(drawing, record_id, zone, value)
    for host in _hosts(drawing):
        draw_host(drawing, host)
    # What a browser tried goes before what the markup says.
    tried = {url for _, url, _ in sightings.seen_of_kind("page.browser")}
    for kind in ("page.browser", "page.resources"):
        for record_id, url, value in sightings.seen_of_kind(kind):
            if kind == "page.browser" or url not in tried:
                draw_page(drawing, record_id, url, value)
    _draw_mail(drawing)
    for record_id, domain, record in sightings.of_kind("rdap.domain"):
        if record.value is not None:
            draw_registration(drawing, record_id, domain, record, record.value)


def _draw_mail(drawing: Drawing) -> None:
    sightings = drawing.sightings
    for record_id, domain, value in sightings.seen_of_kind("dns.txt"):
        draw_policy(drawing, record_id, domain, value)
    for record_id, domain, value in sightings.seen_of_kind("dns.mx"):
        draw_mailbox(drawing, record_id, domain, value)
    for _, domain, _ in sightings.of_kind("dns.mx"):
        draw_sender(drawing, domain)
        tell_implied(drawing, domain)


def _hosts(drawing: Drawing) -> dict[str, None]:
    """Every host of which something was seen or could not be seen, each once."""
    return {
        host: None
        for kind in _OF_HOSTS
        for _, host, record in drawing.sightings.of_kind(kind)
        if not isinstance(record.finding, Absent) and not no_such_name(drawing, host)
    }
