"""RSS 2.0 and Atom off the wire, with entities and document types refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from downwind.observe.feeds.values import Unproven, link, moment, title

MARKUP_CAP = 2_000_000
"""Bytes: an element of four of them takes a hundred once it is read."""
MOST_ITEMS = 500
_ATOM = "{http://www.w3.org/2005/Atom}"
_LAST_STAMP = 32_503_680_000.0
_BODY_CAP = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed; all of it is a stranger's."""

    id: str
    title: str
    body: str
    """With its HTML."""
    link: str
    published: float | None
    """Seconds since 1970-01-01 UTC, as `updated`."""
    updated: float | None
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A feed of entries."""

    form: str
    """rss or atom."""
    title: str
    items: tuple[Item, ...]
    """As they are listed: newest first, by custom."""

    @property
    def newest(self) -> float | None:
        """When its latest entry was published or changed."""
        stamps = (each.updated or each.published for each in self.items)
        return max((each for each in stamps if each is not None), default=None)


def read_markup(raw: bytes) -> History:
    """The feed in these bytes; raises Unproven."""
    if not raw.strip():
        raise Unproven("it is empty")
    if len(raw) > MARKUP_CAP:
        raise Unproven(f"it is markup of more than {MARKUP_CAP} bytes")
    try:
        root = ElementTree.fromstring(raw, forbid_dtd=True)
    except ParseError as error:
        raise Unproven(f"it is not XML: {str(error)[:120]}") from error
    except DefusedXmlException as error:
        raise Unproven("it declares a document type or entities, which no feed needs") from error
    except (ValueError, LookupError) as error:
        raise Unproven("it is not XML in an encoding that is known") from error
    return _history(root)


def _history(root: Element) -> History:
    channel = root.find("channel")
    if root.tag == "rss" and channel is not None:
        name = title(channel.findtext("title"))
        if not name:
            raise Unproven("its channel has no title")
        return History("rss", name, tuple(_rss(each) for each in _first(channel, "item")))
    if root.tag == f"{_ATOM}feed":
        name = title(root.findtext(f"{_ATOM}title"))
        if not name:
            raise Unproven("its feed has no title")
        return History("atom", name, tuple(_atom(each) for each in _first(root, f"{_ATOM}entry")))
    raise Unproven(f"it is markup of another kind: {title(root.tag)[:60]}")


def _first(parent: Element, tag: str) -> Iterator[Element]:
    for number, each in enumerate(parent.iterfind(tag)):
        if number == MOST_ITEMS:
            return
        yield each


def _rss(item: Element) -> Item:
    written = _stamp(item.findtext("pubDate"))
    address, known = link((item.findtext("link") or "").strip()), title(item.findtext("guid"))
    name = title(item.findtext("title"))
    content = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    return Item(
        id=known or address or name,
        title=name,
        body=(item.findtext("description") or content or "")[:_BODY_CAP],
        link=address,
        published=written,
        updated=_stamp(item.findtext(f"{_ATOM}updated")) or written,
        categories=_categories(each.text for each in item.iterfind("category")),
    )


def _atom(entry: Element) -> Item:
    addresses = (each.get("href") for each in entry.iterfind(f"{_ATOM}link"))
    address = next((link(each) for each in addresses if link(each)), "")
    name = title(entry.findtext(f"{_ATOM}title"))
    published = _stamp(entry.findtext(f"{_ATOM}published"))
    body = entry.findtext(f"{_ATOM}content") or entry.findtext(f"{_ATOM}summary") or ""
    return Item(
        id=title(entry.findtext(f"{_ATOM}id")) or address or name,
        title=name,
        body=body[:_BODY_CAP],
        link=address,
        published=published,
        updated=_stamp(entry.findtext(f"{_ATOM}updated")) or published,
        categories=_categories(each.get("term") for each in entry.iterfind(f"{_ATOM}category")),
    )


def _categories(told: Iterator[str | None]) -> tuple[str, ...]:
    found = (title(each) for each in told)
    return tuple(dict.fromkeys(each for each in found if each))[:100]


def _stamp(value: str | None) -> float | None:
    """Seconds since 1970, told as e-mail does (RFC 822, names of zones too) or in ISO 8601."""
    if value is None or len(value) > 80:
        return None
    try:
        told = parsedate_tz(value.strip())
        if told is None:
            return moment(value)
        seconds = float(mktime_tz(told))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return seconds if 0 < seconds < _LAST_STAMP else None
