"""Of which format a feed is, by its body alone: vendors change their platform without a word."""

from __future__ import annotations

import re
from typing import Any

from downwind.observe.feeds import JSON_READERS, MARKUP_READERS
from downwind.observe.feeds.markup import read_markup
from downwind.observe.feeds.values import Unproven, decode, identifier, mapping, parse

# incident.io's ids are ULIDs; Statuspage's have twelve letters and digits.
_ULID = re.compile(r"01[0-9A-HJKMNP-TV-Z]{24}", re.ASCII)


def detect(raw: bytes) -> str | None:
    """The format of READERS that reads these bytes, the most particular first; None without one.

    An empty list is of no format: three of them are calm like that.
    """
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _markup(raw)
    try:
        data = parse(decode(raw, utf16=True))
    except Unproven:
        return None
    if data == []:
        return None
    found = next((each for each in JSON_READERS if _reads(each, data)), None)
    if found == "statuspage" and _ULID.fullmatch(_page_id(data)):
        return "incident-io"
    return found


def _markup(raw: bytes) -> str | None:
    try:
        feed = read_markup(raw)
    except Unproven:
        return None
    for name, read in MARKUP_READERS.items():
        if name == "aws-rss" and not feed.items:
            continue
        try:
            read(feed, None)
        except Unproven:
            continue
        return name
    return None


def _reads(format: str, data: Any) -> bool:
    try:
        JSON_READERS[format](data, None)
    except Unproven:
        return False
    return True


def _page_id(data: Any) -> str:
    return identifier(mapping(mapping(data).get("page")).get("id"))
