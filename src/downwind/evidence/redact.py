"""Takes secrets out of headers, URLs and bodies before they are kept as evidence.

Headers, by name:

- `server`, `via` and the reply ids of providers (`cf-ray`...) are kept whole;
- cookies keep their names, which are fingerprints, and lose their values;
- `location` and its like are kept as redacted URLs;
- headers that tell of caching, errors and the route (header_names.KEPT) are kept, scrubbed;
- any other header keeps its name, and its value only where it is made of a few harmless words
  (`nosniff`, `keep-alive`, `0`) and its name is not that of a secret; else it is `[redacted]`.

URLs lose their userinfo, the values of parameters with the name of a secret, and whatever looks
like a secret or hides one (a URL in a parameter, encoded or not); the host is always kept. Bodies
lose what looks like a secret, e-mail addresses, and all that lies past the cap.

Each of the three may be applied again and changes nothing. Shapes are guesses: a short secret
without a telling name is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

from downwind.evidence.header_names import COOKIES, HARMLESS_WORDS, KEPT, URLS, WHOLE
from downwind.evidence.secret_shapes import GONE, is_sensitive_name, scrub

LONGEST_URL = 2048
LONGEST_VALUE = 2048
LONGEST_NAME = 128
BODY_CAP = 2000

_PAST_CAP = 4096
_DEEPEST = 3
_ROUNDS = 8
# RFC 3986, appendix B: splits any text, and never fails.
_PARTS = re.compile(
    r"(?s)(?P<scheme>[^:/?#]+:)?(?P<authority>//[^/?#]*)?(?P<path>[^?#]*)"
    r"(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_URL_IN_TEXT = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}:\\?/\\?/[^\s\"'<>]+")
_INLINE = re.compile(r"(?i)\s*(data|javascript|blob):")
_COOKIES_GONE = re.compile(r"[^=;,\s]+=\[redacted\](?:, [^=;,\s]+=\[redacted\])*")


def redact_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name, without secrets; a name that comes twice is joined by commas."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.strip().lower()[:LONGEST_NAME], []).append(value)
    return {name: _redact_header(name, values[name]) for name in values}


def redact_url(url: str) -> str:
    """The URL without userinfo and secrets, cut at LONGEST_URL characters."""
    return _settled(lambda text: _redact_url(text, _DEEPEST)[:LONGEST_URL], url)


def redact_body(text: str, cap: int = BODY_CAP) -> str:
    """The first `cap` characters of a body, without secrets."""
    if cap <= 0:
        return ""
    if len(text) > cap + _PAST_CAP:
        # What the cut goes through may no longer look like the secret that it is: drop it whole.
        text = re.sub(r"\S+\Z", "", text[: cap + _PAST_CAP])
    return _settled(lambda body: _redact_text(body)[:cap], text)


def _settled(redact: Callable[[str], str], text: str) -> str:
    """Redact until nothing changes: what one rule leaves may make sense to another."""
    for _ in range(_ROUNDS):
        before, text = text, redact(text)
        if text == before:
            break
    return text


def _redact_header(name: str, values: list[str]) -> str:
    if name in COOKIES:
        cookies = [cookie for value in values for cookie in _cookies(value, name)]
        return ", ".join(cookies) or GONE
    if name in URLS:
        return redact_url(values[0])
    value = ", ".join(values)
    if name in WHOLE:
        return value[:LONGEST_VALUE]
    if name in KEPT:
        return _settled(lambda text: _redact_text(text)[:LONGEST_VALUE], value)
    if not is_sensitive_name(name) and _is_harmless(value):
        return value
    return GONE


def _is_harmless(value: str) -> bool:
    return len(value) <= 64 and HARMLESS_WORDS.issuperset(re.split(r"[\s,;]+", value.lower()))


def _cookies(value: str, header: str) -> list[str]:
    """The cookies of one line, each with its value gone; a set-cookie line holds one."""
    if _COOKIES_GONE.fullmatch(value):
        return value.split(", ")
    lines = value.split(";") if header.startswith("cookie") else value.split(";")[:1]
    names = [line.partition("=")[0].strip() for line in lines if "=" in line]
    kept = [scrub(name)[:LONGEST_NAME] for name in names if re.fullmatch(r"[^=;,\s]+", name)]
    return [f"{name}={GONE}" for name in kept]


def _redact_text(text: str) -> str:
    return scrub(_URL_IN_TEXT.sub(lambda found: _redact_url_in_text(found[0]), text))


def _redact_url_in_text(url: str) -> str:
    if "\\/" in url:
        return _redact_url(url.replace("\\/", "/"), _DEEPEST).replace("/", "\\/")
    return _redact_url(url, _DEEPEST)


def _redact_url(url: str, deep: int) -> str:
    inline = _INLINE.match(url)
    if inline:
        return f"{inline[1]}:{GONE}"
    parts = _PARTS.match(url)
    assert parts is not None
    scheme, authority = parts["scheme"] or "", parts["authority"] or ""
    path, query, fragment = parts["path"], parts["query"] or "", parts["fragment"] or ""
    if "@" in authority:
        authority = "//" + authority.rpartition("@")[2]
    elif "@" in path and _is_no_host(authority[2:]):
        # A password with a slash that should have been encoded.
        rest = path.rpartition("@")[2]
        authority, path = "//" + rest.partition("/")[0], _from_slash(rest)
    elif not authority and "@" in path.partition("/")[0]:
        # user:password@host without a scheme, which reads as a scheme and a path.
        scheme, path = "", path.partition("/")[0].rpartition("@")[2] + _from_slash(path)
    # By segments first, which keeps more; a base64 text may hold slashes of its own.
    path = scrub("/".join(_redact_segment(segment, deep) for segment in path.split("/")))
    if query:
        query = "?" + _redact_parameters(query[1:], deep)
    if fragment:
        fragment = _redact_fragment(fragment, deep)
    return scheme + authority + path + query + fragment


def _is_no_host(authority: str) -> bool:
    host, _, port = authority.partition(":")
    if authority.startswith("["):
        return False
    return (port != "" and not port.isdigit()) or ("." not in host and scrub(host) != host)


def _from_slash(path: str) -> str:
    _, slash, rest = path.partition("/")
    return slash + rest


def _redact_segment(segment: str, deep: int) -> str:
    head, semicolon, parameters = segment.partition(";")
    scrubbed = scrub(head)
    if scrubbed == head and _hides_secret(head, 0):
        scrubbed = GONE
    return scrubbed + semicolon + (_redact_parameter(parameters, deep) if parameters else "")


def _redact_fragment(fragment: str, deep: int) -> str:
    route, mark, parameters = fragment.partition("?")
    if not mark and "=" in route:
        return "#" + _redact_parameters(route[1:], deep)
    route = f"#{GONE}" if _hides_secret(route[1:], 0) else route
    return route + mark + _redact_parameters(parameters, deep)


def _redact_parameters(text: str, deep: int) -> str:
    return "&".join(_redact_parameter(part, deep) for part in text.split("&"))


def _redact_parameter(part: str, deep: int) -> str:
    """One name and value; semicolons may part further ones, or belong to a secret before them."""
    done: list[str] = []
    for piece in part.split(";"):
        name, equals, value = piece.partition("=")
        name = GONE if _hides_secret(name, deep) else name
        if equals and is_sensitive_name(unquote(name)):
            return ";".join([*done, f"{name}={GONE}" if value else piece])
        if equals and _hides_secret(value, deep):
            value = GONE
        done.append(name + equals + value)
    return ";".join(done)


def _hides_secret(value: str, deep: int) -> bool:
    """Whether the value, or what it is the encoding of, would lose something."""
    for _ in range(_DEEPEST):
        if scrub(value) != value or (deep > 0 and _redact_url(value, deep - 1) != value):
            return True
        decoded = unquote(value)
        if decoded == value:
            return False
        value = decoded
    return False
