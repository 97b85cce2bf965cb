"""Lists of name servers and zone files, read and told apart by owner."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.jobs.name_servers import NameServers, Recognized, read_name_servers
from downwind.terms import ModelError

ACME = """
id: acme
name: Acme DNS
owner: Acme Ltd.
products: [{id: dns, role: dns, name: DNS}]
facts:
  - {kind: ns, suffix: acme-dns.example, product: dns, source: test, last_confirmed: 2026-11-01}
  - {kind: prefix, prefix: 192.0.2.0/24, product: dns, source: test, last_confirmed: 2026-11-01}
"""


KNOWN = Catalog.from_texts([ACME])


@pytest.fixture
def catalog() -> Catalog:
    return KNOWN


def read(tmp_path: Path, text: str, catalog: Catalog, name: str = "ns.tsv") -> NameServers:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return read_name_servers(file, catalog)


def held(found: NameServers) -> dict[str, list[str]]:
    table = found.table
    assert table.site_names is not None
    start, alt = table.sites.alt_start, table.sites.alt
    return {
        name: [table.core_names[node] for node in alt[start[place] : start[place + 1]]]
        for place, name in enumerate(table.site_names)
    }


def kinds(found: NameServers) -> dict[str, str]:
    table = found.table
    assert table.kind is not None
    return {name: table.kinds[table.kind[place]] for place, name in enumerate(table.core_names)}


def test_servers_are_recognized_private_or_unknown_by_registrable_domain(
    tmp_path: Path, catalog: Catalog
) -> None:
    found = read(
        tmp_path,
        "one.gov\tns1.acme-dns.example,NS2.Acme-DNS.example.\n"
        "two.gov\tns1.two.gov,a.ns.elsewhere.co.uk,b.ns.elsewhere.co.uk\n",
        catalog,
    )
    assert held(found) == {"one.gov": ["acme"], "two.gov": ["two.gov itself", "elsewhere.co.uk"]}
    assert kinds(found) == {
        "acme": "provider",
        "two.gov itself": "private",
        "elsewhere.co.uk": "unknown",
    }
    assert found.records == Recognized(by_name=2, private=1, unknown=2)
    assert found.servers == Recognized(by_name=2, private=1, unknown=2)
    assert found.largest_unknown == (("elsewhere.co.uk", 2),)


def test_a_product_that_another_provider_carries_leans_on_that_one(tmp_path: Path) -> None:
    shop = """
id: shop
name: Shop
owner: Shop Inc.
products: [{id: names, role: dns, name: Names, served_by: [{provider: acme, unconfirmed: true}]}]
facts:
  - {kind: ns, suffix: shop-dns.example, product: names, source: test, last_confirmed: 2026-11-01}
