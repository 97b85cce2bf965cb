"""Against real nsd and unbound: complete records, referrals with DNSSEC, six questions a name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest

from downwind.observe.network import Endpoint, Network

from .look import look
from .real_dns import RESOLVER_ADDRESS, hierarchy, lacking
from .sites import Site, make_sites

_SITES = make_sites(150, seed=3)
_NETWORK = Network(
    resolvers=(Endpoint(RESOLVER_ADDRESS, 53),),
    dial=None,
    trust=None,
    allowed_private=(ipaddress.ip_network("127.0.0.0/8"),),
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if why := lacking():
        pytest.skip(f"a real hierarchy: {why}")
    folder: Path = tmp_path_factory.mktemp("dns")
    with hierarchy(folder, _SITES):
        yield


async def test_every_site_is_seen_as_it_is(real: None) -> None:
    seen = await look(_NETWORK, *(site.name for site in _SITES))
    for site in _SITES:
        value = seen.value("survey.name", site.name)
        assert value["unknown"] == {}, site
        if not site.exists:
            assert value["addresses"] == []
            assert value["zone"] == site.tld
            continue
        assert value["zone"] == site.domain
        assert value["name_servers"] == sorted(server.rstrip(".") for server in _servers(site))
        assert ("fd00::1" in value["addresses"]) == (site.ipv6 and not site.alias)
        assert bool(value["aliases"]) == site.alias
        assert bool(value["mail"]) == (site.mail != "none")
        assert value["senders"] == ["_spf.mail.dns02.net"]
        zone = seen.value("dns.zone", site.domain)
        assert (zone["parent"], zone["said_by"], zone["signed"]) == (site.tld, "parent", False)
        glue = {server["host"]: server["glue"] for server in zone["name_servers"]}
        assert all(glue.values()) if site.own_servers else glue


async def test_a_name_costs_five_questions_of_its_own(real: None) -> None:
    """A, AAAA, MX, TXT, and the parent's referral, which says NS, glue and DS at once."""
    ordinary = [
        site
        for site in _SITES
        if site.exists
        and not (site.alias or site.own_servers)
        and site.mail != "own"
        # Where nothing at all is missing, no answer carries the SOA record, which is a sixth.
        and not site.ipv6
    ]
    shared = [site for site in ordinary if site.number % 2]
    known = {provider for site in shared for provider in site.providers}
    further = [s for s in ordinary if not s.number % 2 and known.issuperset(s.providers)]
    assert len(further) > 20
    before = await look(_NETWORK, *(site.name for site in shared))
    after = await look(_NETWORK, *(site.name for site in (*shared, *further)))
    assert (after.counts.queries - before.counts.queries) / len(further) == 5
    assert after.counts.timeouts == 0


def _servers(site: Site) -> list[str]:
    if site.own_servers:
        return [f"ns{n}.{site.domain}" for n in (1, 2)]
    return site.servers()
