"""URLs are taken apart as browsers and curl do it, or refused."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe import HttpFailed
from downwind.observe.urls import parse_url


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("HTTP://X.test", "http://x.test/"),
        ("http://x.test:80/", "http://x.test/"),
        ("http://x.test:443", "http://x.test:443/"),
        ("http://x.test?q=1#f", "http://x.test/?q=1"),
        ("http://user:secret@x.test/", "http://x.test/"),
        ("http://[2001:DB8::1]:8080/a b", "http://[2001:db8::1]:8080/a%20b"),
        ("http://bücher.test/ü?ö=%20", "http://xn--bcher-kva.test/%C3%BC?%C3%B6=%20"),
        ("http://x.test//a//b", "http://x.test//a//b"),
        ("http://x.test/../a", "http://x.test/a"),
        ("http://x.test/a/./b/../c", "http://x.test/a/c"),
        ("http://x.test/a/..", "http://x.test/"),
        ("http://x.test/a/b/..", "http://x.test/a/"),
        ("http://x.test/a../...", "http://x.test/a../..."),
    ],
)
def test_a_url_is_asked_for_as_curl_asks(written: str, told: str) -> None:
    assert str(parse_url(written)) == told


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x.test",
        "//x.test/",
        "ftp://x.test/",
        "http://",
        "http://x..test/",
        "http://x.test:99999/",
        "http://x.test:0/",
        "http://x.test\\a",  # once the host x.testa
        "http://[::1",
        "http://[zz]/",
        f"http://{'a' * 64}.test/",
    ],
)
def test_what_leads_nowhere_is_refused(written: str) -> None:
    with pytest.raises(HttpFailed, match="not a URL"):
        parse_url(written)


@given(st.lists(st.sampled_from(["a", "b", ".", "..", "..."]), max_size=8), st.booleans())
def test_dots_in_a_path_lead_where_a_link_with_them_leads(parts: list[str], slash: bool) -> None:
    """Beside what the standard library makes of a link."""
    path = "/" + "/".join(parts) + ("/" if slash and parts else "")
    linked = urlsplit(urljoin("http://x.test/page", path)).path or "/"
    assert parse_url(f"http://x.test{path}").target == linked
