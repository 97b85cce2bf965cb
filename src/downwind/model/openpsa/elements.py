"""Reads XML into plain elements that know their file and line; no entities, no recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml import DefusedXmlException

from downwind.terms import ModelError

ROOT = "opsa-mef"


@dataclass(slots=True)
class Element:
    """One XML element; `text` is kept for labels only."""

    tag: str
    attributes: dict[str, str]
    file: str
    line: int
    children: tuple[Element, ...] = ()
    text: str = ""

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    def attribute(self, key: str) -> str:
        """The value without the space around it; raises ModelError where it is missing."""
        value = self.attributes.get(key, "").strip()
        if not value:
            raise ModelError(f"<{self.tag}> has no {key!r}.", where=self.where)
        return value

    def flag(self, key: str) -> bool:
        """A Boolean value (XML Schema 2, 3.2.2); raises ModelError."""
        value = self.attribute(key)
        if value not in ("true", "false", "1", "0"):
            raise ModelError(
                f"{key} is {_short(value)}.", where=self.where, todo="Write true or false."
            )
        return value in ("true", "1")

    def whole(self, key: str) -> int:
        """A whole number, 0 or more; raises ModelError."""
        value = self.attribute(key)
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise ModelError(
                f"{key} is {_short(value)}.", where=self.where, todo="Write a whole number."
            )
        return int(value)

    def number(self, key: str) -> float:
        """A finite number; raises ModelError."""
        value = self.attribute(key)
        try:
            # Python's own digit grouping (1_000) is no number of XML Schema.
            number = float("nan" if "_" in value else value)
        except ValueError:
            number = float("nan")
        if not abs(number) < float("inf"):
            raise ModelError(
                f"{key} is {_short(value)}.", where=self.where, todo="Write a finite number."
            )
        return number


def below(element: Element) -> Iterator[Element]:
    """The element and all that is in it, in the order of the file."""
    todo = [element]
    while todo:
        here = todo.pop()
        yield here
        todo.extend(reversed(here.children))


def parse(where: str, text: bytes) -> Element:
    """The root element of a file; raises ModelError."""
    builder = _Builder(where)
    reader = defusedxml.sax.make_parser()
    reader.setContentHandler(builder)
    try:
        reader.parse(BytesIO(text))
    except SAXParseException as error:
        raise ModelError(
            f"this is not valid XML: {error.getMessage()}.",
            where=f"{where}:{error.getLineNumber()}",
            todo="Mend the line and try again.",
        ) from error
    except DefusedXmlException as error:
        raise ModelError(
            "it defines XML entities, which are not read.",
            where=f"{where}:{builder.line}",
            todo="Write the text out in full.",
        ) from error
    except (SAXException, ValueError, LookupError) as error:
        raise ModelError(f"this is not valid XML: {error}.", where=where) from error
    root = builder.root
    if root.tag != ROOT:
        raise ModelError(
            f"the outermost element is <{_short(root.tag)}>.",
            where=root.where,
            todo=f"An Open-PSA file begins with <{ROOT}>.",
        )
    return root


class _Builder(ContentHandler):
    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file
        self._place: Locator | None = None
        self.root = Element("", {}, file, 1)
        self._open = [self.root]
        self._inside: list[list[Element]] = [[]]

    @property
    def line(self) -> int:
        return (self._place.getLineNumber() if self._place else None) or 1

    def setDocumentLocator(self, locator: Locator) -> None:
        self._place = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        element = Element(name, dict(attrs.items()), self._file, self.line)
        self._inside[-1].append(element)
        self._inside.append([])
        self._open.append(element)

    def endElement(self, name: str) -> None:
        self.root = self._open.pop()
        self.root.children = tuple(self._inside.pop())

    def characters(self, content: str) -> None:
        here = self._open[-1]
        if here.tag == "label":
            here.text += content


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
