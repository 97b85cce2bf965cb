"""What the catalogue lacks is ranked by how many names stand on it, with a file to fill in."""

from downwind.catalog import Catalog
from downwind.catalog.unrecognised import Use, suggest

KNOWN = """
id: known
name: Known
products: [{id: dns, role: dns, name: DNS}]
facts:
  - {kind: ns, suffix: known.example, unconfirmed: true}
"""
USES = [
    *(Use("ns", f"ns{n % 2}.newdns.example", f"site{n}.test") for n in range(5)),
    *(Use("ns", "ns1.known.example", f"site{n}.test") for n in range(9)),
    Use("ns", "ns1.site1.test", "site1.test"),
    Use("ns", "ns1.site1.test", "www.site1.test"),
    Use("ip", "203.0.113.9", "site1.test"),
    Use("ip", "203.0.113.77", "site2.test"),
    Use("cert_issuer", 'C=XX, O=New "CA", CN=1', "site1.test"),
    Use("mx", "10 mx.newmail.example.", "site1.test"),
    Use("spf", "v=spf1 include:spf.newmail.example -all", "site1.test"),
    Use("cookie", "__new=1; path=/", "site1.test"),
    Use("header", "X-New-Id: 4", "site1.test"),
    Use("ns", "localhost", "site1.test"),
    Use("whois", "x", "site1.test"),
    Use("ip", "nonsense", "site1.test"),
]


def test_the_heaviest_comes_first_and_a_name_s_own_servers_are_left_out() -> None:
    found = suggest(Catalog.from_texts([KNOWN]), USES)
    assert [(each.kind, each.value, each.weight) for each in found] == [
        ("ns", "newdns.example", 5),
        ("ip", "203.0.113.0/24", 2),
        ("cert_issuer", 'New "CA"', 1),
        ("cookie", "__new", 1),
        ("header", "x-new-id", 1),
        ("mx", "newmail.example", 1),
        ("spf", "newmail.example", 1),
    ]
    assert found[0].example == "ns0.newdns.example"


def test_a_stub_is_a_catalogue_file_that_recognises_what_was_not() -> None:
    found = suggest(Catalog.from_texts([KNOWN]), USES)
    stubs = {each.kind: Catalog.from_texts([each.stub]) for each in found}
    assert stubs["ns"].name_server("ns7.newdns.example")[0].provider == "newdns-example"
    assert stubs["ip"].address("203.0.113.1")
    assert stubs["cert_issuer"].issuer('New "CA"')[0].provider == "new-ca"
    assert stubs["mx"].mx("mx.newmail.example")
    assert stubs["spf"].spf("spf.newmail.example")
    assert stubs["cookie"].cookies(["__new"])
    assert stubs["header"].headers({"X-New-Id": "4"})


def test_a_stub_of_a_common_header_says_what_its_value_contains() -> None:
    uses = [Use("header", "Server: notcloudflare/2.1 (x)", "a.test")]
    uses += [Use("header", "via: 1.1 newproxy", "a.test"), Use("header", "server:", "a.test")]
    found = {each.value: each for each in suggest(Catalog.from_texts([KNOWN]), uses)}
    assert list(found) == ["server: notcloudflare", "via: newproxy"]
    catalog = Catalog.from_texts([found["server: notcloudflare"].stub])
    assert catalog.headers({"Server": "notcloudflare"})
    assert not catalog.headers({"Server": "nginx"})


def test_a_provider_that_nobody_knows_is_suggested_by_its_bare_name() -> None:
    uses = [Use("provider", value, "a.test") for value in ("known", "Known/dns", "dns-one")]
    (found,) = suggest(Catalog.from_texts([KNOWN]), uses)
    assert (found.kind, found.value) == ("provider", "dns-one")
    assert Catalog.from_texts([found.stub]).provider("dns-one")
