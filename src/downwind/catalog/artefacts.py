"""Reads what somebody saw (a header, an issuer's name, an SPF record, a URL) into its parts."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from downwind.evidence.hosts import host_of

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{2})|(.))", re.DOTALL)
# RFC 4514 2.4: an attribute starts the text or follows an unescaped separator.
_ATTRIBUTE = re.compile(r"(?:^|[,;/+])\s*(?:OID\.)?([A-Za-z][A-Za-z0-9]*|\d+(?:\.\d+)+)\s*=\s*")
_NAMES = {"2.5.4.3": "CN", "2.5.4.10": "O", "COMMONNAME": "CN", "ORGANIZATIONNAME": "O"}
_LONGEST_NAME = 4096
_QUALIFIED = re.compile(r"^[+?~-]")
_HOST_LIKE = re.compile(r"[a-z0-9_*-]+(\.[a-z0-9_*-]+)*\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A reply that tells of a failure."""

    status: int | None
    headers: Mapping[str, str]
    body: str


def read_host(text: str) -> str:
    """The host of a host name or a URL; empty where it has none. User parts are no host."""
    host = host_of(text.strip())
    return host if _HOST_LIKE.fullmatch(host) or ":" in host else ""


def read_address(text: str) -> str:
    """An address without its brackets, an IPv4 address without its mapping; empty if none."""
    text = text.strip().strip("[]")
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def read_number(text: str) -> int | None:
    """An AS number, as in AS13335 or 13335."""
    digits = text.strip().upper().removeprefix("ASN").removeprefix("AS").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


def read_headers(text: str) -> dict[str, str]:
    """Header lines `name: value`; a name alone has an empty value."""
    headers: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip():
            headers[name.strip()] = value.strip()
    return headers


def read_cookies(text: str) -> list[str]:
    """The names of cookies: of `name`, `name=value`, a Set-Cookie or a Cookie header."""
    head, colon, rest = text.partition(":")
    header = head.strip().lower() if colon else ""
    if header == "cookie":
        return [part.partition("=")[0].strip() for part in rest.split(";") if part.strip()]
    line = rest if header == "set-cookie" else text
    name = line.partition(";")[0].partition("=")[0].strip()
    return [name] if name else []


def read_includes(text: str) -> list[str]:
    """The domains whose senders an SPF record takes in (RFC 7208): includes, then the redirect."""
    terms = text.strip().strip('"').split()
    found = [_QUALIFIED.sub("", term) for term in terms]
    named = [term for term in found if term.lower().startswith(("include:", "redirect="))]
    if named:
        ordered = sorted(named, key=lambda term: term.lower().startswith("redirect"))
        return [re.split("[:=]", term, maxsplit=1)[1].strip(".") for term in ordered]
    return found if len(found) == 1 and "=" not in found[0] and ":" not in found[0] else []


def read_issuer(text: str) -> tuple[str, str]:
    """Organization and common name of an issuer, either empty where it is not there.

    Reads RFC 4514 (`CN=R11,O=Let's Encrypt,C=US`), the two forms of OpenSSL
    (`C = US, O = ...`, `/C=US/O=...`), and a name alone, which counts as both.
    """
    text = text.strip()
    for label in ("issuer=", "issuer:"):
        if text.lower().startswith(label):
            text = text[len(label) :].strip()
    parts = dict(_attributes(text[:_LONGEST_NAME]))
    if not parts:
        return text, text
    return parts.get("O", ""), parts.get("CN", "")


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    hidden = _hidden(text)
    places = [found for found in _ATTRIBUTE.finditer(text) if found.start() not in hidden]
    if not places or text[: places[0].start()].strip():
        return
    for place, after in zip(places, [*places[1:], None], strict=True):
        value = text[place.end() : after.start() if after else len(text)]
        name = place[1].upper()
        yield _NAMES.get(name, name), _unescaped(value.strip())


def _hidden(text: str) -> set[int]:
    """Where a character is escaped by a backslash or stands in quotes."""
    hidden: set[int] = set()
    quoted = escaped = False
    for at, character in enumerate(text):
        if escaped or quoted:
            hidden.add(at)
        if not escaped and character == '"':
            quoted = not quoted
        escaped = not escaped and character == "\\"
    return hidden


def _unescaped(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], value)


def read_error_page(text: str) -> ErrorPage:
    """An error page as JSON with status, headers and body; raises ValueError with the reason."""
    try:
        form = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if not isinstance(form, dict):
        raise ValueError("an error page is an object with status, headers and body")
    return ErrorPage(_status(form.get("status")), _headers(form.get("headers")), _body(form))


def _status(given: Any) -> int | None:
    if isinstance(given, str) and given.strip().isascii() and given.strip().isdigit():
        given = int(given.strip()[:4])
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool):
        raise ValueError(f"its status is {given!r}, which is no number")
    # RFC 9110 15: three digits; Akamai, Cloudflare and nginx use some above 599.
    if not 100 <= given <= 999:
        raise ValueError(f"its status is {given}, and a status is 100 to 999")
    return given


def _headers(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if isinstance(given, str) and (":" in given or not given.strip()):
        return read_headers(given)
    if isinstance(given, dict):
        return {str(name): _joined(value) for name, value in given.items()}
    if isinstance(given, list) and all(isinstance(p, list) and len(p) == 2 for p in given):
        return {str(name): _joined(value) for name, value in given}
    raise ValueError("its headers are no object of names and values")


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(form: Mapping[str, Any]) -> str:
    body = form.get("body")
    if body is None or isinstance(body, str):
        return body or ""
    if not isinstance(body, dict | list):
        raise ValueError(f"its body is {body!r}, which is no text")
    return json.dumps(body, ensure_ascii=False)
