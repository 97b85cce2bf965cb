"""Some 400 artefacts with their right owners and servers, traps among them; and how sure we are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.explain import KINDS, Explained, explain
from downwind.catalog.listing import explain_all
from downwind.terms import UsageError

DAY = date(2026, 11, 26)
LISTED = Path(__file__).with_name("artefacts.tsv")


@dataclass(frozen=True, slots=True)
class Artefact:
    """An artefact and what is known of it; empty: nobody's, or no matter who serves."""

    kind: str
    value: str
    owner: str
    served_by: str
    fault: str

    def fits(self, answer: Explained) -> bool:
        return (
            (answer.owner or "") == self.owner
            and self.served_by in ("", answer.served_by)
            and (answer.fault or "") == self.fault
        )


def _artefacts() -> Iterator[Artefact]:
    for line in LISTED.read_text(encoding="utf-8").splitlines()[1:]:
        yield Artefact(*(line.split("\t") + [""] * 3)[:5])


@pytest.fixture(scope="module")
def dated() -> Catalog:
    return Catalog.load(today=DAY)


def test_nine_of_ten_artefacts_are_right_and_none_is_wrong_and_sure(dated: Catalog) -> None:
    artefacts = list(_artefacts())
    answers = explain_all(dated, [(each.kind, each.value) for each in artefacts])
    asked = list(zip(artefacts, answers, strict=True))
    wrong = [(each, answer) for each, answer in asked if not each.fits(answer)]
    assert len(asked) >= 300
    assert len(wrong) <= 0.1 * len(asked), wrong
    assert [(each, answer) for each, answer in wrong if answer.confidence > 0.8] == []


def test_no_trap_is_given_to_anybody(dated: Catalog) -> None:
    traps = [each for each in _artefacts() if not each.owner]
    assert len(traps) >= 30
    answers = explain_all(dated, [(each.kind, each.value) for each in traps])
    assert [(answer.value, answer.owner) for answer in answers if answer.owner] == []


