"""Names are public hosts, internal, reverse look-ups, suffixes or none at all."""

import pytest

from downwind.evidence.inside.names import Names, Sort, clean_host

NAMES = Names(internal=["corp.example.com", "HQ.Shop.net."], public=[])


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("api.stripe.com", Sort.PUBLIC),
        ("example.co.uk", Sort.PUBLIC),
        ("_sip._tls.example.com", Sort.PUBLIC),
        ("xn--bcher-kva.example.com", Sort.PUBLIC),
        ("my-bucket.s3.amazonaws.com", Sort.PUBLIC),
        ("db1", Sort.INTERNAL),
        ("db1.internal", Sort.INTERNAL),
        ("printer.local", Sort.INTERNAL),
        ("router.home.arpa", Sort.INTERNAL),
        ("_dns.resolver.arpa", Sort.INTERNAL),
        ("wpad.corp", Sort.INTERNAL),
        ("shop.svc.cluster.local", Sort.INTERNAL),
        ("git.corp.example.com", Sort.INTERNAL),
        ("corp.example.com", Sort.INTERNAL),
        ("x.hq.shop.net", Sort.INTERNAL),
        ("xcorp.example.com", Sort.PUBLIC),
        ("x.test", Sort.INTERNAL),
        ("10.2.0.192.in-addr.arpa", Sort.REVERSE),
        ("0.8.b.d.0.1.0.0.2.ip6.arpa", Sort.REVERSE),
        ("com", Sort.SUFFIX),
        ("co.uk", Sort.SUFFIX),
        ("", Sort.SUFFIX),
        ("odd name.example.com", Sort.ODD),
        ("odd\\032name.example.com", Sort.ODD),
        ("<b>.example.com", Sort.ODD),
        ("a..example.com", Sort.ODD),
        ("é.example.com", Sort.ODD),
        (f"{'a' * 64}.example.com", Sort.ODD),
        (".".join(["a" * 60] * 5) + ".com", Sort.ODD),
    ],
)
def test_a_name_has_one_sort(name: str, sort: Sort) -> None:
    assert NAMES.sort(name) is sort


def test_in_an_emulated_internet_names_of_test_are_public() -> None:
    names = Names(public=["test"])

    assert names.sort("api.hill.test") is Sort.PUBLIC
    assert names.domain("a.api.hill.test") == "hill.test"
    assert names.sort("test") is Sort.SUFFIX


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("API.Stripe.com.", "api.stripe.com"),
        (" a.b ", "a.b"),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("localhost", None),
        ("a b.c", None),
        (None, None),
        (12, None),
        ("", None),
    ],
)
def test_a_host_is_cleaned_or_refused(text: object, host: str | None) -> None:
    assert clean_host(text) == host
