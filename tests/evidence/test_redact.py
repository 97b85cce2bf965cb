"""Redaction: no secret survives, what tells of faults does, and a second time changes nothing."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.header_names import WHOLE
from downwind.evidence.redact import redact_body, redact_headers, redact_url
from downwind.evidence.secret_shapes import is_sensitive_name, scrub


def random_bytes(seed: int) -> bytes:
    """Bytes as a generator of secrets makes them: Hypothesis itself would shrink them to zeros."""
    return hashlib.sha256(seed.to_bytes(8, "big")).digest()


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt(seed: int) -> str:
    claims = f'{{"sub":"{seed}","exp":1}}'.encode()
    head = base64url(b'{"alg":"HS256","typ":"JWT"}')
    return f"{head}.{base64url(claims)}.{base64url(random_bytes(seed))}"


seeds = st.integers(0, 9_999)
MAKERS: dict[str, Callable[[int], str]] = {
    "hex": lambda n: random_bytes(n).hex(),
    "upper hex": lambda n: random_bytes(n).hex()[:32].upper(),
    "base64url": lambda n: base64url(random_bytes(n)),
    "base64": lambda n: base64.b64encode(random_bytes(n)).decode(),
    "base32": lambda n: base64.b32encode(random_bytes(n)).decode().rstrip("="),
    "jwt": jwt,
    "uuid": lambda n: str(uuid.UUID(bytes=random_bytes(n)[:16])),
    "github": lambda n: f"ghp_{random_bytes(n).hex()[:36]}",
    "aws": lambda n: "AKIA" + base64.b32encode(random_bytes(n)).decode()[:16],
    "address": lambda n: f"jane.q{n}@mail.example.com",
}
unmistakable = st.builds(lambda make, n: make(n), st.sampled_from(list(MAKERS.values())), seeds)
"""Secrets that show by their shape, wherever they stand."""
short = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_~.", min_size=8, max_size=16).map(
    lambda text: f"zQ{text}"
)
"""Secrets that only the place gives away."""
words = st.lists(
    st.sampled_from(
        ["the", "edge", "said", "Error", "1016", "cloudflare", "503", "<p>", "&", ";", "/"]
    )
)
around = words.map(" ".join)

SENSITIVE = [
    "token",
    "access_token",
    "key",
    "api_key",
    "apiKey",
    "sig",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "secret",
    "client_secret",
    "password",
    "passwd",
    "code",
    "session",
    "sessionId",
    "JSESSIONID",
    "auth",
    "Authorization",
    "jwt",
    "id_token",
    "state",
    "nonce",
    "otp",
    "sid",
    "csrf",
    "SAMLResponse",
    "email",
    "user[password]",
    "ticket",
    "X-Goog-Signature",
    "hash",
]
HARMLESS = ["page", "q", "lang", "v", "utm_source", "width", "format", "id", "sort"]


@pytest.mark.parametrize("name", SENSITIVE)
def test_a_telling_name_is_known(name: str) -> None:
    assert is_sensitive_name(name)


@pytest.mark.parametrize("name", [*HARMLESS, "author", "cf-ray", "monkey", "design", "cache"])
def test_a_harmless_name_is_not_taken_for_a_secret(name: str) -> None:
    assert not is_sensitive_name(name)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_of_ten_thousand_secrets_of_a_kind_none_is_missed(make: Callable[[int], str]) -> None:
    missed = [make(seed) for seed in range(10_000) if make(seed) in scrub(f"<p>{make(seed)}</p>")]
    assert missed == []


@given(name=st.sampled_from(SENSITIVE), secret=unmistakable | short, before=st.booleans())
def test_no_secret_survives_in_a_parameter_of_a_telling_name(
    name: str, secret: str, before: bool
) -> None:
    shown = quote(secret, safe="")
    query = f"page=2&{name}={shown}" if before else f"{name}={secret}&page=2"
    for url in (f"https://x.test/a?{query}", f"/a?{query}", f"https://x.test/a#{query}"):
        assert secret not in unquote(redact_url(url))
        assert "page=2" in redact_url(url)


PLACES = [
    "https://x.test/a?q={}",
    "https://x.test/a?q=1;r={}&s=2",
    "https://x.test/reset/{}/now",
    "https://x.test/{}",
    "https://x.test/a;v={}",
    "https://x.test/?{}",
    "https://x.test/?{}=1",
    "https://x.test/#{}",
    "https://x.test/#/route?v={}",
    "https://x.test/a?next=https%3A%2F%2Fy.test%2F{}",
    "https://{}@x.test/",
    "https://user:{}@x.test/",
    "//user:{}@x.test/a",
    "user:{}@x.test/a",
    "{}",
    "mailto:{}",
    "data:text/plain,{}",
]


@settings(deadline=None)
@given(place=st.sampled_from(PLACES), secret=unmistakable, encoded=st.integers(0, 2))
def test_no_secret_survives_in_a_url(place: str, secret: str, encoded: int) -> None:
    shown = secret
    for _ in range(encoded):
        shown = quote(shown, safe="")
    redacted = redact_url(place.format(shown))
    assert secret not in redacted
    assert secret not in unquote(unquote(redacted))


@given(secret=short)
def test_userinfo_goes_and_so_does_a_secret_in_a_nested_url(secret: str) -> None:
    assert redact_url(f"https://user:{secret}@x.test:444/a") == "https://x.test:444/a"
    nested = quote(f"https://y.test/cb?code={secret}", safe="")
    assert redact_url(f"https://x.test/?next={nested}") == "https://x.test/?next=[redacted]"


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://x.test/feed?page=2&lang=fr", "https://x.test/feed?page=2&lang=fr"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        (
            "https://cdn.test/npm/react@17.0.2/r.min.js",
            "https://cdn.test/npm/react@17.0.2/r.min.js",
        ),
        ("https://x.test/a?token=", "https://x.test/a?token="),
        ("https://x.test/a?a=1&amp;code=7", "https://x.test/a?a=1&amp;code=[redacted]"),
        ("https://[broken/a?key=1", "https://[broken/a?key=[redacted]"),
        ("https://user:pa/ss@x.test/a", "https://x.test/a"),
        ("https://localhost/@jane/1", "https://localhost/@jane/1"),
        ("", ""),
        ("?", "?"),
        ("\x00\n", "\x00\n"),
    ],
)
def test_a_url_becomes_exactly_this(url: str, redacted: str) -> None:
    assert redact_url(url) == redacted


BODY_PLACES = [
    "{}",
    '{{"id":"{}","code":1016}}',
    "<td>{}</td>",
    "a={}&b=1",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "see https://x.test/a?q={} there",
    "https:\\/\\/x.test\\/?q={}",
    "'{}'",
    "x{}",
    "log: {}, retried",
]
NAMED_PLACES = [
    '{{"password":"{}"}}',
    '{{"access_token" : "{}"}}',
    "{{'client_secret': '{}'}}",
    "password={}&x=1",
    "api_key: {}",
    "bearer {}",
    "Authorization: {}",
    '<meta name="csrf-token" content="{}">',
    "https://user:{}@x.test/a",
    "https:\\/\\/x.test\\/cb?code={}",
    '<a href="/cb?a=1&amp;code={}">',
    '{{\\"token\\":\\"{}\\"}}',
]


@settings(deadline=None)
@given(place=st.sampled_from(BODY_PLACES), secret=unmistakable, before=around, after=around)
def test_no_secret_survives_in_a_body(place: str, secret: str, before: str, after: str) -> None:
    redacted = redact_body(f"{before} {place.format(secret)} {after}", 5000)
    assert secret not in redacted
    assert redacted.startswith(before)


@settings(deadline=None)
@given(place=st.sampled_from(NAMED_PLACES), secret=short, before=around, after=around)
def test_no_named_secret_survives_in_a_body(
    place: str, secret: str, before: str, after: str
) -> None:
    assert secret not in redact_body(f"{before} {place.format(secret)} {after}", 5000)


@settings(deadline=None)
@given(secret=unmistakable | short.map("password={}".format), lead=st.integers(0, 300))
def test_no_part_of_a_secret_survives_at_the_cap(secret: str, lead: int) -> None:
    body = "word " * lead + secret + " word" * 2000
    part = secret.removeprefix("password=")[:10]
    for cap in (len("word " * lead) + 12, len("word " * lead) + len(secret)):
        redacted = redact_body(body, cap)
        assert part not in redacted
        assert len(redacted) <= cap


@pytest.mark.parametrize("shrinking", [jwt(1), "https://x.test/?q=" + "ab12" * 200])
def test_no_part_of_a_secret_survives_where_the_body_was_cut(shrinking: str) -> None:
    secret = jwt(2)
    for lead in range(3000, 6200, 29):
        filling = (f"{shrinking} " * 60)[:lead]
        assert secret[:12] not in redact_body(f"{filling} {secret} and on" + " and on" * 999)


def test_a_body_is_cut_at_its_cap() -> None:
    assert redact_body("word " * 900, 12) == "word word wo"
    assert redact_body("word", 0) == ""
    assert len(redact_body("x " * 50_000)) == 2000


SIGNATURES = [
    "Error 1016 Ray ID: 88a1b2c3d4e5f607 &bull; 2025-11-18 11:30:03 UTC Origin DNS error",
    "<center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center>",
    "Generated by cloudfront (CloudFront) The request could not be satisfied.",
    "LambdaGeneratedResponse from cloudfront",
    "Error 503 Backend fetch failed Guru Meditation: XID: 1234567 Varnish cache server",
    "cache-cdg-lfpg1960047-CDG, cache-iad-kcgs7200123-IAD",
    "Reference #18.2d351ab8.1557333295.a4e16ab",
    "INTERNAL_FUNCTION_INVOCATION_TIMEOUT FUNCTION_INVOCATION_FAILED",
    '{"code":503,"message":"Service control quota exceeded","status":"UNAVAILABLE"}',
    "OriginConnectionAborted OriginInvalidResponse NoSuchDistributionConfigurationError",
    "ec2-54-203-113-251.us-west-2.compute.amazonaws.com dynamodb.us-east-1.amazonaws.com",
    "Internal server error Error code 500 Visit cloudflare.com for more information. Your IP:",
]


@pytest.mark.parametrize("body", SIGNATURES)
def test_what_an_error_says_of_its_cause_stays(body: str) -> None:
    assert redact_body(body) == body


@given(
    name=st.sampled_from(
        ["X-Whatever", "ETag", "x-request-id", "Location", "Link", "x-cache-hits"]
    ),
    secret=unmistakable,
)
def test_no_secret_survives_in_a_header(name: str, secret: str) -> None:
    assert secret not in str(redact_headers({name: secret}))


@given(
    name=st.sampled_from(
        ["Authorization", "proxy-authorization", "X-Api-Key", "x-auth-token", "X-Made-Up", "ETag"]
    ),
    secret=short | st.sampled_from(["0", "nosniff"]),
)
def test_a_header_that_is_not_known_loses_its_value(name: str, secret: str) -> None:
    if secret in {"0", "nosniff"} and name in {"X-Made-Up", "ETag"}:
        assert redact_headers({name: secret}) == {name.lower(): secret}
    else:
        assert redact_headers({name: secret}) == {name.lower(): "[redacted]"}


@given(secret=unmistakable | short, other=short)
def test_of_cookies_only_the_names_stay(secret: str, other: str) -> None:
    headers = [
        ("Set-Cookie", f"__cf_bm={secret}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        ("set-cookie", f"sid={other},next={secret}; HttpOnly"),
        ("Cookie", f"a={secret}; b={other}"),
    ]
    assert redact_headers(headers) == {
        "set-cookie": "__cf_bm=[redacted], sid=[redacted]",
        "cookie": "a=[redacted], b=[redacted]",
    }
    assert redact_headers({"set-cookie": secret.replace("=", "")}) == {"set-cookie": "[redacted]"}


def test_the_headers_that_tell_who_serves_are_kept_whole() -> None:
    headers = {
        "server": "cloudflare",
        "via": "1.1 0f1e2d3c4b5a69788796a5b4c3d2e1f0.cloudfront.net (CloudFront)",
        "x-cache": "Error from cloudfront",
        "cf-ray": "88a1b2c3d4e5f607-CDG",
        "cf-cache-status": "DYNAMIC",
        "x-served-by": "cache-cdg-lfpg1960047-CDG",
        "content-type": "text/html; charset=UTF-8",
        "x-amz-cf-id": "dZ6Y3kq9hVvTn0X0aB2mC4nD5oE6pF7gH8iI9jJ0kK1lL2mM3nN4oO==",
        "x-amz-cf-pop": "CDG50-P2",
        "retry-after": "120",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "alt-svc": 'h3=":443"; ma=86400',
        "date": "Tue, 18 Nov 2025 11:30:03 GMT",
        "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT",
        "x-xss-protection": "1; mode=block",
    }
    assert redact_headers(headers) == headers
    assert set(headers) & WHOLE


def test_headers_that_hold_urls_keep_what_is_not_secret() -> None:
    headers = {
        "Location": "https://u:p@y.test/cb?code=77&page=2",
        "Link": "<https://x.test/a.js?token=77>; rel=preload",
        "Content-Security-Policy": "script-src 'nonce-r4nd0m' https://cdn.test",
    }
    assert redact_headers(headers) == {
        "location": "https://y.test/cb?code=[redacted]&page=2",
        "link": "<https://x.test/a.js?token=[redacted]>; rel=preload",
        "content-security-policy": "script-src 'nonce-[redacted]' https://cdn.test",
    }


FRAGMENTS = [
    *[
        "token=",
        "password:",
        "bearer",
        "authorization:",
        "[redacted]",
        "[redacted",
        "%40",
        "@",
        "//",
        "/",
        "?",
        "&",
        ";",
        "=",
        "#",
        ":",
        "'",
        '"',
        "\\/",
        "\\",
        "]",
        "[",
        "code=",
        "https://",
        "u:p@",
        "x.test",
        "eyJhbGciOi",
        ".",
        "%25",
        "%3D",
        "data:",
        "&amp;",
        "nonce-",
        "content=",
        ",",
        "{",
    ],
    " ",
    "\n",
    jwt(3),
    random_bytes(4).hex(),
    "a@b.example",
]
tangles = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=14).map("".join)


@settings(max_examples=600, deadline=None)
@given(tangles, st.integers(1, 120))
def test_redacting_twice_changes_nothing(text: str, cap: int) -> None:
    once = redact_body(text, cap)
    assert redact_body(once, cap) == once
    assert redact_url(redact_url(text)) == redact_url(text)
    for name in ("set-cookie", "cookie", "location", "link", "authorization", "server", "x-a"):
        headers = redact_headers([(name, text), (name, "a=1")])
        assert redact_headers(headers) == headers


HOSTILE = [
    "token" * 9000,
    'token="' * 9000,
    "a.@" * 9000,
    "eyJ" * 9000,
    "%25" * 9000,
    "authorization:" * 3000,
    "https://a/?r=http%253A//a/%3Fr=" * 900,
    "x;" * 9000,
    "ab:" * 9000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_hostile_text_costs_little(text: str) -> None:
    began = time.process_time()
    redact_body(text)
    redact_url(text[:8192])
    assert time.process_time() - began < 2
