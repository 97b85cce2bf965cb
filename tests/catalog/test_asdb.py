"""Which network announces an address: MaxMind's and pyasn's files, against a plain scan."""

import gzip
import ipaddress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.asdb import open_as_database
from downwind.catalog.mmdb import MaxMindFile, NotMaxMind
from downwind.terms import UsageError

from .mmdb_writer import write_mmdb

NETWORKS = {
    "104.16.0.0/13": {"autonomous_system_number": 13335, "autonomous_system_organization": "CF"},
    "151.101.0.0/16": {"asn": "AS54113", "name": "x" * 300, "odd": [1, True, 2.5, {"a": "b"}]},
    "192.0.2.0/24": {"country": "none"},
    "2606:4700::/32": {"autonomous_system_number": 13335},
}
TEXT = """; IP-ASN32-DAT file
# a comment
104.16.0.0/13\t13335
104.17.0.0/16\t64512

151.101.0.0/16\t54113
2606:4700::/32\t13335
192.0.2.0/24\t{64513_64514}
"""
# Each example writes its file anew.
_FILES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FILES = """
id: a
name: A
products: [{id: cdn, role: edge, name: CDN}]
facts:
  - {kind: asn, number: 13335, source: s, last_confirmed: 2026-01-01}
  - {kind: prefix, prefix: 104.18.0.0/16, source: s, last_confirmed: 2026-01-01}
"""


@pytest.mark.parametrize("size", [24, 28, 32])
@pytest.mark.parametrize("version", [4, 6])
def test_a_maxmind_database_of_each_form(tmp_path: Path, size: int, version: int) -> None:
    kept = {n: v for n, v in NETWORKS.items() if version == 6 or ":" not in n}
    file = write_mmdb(tmp_path / "x.mmdb", kept, version=version, record_size=size)
    found = open_as_database(file)
    assert found.number("104.16.1.1") == 13335
    assert found.number("::ffff:104.23.255.255") == 13335
    assert found.number("151.101.1.1") == 54113
    assert found.number("192.0.2.1") is None
    assert found.number("104.24.0.0") is None
    assert found.number("2606:4700::1") == (13335 if version == 6 else None)
    assert found.number("nonsense") is None
    assert MaxMindFile(file).record("151.101.1.1") == NETWORKS["151.101.0.0/16"]
    assert MaxMindFile(file).record("104.24.0.0") is None


BLOCKS = st.dictionaries(
    st.integers(0, 255).map(lambda number: f"203.{number}.0.0/16"),
    st.integers(1, 400_000),
    min_size=1,
    max_size=20,
)


@settings(_FILES, max_examples=30)
@given(BLOCKS, st.sampled_from([24, 28, 32]), st.sampled_from([4, 6]))
def test_a_database_answers_as_a_scan_of_its_networks(
    tmp_path: Path, blocks: dict[str, int], size: int, version: int
) -> None:
    file = write_mmdb(tmp_path / "x.mmdb", blocks, version=version, record_size=size)
    found = open_as_database(file)
    for number in range(0, 256, 5):
        assert found.number(f"203.{number}.7.9") == blocks.get(f"203.{number}.0.0/16")


@settings(_FILES, max_examples=40)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_a_damaged_database_ends_in_an_answer_or_in_a_clear_error(
    tmp_path: Path, noise: bytes, at: int
) -> None:
    file = write_mmdb(tmp_path / "x.mmdb", NETWORKS)
    raw = file.read_bytes()
    file.write_bytes(raw[:at] + noise + raw[at + len(noise) :])
    try:
        found = MaxMindFile(file)
        for address in ("104.16.1.1", "151.101.1.1", "2606:4700::1"):
            found.record(address)
    except NotMaxMind:
        return


def test_records_that_point_at_each_other_do_not_unfold_without_end(tmp_path: Path) -> None:
    # The metadata are a list of 29 pointers to the list itself: 29 to the 16th values.
    itself = b"\x1d\x04\x00" + b"\x20\x00" * 29
    file = tmp_path / "x.mmdb"
    file.write_bytes(b"\xab\xcd\xefMaxMind.com" + itself)
    with pytest.raises(NotMaxMind, match="nested too deeply"):
        MaxMindFile(file)


@pytest.mark.parametrize("packed", [False, True])
def test_a_text_of_prefixes_and_numbers(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / "ipasn.dat"
    file.write_bytes(gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    found = open_as_database(file)
    assert found.number("104.16.1.1") == 13335
    assert found.number("104.17.1.1") == 64512
    assert found.number("2606:4700:1::") == 13335
    assert found.number("192.0.2.1") == 64513
    assert found.number("8.8.8.8") is None


@settings(_FILES, max_examples=60)
@given(
    st.dictionaries(
        st.builds(
            lambda number, length: ipaddress.ip_network((number << 16, length), strict=False),
            st.integers(0, 255),
            st.integers(4, 32),
        ),
        st.integers(1, 99),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, (1 << 25) - 1),
)
def test_the_longest_prefix_of_a_text_wins(
    tmp_path: Path, prefixes: dict[ipaddress.IPv4Network, int], number: int
) -> None:
    file = tmp_path / "ipasn.dat"
    file.write_text("".join(f"{prefix}\t{asn}\n" for prefix, asn in prefixes.items()))
    address = ipaddress.IPv4Address(number)
    holding = [prefix for prefix in prefixes if address in prefix]
    longest = max(holding, key=lambda prefix: prefix.prefixlen, default=None)
    expected = prefixes[longest] if longest else None
    assert open_as_database(file).number(str(address)) == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.mmdb", b"", "it is empty"),
        ("x.mmdb", b"not a database", "it has no MaxMind metadata"),
        ("x.mmdb", b"\xab\xcd\xefMaxMind.com\xe0", "its metadata lack 'node_count'"),
        ("x.mmdb", b"\xab\xcd\xefMaxMind.com", "it ends too early"),
        ("x.dat", b"", "it has no line of a prefix"),
        ("x.dat", b"104.16.0.0/13 AS13335\nwhat\n", "line 2 is no prefix and AS number: 'what'"),
        ("x.dat", b"104.16.0.0/33\t1\n", "line 1 is no prefix"),
        ("x.dat", b"\xff\xfe\n", "UTF-8"),
        ("x.dat", b"\x1f\x8bbroken", ""),
    ],
)
def test_a_file_that_is_none_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UsageError, match="it is no AS database that can be read") as caught:
        open_as_database(file)
    assert said in str(caught.value)
    assert caught.value.where == str(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        open_as_database(tmp_path / "none.mmdb")


def test_an_address_is_given_to_whoever_announces_it_where_no_prefix_holds_it(
    tmp_path: Path,
) -> None:
    catalog = Catalog.from_texts([FILES])
    assert catalog.address("104.16.1.1") == ()
    file = tmp_path / "ipasn.dat"
    file.write_text(TEXT)
    wiser = catalog.with_networks(open_as_database(file))
    (match,) = wiser.address("104.16.1.1")
    assert (match.provider, match.rule) == ("a", "104.16.1.1 is announced by AS13335")
    assert match.confidence == 0.7
    assert wiser.address("104.18.1.1")[0].confidence == 0.95
    assert wiser.address("104.17.1.1") == ()
    assert wiser.as_of_address("104.17.1.1") == 64512
    assert catalog.address("104.16.1.1") == ()


def test_a_database_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can be read: No such file or directory"):
        open_as_database(tmp_path / "none.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"1.0.0.0/8\t1 \xe9\n")
    with pytest.raises(UsageError, match=r"it is not UTF-8 text \(byte \d+\)"):
        open_as_database(tmp_path / "latin.tsv")
