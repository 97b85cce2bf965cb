"""Overlays add to providers that are there, and bring new ones, by the same form of file."""

from pathlib import Path

import pytest

from downwind.catalog import Catalog
from downwind.terms import CatalogError, Fault

ADDITION = """
id: cloudflare
products:
  - {id: proxy, role: edge, name: CDN and proxy}
  - {id: bots, role: edge, name: Bot filter}
facts:
  - {kind: prefix, prefix: 198.18.16.0/24, product: proxy, source: w, last_confirmed: 2026-01-01}
  - {kind: ns, suffix: ns.cloudflare.test, product: dns, unconfirmed: true}
signatures:
  - {id: world-500, status: [500], body: emulated edge, says: edge, product: bots, weight: 0.6,
     unconfirmed: true}
status: {url: "https://status.cloudflare.test/", format: statuspage}
"""
NEWCOMER = """
id: cloud-nine
name: Cloud Nine
regions: [north, south]
products: [{id: compute, role: cloud, name: Compute}]
prefixes:
  - product: compute
    source: a world
    last_confirmed: 2026-01-01
    table: |
      198.18.32.0/24 north
      198.18.33.0/24 south
"""


def test_an_overlay_adds_facts_products_and_signatures(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(ADDITION)
    catalog = Catalog.load([tmp_path])
    provider = catalog.provider("cloudflare")
    assert provider is not None
    assert provider.product("bots")
    assert provider.product("dns")
    assert provider.status is not None
    assert provider.status.url == "https://status.cloudflare.test/"
    assert str(catalog.address("198.18.16.10")[0].scope) == "cloudflare/proxy"
    assert str(catalog.address("104.16.1.1")[0].scope) == "cloudflare"
    assert str(catalog.name_server("a.ns.cloudflare.test")[0].scope) == "cloudflare/dns"
    assert catalog.error(500, {}, "emulated edge")[0].says is Fault.EDGE


def test_an_overlay_brings_a_new_provider(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(NEWCOMER)
    (match,) = Catalog.load([file]).address("198.18.33.7")
    assert str(match.scope) == "cloud-nine/compute/south"
    assert match.role == "cloud"


@pytest.mark.parametrize("joint", ["\n---\n", "list"])
def test_a_file_may_hold_several_providers(joint: str) -> None:
    second = NEWCOMER.replace("cloud-nine", "cloud-ten").replace("198.18.3", "198.18.4")
    if joint == "list":
        text = "".join(_item(form) for form in (NEWCOMER, second))
    else:
        text = NEWCOMER + joint + second
    catalog = Catalog.from_texts([text])
    assert [provider.id for provider in catalog.providers] == ["cloud-nine", "cloud-ten"]


def _item(form: str) -> str:
    lines = form.strip().splitlines()
    return "- " + "\n  ".join(lines) + "\n"


def test_texts_stand_alone_or_add_to_the_package() -> None:
    assert len(Catalog.from_texts([NEWCOMER]).providers) == 1
    with_package = Catalog.from_texts([NEWCOMER, ADDITION], with_package=True)
    assert with_package.provider("cloud-nine")
    assert with_package.name_server("bob.ns.cloudflare.com")
    assert with_package.name_server("bob.ns.cloudflare.test")


def test_a_catalogue_of_nothing_knows_nobody_but_the_dns() -> None:
    catalog = Catalog.from_texts([])
    assert catalog.providers == ()
    assert catalog.address("104.16.1.1") == ()
    assert catalog.error(None, {}, "", "SERVFAIL")[0].says is Fault.DNS


def test_a_region_in_a_suffix_is_read_from_the_name() -> None:
    text = NEWCOMER.replace(
        "prefixes:",
        "facts:\n  - {kind: cname, suffix: 'lb.{region}.nine.test', unconfirmed: true}\nprefixes:",
    )
    catalog = Catalog.from_texts([text])
    assert str(catalog.cname("a.lb.north.nine.test")[0].scope) == "cloud-nine/*/north"
    assert catalog.cname("a.lb.west.nine.test") == ()


def test_an_issuer_may_be_narrowed_to_a_common_name() -> None:
    text = """
id: two-cas
name: Two CAs
products: [{id: a, role: certificates, name: A}, {id: b, role: certificates, name: B}]
facts:
  - {kind: issuer, organization: Same Ltd, product: a, unconfirmed: true}
  - {kind: issuer, organization: Same Ltd, common_name: B1, product: b, unconfirmed: true}
"""
    catalog = Catalog.from_texts([text])
    assert catalog.issuer("Same Ltd", "B1")[0].product == "b"
    assert catalog.issuer("Same Ltd", "other")[0].product == "a"


def test_overlays_in_any_order_answer_the_same() -> None:
    one = Catalog.from_texts([NEWCOMER, ADDITION], with_package=True)
    two = Catalog.from_texts([ADDITION, NEWCOMER], with_package=True)
    assert one.providers == two.providers
    assert one.address("198.18.32.1")[0].scope == two.address("198.18.32.1")[0].scope


def test_an_overlay_overrules_what_comes_along_and_two_overlays_may_not_differ() -> None:
    mine = """
- {id: cloudflare, name: Cloudflair, products: [{id: proxy, role: hosting, name: P}],
   signatures: [{id: cf-521, status: [521], body: mine, says: edge, weight: 0.5,
   unconfirmed: true}]}
- {id: rival, name: Rival, facts: [{kind: ns, suffix: ns.cloudflare.com, unconfirmed: true},
   {kind: prefix, prefix: 104.16.0.0/13, unconfirmed: true}]}
"""
    catalog = Catalog.from_texts([mine], with_package=True)
    provider = catalog.provider("cloudflare")
    assert provider is not None
    assert (provider.name, provider.role("proxy")) == ("Cloudflair", "hosting")
    assert catalog.name_server("bob.ns.cloudflare.com")[0].provider == "rival"
    assert catalog.address("104.16.1.1")[0].provider == "rival"
    assert catalog.error(521, {}, "mine")[0].says is Fault.EDGE
    with pytest.raises(CatalogError, match="is 'One' in text 1, and 'Two' here"):
        Catalog.from_texts(["{id: a, name: One}", "{id: a, name: Two}"])


@pytest.mark.parametrize(
    ("overlay", "complaint"),
    [
        (
            "id: one\nname: One\nproducts: [{id: p, role: dns, name: P},"
            " {id: p, role: edge, name: P}]",
            "the product 'p' already has the role dns, not edge.",
        ),
        (
            "- {id: one, name: One, facts: [{kind: ns, suffix: ns.x.test, unconfirmed: true}]}\n"
            "- {id: two, name: Two, facts: [{kind: ns, suffix: ns.x.test, unconfirmed: true}]}",
            "ns ns.x.test is already that of one in",
        ),
        (
            "- {id: one, name: One, facts: [{kind: prefix, prefix: 198.18.0.0/24,"
            " unconfirmed: true}]}\n"
            "- {id: two, name: Two, facts: [{kind: prefix, prefix: 198.18.0.0/24,"
            " unconfirmed: true}]}",
            "the prefix 198.18.0.0/24 is already that of one in",
        ),
        (
            "id: aws\nfacts: [{kind: prefix, prefix: 198.18.0.0/24, region: moon-1,"
            " unconfirmed: true}]",
            "facts[0].region: 'moon-1' is not among the regions of aws.",
        ),
        ("id: coudflare\nfacts: []", "no file before this one has a provider 'coudflare'"),
    ],
)
def test_an_overlay_that_contradicts_is_refused(
    tmp_path: Path, overlay: str, complaint: str
) -> None:
    file = tmp_path / "overlay.yaml"
    file.write_text(overlay)
    with pytest.raises(CatalogError) as caught:
        Catalog.load([file])
    assert complaint in str(caught.value)
    assert str(file) in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"holds no \.yaml file"):
        Catalog.load([tmp_path])
    with pytest.raises(CatalogError, match="cannot be read: No such file"):
        Catalog.load([tmp_path / "absent.yaml"])
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"id: caf\xe9")
    with pytest.raises(CatalogError, match=r"not UTF-8 text \(byte 7\)"):
        Catalog.load([latin])
