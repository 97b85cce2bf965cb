"""Values out of a stranger's JSON: whatever stands there, they give a plain value or none."""

from __future__ import annotations

import codecs
import html
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

TITLE_CAP = 300
TEXT_CAP = 2_000
_ID_CAP = 300
_URL_CAP = 2_000
_RAW_TEXT_CAP = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
"""As seconds, the year 5138; as milliseconds, March 1973."""
_LAST_STAMP = 32_503_680_000.0
"""The year 3000."""
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*+|!)[^<>]*+>")
_HIDDEN = ("script", "style")
_INLINE = ("a", "b", "code", "em", "i", "span", "strong", "u")
# Terminals and readers obey these: C0 and C1 controls, and changes of the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)


class Unproven(Exception):
    """The body is not of the shape that its format promises."""


def decode(raw: bytes, *, utf16: bool) -> str:
    """The text by its byte order mark, UTF-8 without one; raises Unproven.

    Only AWS serves UTF-16; elsewhere JSON is UTF-8 (RFC 8259, 8.1).
    """
    if raw.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        if not utf16:
            raise Unproven("it is UTF-16, which this format is not")
        charset = "utf-16"
    else:
        charset = "utf-8-sig"
    try:
        return raw.decode(charset)
    except UnicodeDecodeError as error:
        raise Unproven(f"it is not text ({charset}, byte {error.start})") from error


def parse(text: str) -> Any:
    """The JSON value; raises Unproven."""
    if not text.strip():
        raise Unproven("it is empty")
    if text.lstrip().startswith("<"):
        raise Unproven("it is markup, not JSON")
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise Unproven("its JSON is nested too deeply") from error
    except ValueError as error:
        raise Unproven(f"it is not JSON: {str(error)[:120]}") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def mapping(value: object) -> Mapping[str, Any]:
    """The mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings in a list; all else in it is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def items(value: object, what: str) -> list[Mapping[str, Any]]:
    """A list of mappings and nothing else; raises Unproven."""
    if not isinstance(value, list):
        raise Unproven(f"there is no list of {what}")
    if not all(isinstance(each, dict) for each in value):
        raise Unproven(f"in the list of {what} something is none")
    return value


def identifier(value: object) -> str:
    """An id, which may be a number; empty where there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int) and abs(value) >= 10**18:
        return ""
    return _clean(str(value)[:_ID_CAP])


def text(value: object, cap: int = TEXT_CAP) -> str:
    """Text without HTML, controls and needless space; empty where there is none."""
    if not isinstance(value, str):
        return ""
    return _clean(html.unescape(_without_tags(value[:_RAW_TEXT_CAP])))[:cap].rstrip()


def title(value: object) -> str:
    """As `text`, shorter."""
    return text(value, TITLE_CAP)


def _without_tags(markup: str) -> str:
    kept: list[str] = []
    hidden = ""
    for number, part in enumerate(_TAG.split(markup)):
        if number % 2:
            name = part.lower()
            hidden = name if name in _HIDDEN else ("" if name == f"/{hidden}" else hidden)
            kept.append("" if name.removeprefix("/") in _INLINE else " ")
        elif not hidden:
            kept.append(part)
    return "".join(kept)


def _clean(value: str) -> str:
    """One line that UTF-8 can carry: JSON may hold half a surrogate pair."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROLS.sub(" ", whole).split())


def link(value: object) -> str:
    """A URL of the web, absolute or relative, without a user; empty where there is none."""
    if not isinstance(value, str) or not value or len(value) > _URL_CAP or _clean(value) != value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https") or "@" in parts.netloc or " " in value:
        return ""
    return value


def code(value: object) -> int | None:
    """A small whole number, which may be written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    known = isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit()
    return int(str(value)) if known else None


def epoch(value: object) -> float | None:
    """Seconds since 1970, told in seconds or milliseconds, as number or text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value < _LAST_STAMP * 1000:
        return None
    seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
    return float(seconds) if math.isfinite(seconds) else None


def moment(value: object) -> float | None:
    """Seconds since 1970, told in ISO 8601; without an offset it is UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        seconds = (aware - _EPOCH).total_seconds()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < _LAST_STAMP else None


def first(*stamps: float | None) -> float | None:
    """The first stamp that is there."""
    return next((each for each in stamps if each is not None), None)


def latest_of(
    told: Sequence[Mapping[str, Any]], said_at: Callable[[Mapping[str, Any]], float | None]
) -> Mapping[str, Any]:
    """The latest update, or an empty one.

    Newest first, by custom; of two at the same time the first listed is the latest.
    """
    # Of equals, max keeps the first.
    return max(told, key=lambda each: said_at(each) or 0.0, default={})
