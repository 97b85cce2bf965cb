"""Who is asked to look: outside the suspect, and far apart."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.globalping import (
    Avoid,
    Site,
    choose_locations,
    read_sites,
)

from .asked import CLOUDFLARE
from .server import PROBES


def sites(*rows: Any) -> tuple[Site, ...]:
    return read_sites(list(rows) or PROBES)


SITES = st.lists(
    st.builds(
        Site,
        continent=st.sampled_from(["EU", "NA", "AS"]),
        country=st.sampled_from(["FR", "NO", "US", "JP"]),
        city=st.sampled_from(["A", "B"]),
        asn=st.integers(1, 12),
        tags=st.lists(
            st.sampled_from(["aws-eu-west-1", "gcp-us-south1", "eyeball-network"]), max_size=2
        ).map(tuple),
        resolvers=st.lists(st.sampled_from(["1.1.1.1", "8.8.8.8", "private"]), max_size=2).map(
            tuple
        ),
    ),
    max_size=30,
)
AVOID = st.builds(
    Avoid,
    asns=st.frozensets(st.integers(1, 12), max_size=4),
    prefixes=st.sampled_from([(), (ipaddress.ip_network("1.1.1.0/24"),)]),
    providers=st.frozensets(st.sampled_from(["aws", "gcp", "ovh"]), max_size=2),
)


def allowed(site: Site, avoid: Avoid) -> bool:
    """The rule written anew."""
    if site.asn in avoid.asns:
        return False
    if "aws" in avoid.providers and "aws-eu-west-1" in site.tags:
        return False
    if "gcp" in avoid.providers and "gcp-us-south1" in site.tags:
        return False
    return not (avoid.prefixes and "1.1.1.1" in site.resolvers)


@given(SITES, AVOID, st.integers(1, 8), st.integers(0, 3), st.randoms(use_true_random=False))
def test_no_place_is_the_suspects_no_two_share_a_network_and_as_many_come_as_there_are(
    found: list[Site], avoid: Avoid, count: int, seed: int, random: Any
) -> None:
    places = choose_locations(found, avoid, count, seed)

    free = {(s.country, s.city, s.asn) for s in found if allowed(s, avoid)}
    assert {(p.country, p.city, p.asn) for p in places} <= free
    networks = [place.asn for place in places]
    assert len(networks) == len(set(networks))
    assert len(places) <= count
    assert len(places) == min(count, len({asn for _, _, asn in free}))
    shuffled = list(found)
    random.shuffle(shuffled)
    assert choose_locations(shuffled, avoid, count, seed) == places


def test_places_are_spread_over_continents_and_homes_come_first() -> None:
    found = choose_locations(sites(), Avoid(), 4)

    assert {place.country for place in found} >= {"US", "JP", "AU"}
    assert 14618 not in {place.asn for place in found}


@pytest.mark.parametrize(
    ("site", "why"),
    [
        (PROBES[4], "AS13335 is the suspect's"),
        (PROBES[3], "it stands in aws-us-east-1"),
        (PROBES[5], "its resolver 1.1.1.1 is the suspect's"),
        (PROBES[0], ""),
    ],
)
def test_it_says_why_a_probe_is_no_independent_witness(site: Any, why: str) -> None:
    assert CLOUDFLARE.why(sites(site)[0]) == why


@pytest.mark.parametrize(
    "row",
    [
        None,
        5,
        {},
        {"location": None},
        {"location": {**PROBES[0]["location"], "asn": "3215"}},
        {"location": {**PROBES[0]["location"], "asn": True}},
        {"location": {**PROBES[0]["location"], "asn": -1}},
        {"location": {**PROBES[0]["location"], "city": ""}},
        {"location": {**PROBES[0]["location"], "country": 5}},
    ],
    ids=repr,
)
def test_a_probe_that_cannot_be_read_is_left_out_and_the_others_stay(row: Any) -> None:
    assert sites(row, PROBES[0]) == sites(PROBES[0])
