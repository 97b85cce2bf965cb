"""The host is found in whatever a stranger wrote as a URL, and nothing breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.hosts import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Test/a?b#c", "shop.test"),
        ("https://ada:secret@shop.test:8443/", "shop.test"),
        ("http://[2001:DB8::1]:80/", "2001:db8::1"),
        ("//shop.test/x", "shop.test"),
        ("shop.test:443", "shop.test"),
        ("smtp://mail.test", "mail.test"),
        ("https://x.test:bad/", "x.test"),
        ("", ""),
        ("//", ""),
        ("https:///path", ""),
        ("http://[", ""),
        ("http://[::1", ""),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert host_of(text) == host_of(text).lower()