"""
    found = read(tmp_path, "a.gov\tns1.shop-dns.example\n", Catalog.from_texts([ACME, shop]))
    assert held(found) == {"a.gov": ["shop/names"]}
    core = found.table.core
    assert [found.table.core_names[node] for node in core.alt] == ["acme"]


def test_a_server_counts_once_by_name_and_as_a_record_for_each_domain_that_it_serves(
    tmp_path: Path, catalog: Catalog
) -> None:
    found = read(tmp_path, "a.gov\tns.x.example\nb.gov\tns.x.example\n", catalog)
    assert (found.records.unknown, found.servers.unknown) == (2, 1)
    assert found.records.all == 2


def test_lines_of_one_domain_add_up(tmp_path: Path, catalog: Catalog) -> None:
    found = read(tmp_path, "a.gov\tns.x.example\na.gov\tns.y.example,ns.x.example\n", catalog)
    assert held(found) == {"a.gov": ["x.example", "y.example"]}


ZONE = """;; Exported: today
gov.\t3600\tIN\tSOA\ta.ns.gov. dns.acme-dns.example. 1 3600 900 604800 300
gov.  3600 IN NS a.ns.gov.
own.gov. 86400 in ns ns1.own.gov.
own.gov. 86400 in ns ns2.own.gov.
bought.gov. NS ns1.bought.gov.
plain.gov. 3600 IN NS x.acme-dns.example.
plain.gov. 3600 IN DS 1 2 3 4
ns1.own.gov. 3600 IN A 203.0.113.1
ns2.own.gov. 3600 IN AAAA 2001:db8::1
ns1.bought.gov. 3600 IN A 192.0.2.7
"""


def test_a_zone_file_is_read_and_its_glue_says_whose_a_server_under_an_own_name_is(
    tmp_path: Path, catalog: Catalog
) -> None:
    found = read(tmp_path, ZONE, catalog, "gov.txt")
    assert held(found) == {
        "own.gov": ["own.gov itself"],
        "bought.gov": ["acme"],
        "plain.gov": ["acme"],
    }
    assert found.records == Recognized(by_name=1, by_glue=1, private=2)


def test_an_international_name_is_the_same_as_its_ascii_form(
    tmp_path: Path, catalog: Catalog
) -> None:
    text = "BÜCHER.gov\tns1.bücher.gov,ns.x.example\nxn--bcher-kva.gov\tns1.xn--bcher-kva.gov\n"
    found = read(tmp_path, text + "_a.straße.gov\tns.x.example\n", catalog)
    assert held(found) == {
        "xn--bcher-kva.gov": ["xn--bcher-kva.gov itself", "x.example"],
        "_a.xn--strae-oqa.gov": ["x.example"],
    }
    zone = "bücher.gov. 60 IN SOA a. b. 1 2 3 4 5\nxn--bcher-kva.gov. NS a.x.example.\nc. NS d.\n"
    assert list(held(read(tmp_path, zone, catalog))) == ["c"]


def test_a_file_may_be_packed(tmp_path: Path, catalog: Catalog) -> None:
    file = tmp_path / "ns.tsv.gz"
    file.write_bytes(gzip.compress(b"a.gov\tns.acme-dns.example\n"))
    assert held(read_name_servers(file, catalog)) == {"a.gov": ["acme"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it names no name server"),
        ("# only a remark\n", "it names no name server"),
        ("a.gov\n", "line 1: it is neither a domain"),
        ("a.gov\tns.x.example\tmore\n", "line 1: it is neither a domain"),
        ("a.gov\t\n", "line 1: it is neither a domain"),
        ("a.gov\tns.x.example,\n", "line 1: '' is no host name"),
        ("a.gov\tns..x.example\n", "line 1: 'ns..x.example' is no host name"),
        ("a.gov\t-ns.x.example\n", "'-ns.x.example' is no host name"),
        ("a.gov\tns.\x1b[31mx.example\n", r"'ns.\x1b[31mx.example' is no host name"),
        ("b\u2044cher.gov\tns.x.example\n", r"'b\u2044cher.gov' is no host name"),
        ("ü" * 300 + ".gov\tns.x.example\n", "is no host name"),
        ("a.gov\t" + "x" * 64 + ".example\n", "is no host name"),
        ("a.gov\t" + "x." * 130 + "example\n", "is no host name"),
        ("a.gov. IN NS ns.x.example.\nb IN NS x.example.\n", "line 2: 'b' does not end in a dot"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_its_line(
    tmp_path: Path, catalog: Catalog, text: str, told: str
) -> None:
    with pytest.raises(ModelError) as error:
        read(tmp_path, text, catalog)
    assert told in str(error.value)
    assert str(error.value).isprintable() or "\n" in str(error.value)


def test_ten_broken_lines_are_named_and_the_others_counted(
    tmp_path: Path, catalog: Catalog
) -> None:
    with pytest.raises(ModelError) as error:
        read(tmp_path, "broken\n" * 1234, catalog)
    assert "1,234 faults; nothing was read." in str(error.value)
    assert str(error.value).count("line ") == 10
    assert str(error.value).endswith("and 1,224 more")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a.gov\tns\x00.x.example\n"])
def test_what_is_no_text_is_refused(tmp_path: Path, catalog: Catalog, content: bytes) -> None:
    file = tmp_path / "ns.tsv"
    file.write_bytes(content)
    with pytest.raises(ModelError):
        read_name_servers(file, catalog)


def test_what_is_not_there_or_not_packed_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    (tmp_path / "ns.gz").write_bytes(b"plain")
    for name in ("absent.tsv", "ns.gz"):
        with pytest.raises(ModelError, match="it cannot be read"):
            read_name_servers(tmp_path / name, catalog)


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
SERVERS = st.lists(
    st.tuples(LABEL, st.sampled_from(["acme-dns.example", "x.example", "y.co.uk", ""])),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(LABEL, SERVERS, min_size=1, max_size=5))
def test_a_list_and_a_zone_file_that_say_the_same_are_read_alike(
    tmp_path_factory: pytest.TempPathFactory, domains: dict[str, list[tuple[str, str]]]
) -> None:
    named = {
        f"{domain}.gov": [f"{label}.{suffix or domain + '.gov'}" for label, suffix in servers]
        for domain, servers in domains.items()
    }
    rows = [f"{domain}\t{','.join(servers)}\n" for domain, servers in named.items()]
    records = [f"{d}. 60 IN NS {s}.\n" for d, servers in named.items() for s in servers]
    folder = tmp_path_factory.mktemp("ns")
    found = [
        read(folder, "".join(lines), KNOWN, name)
        for lines, name in ((rows, "a.tsv"), (records, "a.txt"))
    ]
    assert held(found[0]) == held(found[1])
    assert found[0].records == found[1].records
    different = {(domain, server) for domain, servers in named.items() for server in servers}
    assert found[0].records.all == len(different)
