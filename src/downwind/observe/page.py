"""What a page fetches from elsewhere, and whether it shows at all without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from downwind.evidence.domains import registrable_domain
from downwind.observe.failures import HttpFailed
from downwind.observe.urls import parse_url
from downwind.terms import Strength

_MOST_RESOURCES = 500
_URL_CAP = 2_000
_TITLE_CAP = 200
_MOST_EXAMINED = 4_000
_TAG = re.compile(r"<(/?)([a-zA-Z][^\t\n\f\r />]*)")
# Void, with text only inside, or not to be nested (form): none of them can hold another.
_FLAT = frozenset(
    (
        *("html", "head", "body", "base", "title", "link", "meta", "img", "embed", "source"),
        *("script", "style", "iframe", "textarea", "noframes", "noembed", "form"),
    )
)
# Browsers that run scripts read these as text.
_INERT = frozenset(("noscript", "template"))
_SHOWS_WITHOUT = (
    ("img[src]", "image"),
    ("iframe[src]", "frame"),
    ("embed[src]", "media"),
    ("source[src]", "media"),
)
_SCRIPT_TYPES = ("", "text/javascript", "application/javascript", "text/ecmascript")


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that the page fetches."""

    url: str
    host: str
    element: str
    """script, stylesheet, image, font, frame, media, preload, form or connection."""
    third_party: bool
    strength: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read in a page."""

    title: str
    resources: tuple[Resource, ...]
    left_out: int


def read_page(html: str, url: str) -> Page:
    """The resources of a page, each hard or soft with the reason; no markup makes this fail."""
    parser = LexborHTMLParser(_TAG.sub(_flatten, html))
    title = parser.css_first("title")
    own = registrable_domain(parse_url(url).host)
    base = _base(parser, url)
    found: dict[tuple[str, str], Resource] = {}
    left_out = 0
    for number, (element, link, strength, reason) in enumerate(_fetched(parser)):
        if number >= _MOST_EXAMINED:
            left_out += 1
            continue
        resource = _resource(element, link, strength, reason, base, own)
        if resource is None or (resource.url, element) in found:
            continue
        if len(found) >= _MOST_RESOURCES:
            left_out += 1
            continue
        found[(resource.url, element)] = resource
    text = title.text(strip=True)[:_TITLE_CAP] if title is not None else ""
    return Page(text, tuple(found.values()), left_out)


def _flatten(tag: re.Match[str]) -> str:
    """Rename tags that could nest: the parser's time grows with the square of the depth.

    400,000 nested <div> of one 2 MB page would take minutes. What is fetched does not depend on
    them, except that they end the head, as <br> does.
    """
    slash, name = tag[1], tag[2].lower()
    if name in _FLAT:
        return tag[0]
    if name in _INERT:
        return f"<{slash}noframes"
    return "</x" if slash else "<br"


def _base(parser: LexborHTMLParser, url: str) -> str:
    base = parser.css_first("base[href]")
    return _join(url, _attribute(base, "href")) or url if base is not None else url


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def _resource(
    element: str, link: str, strength: Strength, reason: str, base: str, own: str
) -> Resource | None:
    try:
        to = parse_url(_join(base, link))
    except HttpFailed:
        return None
    third_party = registrable_domain(to.host) != own
    if not third_party:
        strength, reason = Strength.SOFT, f"served from the page's own domain {own}"
    return Resource(str(to)[:_URL_CAP], to.host, element, third_party, str(strength), reason)


def _fetched(parser: LexborHTMLParser) -> Iterator[tuple[str, str, Strength, str]]:
    """Each fetched thing as (element, link, strength, reason), the hard ones first."""
    head = parser.head
    in_head = set()
    if head is not None:
        for node in head.css("script[src], link[href]"):
            in_head.add(node.mem_id)
            yield from _head_element(node)
    for node in parser.css("script[src], link[href]"):
        if node.mem_id in in_head:
            continue
        if node.tag == "script":
            yield "script", _attribute(node, "src"), Strength.SOFT, "script in the body"
        else:
            yield from _link(node, blocking=False)
    for selector, element in _SHOWS_WITHOUT:
        for node in parser.css(selector):
            reason = f"the page shows without its {element}"
            yield element, _attribute(node, "src"), Strength.SOFT, reason
    for node in parser.css("form[action]"):
        reason = "the page shows without what its form is sent to"
        yield "form", _attribute(node, "action"), Strength.SOFT, reason


def _head_element(node: LexborNode) -> Iterator[tuple[str, str, Strength, str]]:
    if node.tag != "script":
        yield from _link(node, blocking=True)
        return
    strength, reason = _script_strength(node)
    yield "script", _attribute(node, "src"), strength, reason


def _script_strength(node: LexborNode) -> tuple[Strength, str]:
    attributes = {name.lower(): (value or "").lower() for name, value in node.attributes.items()}
    for way in ("async", "defer", "nomodule"):
        if way in attributes:
            return Strength.SOFT, f"script with {way}: the page does not wait for it"
    kind = attributes.get("type", "").strip()
    if kind == "module":
        return Strength.SOFT, "script of type module: the page does not wait for it"
    if kind not in _SCRIPT_TYPES:
        return Strength.SOFT, f"script of type {kind[:40]!r}, which browsers do not run"
    return Strength.HARD, "script in the head without async, defer or module: the page waits for it"


def _link(node: LexborNode, *, blocking: bool) -> Iterator[tuple[str, str, Strength, str]]:
    kinds = _attribute(node, "rel").lower().split()
    href = _attribute(node, "href")
    media = _attribute(node, "media").lower().strip()
    if "stylesheet" in kinds and "alternate" not in kinds:
        if not blocking:
            yield "stylesheet", href, Strength.SOFT, "stylesheet in the body"
        elif media in ("", "all", "screen") and "disabled" not in node.attributes:
            reason = "stylesheet in the head: the page waits for it"
            yield "stylesheet", href, Strength.HARD, reason
        else:
            reason = f"stylesheet for {media[:40] or 'later'}: the page does not wait for it"
            yield "stylesheet", href, Strength.SOFT, reason
    elif "preload" in kinds or "modulepreload" in kinds:
        font = _attribute(node, "as").lower() == "font"
        reason = "a preload is a hint: the page does not wait for it"
        yield "font" if font else "preload", href, Strength.SOFT, reason
    elif "preconnect" in kinds or "dns-prefetch" in kinds:
        # What scripts load later cannot be read statically; where from is often announced.
        yield "connection", href, Strength.SOFT, "the page announces that it will connect there"
    elif "icon" in kinds:
        yield "image", href, Strength.SOFT, "the page shows without its icon"


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