@pytest.mark.parametrize(
    ("kind", "value", "region"),
    [
        ("cname", "app-1.us-east-1.elb.amazonaws.com", "us-east-1"),
        ("cname", "bucket.s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("api_host", "https://dynamodb.us-east-1.amazonaws.com/", "us-east-1"),
        ("cname", "search-x.us-west-2.es.amazonaws.com", "us-west-2"),
        ("cname", "vm1.westeurope.cloudapp.azure.com", "westeurope"),
        ("cname", "us-east-1.example.com", None),
        ("cname", "d111111abcdef8.cloudfront.net", None),
        ("cname", "us-east-1.cloudfront.net", None),
    ],
)
def test_a_region_is_read_from_the_provider_s_part_of_a_name(
    dated: Catalog, kind: str, value: str, region: str | None
) -> None:
    assert explain(dated, kind, value).region == region


def test_an_answer_has_the_keys_that_are_promised_and_nulls_where_unknown(dated: Catalog) -> None:
    known = explain(dated, "ns", "bob.ns.cloudflare.com").to_json()
    assert list(known) == [
        *("kind", "value", "owner", "served_by", "role", "region", "fault", "confidence", "rule")
    ]
    assert explain(dated, "ns", "ns1.example.org").to_json() == {
        "kind": "ns",
        "value": "ns1.example.org",
        "owner": None,
        "served_by": None,
        "role": None,
        "region": None,
        "fault": None,
        "confidence": 0.0,
        "rule": None,
    }


def test_the_kind_may_be_written_in_capitals_or_with_a_hyphen(dated: Catalog) -> None:
    assert explain(dated, "Cert-Issuer", "O=Let's Encrypt, CN=R11").owner == "lets-encrypt"


def test_an_unknown_kind_is_refused_with_the_kinds(dated: Catalog) -> None:
    with pytest.raises(UsageError, match="'whois' is no kind of artefact") as caught:
        explain(dated, "whois", "x")
    assert all(kind in caught.value.todo for kind in KINDS)


@pytest.mark.parametrize(
    "page",
    [
        *("", "{", "[]", '"x"', '{"status": "bad"}', '{"status": true}', '{"headers": 7}'),
        *("[" * 9999, '{"status": 99999}', '{"status": 99}', '{"status": "99999"}'),
        *('{"headers": "x"}', '{"body": 5}', '{"body": false}'),
    ],
)
def test_what_is_no_error_page_is_refused(dated: Catalog, page: str) -> None:
    with pytest.raises(UsageError, match="it is no error page"):
        explain(dated, "error_page", page)


@pytest.mark.parametrize(
    "headers",
    [
        {"Server": "cloudflare"},
        {"server": ["cloudflare"]},
        [["server", "cloudflare"]],
        "HTTP: x\nserver: cloudflare",
    ],
)
def test_headers_may_come_in_any_usual_form(dated: Catalog, headers: object) -> None:
    page = json.dumps({"status": "521", "headers": headers, "body": None})
    answer = explain(dated, "error_page", page)
    assert (answer.owner, answer.fault) == ("cloudflare", "origin")


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("ip", "999.1.1.1", "is no address"),
        ("ip", "", "is no address"),
        ("ip", "104.16.0.0/13", "is a block of 524288 addresses"),
        ("asn", "ASX", "is no AS number"),
        ("asn", "0", "is no AS number"),
        ("asn", "AS4294967296", "is no AS number"),
        ("ns", "", "is no host name"),
        ("cname", "http://", "is no host name"),
        ("mx", "10 ???", "is no host name"),
        ("header", " \n", "is no header"),
        ("cookie", "", "is no cookie"),
        ("cert_issuer", "C=US", "names no issuer"),
        ("spf", "", "is no SPF record"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_and_told_in_a_list(
    dated: Catalog, kind: str, value: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        explain(dated, kind, value)
    (row,) = explain_all(dated, [(kind, value)])
    assert (row.owner, row.confidence) == (None, 0.0)
    assert said in (row.rule or "")


def test_what_can_be_read_and_is_nobody_s_is_unknown_without_a_reason(dated: Catalog) -> None:
    for kind, value in (
        ("ip", "192.0.2.1/32"),
        ("asn", "AS64500"),
        ("spf", "v=spf1 -all"),
        ("spf", "v=spf1 include:%{i}._spf.example.org -all"),
        ("ns", "localhost"),
    ):
        assert (explain(dated, kind, value).owner, explain(dated, kind, value).rule) == (None, None)


def test_a_header_without_a_value_is_told_by_its_name(dated: Catalog) -> None:
    assert explain(dated, "header", "cf-ray").rule == "the header cf-ray (public knowledge)"


TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from([each.value for each in _artefacts()]).flatmap(
        lambda value: st.builds(
            lambda cut, more: value[:cut] + more + value[cut:],
            st.integers(0, len(value)),
            st.text(max_size=5),
        )
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), TEXTS)
def test_any_text_has_an_answer_or_is_refused(kind: str, value: str) -> None:
    try:
        answer = explain(_package(), kind, value)
    except UsageError:
        return
    assert 0 <= answer.confidence < 1
    assert (answer.owner is None) == (answer.rule is None) or answer.fault is not None
    json.dumps(answer.to_json())


@cache
def _package() -> Catalog:
    return Catalog.load(today=DAY)


ONE = """
id: {id}
name: {id}
products:
{products}
facts:
{facts}
"""


def _catalog(*files: tuple[str, str, str], today: date | None = None) -> Catalog:
    texts = [ONE.format(id=i, products=p, facts=f) for i, p, f in files]
    return Catalog.from_texts(texts, today=today)


CDN = (
    "cdn",
    "  - {id: cdn, role: edge, name: CDN}",
    "  - {kind: asn, number: 7, unconfirmed: true}",
)
SHOP = "  - {id: shop, role: payments, name: Shop, served_by: [{provider: cdn, unconfirmed: true}]}"
DATED = "source: s, last_confirmed: 2026-11-26"


def test_what_nothing_confirms_is_believed_0_6_at_most() -> None:
    catalog = _catalog(("a", CDN[1], "  - {kind: ns, suffix: a.example, unconfirmed: true}"))
    assert explain(catalog, "ns", "ns1.a.example").confidence == 0.6


def test_an_answer_is_no_surer_than_who_carries_it() -> None:
    fact = f"  - {{kind: script_host, suffix: a.example, product: shop, {DATED}}}"
    answer = explain(_catalog(CDN, ("a", SHOP, fact)), "script_host", "js.a.example")
    assert (answer.owner, answer.served_by, answer.confidence) == ("a", "cdn", 0.6)


def test_half_an_answer_is_never_sure() -> None:
    product = "  - {id: shop, role: payments, name: Shop}"
    fact = f"  - {{kind: script_host, suffix: a.example, product: shop, {DATED}}}"
    answer = explain(_catalog(("a", product, fact)), "script_host", "js.a.example")
    assert (answer.owner, answer.served_by, answer.confidence) == ("a", None, 0.8)


@pytest.mark.parametrize(
    ("role", "own", "served_by", "confidence"),
    [
        ("edge", False, "a", 0.95),
        ("certificates", False, "a", 0.95),
        ("dns", True, "a", 0.95),
        ("dns", False, "a", 0.75),
        ("hosting", False, "a", 0.75),
        ("payments", True, "a", 0.75),
        ("payments", False, None, 0.8),
    ],
)
def test_who_has_a_network_or_is_in_a_trade_that_has_one_serves_itself(
    role: str, own: bool, served_by: str | None, confidence: float
) -> None:
    facts = f"  - {{kind: script_host, suffix: a.example, product: p, {DATED}}}"
    if own:
        facts += "\n  - {kind: prefix, prefix: 192.0.2.0/24, unconfirmed: true}"
    catalog = _catalog(("a", f"  - {{id: p, role: {role}, name: P}}", facts))
    answer = explain(catalog, "script_host", "js.a.example")
    assert (answer.served_by, answer.confidence) == (served_by, confidence)


def test_a_fact_says_more_of_the_carrier_than_its_product() -> None:
    other = ("other", CDN[1], "")
    fact = f"  - {{kind: cname, suffix: a.example, product: shop, served_by: other, {DATED}}}"
    files = (CDN, ("a", SHOP, fact), other)
    text = [ONE.format(id=i, products=p, facts=f or "  []") for i, p, f in files]
    answer = explain(Catalog.from_texts(text), "cname", "a.example")
    assert (answer.owner, answer.served_by) == ("a", "other")


def test_two_marks_of_two_providers_make_less_sure() -> None:
    catalog = _catalog(
        ("a", CDN[1], f"  - {{kind: header, name: x-a, product: cdn, {DATED}}}"),
        ("b", CDN[1], f"  - {{kind: header, name: x-b, product: cdn, {DATED}}}"),
    )
    assert explain(catalog, "header", "x-a: 1").confidence == 0.95
    assert explain(catalog, "header", "x-a: 1\nx-b: 1").confidence == pytest.approx(0.665)


def test_what_has_ended_is_told_and_never_sure() -> None:
    product = "  - {id: cdn, role: edge, name: CDN, ended: 2025-01}"
    fact = f"  - {{kind: cname, suffix: a.example, product: cdn, {DATED}}}"
    answer = explain(_catalog(("a", product, fact)), "cname", "x.a.example")
    assert answer.confidence == 0.6
    assert (answer.rule or "").endswith("it ended in 2025-01")
    undated = product.replace("2025-01", "unknown")
    answer = explain(_catalog(("a", undated, fact)), "cname", "x.a.example")
    assert (answer.confidence, (answer.rule or "")[-12:]) == (0.6, "it has ended")


def test_the_first_known_of_several_includes_is_told() -> None:
    catalog = _catalog(("a", CDN[1], "  - {kind: spf, suffix: a.example, unconfirmed: true}"))
    answer = explain(catalog, "spf", "v=spf1 include:_spf.b.example include:_spf.a.example ~all")
    assert answer.owner == "a"
    assert "the first known of 2" in (answer.rule or "")


def test_what_the_headers_do_not_bear_out_is_less_sure(dated: Catalog) -> None:
    def sure(headers: dict[str, str]) -> float:
        page = json.dumps({"status": 522, "headers": headers, "body": ""})
        return explain(dated, "error_page", page).confidence

    assert sure({"server": "cloudflare"}) == 0.8
    assert sure({}) == 0.5
    assert sure({"date": "x"}) == pytest.approx(0.35)
    assert sure({"server": "nginx"}) == pytest.approx(0.35)


def test_a_status_alone_says_less_than_a_header_and_nothing_where_another_server_speaks(
    dated: Catalog,
) -> None:
    def told(headers: dict[str, str]) -> Explained:
        page = json.dumps({"status": 522, "headers": headers, "body": ""})
        return explain(dated, "error_page", page)

    assert told({}).owner == "cloudflare"
    assert told({}).confidence < explain(dated, "header", "server: cloudflare").confidence
    assert (told({"Server": "nginx"}).owner, told({"Server": "nginx"}).fault) == (None, "origin")
    assert told({"server": "not-cloudflare"}).owner is None
    assert told({"server": "Netlify"}).owner == "netlify"


@pytest.mark.parametrize(
    ("header", "owner"),
    [
        ("server: cloudflare", "cloudflare"),
        ("server: cloudflare-nginx", "cloudflare"),
        ("server: not-cloudflare", None),
        ("server: not_cloudflare", None),
        ("server: notcloudflare", None),
        ("server: not-cloudflare, cloudflare", "cloudflare"),
        ("x-cluster-name: us-east-1-prod-hosting-red", "webflow"),
    ],
)
def test_a_word_with_something_before_its_hyphen_is_another_name(
    dated: Catalog, header: str, owner: str | None
) -> None:
    assert explain(dated, "header", header).owner == owner


def test_of_two_marks_of_an_issuer_that_agree_the_surer_one_speaks(dated: Catalog) -> None:
    whole = explain(dated, "cert_issuer", "Let's Encrypt").confidence
    assert explain(dated, "cert_issuer", "C=US, O=Let's Encrypt, CN=R3").confidence == whole
    assert explain(dated, "cert_issuer", "R3").confidence == 0.6
