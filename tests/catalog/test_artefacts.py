"""What people have seen, in the forms in which they have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.artefacts import (
    read_address,
    read_cookies,
    read_headers,
    read_host,
    read_includes,
    read_issuer,
    read_number,
)

LE = ("Let's Encrypt", "R11")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("C=US, O=Let's Encrypt, CN=R11", LE),
        ("CN=R11,O=Let's Encrypt,C=US", LE),
        ("/C=US/O=Let's Encrypt/CN=R11", LE),
        ("C = US, O = Let's Encrypt, CN = R11", LE),
        ("issuer=C = US, O = Let's Encrypt, CN = R11", LE),
        ("C=US; O=Let's Encrypt; CN=R11", LE),
        ("c=us,o=Let's Encrypt,cn=R11", LE),
        ("2.5.4.10=Let's Encrypt,2.5.4.3=R11", LE),
        ("organizationName=Let's Encrypt,commonName=R11", LE),
        (r"CN=a,O=DigiCert\, Inc.", ("DigiCert, Inc.", "a")),
        ('CN=a,O="DigiCert, Inc."', ("DigiCert, Inc.", "a")),
        (r"CN=a,O=DigiCert\2C Inc.", ("DigiCert, Inc.", "a")),
        ("O=Entrust, Inc., CN=L1K", ("Entrust, Inc.", "L1K")),
        ("CN=a+OU=b,O=c", ("c", "a")),
        ("CN=only", ("", "only")),
        ("O=only", ("only", "")),
        ("R11", ("R11", "R11")),
        ("Let's Encrypt", ("Let's Encrypt", "Let's Encrypt")),
        ("", ("", "")),
        ("C=US", ("", "")),
    ],
)
def test_an_issuer_is_read_in_every_usual_form(text: str, parts: tuple[str, str]) -> None:
    assert read_issuer(text) == parts


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_escaped_name_comes_back_whole(organization: str, name: str) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{c}" if c in ',+"\\<>;=/ #' else c for c in text.strip())

    text = f"CN={escaped(name)},O={escaped(organization)}"
    assert read_issuer(text) == (organization.strip(), name.strip())


@given(st.text(max_size=200))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    read_issuer(text)
    read_includes(text)
    read_cookies(text)
    read_headers(text)
    read_address(text)
    read_number(text)
    assert " " not in read_host(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("js.stripe.com", "js.stripe.com"),
        ("https://JS.Stripe.com/v3/", "js.stripe.com"),
        ("//js.stripe.com:443/v3", "js.stripe.com"),
        ("js.stripe.com/v3", "js.stripe.com"),
        ("https://js.stripe.com@evil.example/", "evil.example"),
        ("https://evil.example/?js.stripe.com", "evil.example"),
        ("js.stripe.com.", "js.stripe.com."),
        ("http://[2606:4700::1]/", "2606:4700::1"),
        ("http://[", ""),
        ("a b", ""),
        ("", ""),
    ],
)
def test_a_host_is_that_to_which_a_browser_would_connect(text: str, host: str) -> None:
    assert read_host(text) == host


@pytest.mark.parametrize(
    ("text", "includes"),
    [
        ("_spf.google.com", ["_spf.google.com"]),
        ("include:_spf.google.com", ["_spf.google.com"]),
        ("v=spf1 include:a.example ?include:b.example -all", ["a.example", "b.example"]),
        ("v=spf1 redirect=c.example include:a.example", ["a.example", "c.example"]),
        ('"v=spf1 include:a.example ~all"', ["a.example"]),
        ("v=spf1 INCLUDE:a.example. ~all", ["a.example"]),
        ("v=spf1 ip4:192.0.2.0/24 mx -all", []),
        ("v=spf1", []),
        ("", []),
    ],
)
def test_the_includes_of_an_spf_record(text: str, includes: list[str]) -> None:
    assert read_includes(text) == includes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("__cf_bm", ["__cf_bm"]),
        ("__cf_bm=a=b", ["__cf_bm"]),
        ("__cf_bm=a; Path=/; HttpOnly", ["__cf_bm"]),
        ("Set-Cookie: __cf_bm=a; Path=/", ["__cf_bm"]),
        ("cookie: a=1; b=2", ["a", "b"]),
        ("", []),
    ],
)
def test_the_names_of_cookies(text: str, names: list[str]) -> None:
    assert read_cookies(text) == names


@pytest.mark.parametrize(
    ("text", "number"),
    [("AS13335", 13335), ("13335", 13335), ("as 13335", 13335), ("AS", None), ("AS1x", None)],
)
def test_an_as_number(text: str, number: int | None) -> None:
    assert read_number(text) == number


ISSUERS = """
id: a
name: A
products: [{id: certificates, role: certificates, name: Certificates}]
facts:
  - {kind: issuer, organization: "Acme Trust, Inc.", unconfirmed: true}
  - {kind: issuer, organization: "Acme Trust, Inc.", common_name: "Z*", unconfirmed: true}
---
id: b
name: B
products: [{id: certificates, role: certificates, name: Certificates}]
facts:
  - {kind: issuer, organization: "Acme Trust, Inc.", common_name: Z9, unconfirmed: true}
  - {kind: issuer, organization: Borders, unconfirmed: true}
  - {kind: issuer, organization: Shared Ltd, unconfirmed: true}
---
id: c
name: C
products: [{id: certificates, role: certificates, name: Certificates}]
facts:
  - {kind: issuer, organization: Shared GmbH, unconfirmed: true}
"""


@pytest.mark.parametrize(
    ("organization", "name", "provider"),
    [
        ("Acme Trust, Inc.", "any", "a"),
        ("ACME  trust inc", "any", "a"),
        ("Acme Trust", "", "a"),
        ("Acme Trust, Inc.", "Z9", "b"),
        ("Acme Trust, Inc.", "Z10", "a"),
        ("", "Z9", "b"),
        ("", "Z10", "a"),
        ("", "Acme Trust Server CA 3", "a"),
        ("", "Acme Trusty Server CA", None),
        ("", "The Acme Trust CA", None),
        ("Somebody Else", "Z9", None),
        ("Somebody Else", "Acme Trust CA", None),
        ("Shared Ltd", "", "b"),
        ("Shared AG", "", None),
        ("", "", None),
    ],
)
def test_an_issuer_is_known_by_its_organization_and_only_then_by_its_name(
    organization: str, name: str, provider: str | None
) -> None:
    found = Catalog.from_texts([ISSUERS]).issuer(organization, name)
    assert (found[0].provider if found else None) == provider
