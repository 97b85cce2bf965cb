"""Tokens, where the server may listen, and the names it goes by."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from downwind.model.watching import Token as Written
from downwind.show.web import Access, Right, Token, check_bind, tokens_of
from downwind.show.web.access import hash_of, is_loopback
from downwind.terms import UsageError

SECRET = "a-secret-of-some-length"
HASH = hash_of(SECRET)


@pytest.mark.parametrize(("name", "secret"), [("ana", "short"), ("a b", SECRET), ("", SECRET)])
def test_no_token_is_made_of_a_short_secret_or_a_bad_name(name: str, secret: str) -> None:
    with pytest.raises(UsageError):
        Token.of(name, secret)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "reads", "writes"),
    [
        (f"Bearer {SECRET}", True, True),
        (f"bearer   {SECRET} ", True, True),
        (_basic(f"anyone:{SECRET}"), True, False),
        (_basic(f":{SECRET}"), True, False),
        (_basic(SECRET), False, False),
        ("Basic !!!", False, False),
        ("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), False, False),
        (f"Bearer {SECRET}x", False, False),
        (f"Bearer {HASH}", False, False),
        ("Bearer", False, False),
        ("Bearer ", False, False),
        (SECRET, False, False),
        (f"Digest {SECRET}", False, False),
        ("", False, False),
        ("Bearer \u00e9\u00ff", False, False),
    ],
)
def test_who_holds_the_header_is_known_by_its_secret_only(
    header: str, reads: bool, writes: bool
) -> None:
    access = Access((Token.of("bo", "another-secret-of-length"), Token.of("ana", SECRET)))
    for basic, expected in ((True, reads), (False, writes)):
        found = access.holder(header, basic=basic)
        assert (found is not None and found.name == "ana") == expected


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True),
        ("localhost", True), ("LOCALHOST", True), ("0.0.0.0", False), ("::", False), ("", False),
        ("192.0.2.1", False), ("watch.test", False), ("localhost.test", False),
    ],
)  # fmt: skip
def test_only_loopback_is_open_without_a_token(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
    if loopback:
        assert check_bind(host, ()).open_reads
        return
    for tokens in ((), (Token.of("paris", SECRET, (Right.REPORT, Right.ACT)),)):
        with pytest.raises(UsageError, match="no token that may read"):
            check_bind(host, tokens)
    access = check_bind(host, (Token.of("ana", SECRET),))
    assert not access.open_reads
    assert "without TLS" in access.warning
    assert not check_bind(host, (Token.of("ana", SECRET),), encrypted=True).warning


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("localhost", True), ("localhost:8080", True), ("LocalHost.:80", True),
        ("127.0.0.1:8080", True), ("[::1]:8080", True), ("10.1.2.3", True), ("[2001:db8::1]", True),
        ("watch.test", True), ("WATCH.test:443", True), ("watch.test.", True),
        ("evil.test", False), ("watch.test.evil.test", False), ("127.0.0.1.evil.test", False),
        ("", False), ("localhost:port", False), ("a b", False), ("[::1", False), ("::1", False),
        ("localhost@evil.test", False), ("evil.test/localhost", False), ("[evil.test]", False),
    ],
)  # fmt: skip
def test_a_host_header_is_known_by_address_or_by_a_name_that_was_given(
    header: str, known: bool
) -> None:
    access = check_bind("127.0.0.1", (), names=("Watch.test",))
    assert access.knows_host(header) == known


def test_the_name_that_it_listens_on_is_known() -> None:
    access = check_bind("watch.test", (Token.of("ana", SECRET),))
    assert access.knows_host("watch.test:9000")


@pytest.mark.parametrize(
    ("name", "may", "rights"),
    [
        ("ana", "", {Right.READ, Right.ACT}),
        ("ana", "act", {Right.READ, Right.ACT}),
        ("ana", "read", {Right.READ}),
        ("paris", "", {Right.REPORT}),
        ("paris", "report", {Right.REPORT}),
        ("paris", "read", {Right.READ}),
    ],
)
def test_a_token_may_what_the_model_says_or_what_its_name_tells(
    name: str, may: Any, rights: set[Right]
) -> None:
    (token,) = tokens_of([Written(name=name, token=SECRET, may=may)], {"paris", "oslo"})
    assert (token.name, set(token.rights)) == (name, rights)
    assert SECRET not in repr(token)


def test_a_token_that_would_report_as_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="no vantage has its name"):
        tokens_of([Written(name="ana", token=SECRET, may="report")], {"paris"})
