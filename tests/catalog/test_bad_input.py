"""A wrong catalogue file gets the place, the reason and the way out."""

import pytest

from downwind.catalog import Catalog
from downwind.terms import CatalogError

HEAD = "id: p\nname: P\nproducts: [{id: x, role: edge, name: X}]\n"
SIGN = HEAD + "signatures:\n  - {id: s, says: edge, "


def _fact(text: str) -> str:
    return f"{HEAD}facts:\n  - {{{text}}}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "text 1: the file is empty."),
        ("---\n---\n", "text 1: the file is empty."),
        ("just words", "text 1: a provider is a mapping, not str."),
        ("[3]", "text 1[0]: a provider is a mapping, not int."),
        ("id: [", "this is not valid YAML"),
        ("a: 1\na: 2", "the key 'a' is there twice"),
        ("!!python/object/apply:os.system [id]", "this is not valid YAML"),
        ("id: p\x00", "this is not valid YAML"),
        ("name: P", "text 1: id: it is missing."),
        ("id: P", "id: 'P' is no id; write small letters, digits and hyphens"),
        ("id: 7\nname: P", "id: Input should be a valid string, not 7"),
        ("id: p", "name: no file before this one has a provider 'p', so it needs a name."),
        (HEAD + "colour: red", "colour: nobody knows this key; is it a typo?"),
        (
            HEAD + "---\n" + HEAD,
            "text 1 (document 2): the provider 'p' is already in text 1 (document 1).",
        ),
        (
            "id: p\nname: P\nproducts: [{id: x, role: egde, name: X}]",
            "products[0].role: 'egde' is no role; the roles are dns, edge,",
        ),
        (
            _fact("kind: nss, suffix: a.b, unconfirmed: true"),
            "facts[0]: 'nss' is no kind of fact; the kinds are ns, cname,",
        ),
        (_fact("suffix: a.b, unconfirmed: true"), "facts[0]: write its kind, one of ns, cname,"),
        (_fact("kind: ns, unconfirmed: true"), "facts[0].suffix: it is missing"),
        (
            _fact("kind: ns, suffix: a.b"),
            "facts[0]: write source and last_confirmed (a date), or unconfirmed: true",
        ),
        (
            _fact("kind: ns, suffix: a.b, source: somebody"),
            "facts[0]: write source and last_confirmed (a date), or unconfirmed: true",
        ),
        (
            _fact(
                "kind: ns, suffix: a.b, source: s, last_confirmed: 2026-01-01, unconfirmed: true"
            ),
            "facts[0]: it is confirmed and unconfirmed at once",
        ),
        (
            _fact("kind: ns, suffix: a.b, source: s, last_confirmed: '2026-01-01'"),
            "facts[0].last_confirmed: '2026-01-01' is no date; write it as in 2026-08-22",
        ),
        (
            _fact("kind: ns, suffix: .a.b, unconfirmed: true"),
            "facts[0].suffix: '.a.b' is no host name",
        ),
        (
            _fact("kind: ns, suffix: 'https://a.b', unconfirmed: true"),
            "facts[0].suffix: 'https://a.b' is no host name",
        ),
        (
            _fact("kind: ns, suffix: A.b, unconfirmed: true"),
            "write it in small letters",
        ),
        (
            _fact("kind: cname, suffix: '{region}.a.b', unconfirmed: true"),
            "suffix: {region}.a.b names a region, and p lists none.",
        ),
        (
            _fact("kind: ns, suffix: a.b, product: y, unconfirmed: true"),
            "facts[0].product: p has no product 'y' (it has x). Mend it, or add the product.",
        ),
        (
            _fact("kind: prefix, prefix: 0.0.0.0/0, unconfirmed: true"),
            "facts[0].prefix: 0.0.0.0/0 is too wide to be one provider's; /8 is the shortest",
        ),
        (
            _fact("kind: prefix, prefix: 96.0.0.0/7, unconfirmed: true"),
            "/8 is the shortest for IPv4",
        ),
        (
            _fact("kind: prefix, prefix: '2000::/18', unconfirmed: true"),
            "/19 is the shortest for IPv6",
        ),
        (
            _fact("kind: prefix, prefix: 104.16.0.1/13, unconfirmed: true"),
            "104.16.0.1/13 has bits set behind its length; write 104.16.0.0/13",
        ),
        (
            _fact("kind: prefix, prefix: 104.16.0.0.0/13, unconfirmed: true"),
            "'104.16.0.0.0/13' is no address block; write one such as 104.16.0.0/13",
        ),
        (
            HEAD + "prefixes: [{unconfirmed: true, table: '1.0.0.0/7'}]",
            "text 1: prefixes[0].table line 1: 1.0.0.0/7 has bits set behind its length",
        ),
        (
            HEAD + "prefixes: [{unconfirmed: true, table: '9.0.0.0/8 here there'}]",
            "prefixes[0].table line 1: '9.0.0.0/8 here there' is more than a prefix and a region.",
        ),
        (
            HEAD
            + "prefixes:\n  - unconfirmed: true\n    table: |\n      9.0.0.0/9\n      9.0.0.0/9",
            "the prefix 9.0.0.0/9 is already given in text 1: prefixes[0].",
        ),
        (
            HEAD + "regions: [north]\nprefixes: [{unconfirmed: true, table: '9.0.0.0/8 nort'}]",
            "prefixes[0].table line 1.region: 'nort' is not among the regions of p.",
        ),
        (
            HEAD + "facts:\n  - {kind: cookie, name: c, unconfirmed: true}\n"
            "  - {kind: cookie, name: c, product: x, unconfirmed: true}",
            "text 1: facts[1]: the cookie c is already that of p in text 1: facts[0].",
        ),
        (
            HEAD + "facts:\n  - {kind: header, name: Server, contains: A, unconfirmed: true}\n"
            "  - {kind: header, name: server, contains: a, unconfirmed: true}",
            "the header server with 'a' is already given in text 1: facts[0].",
        ),
        (
            "id: p\nname: P\nproducts: [{id: x, role: edge, name: X,"
            " served_by: [{provider: q, unconfirmed: true}]}]",
            "products[0].served_by[0].provider: nobody is called 'q'.",
        ),
        (SIGN + "weight: 0.5, unconfirmed: true}", "signatures[0]: it fits every reply"),
        (
            SIGN + "weight: 0.5, unconfirmed: true, header: {name: server, contains: p}}",
            "signatures[0]: a header alone is on every reply",
        ),
        (
            SIGN + "weight: 0.9, unconfirmed: true, status: [500]}",
            "signatures[0]: what is unconfirmed weighs 0.6 at most",
        ),
        (SIGN + "weight: 1.0, unconfirmed: true, status: [500]}", "signatures[0].weight: "),
        (SIGN + "weight: 0.5, unconfirmed: true, status: [99]}", "signatures[0].status[0]: "),
        (
            SIGN + "weight: 0.5, unconfirmed: true, dns: servfail}",
            "signatures[0].dns: 'servfail' is no DNS outcome",
        ),
        (
            HEAD + "signatures: [{id: s, says: gremlins, status: [500], weight: 0.5,"
            " unconfirmed: true}]",
            "signatures[0].says: ",
        ),
        (HEAD + "status: {url: ftp://x, format: page}", "status.url: "),
        (HEAD + "status: {url: 'https://x', format: fax}", "status.format: "),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_the_way_out(text: str, complaint: str) -> None:
    with pytest.raises(CatalogError) as caught:
        Catalog.from_texts([text])
    assert complaint in str(caught.value)
    assert caught.value.exit_code == 2


def test_many_complaints_are_cut_short() -> None:
    facts = "\n".join("  - {kind: ns, unconfirmed: true}" for _ in range(20))
    with pytest.raises(CatalogError, match="and 12 more"):
        Catalog.from_texts([f"{HEAD}facts:\n{facts}"])


def test_a_file_beyond_all_measure_is_refused() -> None:
    with pytest.raises(CatalogError, match="more than 16 MB"):
        Catalog.from_texts(["#" * 16_000_001])
