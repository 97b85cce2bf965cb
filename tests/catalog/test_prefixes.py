"""Addresses: the longest prefix wins, and bisection agrees with a plain scan."""

import gzip
import ipaddress
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.blocks import Block
from downwind.catalog.prefixes import PrefixIndex

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NESTED = """
id: outer
name: Outer
products: [{id: net, role: cloud, name: Net}]
regions: [here, there]
prefixes:
  - unconfirmed: true
    table: |
      10.0.0.0/8
      10.1.0.0/16 here
---
id: inner
name: Inner
products: [{id: edge, role: edge, name: Edge}]
facts:
  - {kind: prefix, prefix: 10.1.2.0/24, product: edge, unconfirmed: true}
"""


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("10.0.0.0", "outer"),
        ("10.0.255.255", "outer"),
        ("10.1.0.0", "outer/*/here"),
        ("10.1.1.255", "outer/*/here"),
        ("10.1.2.0", "inner/edge"),
        ("10.1.2.255", "inner/edge"),
        ("10.1.3.0", "outer/*/here"),
        ("10.2.0.0", "outer"),
        ("10.255.255.255", "outer"),
    ],
)
def test_the_longest_prefix_wins_to_the_last_address(address: str, scope: str) -> None:
    (match,) = Catalog.from_texts([NESTED]).address(address)
    assert str(match.scope) == scope


def test_outside_every_prefix_nobody_is_named() -> None:
    catalog = Catalog.from_texts([NESTED])
    assert catalog.address("9.255.255.255") == catalog.address("11.0.0.0") == ()


def _network(bits: int, low: int, high: int, version: int) -> st.SearchStrategy[Network]:
    # All within a few bits of each other, so that nesting and neighbours are common.
    def make(length: int, number: int) -> Network:
        address = (number << (bits - high)) & ~((1 << (bits - length)) - 1)
        kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
        return kind((address, length))

    return st.builds(make, st.integers(low, high), st.integers(0, (1 << 8) - 1))


NETWORKS = st.lists(_network(32, 24, 32, 4) | _network(128, 120, 128, 6), unique=True, max_size=40)
ADDRESSES = st.lists(st.tuples(st.sampled_from([4, 6]), st.integers(0, 300)), max_size=40)


@settings(max_examples=300, deadline=None)
@given(NETWORKS, ADDRESSES)
def test_bisection_agrees_with_a_scan_of_all_prefixes(
    networks: list[Network], addresses: list[tuple[int, int]]
) -> None:
    index = PrefixIndex([(_block(network), str(network)) for network in networks])
    for version, number in addresses:
        address = (ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address)(number)
        holding = [n for n in networks if n.version == version and address in n]
        longest = max(holding, key=lambda n: n.prefixlen, default=None)
        found = index.longest(str(address))
        assert (found[1] if found else None) == (str(longest) if longest else None)
        assert (str(found[0]) if found else None) == (str(longest) if longest else None)


def _block(network: Network) -> Block:
    return Block(network.version, int(network.network_address), network.prefixlen)


def _published(shared: Path, name: str) -> Any:
    with gzip.open(shared / "data" / "providers" / name) as file:
        return json.load(file)


def _inside(random_: random.Random, prefix: str) -> str:
    network = ipaddress.ip_network(prefix)
    return str(network[random_.randrange(network.num_addresses)])


def test_no_address_that_aws_publishes_is_given_to_another_cloud_or_region(
    catalog: Catalog, shared: Path
) -> None:
    random_ = random.Random(20251020)
    published = _published(shared, "aws-ip-ranges.json.gz")
    entries = [(p["ip_prefix"], p["region"]) for p in published["prefixes"]]
    entries += [(p["ipv6_prefix"], p["region"]) for p in published["ipv6_prefixes"]]
    regions: dict[Network, set[str]] = {}
    for prefix, region in entries:
        regions.setdefault(ipaddress.ip_network(prefix), set()).add(region)
    named = 0
    for prefix, _ in random_.sample(entries, 3000):
        address = _inside(random_, prefix)
        for match in catalog.address(address):
            named += 1
            # A few addresses of AWS accelerators have a better name.
            assert match.provider in ("aws", "netlify", "godaddy", "webflow"), address
            assert match.region is None or match.region in _regions(regions, address), address
    assert named > 500


def _regions(regions: dict[Network, set[str]], address: str) -> set[str]:
    parsed = ipaddress.ip_address(address)
    blocks = (
        ipaddress.IPv4Network((int(parsed), length), strict=False)
        if parsed.version == 4
        else ipaddress.IPv6Network((int(parsed), length), strict=False)
        for length in range(parsed.max_prefixlen + 1)
    )
    return {region for block in blocks for region in regions.get(block, ())}


def test_most_of_what_aws_publishes_is_found(catalog: Catalog, shared: Path) -> None:
    random_ = random.Random(1)
    entries = [p["ip_prefix"] for p in _published(shared, "aws-ip-ranges.json.gz")["prefixes"]]
    sizes = [ipaddress.ip_network(prefix).num_addresses for prefix in entries]
    drawn = [_inside(random_, p) for p in random_.choices(entries, weights=sizes, k=2000)]
    assert sum(bool(catalog.address(address)) for address in drawn) > 0.9 * len(drawn)


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("google-cloud-ip-ranges.json.gz", "google-cloud"),
        ("oracle-cloud-ip-ranges.json.gz", "oracle-cloud"),
    ],
)
def test_what_other_clouds_publish_is_given_to_them_or_to_nobody(
    catalog: Catalog, shared: Path, name: str, provider: str
) -> None:
    random_ = random.Random(3)
    for prefix, region in _entries(_published(shared, name)):
        for match in catalog.address(_inside(random_, prefix)):
            assert match.provider == provider, prefix
            assert match.region in (None, region), prefix


def _entries(published: Any) -> list[tuple[str, str]]:
    if "regions" in published:
        return [(c["cidr"], r["region"]) for r in published["regions"] for c in r["cidrs"]]
    return [(p.get("ipv4Prefix") or p["ipv6Prefix"], p["scope"]) for p in published["prefixes"]]
