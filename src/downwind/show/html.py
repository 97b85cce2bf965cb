"""HTML and SVG as text in which everything that is not markup is escaped."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"br", "hr", "img", "link", "meta", "col"})
_OWN_LINE = frozenset({"figure", "li", "section", "title", "tr"})
"""A line feed behind these keeps lines short and changes nothing that is seen."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: Html | str | None, **attributes: str | float | None) -> Html:
    """An element; text among the children is escaped, an attribute of None is left out.

    `class_` is written class, and `aria_label` aria-label.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    end = "\n" if name in _OWN_LINE else ""
    return Html(f"<{name}{written}>{join(*children)}</{name}>{end}")


def join(*children: Html | str | None) -> Html:
    """Several pieces one after the other; text is escaped, None is nothing."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(child)
            for child in children
            if child is not None
        )
    )


def _text(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
