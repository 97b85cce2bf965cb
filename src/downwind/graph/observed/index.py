"""What is asked of all the evidence again and again, gathered once."""

from collections.abc import Iterable, Mapping
from typing import Any

from downwind.evidence.domains import registered_domain
from downwind.evidence.hosts import host_of
from downwind.graph.observed.sightings import Sightings

Page = tuple[str, Mapping[str, Any]]

_SHARED_CERTIFICATE = 20
"""A certificate for more domains may be one that an edge shares among its customers."""


def pages_by_host(sightings: Sightings) -> dict[str, list[Page]]:
    """(record id, value) of the pages that each host answered itself, without a redirect away."""
    found: dict[str, list[Page]] = {}
    for record_id, url, value in sightings.seen_of_kind("http.page"):
        host = host_of(url)
        if host == host_of(value.get("final_url") or url):
            found.setdefault(host, []).append((record_id, value))
    return found


def certified_together(sightings: Sightings) -> dict[str, frozenset[str]]:
    """For each registered domain, those that a certificate of one of its hosts names as well."""
    found: dict[str, frozenset[str]] = {}
    for _, host, value in sightings.seen_of_kind("tls.certificate"):
        own = registered_domain(host)
        if own is not None:
            found[own] = found.get(own, frozenset()) | frozenset(_domains_of(value))
    return found


def _domains_of(value: Mapping[str, Any]) -> Iterable[str]:
    names = (str(name).removeprefix("*.") for name in value.get("names", ()))
    domains = {domain for name in names if (domain := registered_domain(name))}
    return () if len(domains) > _SHARED_CERTIFICATE else domains
