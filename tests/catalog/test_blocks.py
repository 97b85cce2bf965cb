"""Address blocks are read as strictly as by the standard library, which reads them another way."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from downwind.catalog.blocks import SHORTEST, read_block

TEXTS = st.one_of(
    st.ip_addresses(network="104.0.0.0/8").map(str),
    st.builds(
        lambda address, length: f"{address}/{length}", st.ip_addresses(), st.integers(-1, 140)
    ),
    st.builds(
        lambda number, length: str(ipaddress.ip_network((number, length), strict=False)),
        st.integers(1 << 20, (1 << 32) - 1),
        st.integers(0, 32),
    ),
    st.text(alphabet="0123456789abcdef.:/ ", max_size=20),
)


@given(TEXTS)
@example("104.16.0.0/13/1")
@example("104.16.0.0/")
@example("104.16.0.0/+13")
@example("104.016.0.0/16")
@example("104.16.0/13")
@example("::ffff:104.16.0.0/128")
def test_a_block_is_what_the_standard_library_takes_it_for(text: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        network = None
    if network is None or network.prefixlen < SHORTEST[network.version]:
        with pytest.raises(ValueError, match=r"block|wide|length"):
            read_block(text)
        return
    block = read_block(text)
    assert str(block) == str(network)
    assert block.end == int(network.broadcast_address)


@given(st.ip_addresses(v=4), st.integers(8, 32))
def test_a_block_is_public_where_no_part_of_it_is_special(
    address: ipaddress.IPv4Address, length: int
) -> None:
    network = ipaddress.ip_network((int(address), length), strict=False)
    special = [
        ipaddress.ip_network(each)
        for each in (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        )
    ]
    assert read_block(str(network)).public == (not any(network.overlaps(s) for s in special))


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("2606:4700::/32", True),
        ("2001:db8:1::/48", False),
        ("fd00::/19", False),
        ("fe80::/19", False),
        ("ff00::/19", False),
        ("::/19", False),
        ("::1/128", False),
    ],
)
def test_of_ipv6_only_the_global_unicast_space_is_public(text: str, public: bool) -> None:
    assert read_block(text).public is public
